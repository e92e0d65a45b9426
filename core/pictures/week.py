"""The plan of a week and of the dated sessions, which every picture is drawn from: terminal, HTML, SVG, JSON.

A plan says where each block stands and what it clashes with; it knows nothing of characters, pixels or colours.
Lectures of periods that share no day (S1 and S2, Q3 and Q4) do not clash. A test clashes with a lecture that takes
place on its day: by the packaged teaching calendar of its year, or, if there is none, on its weekday in the lecture's
half-year. Exams are written when lectures are over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from ..calendar.schedule import location
from ..model import HALVES, Entry, Kind, half_of, quarters
from ..terms.days import followed_weekday, is_known, takes_place
from ..timetable.export import entry_value
from ..wording import clean

_HOUR = 60
_DAY_END = 24 * _HOUR - 1
_TEACHING_WEEKS = 6
"""Of a quarter: recess, holidays, swap days and test weeks considered, each weekday is taught six times in it."""

Days = tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One session in a picture."""

    entry: Entry
    title: str
    """Such as "COS 214 L1"."""
    detail: str
    """Its group, with its quarter if it has one, or its status if that is not FINAL; may be empty."""
    where: str
    day: int
    """Weekday, Monday = 0."""
    date: date | None
    """None for a weekly session."""
    start: int
    """Minutes after midnight."""
    end: int
    color: int
    """Index of its module among the plan's modules: what a renderer picks a colour by."""
    lane: int = 0
    """From 0: the place beside the blocks it overlaps."""
    lanes: int = 1
    """How many stand side by side there."""
    clash: bool = False
    """In a week, whether it clashes within that half-year."""
    clash_on: Days = ()
    """Of a weekly session that clashes with tests only: their days."""
    tentative: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The weekly sessions of one half-year."""

    name: str
    """S1 or S2."""
    lanes: tuple[int, ...]
    """For each day, Monday first, how many blocks stand side by side at most, at least 1."""
    first: int
    """Minutes after midnight, on the hour: where the picture begins."""
    last: int
    blocks: tuple[Block, ...]
    """Ordered by day, start and title."""

    @property
    def days(self) -> int:
        """5, or 6 or 7 if there are sessions at the weekend."""
        return len(self.lanes)

    def on(self, day: int) -> tuple[Block, ...]:
        """Return the blocks of a weekday."""
        return tuple(block for block in self.blocks if block.day == day)


class Clash(NamedTuple):
    """Two sessions at one time."""

    first: Block
    second: Block
    """Starts no earlier than the first."""
    minutes: int
    """That they share each time."""

    @property
    def weekly(self) -> bool:
        """Whether it comes every week, and not on the day of a test or exam only."""
        return self.first.date is None and self.second.date is None

    @property
    def times(self) -> int:
        """How often it is counted: once, or six times for each quarter that two weekly sessions share."""
        shared = quarters(self.first.entry.offered) & quarters(self.second.entry.offered)
        return _TEACHING_WEEKS * len(shared) if self.weekly else 1

    @property
    def total(self) -> int:
        """Its minutes in a year."""
        return self.minutes * self.times


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlan:
    """Everything a picture shows."""

    modules: tuple[str, ...]
    weeks: tuple[Week, ...]
    dated: tuple[Block, ...]
    """Tests and exams by date and start."""
    clashes: tuple[Clash, ...]
    """Of weekly sessions by day and start, then those with tests and exams by date."""
    assumed: tuple[int, ...] = ()
    """Years of tests whose lecture days are not known: there the half-year decides what clashes."""


def plan_week(
    entries: Iterable[Entry], *, cancelled: Iterable[Entry] = (), exam_length: timedelta = timedelta(hours=3)
) -> WeekPlan:
    """Return the plan of any mix of lectures, tests and exams, and of those a calendar has as cancelled."""
    live, gone = _distinct(entries), _distinct(cancelled)
    modules = tuple(sorted({entry.module for entry in [*live, *gone]}))
    blocks = [_block(entry, modules.index(entry.module), exam_length) for entry in live]
    taken_back = [
        replace(_block(entry, modules.index(entry.module), exam_length), cancelled=True, tentative=False)
        for entry in gone
    ]
    clashes = find_clashes(blocks)
    weekly = [block for block in [*blocks, *taken_back] if block.date is None]
    weeks = [_week(name, weekly, clashes) for name in HALVES]
    partners = _partners(clashes)
    dated = [_marked(block, partners) for block in [*blocks, *taken_back] if block.date is not None]
    return WeekPlan(
        modules=modules,
        weeks=tuple(week for week in weeks if week.blocks),
        dated=tuple(sorted(dated, key=lambda block: (block.date or date.min, block.start, block.title, block.detail))),
        clashes=tuple(sorted(clashes, key=lambda clash: clash.first.date or clash.second.date or date.min)),
        assumed=_assumed(blocks) if weekly else (),
    )


def _assumed(blocks: Iterable[Block]) -> tuple[int, ...]:
    tests = {block.date for block in blocks if block.date and block.entry.kind is Kind.TESTS}
    return tuple(sorted({day.year for day in tests if not is_known(day)}))


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries without those that say the same: a PDF may be shown together with its calendar."""
    found: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        session = (entry.kind, entry.module, entry.offered, entry.group, entry.language, entry.activity, entry.paper)
        when = (entry.day, entry.date, entry.start, entry.kind is not Kind.EXAMS and entry.end)
        found.setdefault((*session, *when, location(entry), entry.status in (None, "FINAL")), entry)
    return list(found.values())


