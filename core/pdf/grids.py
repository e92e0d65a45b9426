"""Rulings -> grids: the lines that consistently span a table, whatever else is drawn on the page.

People frame pages, box rows, underline and strike out text. A table's own lines end at its other lines, and those of
one direction all span it from end to end; nothing drawn by hand does both.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..model import Ruling

_SAME = 1.5  # points within which two ends are one, and a ruling reaches another
_ONE = 3.0  # points within which two rulings of a table are one: nothing is written between them
_MOST = 0.5  # of a table's extent that a broken ruling still spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The positions of a table's rulings, ascending."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    broken: frozenset[int] = frozenset()
    """Rows, from 0, with a border missing."""
    goes_on: bool = False
    """Whether its first row has no border above: a page cut it in two."""
    others: tuple[Ruling, ...] = ()
    """Lines that lie across the table and are not its own."""


def find_grids(rulings: Sequence[Ruling]) -> list[Grid]:
    """Return the grids of a page in reading order."""
    flat = [(r.y0, r.x0, r.x1) for r in rulings if r.y0 == r.y1]
    upright = [(r.x0, r.y0, r.y1) for r in rulings if r.y0 != r.y1]
    found: list[Grid] = []
    for top, bottom, xs in _alike(upright, least=3):
        for left, right, ys in _alike(flat, least=2):
            inside = [x for x in xs if left - _SAME <= x <= right + _SAME]
            across = [y for y in ys if top - _SAME <= y <= bottom + _SAME]
            if len(inside) > 2 and len(across) > 1 and _meet(inside, left, right):
                # Where a page cuts a row, nothing is drawn but the ends of the upright lines.
                cut = [y for y in (top, bottom) if not _is_at(y, across, _SAME + _ONE)]
                ends = [(y, left, right) for y in cut]
                grid = _grid(inside, sorted([*across, *cut]), [*flat, *ends], upright)
                found.append(replace(grid, goes_on=top in cut))
    return _in_reading_order(_largest(found))


_Piece = tuple[float, float, float]
"""Place, start and end of a line."""


def _alike(lines: Iterable[_Piece], *, least: int) -> list[tuple[float, float, list[float]]]:
    """Return the starts and ends that at least so many lines share, with the positions of these lines."""
    groups: list[tuple[float, float, list[float]]] = []
    by_start = sorted((start, end, place) for place, start, end in lines)
    for _, level in itertools.groupby(_levelled(by_start), key=lambda line: line[0]):
        for _, same in itertools.groupby(
            _levelled(sorted((end, start, place) for start, end, place in level)), key=lambda line: line[0]
        ):
            members = list(same)
            if len(members) >= least:
                groups.append((members[0][1], members[0][0], sorted(place for _, _, place in members)))
    return groups


def _levelled(lines: Iterable[_Piece]) -> Iterable[_Piece]:
    """Yield tuples sorted by their first number; numbers that differ by a hair are made equal."""
    at = float("-inf")
    for first, second, third in lines:
        if first - at > _SAME:
            at = first
        yield at, second, third


def _meet(places: Sequence[float], start: float, end: float) -> bool:
    """Tell whether lines of one direction reach from the first to the last of the other."""
    return abs(places[0] - start) <= _SAME + _ONE and abs(places[-1] - end) <= _SAME + _ONE


def _grid(xs: Sequence[float], ys: Sequence[float], flat: Sequence[_Piece], upright: Sequence[_Piece]) -> Grid:
    """Return the grid of lines that span it, with the lines that span most of it and end at others of its lines."""
    broken_xs = _partial([line for line in upright if xs[0] - _SAME < line[0] < xs[-1] + _SAME], ys)
    broken_ys = _partial([line for line in flat if ys[0] - _SAME < line[0] < ys[-1] + _SAME], xs)
    all_xs, all_ys = _merged([*xs, *broken_xs]), _merged([*ys, *broken_ys])
    own = _Own(all_xs, all_ys, flat, upright)
    return Grid(xs=tuple(all_xs), ys=tuple(all_ys), broken=own.broken(), others=own.others())


def _partial(lines: Iterable[_Piece], marks: Sequence[float]) -> list[float]:
    """Return the positions at which pieces that end at `marks` span most of the grid but not all of it."""
    lengths: dict[float, float] = {}
    for place, start, end in lines:
        if _is_at(start, marks) and _is_at(end, marks):
            lengths[place] = lengths.get(place, 0.0) + end - start
    return [place for place, length in lengths.items() if length >= _MOST * (marks[-1] - marks[0])]


def _is_at(place: float, marks: Sequence[float], near: float = _SAME) -> bool:
    at = bisect_left(marks, place - near)
    return at < len(marks) and marks[at] <= place + near


class _Own:
    """Which lines of a page are a grid's own."""

    def __init__(
        self, xs: Sequence[float], ys: Sequence[float], flat: Sequence[_Piece], upright: Sequence[_Piece]
    ) -> None:
        self._xs, self._ys = xs, ys
        self._flat = [line for line in flat if ys[0] - _ONE <= line[0] <= ys[-1] + _ONE]
        self._upright = [line for line in upright if xs[0] - _ONE <= line[0] <= xs[-1] + _ONE]

    def broken(self) -> frozenset[int]:
        """The rows with a missing border."""
        if _span_all(self._upright, self._xs, self._ys) and _span_all(self._flat, self._ys, self._xs):
            return frozenset()
        columns = [_spans(self._upright, x, self._ys) for x in self._xs]
        rows = [_spans(self._flat, y, self._xs) for y in self._ys]
        whole = [all(row) for row in rows]
        return frozenset(
            index
            for index in range(len(self._ys) - 1)
            if not (whole[index] and whole[index + 1] and all(column[index] for column in columns))
        )

    def others(self) -> tuple[Ruling, ...]:
        """The lines that cross the grid and are none of its own."""
        flat = [line for line in self._flat if not _near(line[0], self._ys)]
        upright = [line for line in self._upright if not _near(line[0], self._xs)]
        return (
            *(Ruling(start, y, end, y) for y, start, end in flat if end > self._xs[0] and start < self._xs[-1]),
            *(Ruling(x, start, x, end) for x, start, end in upright if end > self._ys[0] and start < self._ys[-1]),
        )


