"""Page -> ruled tables of cells: each word falls into the cell in which it starts, if it is the table's own.

Text that cannot be the table's is kept out of its cells. Where it cannot be told which text is the table's (one lies
over another, or between its lines), the row is marked: its cells cannot be trusted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from .grids import Grid, find_grids
from .model import KERNED, TOUCHING, Cell, Foreign, Line, Page, PageTables, Row, Table

_SAME = 1.5  # points by which a word may start before its cell
_LINE = 2.5  # points within which two baselines are one line; lines are at least 8 points apart
_LEVEL = 0.6  # points by which the baselines of a line differ at most
_WIDEST_PADDING = 8.0
_TWICE = 0.1  # heights of the text within which a word lies over its own copy
_APART = 0.6  # heights of the text from one line of a cell to the next, at least
_LIKE = 1.12  # times the size of the row's text
_UNLIKE = 1.4  # times the size of the table's text: a heading, a watermark

BROKEN = "a ruling between its cells is missing"
CROSSED = "a line is drawn through its text"
COVERED = "something is drawn over its text"
OVERLAP = "text lies over other text"
BETWEEN = "text stands between its lines"
UNLIKE = "its text is of different sizes"

_Cells = dict[tuple[int, int], list[int]]
_NO_DOUBTS: Mapping[int, str] = {}


def page_tables(page: Page) -> PageTables:
    """Return the tables of a page in reading order and the words outside them."""
    tables: list[Table] = []
    foreign: list[tuple[int, Foreign]] = []
    rest: Iterable[int] = range(len(page.words))
    first_row = 1
    for grid in find_grids(page.rulings):
        cells, rest = _sort_words(page, grid, rest)
        builder = _Builder(page, grid, cells, first_row)
        tables.append(builder.table())
        foreign += builder.foreign
        first_row += len(grid.ys) - 1
    return PageTables(
        page=page.number,
        tables=tuple(tables),
        outside=tuple([page.first_word + word for word in rest]),
        foreign=tuple([(page.first_word + word, why) for word, why in foreign]),
    )


def _sort_words(page: Page, grid: Grid, indices: Iterable[int]) -> tuple[_Cells, list[int]]:
    """Split words, given by their place on the page, into those in the cells of a grid and those outside it."""
    cells: _Cells = {}
    outside = []
    words, xs, ys = page.words, grid.xs, grid.ys
    columns, rows = len(xs), len(ys)
    mine: list[int] = []
    left = right = top = bottom = 0.0  # of the cell of the word before: most words stand beside another
    for index in indices:
        word = words[index]
        x, y = word[1] + _SAME, word[3]
        if left <= x < right and top <= y < bottom:
            mine.append(index)
            continue
        row, column = bisect_right(ys, y), bisect_right(xs, x)
        if 0 < row < rows and 0 < column < columns:
            mine = cells.setdefault((row - 1, column - 1), [])
            mine.append(index)
            left, right, top, bottom = xs[column - 1], xs[column], ys[row - 1], ys[row]
        else:
            outside.append(index)
    return cells, outside


# ---- cells


@dataclass(slots=True)
class _Builder:
    """Makes a table of a grid and the words in its cells."""

    page: Page
    grid: Grid
    cells: _Cells
    first_row: int
    foreign: list[tuple[int, Foreign]] = field(default_factory=list)
    """Words kept out of the cells, by their place on the page."""
    faults: dict[int, str] = field(default_factory=dict)
    """Row, from 0 -> why its cells cannot be trusted."""
    doubts: dict[int, dict[int, str]] = field(default_factory=dict)
    """Row, from 0 -> column -> why its text may not be the table's."""

    def table(self) -> Table:
        self.faults.update(dict.fromkeys(sorted(self.grid.broken), BROKEN))
        self._keep_out()
        self._find_crossed()
        padding = self._padding()
        rights = [x - padding for x in self.grid.xs[1:]]
        empty = [Cell((), right) for right in rights]
        rows = []
        for index in range(len(self.grid.ys) - 1):
            place = (self.page.number, self.first_row + index)
            cells = [
                Cell(self._lines(index, self.cells[index, column], place), right)
                if (index, column) in self.cells
                else empty[column]
                for column, right in enumerate(rights)
            ]
            rows.append((place, cells))
        levels = _Levels(self.grid, [cells for _, cells in rows])
        for one in levels.unsure():
            self._doubt(one.row, one.column, BETWEEN)
        return Table(
            page=self.page.number,
            columns=self.grid.xs,
            top=self.grid.ys[0],
            bottom=self.grid.ys[-1],
            rows=tuple(
                [
                    Row(
                        page=place[0],
                        number=place[1],
                        cells=tuple(cells),
                        fault=self.faults.get(index),
                        doubts=self.doubts.get(index, _NO_DOUBTS),
                    )
                    for index, (place, cells) in enumerate(rows)
                ]
            ),
        )

    def _doubt(self, row: int, column: int, reason: str) -> None:
        self.doubts.setdefault(row, {}).setdefault(column, reason)

    def _keep_out(self) -> None:
        """Take the words that are not the table's out of its cells; a row in doubt is marked."""
        words = self.page.words
        inside = [words[index] for ids in self.cells.values() for index in ids]
        heights = [word.height for word in inside]
        if not heights or (max(heights) <= _LIKE * min(heights) and not any(word.foreign for word in inside)):
            return
        usual = Counter([round(height, 1) for height in heights]).most_common(1)[0][0]
        for (row, column), ids in list(self.cells.items()):
            own = []
            for index in ids:
                word = words[index]
                why = word.foreign
                if why is None and not usual / _UNLIKE < word.height < usual * _UNLIKE:
                    why = Foreign.SIZE
                if why is Foreign.COVERED:
                    self.faults.setdefault(row, COVERED)
                if why is None or why is Foreign.COVERED:
                    own.append(index)
                else:
                    self.foreign.append((index, why))
            if own:
                self.cells[row, column] = own
            else:
                del self.cells[row, column]
        self._find_unlike()

    def _find_unlike(self) -> None:
        """Doubt the words that differ in size from their row's."""
        words = self.page.words
        rows: dict[int, Counter[float]] = {}
        for (row, _), ids in self.cells.items():
            rows.setdefault(row, Counter()).update([round(words[index].height, 1) for index in ids])
        usual = {row: sizes.most_common(1)[0][0] for row, sizes in rows.items()}
        for (row, column), ids in self.cells.items():
            own = usual[row]
            if any(not own / _LIKE < words[index].height < own * _LIKE for index in ids):
                self._doubt(row, column, UNLIKE)

    def _find_crossed(self) -> None:
        """Mark the rows through whose words a line is drawn that is not the table's."""
        words = self.page.words
        for line in self.grid.others:
            for (row, _), ids in self.cells.items():
                for index in ids:
                    word = words[index]
                    top, bottom = word.y - 0.5 * word.height, word.y - 0.1 * word.height
                    across = line.x0 < word.x1 - 1 and line.x1 > word.x0 + 1
                    if across and line.y0 < bottom and line.y1 > top:
                        self.faults.setdefault(row, CROSSED)

    def _padding(self) -> float:
        """Return the distance between a border and the text beside it: the least in the table, as it is set left."""
        words, xs = self.page.words, self.grid.xs
        least = min([words[ids[0]].x0 - xs[column] for (_, column), ids in self.cells.items()], default=0.0)
        return min(max(least, 0.0), _WIDEST_PADDING)

    def _lines(self, row: int, indices: Sequence[int], place: tuple[int, int]) -> tuple[Line, ...]:
        if len(indices) == 1:
            return (_short_line(self.page, indices[0], place),)
        lines = []
        last = float("-inf")
        for group in _by_line(self.page, indices):
            if len(group) == 1:
                line = _short_line(self.page, group[0], place)
            else:
                line, fault = _line(self.page, group, place)
                if fault:
                    self.faults.setdefault(row, fault)
            if line.y - last < _APART * self.page.words[group[0]].height:
                self.faults.setdefault(row, OVERLAP)
            last = line.y
            lines.append(line)
        return tuple(lines)