def _block(entry: Entry, color: int, exam_length: timedelta) -> Block:
    start = entry.start.hour * _HOUR + entry.start.minute
    end = entry.end.hour * _HOUR + entry.end.minute if entry.end else start + int(exam_length.total_seconds()) // 60
    tentative = entry.status not in (None, "FINAL")
    return Block(
        entry=entry,
        title=clean(f"{entry.module} {entry.activity}"),
        detail=clean(_detail(entry, tentative=tentative)),
        where=location(entry),
        day=entry.date.weekday() if entry.date else entry.day or 0,
        date=entry.date,
        start=start,
        end=min(end, _DAY_END),
        color=color,
        tentative=tentative,
    )


def _detail(entry: Entry, *, tentative: bool) -> str:
    quarter = entry.offered if (entry.offered or "").startswith("Q") else None
    return " ".join(part for part in (entry.group, quarter, entry.status if tentative else None) if part)


# ---- clashes


def find_clashes(blocks: Sequence[Block]) -> list[Clash]:
    """Return every pair of sessions that a student cannot both attend, in the order of day and time."""
    found: list[Clash] = []
    by_day: dict[int, list[Block]] = {}
    for block in blocks:
        # On a swap day the lectures of another weekday take place.
        by_day.setdefault(followed_weekday(block.date) if block.date else block.day, []).append(block)
    for day in sorted(by_day):
        ordered = sorted(by_day[day], key=lambda block: (block.start, block.title))
        for index, first in enumerate(ordered):
            for second in ordered[index + 1 :]:
                if second.start >= first.end:
                    break
                if _meet(first, second):
                    found.append(Clash(first, second, min(first.end, second.end) - second.start))
    return found


def clashing_minutes(clashes: Iterable[Clash]) -> int:
    """Return the minutes of a year in which sessions clash, every pair counted: what clashes are weighed by."""
    return sum(clash.total for clash in clashes)


def _meet(first: Block, second: Block) -> bool:
    """Tell whether two sessions that overlap on their weekday ever fall on one day."""
    return bool(_halves_met(first, second))


def _halves_met(first: Block, second: Block) -> frozenset[str]:
    """Return the half-years in which two sessions that overlap on their weekday fall on one day."""
    if first.date is not None and second.date is not None:
        return frozenset({half_of(first.date)}) if first.date == second.date else frozenset()
    if first.date is None and second.date is None:
        shared = quarters(first.entry.offered) & quarters(second.entry.offered)
        return frozenset(half for half in HALVES if quarters(half) & shared)
    weekly, dated = (first, second) if first.date is None else (second, first)
    assert dated.date is not None
    # Exams are written when lectures are over; tests are not.
    meets = dated.entry.kind is Kind.TESTS and _lectures_on(weekly.entry.offered or "", dated.date)
    return frozenset({half_of(dated.date)}) if meets else frozenset()


def _lectures_on(period: str, day: date) -> bool:
    """Tell whether a period's lectures take place on a day; where its dates are not known, the half-year decides."""
    known = takes_place(period, day)
    return bool(quarters(period) & quarters(half_of(day))) if known is None else known


_Partners = Mapping[int, Sequence[Block]]
"""id of a block -> those it clashes with."""