def _span_all(lines: Iterable[_Piece], places: Sequence[float], marks: Sequence[float]) -> bool:
    """Tell whether a single piece spans the grid at each position, which is how the portal draws its tables."""
    first, last = marks[0] + _SAME, marks[-1] - _SAME
    spanning = sorted(place for place, start, end in lines if start <= first and end >= last)
    return len(spanning) == len(places) and all(map(_is_one, spanning, places))


def _is_one(place: float, other: float) -> bool:
    return abs(place - other) <= _ONE


def _near(place: float, marks: Sequence[float]) -> bool:
    at = bisect_left(marks, place - _ONE)
    return at < len(marks) and marks[at] <= place + _ONE


def _spans(lines: Sequence[_Piece], at: float, marks: Sequence[float]) -> list[bool]:
    """Tell, for each gap between neighbouring marks, whether the pieces of a line cover it."""
    pieces = sorted((start, end) for place, start, end in lines if abs(place - at) <= _ONE)
    if len(pieces) == 1:
        start, end = pieces[0]
        return [start <= low + _SAME and end >= high - _SAME for low, high in itertools.pairwise(marks)]
    return [_covers(pieces, low + _SAME, high - _SAME) for low, high in itertools.pairwise(marks)]


def _covers(pieces: list[tuple[float, float]], low: float, high: float) -> bool:
    for start, end in pieces:
        if start <= low < end:
            low = end + _SAME
        if low >= high:
            return True
    return low >= high


def _merged(places: Iterable[float]) -> list[float]:
    """Return positions in ascending order, merging those with no room for text between them."""
    merged: list[float] = []
    for place in sorted(places):
        if not merged or place - merged[-1] > _ONE:
            merged.append(place)
    return merged


def _largest(grids: list[Grid]) -> list[Grid]:
    """Return the grids that are not part of a larger one."""
    kept: list[Grid] = []
    for grid in sorted(grids, key=lambda grid: len(grid.xs) * len(grid.ys), reverse=True):
        if not any(_overlap(grid, other) for other in kept):
            kept.append(grid)
    return kept


def _overlap(one: Grid, other: Grid) -> bool:
    across = min(one.xs[-1], other.xs[-1]) - max(one.xs[0], other.xs[0])
    down = min(one.ys[-1], other.ys[-1]) - max(one.ys[0], other.ys[0])
    return across > _ONE and down > _ONE


def _in_reading_order(grids: list[Grid]) -> list[Grid]:
    """Return grids from top to bottom, those side by side from left to right."""
    ordered: list[Grid] = []
    rest = sorted(grids, key=lambda grid: grid.ys[0])
    while rest:
        first = rest[0]
        beside = [grid for grid in rest if grid.ys[0] < (first.ys[0] + first.ys[-1]) / 2]
        ordered += sorted(beside, key=lambda grid: grid.xs[0])
        rest = [grid for grid in rest if grid not in beside]
    return ordered
