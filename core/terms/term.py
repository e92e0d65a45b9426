"""A teaching calendar and the rules that every one of them keeps; one that breaks a rule holds a typing error.

Dates are local (Africa/Johannesburg) and inclusive; weekdays count from 0 = Monday.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations

from ..model import HALVES, QUARTERS, WEEKDAYS
from ..wording import counted


class InvalidTerm(ValueError):
    """Term data that cannot be meant: `where` is a key path such as "periods.S2.end", `what` says what is wrong."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days from `start` to `end`, both included; a segment of Y carries its period as `name`."""

    start: date
    end: date
    name: str = ""

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def days(self) -> Iterator[date]:
        """Yield every day of the span in order."""
        for offset in range((self.end - self.start).days + 1):
            yield self.start + timedelta(days=offset)

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share a day."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """On `date` the timetable of the weekday `follows` is used instead of the date's own weekday."""

    date: date
    follows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One year's teaching calendar.

    `name` is "up-2026"; `digest` the sha256 hex of the file's bytes; `source` its path or "packaged". `periods` maps
    S1 S2 Y Q1 Q2 Q3 Q4, as far as given, to their spans. `recess_known` is False when recess, swap days and test weeks
    may exist that nobody told us about.
    """

    year: int
    name: str
    digest: str
    source: str
    periods: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    recess: tuple[Span, ...] = ()
    no_lectures: tuple[Span, ...] = ()
    swaps: tuple[Swap, ...] = ()
    test_weeks: tuple[Span, ...] = ()
    exams: tuple[Span, ...] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    recess_known: bool = False

    def __hash__(self) -> int:
        # The mappings cannot be hashed, and the digest stands for all of them: this makes a term a cheap cache key.
        return hash((self.digest, self.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching:
    """When the sessions of one weekday take place in one period.

    `dates` are days of that weekday; `swapped` are days of another weekday that follow its timetable. Both ascend.
    """

    dates: tuple[date, ...]
    swapped: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How often each weekday's timetable is taught in one period, Monday to Friday, test weeks skipped."""

    period: str
    counts: tuple[int, ...]

    @property
    def even(self) -> bool:
        """Tell whether every weekday is taught equally often, as UP plans its periods."""
        return len(set(self.counts)) <= 1

    @property
    def complaint(self) -> str:
        """Say in one sentence what is uneven; empty when nothing is."""
        if self.even:
            return ""
        most, least = max(self.counts), min(self.counts)
        return (
            f"{self.period} has {counted(most, WEEKDAYS[self.counts.index(most)])} and "
            f"{counted(least, WEEKDAYS[self.counts.index(least)])}: a swap day may be missing"
        )


YEARS = range(2000, 2100)


def validate_term(term: Term) -> None:
    """Raise InvalidTerm with the key path of the first entry that cannot be meant."""
    spans = _spans(term)
    for where, span in spans.items():
        require_span(where, span, term.year)
    for group in (HALVES, QUARTERS, ("Y",)):
        _require_apart({f"periods.{name}": term.periods[name] for name in group if name in term.periods})
    for lists in (("recess", "test_weeks"), ("no_lectures",), ("exams",)):
        _require_apart({where: (span,) for where, span in spans.items() if where.startswith(lists)})
    for number, swap in enumerate(term.swaps, 1):
        _require_swap(f"swaps[{number}].date", swap, term)
    _require_once(swap.date for swap in term.swaps)


def require_year(year: int) -> None:
    """Raise InvalidTerm for a year that no timetable of ours can have."""
    if year not in YEARS:
        raise InvalidTerm("year", f"{year} is not between {YEARS[0]} and {YEARS[-1]}")


def _spans(term: Term) -> dict[str, Span]:
    """Return every span under its key path; lists count from 1, as people do."""
    found = {f"periods.{name}": span for name, spans in term.periods.items() for span in spans if not span.name}
    for name in ("recess", "no_lectures", "test_weeks", "exams"):
        spans: tuple[Span, ...] = getattr(term, name)
        found |= {f"{name}[{number}]": span for number, span in enumerate(spans, 1)}
    return found


def require_span(where: str, span: Span, year: int) -> None:
    """Raise InvalidTerm for a span that runs backwards or leaves its year."""
    require_year(year)
    for key, day in (("start", span.start), ("end", span.end)):
        if day.year != year:
            raise InvalidTerm(f"{where}.{key}", f"{day} is not in {year}")
    if span.end < span.start:
        raise InvalidTerm(f"{where}.end", f"{span.end} is before the start, {span.start}")


def _require_apart(entries: Mapping[str, tuple[Span, ...]]) -> None:
    flat = [(where, span) for where, spans in entries.items() for span in spans]
    for (first, one), (second, other) in combinations(flat, 2):
        if one.overlaps(other):
            raise InvalidTerm(second, f"{other.start} to {other.end} overlaps {first}, {one.start} to {one.end}")


def _require_swap(where: str, swap: Swap, term: Term) -> None:
    day, own = swap.date, WEEKDAYS[swap.date.weekday()]
    if day.year != term.year:
        raise InvalidTerm(where, f"{day} is not in {term.year}")
    if swap.follows == day.weekday():
        raise InvalidTerm(where, f"{day} is a {own} already, it cannot follow {own}'s timetable instead")
    if not any(day in span for spans in term.periods.values() for span in spans):
        raise InvalidTerm(where, f"{day} is outside every period")
    if any(day in span for span in (*term.recess, *term.no_lectures)) or day in term.holidays:
        raise InvalidTerm(where, f"{day} has no lectures ({_why_closed(day, term)}), so none can be swapped to it")


def _why_closed(day: date, term: Term) -> str:
    if day in term.holidays:
        return term.holidays[day]
    return "recess" if any(day in span for span in term.recess) else "no_lectures"


def _require_once(days: Iterable[date]) -> None:
    seen: set[date] = set()
    for number, day in enumerate(days, 1):
        if day in seen:
            raise InvalidTerm(f"swaps[{number}].date", f"{day} is given twice")
        seen.add(day)