def _partners(clashes: Iterable[Clash], half: str | None = None) -> _Partners:
    """Return the blocks that each block clashes with, in one half-year or at all."""
    found: dict[int, list[Block]] = {}
    for clash in clashes:
        if half is None or half in _halves_met(clash.first, clash.second):
            found.setdefault(id(clash.first), []).append(clash.second)
            found.setdefault(id(clash.second), []).append(clash.first)
    return found


# ---- places


def _week(name: str, weekly: Sequence[Block], clashes: Sequence[Clash]) -> Week:
    partners = _partners(clashes, name)
    blocks = [_marked(block, partners) for block in weekly if quarters(block.entry.offered) & quarters(name)]
    by_day = [_laned([block for block in blocks if block.day == day]) for day in range(7)]
    days = max([5, *(block.day + 1 for block in blocks)])
    return Week(
        name=name,
        lanes=tuple(max((block.lanes for block in day), default=1) for day in by_day[:days]),
        first=min((block.start for block in blocks), default=8 * _HOUR) // _HOUR * _HOUR,
        last=-(-max((block.end for block in blocks), default=17 * _HOUR) // _HOUR) * _HOUR,
        blocks=tuple(block for day in by_day for block in day),
    )


def _marked(block: Block, partners: _Partners) -> Block:
    others = partners.get(id(block), ())
    days = sorted({other.date for other in others if other.date is not None})
    only_tests = block.date is None and len(days) > 0 and all(other.date is not None for other in others)
    return replace(block, clash=bool(others), clash_on=tuple(days) if only_tests else ())


def _laned(blocks: Iterable[Block]) -> list[Block]:
    """Return one day's blocks in order, with lanes."""
    ordered = sorted(blocks, key=lambda block: (block.start, block.end, block.title, block.detail, block.where))
    lanes = place([(block.start, block.end) for block in ordered])
    return [replace(block, lane=lane, lanes=count) for block, (lane, count) in zip(ordered, lanes, strict=True)]


def place(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return for each span, sorted by start, its lane and how many lanes it shares the breadth with.

    Spans that overlap, directly or through others, stand side by side; each takes the first lane that is free.
    """
    placed: list[tuple[int, int]] = []
    lanes: list[int] = []
    ends: list[int] = []
    for start, end in spans:
        if ends and start >= max(ends):
            placed += [(lane, len(ends)) for lane in lanes]
            lanes, ends = [], []
        lane = next((lane for lane, free in enumerate(ends) if free <= start), len(ends))
        ends[lane : lane + 1] = [end]
        lanes.append(lane)
    return placed + [(lane, len(ends)) for lane in lanes]


def clock(minutes: int) -> str:
    """Return minutes after midnight as "08:30"."""
    return f"{minutes // _HOUR:02d}:{minutes % _HOUR:02d}"


# ---- JSON


def plan_value(plan: WeekPlan) -> dict[str, Any]:
    """Return a plan as JSON; the keys are an interface: they may be added to, never changed.

    {"modules": ["COS 214"],
     "weeks": [{"name": "S2", "first": "08:00", "last": "18:00", "days": 5, "lanes": [1, 2, 1, 1, 1],
                "blocks": [block]}],
     "dated": [block],
     "clashes": [{"first": block, "second": block, "minutes": 50}]}
    """
    return {
        "modules": list(plan.modules),
        "weeks": [_week_value(week) for week in plan.weeks],
        "dated": [block_value(block) for block in plan.dated],
        "clashes": [
            {"first": block_value(clash.first), "second": block_value(clash.second), "minutes": clash.minutes}
            for clash in plan.clashes
        ],
    }


def _week_value(week: Week) -> dict[str, Any]:
    return {
        "name": week.name,
        "first": clock(week.first),
        "last": clock(week.last),
        "days": week.days,
        "lanes": list(week.lanes),
        "blocks": [block_value(block) for block in week.blocks],
    }


def block_value(block: Block) -> dict[str, Any]:
    """Return a block as JSON: a session as `tukscal convert --format json` has it, without "rows", and its place.

    "ends" is estimated for an exam; "lane" counts from 0 to "lanes"; "clash_on" are the days of the tests that a weekly
    session clashes with, if with nothing else.
    """
    session = {key: value for key, value in entry_value(block.entry).items() if key != "rows"}
    return {
        "kind": block.entry.kind.value,
        **session,
        "title": block.title,
        "detail": block.detail,
        "where": block.where,
        "ends": clock(block.end),
        "lane": block.lane,
        "lanes": block.lanes,
        "clash": block.clash,
        "clash_on": [day.isoformat() for day in block.clash_on],
        "tentative": block.tentative,
        "cancelled": block.cancelled,
    }
