"""Page -> ruled tables of cells: rulings make a grid, each word falls into the cell in which it starts.

A timetable's rulings span its whole table, so the grid is read off their places. Where one does not span it, the rows
it fails to separate are marked: their cells cannot be trusted.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .model import Cell, Line, Page, PageTables, Row, Ruling, Table, Word

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

    def cell(self, word: Word) -> tuple[int, int] | None:
        """Return (row, column) of a word, from 0."""
        row, column = bisect_right(self.ys, word.y) - 1, bisect_right(self.xs, word.x0 + _SAME) - 1
        inside = 0 <= row < len(self.ys) - 1 and 0 <= column < len(self.xs) - 1
        return (row, column) if inside else None


def page_tables(page: Page) -> PageTables:
    """Return the tables of a page from top to bottom and the words outside them."""
    grids = sorted(_grids(page.rulings), key=lambda grid: grid.ys[0])
    cells: list[dict[tuple[int, int], list[int]]] = [{} for _ in grids]
    outside = []
    for index, word in enumerate(page.words):
        for grid, found in zip(grids, cells, strict=True):
            place = grid.cell(word)
            if place is not None:
                found.setdefault(place, []).append(index)
                break
        else:
            outside.append(page.first_word + index)
    tables = []
    first_row = 1
    for grid, found in zip(grids, cells, strict=True):
        tables.append(_table(page, grid, found, first_row))
        first_row += len(grid.ys) - 1
    return PageTables(page=page.number, tables=tuple(tables), outside=tuple(outside))


# ---- cells


def _table(page: Page, grid: _Grid, cells: dict[tuple[int, int], list[int]], first_row: int) -> Table:
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


def _padding(page: Page, grid: _Grid, cells: dict[tuple[int, int], list[int]]) -> float:
    """Return the distance between a border and the text beside it: the least in the table, as text is set left."""
    gaps = (page.words[ids[0]].x0 - grid.xs[column] for (_, column), ids in cells.items())
    return min(max(min(gaps, default=0.0), 0.0), _WIDEST_PADDING)


def cell_lines(page: Page, indices: Sequence[int], row: tuple[int, int]) -> tuple[Line, ...]:
    """Return words of one page, given by their place on it, as lines from top to bottom, each from left to right."""
    words = page.words
    ordered = sorted(indices, key=lambda index: words[index].y) if len(indices) > 1 else indices
    groups: list[list[int]] = []
    last = float("-inf")
    for index in ordered:
        y = words[index].y
        if y - last > _LINE:
            groups.append([])
        groups[-1].append(index)
        last = y
    return tuple([_line(page, group, row) for group in groups])


def _line(page: Page, indices: list[int], row: tuple[int, int]) -> Line:
    words = page.words
    if len(indices) == 1:
        text, x0, x1, y, spaced = words[indices[0]]
        return Line(text, (page.first_word + indices[0],), y, x1, x1 - x0, row, spaced)
    indices.sort(key=lambda index: words[index].x0)
    first, last = words[indices[0]], words[indices[-1]]
    text = " ".join([words[index].text for index in indices])
    ids = tuple([page.first_word + index for index in indices])
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
