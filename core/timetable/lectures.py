"""Lecture records -> weekly sessions.

A record is one group of one module. The lines of its Activity, Day, Time and Venue cells correspond one to one; lines
with the same activity, day and time are one session in several venues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..model import Cell, Entry, Kind, Line, Problem
from . import values
from .fields import (
    Fields,
    Sources,
    broken_words,
    goes_on_if_open,
    goes_on_if_spaced,
    goes_on_if_spaced_or_broken,
    is_venue,
    join,
    may_go_on,
    unwrap,
    ways_to_wrap,
)
from .records import Record, lines_problem
from .values import Unreadable

_LISTS = ("activity", "day", "time", "venue")
_LEVEL = 3.0  # points two lines of one session may differ in height
_NO_CELL = Cell((), 0.0)
_UNCERTAIN = "the lines of its venues cannot be told apart"

_Parts = tuple[tuple[Line, ...], ...]
"""Lines of activity, day, time and venue."""


class _Group(NamedTuple):
    """The fields that all sessions of a record share."""

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


def read_lecture(record: Record, *, anew: bool = False) -> tuple[list[Entry], list[Problem]]:
    """Return the sessions of one record and its lines that are none; `anew` tells that another program wrapped the
    venues.

    Raises Unreadable if nothing of the record can be used.
    """
    cells = record.cells()
    fields = Fields(cells)
    group = _read_group(fields, (record.rows[0].page, record.rows[0].number))
    entries: list[Entry] = []
    problems: list[Problem] = []
    for texts, parts in _by_time(_sessions(cells, anew)).items():
        try:
            entries.append(_read_session(group, texts, parts))
        except Unreadable as reason:
            for part in parts:
                used = [line for lines in part for line in lines]
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


def _sessions(cells: Mapping[str, Cell], anew: bool) -> list[_Parts]:
    """Return for each session its lines of activity, day, time and venue."""
    columns = [cells.get(name, _NO_CELL) for name in _LISTS]
    activities, days, times, venues = (len(cell.lines) for cell in columns)
    if not venues and activities == days == times > 0:
        return [((a,), (d,), (t,), ()) for a, d, t in zip(*(cell.lines for cell in columns[:3]), strict=True)]
    if activities == days == times == venues > 0 and _are_level([cell.lines for cell in columns]):
        if anew and not all(is_venue((line,)) for line in columns[3].lines):
            raise Unreadable(_UNCERTAIN)
        return [((a,), (d,), (t,), (v,)) for a, d, t, v in zip(*(cell.lines for cell in columns), strict=True)]
    # A line too long for its cell was wrapped: put it together, if that accounts for every extra line.
    if days and max(activities, times, venues) > days:
        joined = [*(_unwrapped(cell, days) for cell in columns[:3]), _unwrapped_venues(columns[3], days, anew)]
        if all(len(column) == days for column in joined):
            return list(zip(*joined, strict=True))
    counts = [len(cell.lines) for cell in columns]
    if not any(counts):
        raise Unreadable("the row has no sessions, its cells Activity, Day, Time and Venue are empty")
    if len(set(counts)) == 1:
        raise Unreadable("the lines of Activity, Day, Time and Venue do not stand beside each other")
    listed = ", ".join(f"{name.title()} {count}" for name, count in zip(_LISTS, counts, strict=True))
    raise Unreadable(f"its cells have different numbers of lines ({listed})")


def _unwrapped(cell: Cell, count: int) -> list[tuple[Line, ...]]:
    """Return a cell's items: wrapped lines are joined if that gives the wanted number, else each line is an item."""
    for goes_on in (goes_on_if_spaced, goes_on_if_spaced_or_broken, may_go_on, goes_on_if_open):
        items = unwrap(cell, goes_on)
        if len(cell.lines) > count == len(items):
            return items
    return [(line,) for line in cell.lines]


def _unwrapped_venues(cell: Cell, count: int, anew: bool) -> Sequence[tuple[Line, ...]]:
    """Return a cell's venues, by the trailing blanks that the portal keeps, or else by the only possible way to wrap
    them.

    Raises Unreadable where there are several ways.
    """
    if len(cell.lines) <= count:
        if anew and not all(is_venue((line,)) for line in cell.lines):
            raise Unreadable(_UNCERTAIN)
        return [(line,) for line in cell.lines]
    for goes_on in () if anew else (goes_on_if_spaced, goes_on_if_spaced_or_broken):
        items = unwrap(cell, goes_on)
        if len(items) == count:
            return items
    ways = ways_to_wrap(cell, count)
    if len(ways) > 1 or broken_words(cell):
        raise Unreadable(_UNCERTAIN)
    return ways[0] if ways else [(line,) for line in cell.lines]


def _are_level(columns: Sequence[tuple[Line, ...]]) -> bool:
    """Tell whether the lines of each session are at one height."""
    # Almost always at one height to the last digit.
    places = [[(line[2], line[5]) for line in lines] for lines in columns]
    return places.count(places[0]) == len(places) or all(map(_level, zip(*columns, strict=True)))


def _level(lines: tuple[Line, ...]) -> bool:
    first = lines[0]
    return all(abs(line.y - first.y) <= _LEVEL and line.row == first.row for line in lines)


def _by_time(sessions: Sequence[_Parts]) -> dict[tuple[str, str, str], list[_Parts]]:
    """Return lines by the texts of activity, day and time: a session in several venues has a line for each venue."""
    found: dict[tuple[str, str, str], list[_Parts]] = {}
    for parts in sessions:
        activity, day, time, _ = parts
        found.setdefault((_joined(activity), _joined(day), _joined(time)), []).append(parts)
    return found


def _joined(lines: tuple[Line, ...]) -> str:
    return lines[0][0] if len(lines) == 1 else join(lines)[0]


def _read_session(group: _Group, texts: tuple[str, str, str], sessions: Sequence[_Parts]) -> Entry:
    activity, day, time = texts
    start, end = values.span(time)
    sources, rows = dict(group.sources), {group.place}
    for index, name in enumerate(_LISTS):
        words: tuple[int, ...] = ()
        for parts in sessions:
            for line in parts[index]:
                words += line[1]
                rows.add(line[5])
        if words:
            sources[name] = words
    venues = [_joined(parts[3]) for parts in sessions if parts[3]]
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
        venues=tuple(dict.fromkeys(venues)) if len(venues) > 1 else tuple(venues),
        campus=group.campus,
        study_programme=group.study_programme,
        comments=group.comments,
        rows=tuple(sorted(rows)) if len(rows) > 1 else (group.place,),
        sources=sources,
    )
