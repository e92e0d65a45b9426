"""Page -> ruled tables of cells: each word falls into the cell in which it starts, if it is the table's own.

Text that cannot be the table's is kept out of its cells. Where it cannot be told which text is the table's (one lies
over another, or between its lines), the row is marked: its cells cannot be trusted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ..model import KERNED, TOUCHING, Cell, Foreign, Line, Page, PageTables, Row, Ruling, Table, Word
from .grids import Grid, find_grids

_SAME = 1.5  # points by which a word may start before its cell
_LINE = 2.5  # points within which two baselines are one line; lines are at least 8 points apart
_LEVEL = 0.6  # points by which the baselines of a line differ at most
_BESIDE = (0.085, 0.26)  # heights of the text by which a stamp stands off the line it was aimed at
_WHOLE = 4  # cells of a row whose text is of one size: no stamp fills so many
_CENTRED = 4  # cells of a row that show that it is centred
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

_Cells = list[list[list[list[int]]]]
"""Row -> column -> line -> words, by their place on the page."""
_new = tuple.__new__
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
        foreign=tuple([(page.first_word + word, why) for word, why in sorted(foreign)]),
    )


def _sort_words(page: Page, grid: Grid, indices: Iterable[int]) -> tuple[_Cells, list[int]]:
    """Split words, given by their place on the page, into those in the cells of a grid and those outside it."""
    words, xs, ys = page.words, grid.xs, grid.ys
    columns, rows = len(xs), len(ys)
    cells: _Cells = [[[] for _ in range(columns - 1)] for _ in range(rows - 1)]
    outside = []
    disordered: list[list[list[int]]] = []
    # Most words stand in the cell of the word before, and those of one line at one height to the last digit.
    mine: list[list[int]] = []
    left = right = top = bottom = last = 0.0
    for index in indices:
        word = words[index]
        x, y = word[1] + _SAME, word[3]
        if left <= x < right and top <= y < bottom:
            if y == last:
                mine[-1].append(index)
                continue
            if y - last <= _LINE:
                disordered.append(mine)
        else:
            row, column = bisect_right(ys, y), bisect_right(xs, x)
            if not (0 < row < rows and 0 < column < columns):
                outside.append(index)
                continue
            mine = cells[row - 1][column - 1]
            left, right, top, bottom = xs[column - 1], xs[column], ys[row - 1], ys[row]
            if mine:
                disordered.append(mine)
        mine.append([index])
        last = y
    for mine in disordered:
        mine[:] = _by_line(page, [index for line in mine for index in line])
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
        page, first_row = self.page.number, self.first_row
        rows = [
            [
                _new(Cell, (self._lines(index, lines, (page, first_row + index)), rights[column]))
                if lines
                else empty[column]
                for column, lines in enumerate(cells)
            ]
            for index, cells in enumerate(self.cells)
        ]
        self._find_overrun(rows)
        for one in _Levels(self.grid, rows).unsure():
            # The rest of a row whose other cells are empty may begin at any height.
            if not (self.grid.goes_on and one.row == 0 and sum(bool(cell.lines) for cell in rows[0]) == 1):
                self._doubt(one.row, one.column, BETWEEN)
        return Table(
            page=page,
            columns=self.grid.xs,
            top=self.grid.ys[0],
            bottom=self.grid.ys[-1],
            rows=tuple(
                [
                    Row(
                        page=page,
                        number=first_row + index,
                        cells=tuple(cells),
                        fault=self.faults.get(index),
                        doubts=self.doubts.get(index, _NO_DOUBTS),
                    )
                    for index, cells in enumerate(rows)
                ]
            ),
        )

    def _filled(self) -> Iterator[tuple[int, int, list[list[int]]]]:
        """Yield row, column and lines of each cell that holds any."""
        for row, cells in enumerate(self.cells):
            for column, lines in enumerate(cells):
                if lines:
                    yield row, column, lines

    def _doubt(self, row: int, column: int, reason: str) -> None:
        self.doubts.setdefault(row, {}).setdefault(column, reason)

    def _keep_out(self) -> None:
        """Take the words that are not the table's out of its cells; a row in doubt is marked."""
        words = self.page.words
        if _are_alike(words):
            return
        rows = [[words[index] for lines in cells for line in lines for index in line] for cells in self.cells]
        sizes = _sizes([word[5] for row in rows for word in row])
        if not sizes:
            return
        usual = sizes.most_common(1)[0][0]
        least, most = usual / _UNLIKE, usual * _UNLIKE
        for row, (cells, inside) in enumerate(zip(self.cells, rows, strict=True)):
            if _are_alike(inside, 1.0) and inside and least < inside[0].height < most:
                continue
            if _are_alike(inside) and sum(map(bool, cells)) >= _WHOLE:  # a header that is larger than the rows
                continue
            for lines in cells:
                kept = [[index for index in line if self._is_own(row, index, usual)] for line in lines]
                lines[:] = [line for line in kept if line]
            self._find_unlike(row, cells)

    def _is_own(self, row: int, index: int, usual: float) -> bool:
        """Tell whether a word is the table's by itself and its size; note why if it is not."""
        word = self.page.words[index]
        why = word.foreign
        if why is None and not usual / _UNLIKE < word.height < usual * _UNLIKE:
            why = Foreign.SIZE
        if why is Foreign.COVERED:
            self.faults.setdefault(row, COVERED)
        elif why is not None:
            self.foreign.append((index, why))
            return False
        return True

    def _find_unlike(self, row: int, cells: Sequence[Sequence[Sequence[int]]]) -> None:
        """Doubt the words of a row that differ in size from the others."""
        words = self.page.words
        heights = [[words[index].height for line in lines for index in line] for lines in cells]
        sizes = _sizes([height for cell in heights for height in cell])
        own = sizes.most_common(1)[0][0] if sizes else 0.0
        for column, cell in enumerate(heights):
            if cell and not own / _LIKE < min(cell) <= max(cell) < own * _LIKE:
                self._doubt(row, column, UNLIKE)

    def _find_crossed(self) -> None:
        """Mark the rows through whose words a line is drawn that is not the table's."""
        words = self.page.words
        for across in self.grid.others:
            for row, _, lines in self._filled():
                if any(_is_crossed(words[index], across) for line in lines for index in line):
                    self.faults.setdefault(row, CROSSED)

    def _find_overrun(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Mark the rows in which text that is wider than its cell reaches the text of another.

        PDFium takes a letter that lies over the same letter for its copy, and drops it.
        """
        for row, cells in enumerate(rows):
            for column, ((lines, _), border) in enumerate(zip(cells, self.grid.xs[1:], strict=True), 1):
                for line in lines:
                    if line[3] > border and self._reaches(line, cells[column:]):
                        self.faults.setdefault(row, OVERLAP)

    def _reaches(self, line: Line, others: Iterable[Cell]) -> bool:
        words, first_word = self.page.words, self.page.first_word
        return any(
            abs(other.y - line.y) < _APART * line.height
            and words[other.words[0] - first_word].x0 - line.x1 <= TOUCHING * line.height
            for cell in others
            for other in cell.lines
        )

    def _padding(self) -> float:
        """Return the distance between a border and the text beside it: the least in the table, as it is set left."""
        words, xs = self.page.words, self.grid.xs
        least = min([words[lines[0][0]].x0 - xs[column] for _, column, lines in self._filled()], default=0.0)
        return min(max(least, 0.0), _WIDEST_PADDING)

    def _lines(self, row: int, groups: Sequence[Sequence[int]], place: tuple[int, int]) -> tuple[Line, ...]:
        words, first_word = self.page.words, self.page.first_word
        lines = []
        last = float("-inf")
        for group in groups:
            if len(group) == 1:
                text, x0, x1, y, spaced, height, _ = words[group[0]]
                # A named tuple's own constructor takes twice as long.
                line = _new(Line, (text, (first_word + group[0],), y, x1, x1 - x0, place, spaced, height, 0.0))
            elif (tidy := _tidy_line(words, first_word, group, place)) is not None:
                line = tidy
            else:
                line, fault = _untidy_line(words, first_word, group, place)
                if fault:
                    self.faults.setdefault(row, fault)
            if line[2] - last < _APART * line[7]:
                self.faults.setdefault(row, OVERLAP)
            last = line[2]
            lines.append(line)
        return tuple(lines)


def _are_alike(words: Sequence[Word], times: float = _LIKE) -> bool:
    """Tell whether all words are of one size, the largest at most so many times the least, and may be the table's."""
    heights = [word[5] for word in words]
    return not heights or (max(heights) <= times * min(heights) and {word[6] for word in words} == {None})


def _sizes(heights: Iterable[float]) -> Counter[float]:
    """Return how many words are of each size."""
    sizes: Counter[float] = Counter()
    for height, count in Counter(heights).items():
        sizes[round(height, 1)] += count
    return sizes


def _is_crossed(word: Word, line: Ruling) -> bool:
    top, bottom = word.y - 0.5 * word.height, word.y - 0.1 * word.height
    return line.x0 < word.x1 - 1 and line.x1 > word.x0 + 1 and line.y0 < bottom and line.y1 > top


def cell_lines(page: Page, indices: Sequence[int], row: tuple[int, int]) -> tuple[Line, ...]:
    """Return words of one page, given by their place on it, as lines from top to bottom, each from left to right."""
    return tuple([_untidy_line(page.words, page.first_word, group, row)[0] for group in _by_line(page, indices)])


def _by_line(page: Page, indices: Iterable[int]) -> list[list[int]]:
    """Return words, given by their place on the page, line by line from top to bottom."""
    groups: list[list[int]] = []
    last = float("-inf")
    for y, index in sorted([(page.words[index].y, index) for index in indices]):
        if y - last > _LINE:
            groups.append([])
        groups[-1].append(index)
        last = y
    return groups


def _tidy_line(words: Sequence[Word], first_word: int, indices: Sequence[int], row: tuple[int, int]) -> Line | None:
    """Return words of one line if each stands apart from the one before, at its height: almost always they do."""
    text, x0, end, y, spaced, height, _ = words[indices[0]]
    first_width = end - x0
    gap = 0.0
    for index in indices[1:]:
        last = words[index]
        apart = last[1] - end
        if last[3] != y or apart <= TOUCHING * last[5]:
            return None
        gap = gap or apart
        text += " " + last[0]
        end, spaced = last[2], last[4]
    ids = tuple([first_word + index for index in indices])
    return _new(Line, (text, ids, y, end, first_width, row, spaced, height, gap))


def _untidy_line(
    words: Sequence[Word], first_word: int, indices: Sequence[int], row: tuple[int, int]
) -> tuple[Line, str]:
    """Return words of one line, wherever they stand in the file, and why it cannot be trusted, if so.

    Pieces of one word are joined; a word that lies over its own copy is one word.
    """
    ordered = sorted(indices, key=lambda index: words[index].x0)
    last = first = words[ordered[0]]
    text, end, first_width, blank, fault = last.text, last.x1, 0.0, 0.0, ""
    for index in ordered[1:]:
        word = words[index]
        gap = word.x0 - end
        if gap > TOUCHING * word.height:
            first_width = first_width or end - first.x0
            blank = blank or gap
            text += " " + word.text
        elif word.text == last.text and word.x0 - last.x0 < _TWICE * word.height:
            continue
        elif gap > KERNED * word.height:
            text += word.text
        else:
            text += " " + word.text
            fault = OVERLAP
        if abs(word.y - last.y) > _LEVEL:
            fault = fault or BETWEEN
        last = word
        end = max(end, word.x1)
    ids = tuple([first_word + index for index in ordered])
    first_width = first_width or end - first.x0
    return Line(text, ids, first.y, end, first_width, row, last.spaced, first.height, blank), fault


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
        leading = self._leading() if any(one.place for one in lonely) else 0.0
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
        anchors = self._usual_anchors()
        side = max(range(3), key=lambda side: anchors[side][1])
        usual = {at: anchors[at][0] for at in (0, side)}
        return [one for one in lonely if not self._is_anchored(one, usual)]

    def _usual_anchors(self) -> list[tuple[float, int]]:
        """Return the usual value of each anchor, and how many cells have it."""
        # Most cells of a row begin and end on the same lines.
        extents = Counter(
            [
                (lines[0][2] - top, bottom - lines[-1][2], lines[0][7])
                for (top, bottom), cells in zip(pairwise(self._ys), self._rows, strict=True)
                for lines, _ in cells
                if lines
            ]
        )
        places = [
            ((begin / height, (begin - end) / 2 / height, end / height), height, count)
            for (begin, end, height), count in extents.items()
        ]
        usual = []
        for side in range(3):
            # In hundredths; rounding to digits takes longer than all else that is done with them.
            buckets: Counter[float] = Counter()
            for anchors, _, count in places:
                buckets[(100 * anchors[side] + 0.5) // 1] += count
            most = buckets.most_common(1)[0][0] / 100
            near = [count for anchors, height, count in places if abs(anchors[side] - most) * height <= _LEVEL]
            usual.append((most, sum(near)))
        return usual

    def _is_anchored(self, one: _Lonely, usual: Mapping[int, float]) -> bool:
        """Tell whether a cell's lines begin below its top, lie off its middle or end above its foot as is usual."""
        if self._is_centred(one.row):
            return True
        if self._is_beside(one):
            return False
        lines = self._rows[one.row][one.column].lines
        height = lines[0].height
        begin, end = (lines[0].y - self._ys[one.row]) / height, (self._ys[one.row + 1] - lines[-1].y) / height
        anchors = (begin, (begin - end) / 2, end)
        return any(abs(anchors[side] - value) * height <= _LEVEL for side, value in usual.items())

    def _is_centred(self, row: int) -> bool:
        """Tell whether the lines of all cells of a row have one middle, however many they are."""
        middles = [(cell.lines[0].y + cell.lines[-1].y) / 2 for cell in self._rows[row] if cell.lines]
        return len(middles) >= _CENTRED and max(middles) - min(middles) <= _LEVEL

    def _is_beside(self, one: _Lonely) -> bool:
        """Tell whether a line stands a little off another of its row.

        Further than text of another size may, and nearer than a line of another cell that is centred.
        """
        cells = self._rows[one.row]
        line = cells[one.column].lines[one.place]
        others = [other for column, cell in enumerate(cells) if column != one.column for other in cell.lines]
        least, most = _BESIDE
        return any(least < abs(other.y - line.y) / min(other.height, line.height) < most for other in others)


def _lonely(row: int, cells: Sequence[Cell]) -> list[_Lonely]:
    """Return the lines of a row that no other of its cells has at their level."""
    # Almost all lines of one level are at one height to the last digit.
    heights = Counter([line[2] for cell in cells for line in cell[0]])
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
