"""Lecture records -> weekly sessions.

A record is one group of one module. The lines of its Activity, Day, Time and Venue cells correspond one to one; lines
with the same activity, day and time are one session in several venues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..model import Cell, Entry, Kind, Line, Problem
from . import values
from .fields import (
    Fields,
    Sources,
    goes_on_if_rest,
    goes_on_if_spaced,
    goes_on_if_spaced_or_broken,
    join,
    may_go_on,
    unwrap,
)
from .records import Record, lines_problem
from .values import Unreadable

_LISTS = ("activity", "day", "time", "venue")
_LEVEL = 3.0  # points two lines of one session may differ in height
_NO_CELL = Cell((), 0.0)


class _Group(NamedTuple):
    """What all sessions of a record share."""

    module: str
    offered: str
    group: str
    language: str | None
    block: str | None
    campus: str | None
    study_programme: str | None
    comments: str | None
    sources: Sources
    place: tuple[int, int]


def read_record(record: Record) -> tuple[list[Entry], list[Problem]]:
    """Return the sessions of one record and its lines that make none.

    Raises Unreadable if nothing of the record can be used.
    """
    cells = record.cells()
    fields = Fields(cells)
    group = _read_group(fields, (record.rows[0].page, record.rows[0].number))
    entries: list[Entry] = []
    problems: list[Problem] = []
    for lines in _sessions(cells):
        try:
            entries.append(_read_session(group, lines))
        except Unreadable as reason:
            used = [line for part in lines for line in part]
            problems.append(lines_problem(used, f"{group.module} {group.group}: {reason}", used[0].row))
    if not entries:
        raise Unreadable(problems[0].reason.partition(": ")[2])
    return entries, problems + fields.unknown


def _read_group(fields: Fields, place: tuple[int, int]) -> _Group:
    languages = (fields.expect("language", values.is_language, "language") or "").split(" ", 1)
    return _Group(
        module=values.module(fields.text("module")),
        offered=values.period(fields.text("offered")),
        group=values.label(fields.text("group"), "a group"),
        language=languages[0] or None,
        block=languages[1] if len(languages) > 1 else None,
        campus=fields.expect("campus", values.is_campus, "campus"),
        study_programme=fields.text("study_programme") or None,
        comments=fields.extras() or None,
        sources=fields.sources,
        place=place,
    )


def _sessions(cells: Mapping[str, Cell]) -> list[tuple[tuple[Line, ...], ...]]:
    """Return for each session its lines of activity, day, time and venue."""
    columns = [cells.get(name, _NO_CELL) for name in _LISTS]
    activities, days, times, venues = (len(cell.lines) for cell in columns)
    if not venues and activities == days == times > 0:
        return [((a,), (d,), (t,), ()) for a, d, t in zip(*(cell.lines for cell in columns[:3]), strict=True)]
    if activities == days == times == venues > 0 and all(map(_level, zip(*(c.lines for c in columns), strict=True))):
        return [((a,), (d,), (t,), (v,)) for a, d, t, v in zip(*(cell.lines for cell in columns), strict=True)]
    # A line too long for its cell was wrapped: put it together, if that accounts for every extra line.
    if days and max(activities, times, venues) > days:
        joined = [_unwrapped(cell, days) for cell in columns]
        if all(len(column) == days for column in joined):
            return list(zip(*joined, strict=True))
    counts = ", ".join(f"{len(cell.lines)} of {name}" for name, cell in zip(_LISTS, columns, strict=True))
    raise Unreadable(f"the lines of its cells do not match ({counts})")


def _unwrapped(cell: Cell, count: int) -> list[tuple[Line, ...]]:
    """Return a cell's items, wrapped lines joined if that gives as many items as wanted, else its lines."""
    for goes_on in (goes_on_if_spaced, goes_on_if_spaced_or_broken, may_go_on, goes_on_if_rest):
        items = unwrap(cell, goes_on)
        if len(cell.lines) > count == len(items):
            return items
    return [(line,) for line in cell.lines]


def _level(lines: tuple[Line, ...]) -> bool:
    first = lines[0]
    return all(abs(line.y - first.y) <= _LEVEL and line.row == first.row for line in lines)


def _read_session(group: _Group, lines: tuple[tuple[Line, ...], ...]) -> Entry:
    sources = dict(group.sources)
    texts = []
    for name, part in zip(_LISTS, lines, strict=True):
        text, words = (part[0].text, part[0].words) if len(part) == 1 else join(part)
        texts.append(text)
        if words:
            sources[name] = words
    activity, day, time, venue = texts
    start, end = values.span(time)
    return Entry(
        kind=Kind.LECTURES,
        module=group.module,
        offered=group.offered,
        group=group.group,
        language=group.language,
        block=group.block,
        activity=values.label(activity, "an activity"),
        day=values.weekday(day),
        start=start,
        end=end,
        venues=(venue,) if venue else (),
        campus=group.campus,
        study_programme=group.study_programme,
        comments=group.comments,
        rows=tuple(sorted({group.place, *(line.row for part in lines for line in part)})),
        sources=sources,
    )
