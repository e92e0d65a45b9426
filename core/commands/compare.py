"""What `tukscal diff` and `tukscal cancel` do, without their words, and what moved from one timetable to the next.

A lecture timetable prints no year and a calendar may be weekly or expanded, so sessions are compared by what a student
sees: the weekday or date, the time, the place and whether it is certain; two calendars also by their dates.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..calendar.event import Calendar, Event, Status
from ..calendar.identity import SessionId, identity, session_id
from ..calendar.schedule import location
from ..errors import NotWritable
from ..model import WEEKDAYS, Kind, Timetable
from ..pool import Executor
from ..system.files import check_folder, write_file
from .inputs import Opening, is_calendar, read_calendar_file, read_timetable_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One session as a person sees it."""

    title: str
    when: str
    """Such as "Monday 08:30-09:20" or "Sat 23 Aug 2025 10:00-11:30"."""
    where: str
    status: str
    dates: frozenset[date] | None = None
    """Every day it takes place; None for a lecture in a PDF, which prints none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One session that is new, gone or not the same."""

    before: Snapshot | None
    after: Snapshot | None


Side = Timetable | Calendar


class _Session(NamedTuple):
    """One session of one side, with what it is sorted by."""

    place: tuple[int, time, str]
    """Weekday or day, start and venues."""
    snapshot: Snapshot


_Sessions = Mapping[SessionId, Sequence[_Session]]
_Pair = tuple[Snapshot | None, Snapshot | None]


def compare(old: Path, new: Path, pool: Executor, opening: Opening) -> tuple[Difference, ...]:
    """Return what differs between two PDFs or calendars."""
    return differences(_side(old, pool, opening), _side(new, pool, opening))


def cancel_calendar(old: Path, output: Path, pool: Executor) -> int:
    """Write the calendar that takes a calendar's events back; return how many it takes back.

    Raises NotWritable if `output` is there already: a cancellation is not the next revision of anything.
    """
    check_folder(output)
    if os.path.lexists(output):
        raise NotWritable(f"{output} is there already.", advice="Choose another name with -o.", file=str(output))
    calendar = read_calendar_file(old, pool)
    count, data = pool.call(convert.cancellation, calendar)
    write_file(output, data)
    return count


def _side(path: Path, pool: Executor, opening: Opening) -> Side:
    return read_calendar_file(path, pool) if is_calendar(path) else read_timetable_file(path, opening, pool)


# ---- what moved


def differences(old: Side, new: Side) -> tuple[Difference, ...]:
    """Return the sessions that differ, ordered by title; empty if a student would see no difference."""
    before, after = _sessions(old), _sessions(new)
    found = [
        Difference(before=one, after=other)
        for key in sorted(before.keys() | after.keys())
        for one, other in _pairs(before.get(key, ()), after.get(key, ()))
        if one is None or other is None or not _same(one, other)
    ]
    return tuple(sorted(found, key=_order))


def _order(difference: Difference) -> tuple[str, str]:
    side = difference.after or difference.before
    return (side.title, side.when) if side else ("", "")


def _pairs(before: Sequence[_Session], after: Sequence[_Session]) -> Iterator[_Pair]:
    """Yield the sessions of one identity side by side: what stayed first, then by time, the rest in order.

    Ordinals do not count: they tell which session came first to a calendar, and a PDF prints none.
    """
    old, new = (
        [session.snapshot for session in sorted(side, key=lambda session: session.place)] for side in (before, after)
    )
    alike: tuple[Callable[[Snapshot, Snapshot], bool], ...] = (_same, _same_time, lambda _one, _other: True)
    for test in alike:
        for one in tuple(old):
            other = next((other for other in new if test(one, other)), None)
            if other:
                old.remove(one)
                new.remove(other)
                yield one, other
    yield from ((one, None) for one in old)
    yield from ((None, other) for other in new)


def _same(before: Snapshot, after: Snapshot) -> bool:
    if (before.when, before.where, before.status) != (after.when, after.where, after.status):
        return False
    return before.dates is None or after.dates is None or before.dates == after.dates


def _same_time(before: Snapshot, after: Snapshot) -> bool:
    return before.when == after.when


def _sessions(side: Side) -> _Sessions:
    return _of_calendar(side) if isinstance(side, Calendar) else _of_timetable(side)


def _key(name: str) -> SessionId:
    """Return an identity without its ordinal and without a lecture's year, which a PDF does not print."""
    found = session_id(name)
    return found._replace(year=0) if found.kind is Kind.LECTURES else found


def _of_timetable(timetable: Timetable) -> _Sessions:
    found: dict[SessionId, list[_Session]] = {}
    for entry in timetable.entries:
        day = _day(entry.date) if entry.date else WEEKDAYS[entry.day or 0]
        group = f" {entry.group}" if entry.group else ""
        snapshot = Snapshot(
            title=f"{entry.module} {entry.activity}{group}",
            when=f"{day} {_span(entry.start, entry.end)}",
            where=location(entry),
            status="" if entry.status in (None, "FINAL") else "preliminary",
            dates=frozenset([entry.date]) if entry.date else None,
        )
        place = entry.date.toordinal() if entry.date else entry.day or 0
        found.setdefault(_key(identity(entry, 0)), []).append(_Session((place, entry.start, snapshot.where), snapshot))
    return found


def _of_calendar(calendar: Calendar) -> _Sessions:
    grouped: dict[str, list[Event]] = {}
    for event in calendar.events:
        if event.status is not Status.CANCELLED:
            grouped.setdefault(event.identity, []).append(event)
    found: dict[SessionId, list[_Session]] = {}
    for name, events in grouped.items():
        key = _key(name)
        found.setdefault(key, []).append(_of_events(key, events))
    return found


def _of_events(key: SessionId, events: Sequence[Event]) -> _Session:
    # A swap day's event stands on another weekday; it speaks for a session only if nothing else does.
    first = next((event for event in events if not event.is_swap), events[0])
    lecture = key.kind is Kind.LECTURES
    day = WEEKDAYS[first.start.weekday()] if lecture else _day(first.start.date())
    place = first.start.weekday() if lecture else first.start.toordinal()
    snapshot = Snapshot(
        title=" ".join(part for part in (key.module, key.activity, key.group) if part),
        when=f"{day} {_span(first.start.time(), None if key.kind is Kind.EXAMS else first.end.time())}",
        where=first.location,
        status="preliminary" if first.status is Status.TENTATIVE else "",
        dates=frozenset(day for event in events for day in event.days()),
    )
    return _Session((place, first.start.time(), snapshot.where), snapshot)


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _span(start: time, end: time | None) -> str:
    return f"{start:%H:%M}-{end:%H:%M}" if end else f"{start:%H:%M}"
