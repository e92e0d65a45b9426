"""Page -> ruled tables of cells: rulings make a grid, each word falls into the cell in which it starts.

A timetable's rulings span its whole table, so the grid is read off their places. Where one does not span it, the rows
it fails to separate are marked: their cells cannot be trusted.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .model import Cell, Line, Page, PageTables, Row, Ruling, Table

_SAME = 1.5  # points within which two rulings are one, and a ruling reaches another
_LINE = 2.5  # points within which two baselines are one line; lines are at least 8 points apart
_WIDEST_PADDING = 8.0
_BROKEN = "a ruling between its cells is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    xs: list[float]
    ys: list[float]
    broken: frozenset[int] = frozenset()
    """Rows, from 0, with a border missing."""


_Cells = dict[tuple[int, int], list[int]]


def page_tables(page: Page) -> PageTables:
    """Return the tables of a page from top to bottom and the words outside them."""
    grids = sorted(_grids(page.rulings), key=lambda grid: grid.ys[0])
    tables: list[Table] = []
    rest: Iterable[int] = range(len(page.words))
    first_row = 1
    for grid in grids:
        cells, rest = _sort_words(page, grid, rest)
        tables.append(_table(page, grid, cells, first_row))
        first_row += len(grid.ys) - 1
    return PageTables(page=page.number, tables=tuple(tables), outside=tuple(page.first_word + word for word in rest))


def _sort_words(page: Page, grid: _Grid, indices: Iterable[int]) -> tuple[_Cells, list[int]]:
    """Split words, given by their place on the page, into those in the cells of a grid and those outside it."""
    cells: _Cells = {}
    outside = []
    words, xs, ys = page.words, grid.xs, grid.ys
    columns, rows = len(xs), len(ys)
    for index in indices:
        word = words[index]
        row, column = bisect_right(ys, word.y), bisect_right(xs, word.x0 + _SAME)
        if 0 < row < rows and 0 < column < columns:
            cells.setdefault((row - 1, column - 1), []).append(index)
        else:
            outside.append(index)
    return cells, outside


# ---- cells


def _table(page: Page, grid: _Grid, cells: _Cells, first_row: int) -> Table:
    padding = _padding(page, grid, cells)
    rights = [x - padding for x in grid.xs[1:]]
    empty = [Cell((), right) for right in rights]
    rows = []
    for index in range(len(grid.ys) - 1):
        place = (page.number, first_row + index)
        row = [
            Cell(cell_lines(page, cells[index, column], place), right) if (index, column) in cells else empty[column]
            for column, right in enumerate(rights)
        ]
        fault = _BROKEN if index in grid.broken else None
        rows.append(Row(page=page.number, number=place[1], cells=tuple(row), fault=fault))
    return Table(page=page.number, columns=tuple(grid.xs), rows=tuple(rows))


def _padding(page: Page, grid: _Grid, cells: _Cells) -> float:
    """Return the distance between a border and the text beside it: the least in the table, as text is set left."""
    gaps = (page.words[ids[0]].x0 - grid.xs[column] for (_, column), ids in cells.items())
    return min(max(min(gaps, default=0.0), 0.0), _WIDEST_PADDING)


def cell_lines(page: Page, indices: Sequence[int], row: tuple[int, int]) -> tuple[Line, ...]:
    """Return words of one page, given by their place on it, as lines from top to bottom, each from left to right."""
    words = page.words
    if len(indices) == 1:
        return (_short_line(page, indices[0], row),)
    ordered = sorted([(words[index].y, index) for index in indices])
    groups: list[list[int]] = []
    last = float("-inf")
    for y, index in ordered:
        if y - last > _LINE:
            group: list[int] = []
            groups.append(group)
        group.append(index)
        last = y
    return tuple([_short_line(page, group[0], row) if len(group) == 1 else _line(page, group, row) for group in groups])


def _short_line(page: Page, index: int, row: tuple[int, int]) -> Line:
    text, x0, x1, y, spaced = page.words[index]
    return Line(text, (page.first_word + index,), y, x1, x1 - x0, row, spaced)


def _line(page: Page, indices: list[int], row: tuple[int, int]) -> Line:
    ordered = sorted([(page.words[index].x0, index) for index in indices])
    words = [page.words[index] for _, index in ordered]
    text = " ".join([word.text for word in words])
    ids = tuple([page.first_word + index for _, index in ordered])
    first, last = words[0], words[-1]
    return Line(text, ids, first.y, last.x1, first.x1 - first.x0, row, last.spaced)


# ---- grids


def _grids(rulings: Sequence[Ruling]) -> list[_Grid]:
    horizontals = [ruling for ruling in rulings if ruling.y0 == ruling.y1]
    verticals = [ruling for ruling in rulings if ruling.y0 != ruling.y1]
    if len(horizontals) < 2 or len(verticals) < 2:
        return []
    whole = _regular(horizontals, verticals)
    if whole:
        return [whole]
    return [grid for group in _connected(horizontals, verticals) if (grid := _irregular(*group))]


def _regular(horizontals: list[Ruling], verticals: list[Ruling]) -> _Grid | None:
    """Return the grid if every ruling spans the whole of it, as in every timetable seen."""
    xs, ys = _merge(ruling.x0 for ruling in verticals), _merge(ruling.y0 for ruling in horizontals)
    for ruling in horizontals:
        if ruling.x0 > xs[0] + _SAME or ruling.x1 < xs[-1] - _SAME:
            return None
    for ruling in verticals:
        if ruling.y0 > ys[0] + _SAME or ruling.y1 < ys[-1] - _SAME:
            return None
    return _Grid(xs=xs, ys=ys) if len(xs) > 1 and len(ys) > 1 else None


def _irregular(horizontals: list[Ruling], verticals: list[Ruling]) -> _Grid | None:
    """Return the grid of connected rulings of any length, its incomplete rows marked."""
    xs, ys = _merge(ruling.x0 for ruling in verticals), _merge(ruling.y0 for ruling in horizontals)
    if len(xs) < 2 or len(ys) < 2:
        return None
    columns = [_spans(((r.y0, r.y1) for r in verticals if abs(r.x0 - x) <= _SAME), ys) for x in xs]
    rows = [_spans(((r.x0, r.x1) for r in horizontals if abs(r.y0 - y) <= _SAME), xs) for y in ys]
    broken = {
        index
        for index in range(len(ys) - 1)
        if not (all(column[index] for column in columns) and all(rows[index]) and all(rows[index + 1]))
    }
    return _Grid(xs=xs, ys=ys, broken=frozenset(broken))


def _spans(pieces: Iterable[tuple[float, float]], marks: list[float]) -> list[bool]:
    """Tell for each gap between neighbouring marks whether the pieces of a line cover it."""
    covered = sorted(pieces)
    return [_covers(covered, low + _SAME, high - _SAME) for low, high in itertools.pairwise(marks)]


def _covers(pieces: list[tuple[float, float]], low: float, high: float) -> bool:
    for start, end in pieces:
        if start <= low < end:
            low = end + _SAME
        if low >= high:
            return True
    return low >= high


def _merge(values: Iterable[float]) -> list[float]:
    """Return the values in ascending order, those within a hair of each other as one."""
    merged: list[float] = []
    for value in sorted(values):
        if not merged or value - merged[-1] > _SAME:
            merged.append(value)
    return merged


def _connected(horizontals: list[Ruling], verticals: list[Ruling]) -> list[tuple[list[Ruling], list[Ruling]]]:
    """Group rulings that touch, directly or through others; the screen bounds the pairs."""
    groups: list[tuple[list[Ruling], list[Ruling]]] = [([], [v]) for v in verticals]
    for horizontal in horizontals:
        touching = [group for group in groups if any(_touch(horizontal, v) for v in group[1])]
        if not touching:
            continue
        apart = [group for group in groups if all(group is not other for other in touching)]
        joined = ([horizontal], list[Ruling]())
        for hs, vs in touching:
            joined[0].extend(hs)
            joined[1].extend(vs)
        groups = [*apart, joined]
    return groups


def _touch(horizontal: Ruling, vertical: Ruling) -> bool:
    across = horizontal.x0 - _SAME <= vertical.x0 <= horizontal.x1 + _SAME
    return across and vertical.y0 - _SAME <= horizontal.y0 <= vertical.y1 + _SAME
