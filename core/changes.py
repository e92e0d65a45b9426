"""What moved between two timetables or calendars, session by session, as a person asks it.

A lecture timetable prints no year and a calendar may be weekly or expanded, so sessions are compared by what a student
sees: the weekday or date, the time, the place and whether it is certain; two calendars also by their dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from .event import Calendar, Event, Status
from .model import Kind, Timetable
from .plan import Known, location, number_sessions
from .revision import known_times
from .terms import WEEKDAYS

_SWAP = re.compile(r"-[0-9]{8}@")
_MONDAY = date(2001, 1, 1)


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
_Key = str


def differences(old: Side, new: Side) -> tuple[Difference, ...]:
    """Return the sessions that differ, ordered by title; empty if a student would see no difference."""
    known = _known(old)
    before, after = _snapshots(old, known), _snapshots(new, known)
    found = [
        Difference(before=before.get(key), after=after.get(key))
        for key in before.keys() | after.keys()
        if not _same(before.get(key), after.get(key))
    ]
    return tuple(sorted(found, key=_order))


def _order(difference: Difference) -> tuple[str, str]:
    side = difference.after or difference.before
    return (side.title, side.when) if side else ("", "")


def _same(before: Snapshot | None, after: Snapshot | None) -> bool:
    if before is None or after is None:
        return False
    if (before.when, before.where, before.status) != (after.when, after.where, after.status):
        return False
    return before.dates is None or after.dates is None or before.dates == after.dates


def _known(old: Side) -> Known:
    """Return when the old sessions took place, for the ordinals of the new; any week serves for a weekly one."""
    if isinstance(old, Calendar):
        return {_key(name): times for name, times in known_times(old).items()}
    return {
        _key(name): (entry.date or _MONDAY.replace(day=1 + (entry.day or 0)), entry.start)
        for name, entry in number_sessions(old.entries, 0, {})
    }


def _snapshots(side: Side, known: Known) -> Mapping[_Key, Snapshot]:
    return _of_calendar(side) if isinstance(side, Calendar) else _of_timetable(side, known)


def _key(identity: str) -> _Key:
    """Return an identity without a lecture's year, which a PDF does not print."""
    institution, kind, year, rest = identity.split("/", 3)
    return "/".join([institution, kind, *([] if kind == Kind.LECTURES else [year]), rest])


def _of_timetable(timetable: Timetable, known: Known) -> dict[_Key, Snapshot]:
    # number_sessions looks earlier sessions up by full identity; year 0 stands for every year on both sides.
    earlier = {_with_year(key): times for key, times in known.items()}
    found = {}
    for name, entry in number_sessions(timetable.entries, 0, earlier):
        day = _day(entry.date) if entry.date else WEEKDAYS[entry.day or 0]
        group = f" {entry.group}" if entry.group else ""
        found[_key(name)] = Snapshot(
            title=f"{entry.module} {entry.activity}{group}",
            when=f"{day} {_span(entry.start, entry.end)}",
            where=location(entry),
            status="" if entry.status in (None, "FINAL") else "preliminary",
            dates=frozenset([entry.date]) if entry.date else None,
        )
    return found


def _with_year(key: _Key) -> str:
    institution, kind, rest = key.split("/", 2)
    return f"{institution}/{kind}/0/{rest}" if kind == Kind.LECTURES else key


def _of_calendar(calendar: Calendar) -> dict[_Key, Snapshot]:
    grouped: dict[_Key, list[Event]] = {}
    for event in calendar.events:
        if event.status is not Status.CANCELLED:
            grouped.setdefault(_key(event.identity), []).append(event)
    return {key: _of_events(key, events) for key, events in grouped.items()}


def _of_events(key: _Key, events: Iterable[Event]) -> Snapshot:
    events = list(events)
    # A swap day's event stands on another weekday; it speaks for a session only if nothing else does.
    first = next((event for event in events if not _SWAP.search(event.uid)), events[0])
    _, kind, *parts = key.split("/")
    lecture = kind == Kind.LECTURES
    day = WEEKDAYS[first.start.weekday()] if lecture else _day(first.start.date())
    return Snapshot(
        title=_title(parts) if lecture else f"{parts[2]} {parts[-1].partition('#')[0]}",
        when=f"{day} {_span(first.start.time(), None if kind == Kind.EXAMS else first.end.time())}",
        where=first.location,
        status="preliminary" if first.status is Status.TENTATIVE else "",
        dates=frozenset(day for event in events for day in event.days()),
    )


def _title(parts: Sequence[str]) -> str:
    _, module, _, group, activity = parts
    return f"{module} {activity.partition('#')[0]} {group}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _span(start: time, end: time | None) -> str:
    return f"{start:%H:%M}-{end:%H:%M}" if end else f"{start:%H:%M}"