def cell_lines(page: Page, indices: Sequence[int], row: tuple[int, int]) -> tuple[Line, ...]:
    """Return words of one page, given by their place on it, as lines from top to bottom, each from left to right."""
    return tuple(
        [
            _short_line(page, group[0], row) if len(group) == 1 else _line(page, group, row)[0]
            for group in _by_line(page, indices)
        ]
    )


def _by_line(page: Page, indices: Sequence[int]) -> list[list[int]]:
    """Return words, given by their place on the page, line by line from top to bottom."""
    words = page.words
    groups: list[list[int]] = []
    last = float("-inf")
    # Almost always the words of a line stand together, at one height to the last digit, and the lines in their order.
    for index in indices:
        y = words[index][3]
        if y == last:
            groups[-1].append(index)
        elif y - last > _LINE:
            groups.append([index])
            last = y
        else:
            break
    else:
        return groups
    groups, last = [], float("-inf")
    for y, index in sorted([(words[index].y, index) for index in indices]):
        if y - last > _LINE:
            groups.append([])
        groups[-1].append(index)
        last = y
    return groups


def _short_line(page: Page, index: int, row: tuple[int, int]) -> Line:
    word = page.words[index]
    return Line(
        word.text, (page.first_word + index,), word.y, word.x1, word.x1 - word.x0, row, word.spaced, word.height
    )


