"""What a teaching calendar is made of: inclusive local dates (Africa/Johannesburg), weekdays from 0 = Monday."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..model import WEEKDAYS
from ..wording import counted


class NonsenseError(ValueError):
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
