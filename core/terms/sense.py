"""The laws every teaching calendar keeps; a term that breaks one is a typing error, not a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import combinations

from ..model import HALVES, QUARTERS, WEEKDAYS
from .values import NonsenseError, Span, Swap, Term

YEARS = range(2000, 2100)


def require_sense(term: Term) -> None:
    """Raise NonsenseError with the key path of the first entry that cannot be meant."""
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
    """Raise NonsenseError for a year that no timetable of ours can have."""
    if year not in YEARS:
        raise NonsenseError("year", f"{year} is not between {YEARS[0]} and {YEARS[-1]}")


def _spans(term: Term) -> dict[str, Span]:
    """Return every span under its key path; lists count from 1, as people do."""
    found = {f"periods.{name}": span for name, spans in term.periods.items() for span in spans if not span.name}
    for name in ("recess", "no_lectures", "test_weeks", "exams"):
        spans: tuple[Span, ...] = getattr(term, name)
        found |= {f"{name}[{number}]": span for number, span in enumerate(spans, 1)}
    return found


def require_span(where: str, span: Span, year: int) -> None:
    """Raise NonsenseError for a span that runs backwards or leaves its year."""
    require_year(year)
    for key, day in (("start", span.start), ("end", span.end)):
        if day.year != year:
            raise NonsenseError(f"{where}.{key}", f"{day} is not in {year}")
    if span.end < span.start:
        raise NonsenseError(f"{where}.end", f"{span.end} is before the start, {span.start}")


def _require_apart(entries: Mapping[str, tuple[Span, ...]]) -> None:
    flat = [(where, span) for where, spans in entries.items() for span in spans]
    for (first, one), (second, other) in combinations(flat, 2):
        if one.overlaps(other):
            raise NonsenseError(second, f"{other.start} to {other.end} overlaps {first}, {one.start} to {one.end}")


def _require_swap(where: str, swap: Swap, term: Term) -> None:
    day, own = swap.date, WEEKDAYS[swap.date.weekday()]
    if day.year != term.year:
        raise NonsenseError(where, f"{day} is not in {term.year}")
    if swap.follows == day.weekday():
        raise NonsenseError(where, f"{day} is a {own} already, it cannot follow {own}'s timetable instead")
    if not any(day in span for spans in term.periods.values() for span in spans):
        raise NonsenseError(where, f"{day} is outside every period")
    if any(day in span for span in (*term.recess, *term.no_lectures)) or day in term.holidays:
        raise NonsenseError(where, f"{day} has no lectures ({_why_closed(day, term)}), so none can be swapped to it")


def _why_closed(day: date, term: Term) -> str:
    if day in term.holidays:
        return term.holidays[day]
    return "recess" if any(day in span for span in term.recess) else "no_lectures"


def _require_once(days: Iterable[date]) -> None:
    seen: set[date] = set()
    for number, day in enumerate(days, 1):
        if day in seen:
            raise NonsenseError(f"swaps[{number}].date", f"{day} is given twice")
        seen.add(day)