def _line(page: Page, indices: list[int], row: tuple[int, int]) -> tuple[Line, str]:
    """Return words of one line, and why it cannot be trusted, if so.

    Pieces of one word, wherever they stand in the file, are joined; a word that lies over its own copy is one word.
    """
    all_words, first_word = page.words, page.first_word
    ordered = sorted(indices, key=lambda index: all_words[index][1])
    last = first = all_words[ordered[0]]
    text, end, first_width, fault = last.text, last.x1, 0.0, ""
    for index in ordered[1:]:
        word = all_words[index]
        written, x0, x1, y, _, height, _ = word
        gap = x0 - end
        if gap > TOUCHING * height:
            first_width = first_width or end - first.x0
            text += " " + written
        elif written == last.text and x0 - last.x0 < _TWICE * height:
            continue
        elif gap > KERNED * height:
            text += written
        else:
            text += " " + written
            fault = OVERLAP
        if y != last.y and abs(y - last.y) > _LEVEL:
            fault = fault or BETWEEN
        last = word
        if x1 > end:
            end = x1
    ids = tuple([first_word + index for index in ordered])
    return Line(text, ids, first.y, end, first_width or end - first.x0, row, last.spaced, first.height), fault


class _Lonely(NamedTuple):
    """A line that no other column of its row has at its level."""

    row: int
    column: int
    place: int
    """Among the lines of its cell."""


class _Levels:
    """Whether the lines of a table's cells stand where its lines stand.

    A line is the table's if another column of its row has one at its level, if it follows a line of its cell at the
    table's own distance, or if its cell's lines begin, are centred or end where the table's do.
    """

    def __init__(self, grid: Grid, rows: Sequence[Sequence[Cell]]) -> None:
        self._ys = grid.ys
        self._rows = rows

    def unsure(self) -> list[_Lonely]:
        """Return the lines that stand nowhere."""
        lonely = [one for row, cells in enumerate(self._rows) for one in _lonely(row, cells)]
        if not lonely:
            return []
        leading = self._leading()
        unsure = [one for one in lonely if not self._follows(one, leading)]
        return self._misplaced(unsure) if unsure else []

    def _leading(self) -> float:
        """Return the usual distance of two lines of one cell."""
        apart = Counter(
            [
                round(line.y - before.y, 1)
                for cells in self._rows
                for cell in cells
                for before, line in pairwise(cell.lines)
            ]
        )
        return apart.most_common(1)[0][0] if apart else 0.0

    def _follows(self, one: _Lonely, leading: float) -> bool:
        """Tell whether a line stands at the usual distance below the one before it."""
        if not one.place:
            return False
        lines = self._rows[one.row][one.column].lines
        return abs(lines[one.place].y - lines[one.place - 1].y - leading) <= _LEVEL

    def _misplaced(self, lonely: list[_Lonely]) -> list[_Lonely]:
        anchors = {
            (row, column): self._anchor(row, cell)
            for row, cells in enumerate(self._rows)
            for column, cell in enumerate(cells)
            if cell.lines
        }
        usual = [Counter([round(found[side], 2) for found in anchors.values()]).most_common(1)[0] for side in range(3)]
        side = max(range(3), key=lambda side: usual[side][1])
        return [
            one
            for one in lonely
            if not any(
                abs(anchors[one.row, one.column][at] - usual[at][0]) * self._rows[one.row][one.column].lines[0].height
                <= _LEVEL
                for at in {0, side}
            )
        ]

    def _anchor(self, row: int, cell: Cell) -> tuple[float, float, float]:
        """Return how far a cell's lines begin below its top, are centred off its middle and end above its foot.

        In heights of their text.
        """
        top, bottom = self._ys[row], self._ys[row + 1]
        first, last = cell.lines[0], cell.lines[-1]
        down = first.y - top
        return down / first.height, (down + last.y - bottom) / 2 / first.height, (bottom - last.y) / first.height


def _lonely(row: int, cells: Sequence[Cell]) -> list[_Lonely]:
    """Return the lines of a row that no other of its cells has at their level."""
    # Almost all lines of one level are at one height to the last digit.
    heights: dict[float, int] = {}
    for cell in cells:
        for line in cell.lines:
            heights[line.y] = heights.get(line.y, 0) + 1
    if 1 not in heights.values():
        return []
    alone = [y for y, count in heights.items() if count == 1]
    lonely = {y for y in alone if not any(other != y and abs(other - y) <= _LEVEL for other in heights)}
    return [
        _Lonely(row, column, place)
        for column, cell in enumerate(cells)
        for place, line in enumerate(cell.lines)
        if line.y in lonely
    ]
