"""Page breaks: whether a row continues on the next page, and whether two pages are consecutive.

The portal prints no page numbers. Only the rows tell that a page is missing, duplicated or out of order: they ascend
over the whole timetable, and a row without a module at the top of a page is the rest of the last row of the page
before. In 2,673 groups of the whole university's timetable of 2024 the activities of a group ascend in all and count on
without a gap in all but eight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from ..model import Kind, Line, Row
from . import values
from .layouts import Header

_FOOT = 9.0  # points from the last line of a cell that goes on to the last line of its row
_ACTIVITY = re.compile(r"([A-Za-z]+) ?([0-9]+)")
_WHOLE: Mapping[Kind, frozenset[str]] = {
    Kind.LECTURES: frozenset({"module", "offered", "group", "language", "campus"}),
    Kind.TESTS: frozenset({"module", "day", "date", "time", "campus"}),
    Kind.EXAMS: frozenset({"module", "status", "paper", "date", "start", "module_campus", "campus"}),
}
"""Fields of one line: a rest never holds them."""

Key = tuple[str, ...]


def order_key(header: Header, row: Row) -> Key | None:
    """Return the key by which rows ascend: module, period and group of a lecture, date and start of a test or exam."""
    try:
        module = values.module(_text(header, row, "module"))
        if header.kind is Kind.LECTURES:
            return module, _text(header, row, "offered"), _text(header, row, "group")
        start = _text(header, row, "start" if header.kind is Kind.EXAMS else "time")
        return str(values.day_of_year(_text(header, row, "date"))), str(values.clock(start.partition(" ")[0]))
    except values.Unreadable:
        return None


def row_name(header: Header, row: Row) -> str:
    """Return a row's name for people: its module and its group, test or paper."""
    fields = {Kind.LECTURES: ("module", "group"), Kind.TESTS: ("module", "activity"), Kind.EXAMS: ("module", "paper")}
    return " ".join(filter(None, (_text(header, row, name) for name in fields[header.kind])))


class Usual:
    """What is usual in a timetable, by its rows that are not broken across pages."""

    def __init__(self, header: Header, rows: Iterable[Row]) -> None:
        self._header = header
        self._rows = [row for row in rows if len(row.cells) == len(header.fields)]

    @cached_property
    def activities(self) -> frozenset[str]:
        """The texts in the column of activities or tests."""
        return frozenset(_text(self._header, row, "activity") for row in self._rows)

    @cached_property
    def ascending(self) -> bool:
        """Whether the venues of each session ascend."""
        return _venues_ascend(self._header, self._rows)


def why_not_rest(header: Header, rows: Sequence[Row], rest: Row, usual: Usual) -> str:
    """Return why a row cannot be the rest of a record that ends with the last of `rows`; "" if it can."""
    last = rows[-1]
    if any(len(row.cells) != len(header.fields) for row in (last, rest)):
        return "it has other columns than that row"
    filled = [index for index, cell in enumerate(rest.cells) if cell.lines]
    if any(header.fields[index] in _WHOLE[header.kind] for index in filled):
        return "it has fields that only the beginning of a row has"
    # A study programme stands lower than its row's other text and may begin on the next page.
    cells = [(index, cell.lines) for index, cell in enumerate(last.cells) if header.fields[index] != "study_programme"]
    foot = max((lines[-1].y for _, lines in cells if lines), default=0.0)
    if any(index in filled and not (lines and lines[-1].y > foot - _FOOT) for index, lines in cells):
        return "that row ends on its page"
    if header.kind is Kind.LECTURES:
        return _why_not_sessions(header, rows, rest, usual)
    mine = " ".join(filter(None, (_text(header, row, "activity") for row in rows)))
    if _lines(header, rest, "activity") and mine in usual.activities:
        return f"the {'test' if header.kind is Kind.TESTS else 'activity'} of that row is complete"
    return _why_not_venues(
        [line.text for row in rows for line in _lines(header, row, "venue")],
        [line.text for line in _lines(header, rest, "venue")],
        header.kind is Kind.TESTS and usual.ascending,
    )


def _why_not_sessions(header: Header, rows: Sequence[Row], rest: Row, usual: Usual) -> str:
    """Return why the sessions of a rest do not follow those of its record; "" if they do."""
    before = [line.text for row in rows for line in _lines(header, row, "activity")]
    after = [line.text for line in _lines(header, rest, "activity")]
    if not after:
        return ""
    if not before or not _counts_on(before[-1], after[0]):
        return "its sessions do not come after those of that row"
    blocks = _text(header, rows[0], "language").split()[1:]
    if blocks and blocks[0].isupper() and not set(after[0].rstrip("0123456789 ")) <= set(blocks[0]):
        return "its sessions are of another kind than that row's"
    if before[-1] != after[0]:
        return ""
    old, new = ([line.text for line in _lines(header, row, "day")] for row in (rows[-1], rest))
    old_times, new_times = ([line.text for line in _lines(header, row, "time")] for row in (rows[-1], rest))
    if (old[-1:], old_times[-1:]) != (new[:1], new_times[:1]):
        return "its first session is that row's last, at another time"
    count = len(before) - next((n for n, text in enumerate(before) if text == before[-1]), 0)
    venues = [line.text for row in rows for line in _lines(header, row, "venue")]
    firsts = [line.text for line in _lines(header, rest, "venue")][:1]
    return _why_not_venues(venues[-count:], firsts, usual.ascending)


def _counts_on(before: str, after: str) -> bool:
    """Tell whether one activity may follow another in a group: L1 L1 L2 P1."""
    one, other = _ACTIVITY.fullmatch(before), _ACTIVITY.fullmatch(after)
    if not one or not other:
        return before == after
    if one[1] == other[1]:
        return int(other[2]) - int(one[2]) in (0, 1)
    return other[1] > one[1] and int(other[2]) == 1


def _why_not_venues(before: Sequence[str], after: Sequence[str], ascending: bool) -> str:
    if set(before) & set(after):
        return "it repeats a venue of that row"
    # A line that no venue begins with is the rest of a wrapped one.
    if ascending and before and after and after[0][0].isupper() and after[0] < before[-1]:
        return "its venues do not come after those of that row"
    return ""


def _venues_ascend(header: Header, rows: Iterable[Row]) -> bool:
    """Tell whether the venues of each session ascend in all unbroken rows, and in at least two.

    Most timetables list them so; where one does, a rest that begins before its row's last venue is another row's.
    """
    lists = [_session_venues(header, row) for row in rows if len(_lines(header, row, "venue")) > 1]
    several = [venues for found in lists for venues in found if len(venues) > 1]
    return len(several) > 1 and all(venues == sorted(venues) for venues in several)


def _session_venues(header: Header, row: Row) -> list[list[str]]:
    """Return the lists of venues of a row, those of each session apart."""
    venues = [line.text for line in _lines(header, row, "venue")]
    if header.kind is not Kind.LECTURES:
        return [venues]
    keys = list(
        zip(*([line.text for line in _lines(header, row, name)] for name in ("activity", "day", "time")), strict=False)
    )
    if len(keys) != len(venues):
        return []
    found: dict[tuple[str, ...], list[str]] = {}
    for key, venue in zip(keys, venues, strict=True):
        found.setdefault(key, []).append(venue)
    return list(found.values())


def _lines(header: Header, row: Row, field: str) -> tuple[Line, ...]:
    index = header.fields.index(field) if field in header.fields else len(row.cells)
    return row.cells[index].lines if index < len(row.cells) else ()


def _text(header: Header, row: Row, field: str) -> str:
    return " ".join([line.text for line in _lines(header, row, field)])
