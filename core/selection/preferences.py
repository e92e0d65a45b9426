"""What makes one week better than another when both clash as little: each preference is a whole number, to be low.

All are counted over the weeks that differ: quarters in which the same periods are taught are one week, so a timetable
of the second semester has one, a timetable of both has two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..model import HALVES, QUARTERS, Entry, quarters
from .search import FREE_DAY, Day, DayPrice, Part, joined

EARLY = 9 * 60
NOON = 13 * 60


class Preference(StrEnum):
    """What to prefer; each counts something that is to be little."""

    LATE_STARTS = "late-starts"
    MORNINGS = "mornings"
    FREE_DAYS = "free-days"
    ONE_CAMPUS = "one-campus"
    COMPACT = "compact"


MEANINGS: Mapping[Preference, str] = {
    Preference.LATE_STARTS: "days that start before 09:00",
    Preference.MORNINGS: "minutes of sessions after 13:00",
    Preference.FREE_DAYS: "days with sessions",
    Preference.ONE_CAMPUS: "campuses of a day after its first",
    Preference.COMPACT: "minutes from a day's first start to its last end",
}
"""What is counted; the same words in the help and in the answer."""
_SEMESTERS = tuple(map(quarters, HALVES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """The weeks that differ, and the campuses, of a timetable."""

    classes: tuple[frozenset[str], ...]
    """The quarters of each different week."""
    campuses: tuple[str, ...]

    @property
    def days(self) -> int:
        """How many different days there are."""
        return 7 * len(self.classes)

    @property
    def counted(self) -> str:
        """In which weeks preferences are counted, in words."""
        if len(self.classes) <= 1:
            return "in a week"
        return f"in a week of each {'semester' if self.classes == _SEMESTERS else 'quarter or semester that differs'}"


def weeks_of(entries: Iterable[Entry]) -> Weeks:
    """Return the weeks that differ in what is taught."""
    weekly = [entry for entry in entries if entry.date is None]
    periods = {entry.offered for entry in weekly}
    taught: dict[frozenset[str | None], set[str]] = {}
    for quarter in QUARTERS:
        now = frozenset(period for period in periods if quarter in quarters(period))
        if now:
            taught.setdefault(now, set()).add(quarter)
    return Weeks(
        classes=tuple(frozenset(group) for group in sorted(taught.values(), key=sorted)),
        campuses=tuple(sorted({entry.campus for entry in weekly if entry.campus})),
    )


def parts_of(entries: Iterable[Entry], weeks: Weeks) -> tuple[Part, ...]:
    """Return what weekly sessions add to days, one part a day."""
    found: dict[int, Day] = {}
    for entry in entries:
        if entry.date is None and entry.day is not None and entry.end is not None:
            campus = 1 << weeks.campuses.index(entry.campus) if entry.campus else 0
            for number, week in enumerate(weeks.classes):
                if quarters(entry.offered) & week:
                    day = 7 * number + entry.day
                    part = Part(day, *_span(entry), campus)
                    found[day] = joined(found.get(day, FREE_DAY), part)
    return tuple(Part(day, *span) for day, span in sorted(found.items()))


def _span(entry: Entry) -> tuple[int, int]:
    assert entry.end is not None  # only exams have none
    return entry.start.hour * 60 + entry.start.minute, entry.end.hour * 60 + entry.end.minute


def afternoon(entries: Iterable[Entry], weeks: Weeks) -> int:
    """Return the minutes of weekly sessions after 13:00."""
    minutes = 0
    for entry in entries:
        if entry.date is None and entry.end is not None:
            start, end = _span(entry)
            times = sum(bool(quarters(entry.offered) & week) for week in weeks.classes)
            minutes += times * max(end - max(start, NOON), 0)
    return minutes


def measure(entries: Sequence[Entry], weeks: Weeks, preference: Preference) -> int:
    """Return what a preference counts in a timetable."""
    if preference is Preference.MORNINGS:
        return afternoon(entries, weeks)
    price = day_price({preference: 1})
    return sum(price.of((part.first, part.last, part.campuses)) for part in parts_of(entries, weeks))


def day_price(weights: Mapping[Preference, int]) -> DayPrice:
    """Return the price of a day with these weights."""
    return DayPrice(
        used=weights.get(Preference.FREE_DAYS, 0),
        early=weights.get(Preference.LATE_STARTS, 0),
        minute=weights.get(Preference.COMPACT, 0),
        campus=weights.get(Preference.ONE_CAMPUS, 0),
        early_before=EARLY,
    )


def weigh(
    preferences: Sequence[Preference], entries: Sequence[Entry], weeks: Weeks
) -> tuple[dict[Preference, int], int]:
    """Return a weight for each preference, and one for a clashing minute, so that an earlier one always goes first."""
    weights: dict[Preference, int] = {}
    weight = 1
    for preference in reversed(preferences):
        weights[preference] = weight
        weight *= 1 + _most(preference, entries, weeks)
    return weights, weight


def _most(preference: Preference, entries: Sequence[Entry], weeks: Weeks) -> int:
    """Return more than a preference can count in any choice among entries."""
    if preference is Preference.MORNINGS:
        return afternoon(entries, weeks)
    a_day = {Preference.ONE_CAMPUS: len(weeks.campuses), Preference.COMPACT: 24 * 60}.get(preference, 1)
    return weeks.days * a_day
