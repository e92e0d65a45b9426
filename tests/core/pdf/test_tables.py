"""Rulings make a grid, and each word falls into the cell in which it starts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.model import Foreign, Page, Ruling, Word
from tukscal.core.pdf.readers.rulings import THICKEST, box_rulings, joined, path_rulings
from tukscal.core.pdf.readers.words import Glyphs, plain, word_spans
from tukscal.core.pdf.tables import BETWEEN, BROKEN, COVERED, CROSSED, OVERLAP, UNLIKE, cell_lines, page_tables

HIGH, WIDE = 20.0, 50.0


def grid(rows: int, columns: int, *, x: float = 100, y: float = 100) -> list[Ruling]:
    """Return the rulings of a table of so many rows and columns, each over its whole length."""
    right, bottom = x + WIDE * columns, y + HIGH * rows
    return [
        *(Ruling(x, y + HIGH * n, right, y + HIGH * n) for n in range(rows + 1)),
        *(Ruling(x + WIDE * n, y, x + WIDE * n, bottom) for n in range(columns + 1)),
    ]


def word(text: str, row: float, column: float, *, x: float = 100, y: float = 100) -> Word:
    """Return a word whose pen starts 5 points inside a cell, counted from 0."""
    x0 = x + WIDE * column + 5
    return Word(text, x0, x0 + 4 * len(text), y + HIGH * row + 12)


def page(rulings: Sequence[Ruling], words: Sequence[Word], first_word: int = 0) -> Page:
    """Return a page."""
    return Page(number=3, first_word=first_word, words=tuple(words), rulings=tuple(rulings))


def texts(found: Page) -> list[list[list[list[str]]]]:
    """Return the lines of every cell by table, row and column."""
    return [
        [[[line.text for line in cell.lines] for cell in row.cells] for row in table.rows]
        for table in page_tables(found).tables
    ]


def faults(found: Page) -> list[str | None]:
    """Return what is wrong with each row of a page."""
    return [row.fault for table in page_tables(found).tables for row in table.rows]


def test_words_fall_into_their_cells() -> None:
    """A word belongs to the cell in which it starts, by row and column; words outside all cells are kept apart."""
    words = [word("a", 0, 0), word("b", 0, 1), word("c", 1, 1), word("below", 2, 0), word("left", 0, -1)]
    found = page_tables(page(grid(2, 2), words, first_word=70))
    assert texts(page(grid(2, 2), words)) == [[[["a"], ["b"]], [[], ["c"]]]]
    assert found.outside == (73, 74)
    (table,) = found.tables
    assert [(row.page, row.number, row.fault) for row in table.rows] == [(3, 1, None), (3, 2, None)]
    assert table.rows[1].cells[1].lines[0].words == (72,)
    assert table.rows[1].cells[1].lines[0].row == (3, 2)


def test_order_of_words_does_not_matter() -> None:
    """Lines are ordered by height and words by place, however the PDF orders them."""
    words = [
        Word("214", 130, 140, 112), Word("COS", 105, 120, 112), Word("below", 105, 120, 118), Word("x", 155, 160, 112),
    ]  # fmt: skip
    assert texts(page(grid(1, 2), words)) == [[[["COS 214", "below"], ["x"]]]]
    assert texts(page(grid(1, 2), words[::-1])) == [[[["COS 214", "below"], ["x"]]]]


def test_words_of_a_cell_that_stand_apart_in_the_file() -> None:
    """Words of one line are one line though those of other cells stand between them."""
    words = [
        Word("COS", 105, 120, 112),
        word("x", 0, 1),
        Word("214", 130, 140, 112),
        word("y", 0, 2),
        word("214", 1, 0),
    ]
    assert texts(page(grid(2, 3), words)) == [[[["COS 214"], ["x"], ["y"]], [["214"], [], []]]]


def test_blanks_of_a_line() -> None:
    """A line knows how far its first two words are apart, in the order of the file or not."""
    words = [Word("IT", 105, 115, 112), Word("4", 118, 124, 112), Word("x", 130, 140, 112), word("y", 0, 1)]
    for ordered in (words, words[::-1]):
        (table,) = page_tables(page(grid(1, 2), ordered)).tables
        assert [cell.lines[0].gap for cell in table.rows[0].cells] == [3, 0]


@pytest.mark.parametrize(("apart", "lines"), [(0.0, 1), (2.4, 1), (2.6, 2), (8.0, 2)])
def test_baselines(apart: float, lines: int) -> None:
    """Words less than 2.5 points apart in height are one line."""
    words = [Word("E", 105, 110, 110), Word("L", 115, 120, 110 + apart)]
    assert len(cell_lines(page([], words), [0, 1], (3, 1))) == lines


def test_a_line_ends_with_its_last_word() -> None:
    """A line knows the width of its first word, where its last ends and whether that kept a blank."""
    words = [Word("Exam", 105, 125, 110), Word("Written", 130, 160, 110, spaced=True)]
    (line,) = cell_lines(page([], words, first_word=9), [0, 1], (3, 7))
    assert (line.text, line.words, line.x1, line.first_width, line.spaced) == ("Exam Written", (9, 10), 160, 20, True)


def test_padding_bounds_the_cell() -> None:
    """Text may end as far from the right border as it begins from the left one."""
    (table,) = page_tables(page(grid(1, 2), [word("a", 0, 0)])).tables
    assert [cell.right for cell in table.rows[0].cells] == [145, 195]
    (table,) = page_tables(page(grid(1, 2), [Word("a", 99.5, 110, 112)])).tables
    assert [cell.right for cell in table.rows[0].cells] == [150, 200]


OPEN = [ruling for ruling in grid(2, 3) if ruling.x0 < 250]
"""Without the line at the right."""
FAR = [ruling._replace(y0=300, y1=300) if ruling.y0 == ruling.y1 == 120 else ruling for ruling in grid(1, 2)]
"""Of two level lines only one is where the upright ones are."""


@pytest.mark.parametrize("rulings", [[], grid(0, 3), grid(3, 0), grid(4, 1), grid(2, 2)[:3], grid(2, 2)[3:], OPEN, FAR])
def test_no_table(rulings: list[Ruling]) -> None:
    """Without two columns and a row there is no table (a frame is none) and every word is outside."""
    found = page_tables(page(rulings, [word("a", 0, 0)]))
    assert (found.tables, found.outside) == ((), (0,))


def test_two_tables() -> None:
    """Two tables on a page are found from top to bottom, and their rows counted through."""
    rulings = [*grid(1, 2, y=300), *grid(2, 3)]
    words = [word("low", 0, 0, y=300), word("high", 1, 2)]
    found = page_tables(page(rulings, words))
    assert [[row.number for row in table.rows] for table in found.tables] == [[1, 2], [3]]
    assert texts(page(rulings, words)) == [[[[], [], []], [[], [], ["high"]]], [[["low"], []]]]


def test_rulings_drawn_cell_by_cell() -> None:
    """A grid whose cells are drawn one by one is one table without a fault."""
    rulings = [
        ruling
        for row in range(3)
        for column in range(4)
        for ruling in grid(1, 1, x=100 + WIDE * column, y=100 + HIGH * row)
    ]
    found = page(joined(rulings), [word("a", 2, 3)])
    assert faults(found) == [None, None, None]
    assert texts(found)[0][2][3] == ["a"]


def test_a_missing_piece_marks_its_row() -> None:
    """A row whose cells a vertical ruling fails to separate is marked; the others are not."""
    whole = grid(3, 3)
    short = [r for r in whole if r.x0 != 150 or r.x1 != 150]
    pieces = [Ruling(150, 100, 150, 120), Ruling(150, 140, 150, 160)]
    (table,) = page_tables(page([*short, *pieces], [])).tables
    assert [row.fault for row in table.rows] == [None, BROKEN, None]


def test_a_short_horizontal_marks_both_rows() -> None:
    """A horizontal ruling that ends early leaves the rows above and below it in doubt."""
    whole = [r for r in grid(3, 3) if r.y0 != 120 or r.y1 != 120]
    (table,) = page_tables(page([*whole, Ruling(100, 120, 200, 120)], [])).tables
    assert [row.fault for row in table.rows] == [BROKEN, BROKEN, None]


@pytest.mark.parametrize("shift", [0.4, -0.4, 1.4])
def test_rulings_almost_at_one_place(shift: float) -> None:
    """Rulings within a hair of each other are one, so a doubled border makes no cell."""
    rulings = [*grid(2, 2), Ruling(150 + shift, 100, 150 + shift, 140), Ruling(100, 120 + shift, 200, 120 + shift)]
    (table,) = page_tables(page(rulings, [])).tables
    assert (len(table.rows), len(table.columns)) == (2, 3)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 2), (1, 3), (2, 3)])
def test_a_ruling_that_is_missing_at_an_end(first: int, last: int) -> None:
    """A ruling that begins later or ends earlier than the others leaves the rows it does not reach in doubt."""
    short = [r for r in grid(3, 3) if r.x0 != 150 or r.x1 != 150]
    piece = Ruling(150, 100 + HIGH * first, 150, 100 + HIGH * last)
    (table,) = page_tables(page([*short, piece], [])).tables
    spans_most = last - first > 1
    assert len(table.columns) == 3 + spans_most
    if spans_most:
        assert [row.fault for row in table.rows] == [None if first <= row < last else BROKEN for row in range(3)]


@pytest.mark.parametrize(("off", "found"), [(1.5, True), (1.75, False)])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_rulings_that_almost_meet(side: str, off: float, found: bool) -> None:
    """Level lines may end a hair off the last upright one; upright ones may end anywhere, as where a page ends."""
    sides = {"left": ("x0", off), "right": ("x1", -off), "top": ("y0", off), "bottom": ("y1", -off)}
    name, by = sides[side]
    level = side in ("left", "right")
    rulings = [r._replace(**{name: getattr(r, name) + by}) if (r.y0 == r.y1) is level else r for r in grid(2, 3)]
    tables = page_tables(page(rulings, [])).tables
    assert [(len(table.rows), len(table.columns)) for table in tables] == ([(2, 4)] if found or not level else [])


def test_a_single_column_is_no_table() -> None:
    """Two upright lines make no table, though a third that is no part of it begins and ends where they do."""
    rulings = [*grid(2, 1), Ruling(190, 100, 190, 140)]
    assert page_tables(page(rulings, [])).tables == ()


def test_a_short_line_is_no_ruling() -> None:
    """A line under one cell, from ruling to ruling, makes no row: a ruling spans half of the table at least."""
    words = [word(f"w{row}{column}", row, column) for row in range(2) for column in range(4)]
    for columns, rows in ((1, 2), (2, 3)):
        for y in (105, 125, 135):
            line = Ruling(150, y, 150 + WIDE * columns, y)
            (table,) = page_tables(page([*grid(2, 4), line], words)).tables
            assert len(table.rows) == rows
    for rows, columns in ((2, 4), (3, 5)):
        for x in (110, 170, 290):
            line = Ruling(x, 100, x, 100 + HIGH * rows)
            (table,) = page_tables(page([*grid(5, 4), line], words)).tables
            assert len(table.columns) - 1 == columns


@pytest.mark.parametrize(("start", "column"), [(147.0, 0), (148.25, 0), (148.75, 1), (151.0, 1)])
def test_a_word_that_starts_a_little_early(start: float, column: int) -> None:
    """A word may start a point and a half before its cell."""
    (table,) = page_tables(page(grid(1, 2), [Word("w", start, start + 9, 112)])).tables
    assert [bool(cell.lines) for cell in table.rows[0].cells] == [index == column for index in range(2)]


@pytest.mark.parametrize(("gap", "text"), [(0.0, "Room2"), (0.9, "Room2"), (1.1, "Room 2")])
def test_pieces_of_a_word(gap: float, text: str) -> None:
    """Pieces of a word that touch are one word, in a cell as elsewhere."""
    words = [Word("Room", 105, 125, 112), Word("2", 125 + gap, 130 + gap, 112)]
    assert texts(page(grid(1, 2), words)) == [[[[text], []]]]


def test_one_table_inside_another() -> None:
    """Of tables that overlap the larger one is read; those that share a border are two."""
    inner = [r._replace(y1=140) if r.x0 == r.x1 else r for r in grid(1, 3, x=110, y=105)]
    assert len(page_tables(page([*grid(9, 4), *inner], [])).tables) == 1
    (one, other) = page_tables(page([*grid(3, 3), *grid(3, 3, x=250 - 3, y=200)], [])).tables
    assert (one.page, len(one.rows), len(other.rows)) == (3, 3, 3)
    across = [*grid(4, 4), *grid(2, 2, x=290, y=170)]
    assert len(page_tables(page(across, [])).tables) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(2, 9),
    st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), max_size=25),
    st.randoms(use_true_random=False),
    st.floats(-0.3, 0.3),
)
def test_any_grid(rows: int, columns: int, places: list[tuple[int, int]], chance: object, noise: float) -> None:
    """In any grid every word is in exactly one cell or outside, and in the cell it was put into."""
    rulings = [Ruling(r.x0 + noise, r.y0, r.x1 + noise, r.y1) for r in grid(rows, columns)]
    chance.shuffle(rulings)  # type: ignore[attr-defined]
    words = [word(f"w{number}", *place) for number, place in enumerate(places)]
    found = page_tables(page(rulings, words))
    (table,) = found.tables
    assert (len(table.rows), len(table.columns)) == (rows, columns + 1)
    inside = {
        index: (row.number - 1, column)
        for row in table.rows
        for column, cell in enumerate(row.cells)
        for line in cell.lines
        for index in line.words
    }
    assert inside == {n: p for n, p in enumerate(places) if 0 <= p[0] < rows and 0 <= p[1] < columns}
    assert sorted([*inside, *found.outside]) == list(range(len(words)))


# ---- what is no part of the table


@pytest.mark.parametrize(
    "drawn",
    [
        box_rulings(20, 20, 780, 580, stroked=True),
        box_rulings(103, 117, 290, 143, stroked=True),
        box_rulings(98, 118, 302, 142, stroked=True),
        [Ruling(105, 133, 130, 133)],
        [Ruling(0, 117, 800, 117)],
        [Ruling(155, 50, 155, 300)],
    ],
    ids=["frame", "box-in-the-table", "box-round-a-row", "underline", "line-over-the-page", "line-down-the-page"],
)
def test_lines_that_are_not_the_tables(drawn: list[Ruling]) -> None:
    """Frames, boxes and underlines change nothing: only lines that end where the table's others are belong to it."""
    words = [word(f"w{row}{column}", row, column) for row in range(4) for column in range(4)]
    plain_page, marked = page(grid(4, 4), words), page([*grid(4, 4), *drawn], words)
    assert texts(marked) == texts(plain_page)
    assert set(faults(marked)) == {None}


@pytest.mark.parametrize(
    ("line", "crossed"),
    [
        (Ruling(106, 128, 120, 128), True),
        (Ruling(90, 128, 107, 128), True),
        (Ruling(90, 128, 105.5, 128), False),
        (Ruling(119.5, 128, 140, 128), True),
        (Ruling(120.5, 128, 140, 128), False),
        (Ruling(160, 128, 199, 128), False),
        (Ruling(111, 126, 111, 131), True),
        (Ruling(111, 104, 111, 119), False),
        (Ruling(111, 133, 111, 139), False),
    ],
)
def test_a_line_through_one_word(line: Ruling, crossed: bool) -> None:
    """A line crosses a word if it lies over its letters, by a point at least, wherever in the table that is."""
    for row, down in ((0, -20), (1, 0), (3, 40)):
        moved = line._replace(y0=line.y0 + down, y1=line.y1 + down)
        found = faults(page([*grid(4, 4), moved], [word("word", row, 0)]))  # from 105 to 121
        assert found == [CROSSED if crossed and index == row else None for index in range(4)]


@pytest.mark.parametrize("line", [Ruling(110, 128, 290, 128), Ruling(0, 128, 800, 128), Ruling(111, 90, 111, 190)])
def test_lines_through_text(line: Ruling) -> None:
    """A row through whose text somebody drew a line is marked, and no other."""
    words = [word("word", row, 0) for row in (0, 1, 3)]
    crossed = [
        row for row in (0, 1, 3) if line.y0 <= 100 + HIGH * row + 12 <= line.y1 or (118 < line.y0 < 140 and row == 1)
    ]
    found = faults(page([*grid(4, 4), line], words))
    assert found == [CROSSED if row in crossed else None for row in range(4)]


def test_tables_side_by_side() -> None:
    """Tables side by side on a sheet are read from left to right, then from top to bottom, wherever each begins."""
    rulings = [*grid(2, 2, x=400), *grid(2, 2, y=110), *grid(1, 2, y=300)]
    words = [word("right", 0, 0, x=400), word("left", 0, 0, y=110), word("below", 0, 1, y=300)]
    assert [[cell for row in table for cell in row if cell] for table in texts(page(rulings, words))] == [
        [["left"]], [["right"]], [["below"]],
    ]  # fmt: skip


# ---- what is not the table's text

ROWS = [word(text, row, column) for row in range(4) for column, text in enumerate(("IT", "4-4", "Monday"))]


@pytest.mark.parametrize("why", [Foreign.TURNED, Foreign.FAINT, Foreign.UNSEEN, Foreign.HIDDEN])
def test_words_that_are_not_the_tables(why: Foreign) -> None:
    """A word that is turned, transparent or hidden is in no cell; it is named, and the row is read without it."""
    stamp = word("DRAFT", 1, 3)._replace(foreign=why)
    found = page(grid(4, 4), [*ROWS, stamp])
    assert texts(found) == texts(page(grid(4, 4), ROWS))
    assert page_tables(found).foreign == ((12, why),)
    assert faults(found) == [None] * 4


@pytest.mark.parametrize("height", [5.0, 14.1, 80.0])
def test_words_of_another_size(height: float) -> None:
    """A word much larger or smaller than the table's text is in no cell."""
    found = page(grid(4, 4), [*ROWS, word("DRAFT", 1, 3)._replace(height=height)])
    assert texts(found) == texts(page(grid(4, 4), ROWS))
    assert page_tables(found).foreign == ((12, Foreign.SIZE),)


@pytest.mark.parametrize(("cells", "kept"), [(4, True), (3, False)])
def test_a_header_that_is_larger(cells: int, kept: bool) -> None:
    """A row whose text is larger in all its cells, four at least, is a row of the table; fewer words are stamps."""
    header = [word(text, 0, column)._replace(height=16.0) for column, text in enumerate("ABCD"[:cells])]
    found = page(grid(4, 4), [*header, *ROWS[3:]])
    assert [cell for cell in texts(found)[0][0] if cell] == ([[text] for text in "ABCD"] if kept else [])
    assert len(page_tables(found).foreign) == (0 if kept else 3)


@pytest.mark.parametrize(
    ("stamp", "doubt"),
    [
        (word("X", 1, 3)._replace(height=11.5), UNLIKE),
        (word("X", 1, 3)._replace(height=8.5), UNLIKE),
        (word("X", 1, 3)._replace(height=10.8), None),
        (word("X", 1.05, 3), BETWEEN),
        (word("X", 0.95, 3), BETWEEN),
        (word("X", 1.02, 3), None),
    ],
)
def test_words_a_little_off(stamp: Word, doubt: str | None) -> None:
    """A word by itself in a cell is doubted from 12 % in size and 0.6 points in height on."""
    (table,) = page_tables(page(grid(4, 4), [*ROWS, stamp])).tables
    assert [dict(row.doubts) for row in table.rows] == [{}, {3: doubt} if doubt else {}, {}, {}]


@pytest.mark.parametrize(
    ("stamp", "fault"),
    [
        (word("9-9", 1, 1)._replace(x0=160, x1=175), OVERLAP),
        (word("9-9", 1.05, 1)._replace(x0=180, x1=195), BETWEEN),
        (word("9-9", 1.25, 1), OVERLAP),
        (word("4-4", 1, 1), None),
        (word("9-9", 1, 1)._replace(x0=170, x1=185), None),
    ],
)
def test_words_over_others(stamp: Word, fault: str | None) -> None:
    """A row in which text lies over other text is marked; a word printed twice at one place is one word."""
    found = page(grid(4, 4), [*ROWS, stamp])
    assert faults(found) == [None, fault, None, None]
    if stamp.text == "4-4":
        assert texts(found) == texts(page(grid(4, 4), ROWS))


@pytest.mark.parametrize(
    ("left", "right", "fault"),
    [
        (1.0, 5.0, None),  # it ends before the other begins, within its own cell or over the border
        (6.5, 8.5, None),
        (-0.2, 0.2, None),  # both fill their cells, which have no padding
        (6.5, 6.6, OVERLAP),  # it ends where the other begins
        (9.0, 5.0, OVERLAP),
        (70.0, 5.0, OVERLAP),  # over the next column, which is empty, and into the one behind it
    ],
)
def test_words_wider_than_their_cells(left: float, right: float, fault: str | None) -> None:
    """A row is marked whose text runs over its cell's border into another's: which letters are whose is not certain."""
    border = 100 + WIDE
    other = border + right if left < WIDE else border + WIDE + right
    words = [
        Word("HATFIELD", 105, border + left, 132),
        Word("EMS 4-1", other, other + 30, 132),
        *(word for word in ROWS if not 120 < word.y < 140),
    ]
    assert faults(page(grid(4, 4), words)) == [None, fault, None, None]


def test_words_wider_than_their_cells_on_other_lines() -> None:
    """Text that runs over its cell's border disturbs no other line."""
    words = [Word("HATFIELD", 105, 190, 126), Word("EMS", 155, 175, 137), *(w for w in ROWS if not 120 < w.y < 140)]
    assert OVERLAP not in faults(page(grid(4, 4), words))


def test_words_that_are_covered() -> None:
    """A row over whose text something is drawn is marked."""
    hidden = [word._replace(foreign=Foreign.COVERED) if n == 4 else word for n, word in enumerate(ROWS)]
    assert faults(page(grid(4, 4), hidden)) == [None, COVERED, None, None]


def test_lines_in_the_middle_of_their_cells() -> None:
    """Cells whose lines are centred are read as any other, whatever number of lines each has."""
    words = [
        *(Word(f"a{row}", 105, 125, 100 + 40 * row + 24) for row in range(3)),
        *(Word(f"b{row}{n}", 155, 175, 100 + 40 * row + 18 + 12 * n) for row in range(3) for n in range(2)),
    ]
    tall = [Ruling(r.x0, 2 * r.y0 - 100, r.x1, 2 * r.y1 - 100) for r in grid(3, 2)]
    (table,) = page_tables(page(tall, words)).tables
    assert [dict(row.doubts) for row in table.rows] == [{}, {}, {}]


@pytest.mark.parametrize(
    ("others", "lines", "sure"),
    [
        (3, (24,), True),
        (3, (18, 30), True),
        (3, (18.4, 30.4), True),
        (3, (18.7, 30.7), False),
        (3, (18,), False),
        (3, (21,), False),
        (2, (18, 30), False),
    ],
)
def test_a_row_that_is_centred(others: int, lines: tuple[float, ...], sure: bool) -> None:
    """A row is centred by itself if all its cells, four at least, have one middle; else its lines are in doubt."""
    words = [Word(f"c{column}", 105 + 50 * column, 125 + 50 * column, 124) for column in range(others)]
    words += [Word("x", 305, 312, 100 + y) for y in lines]
    words += [Word(f"r{row}{column}", 105 + 50 * column, 125, 120 + 20 * row) for row in (1, 2) for column in (0, 1)]
    rulings = [r._replace(y0=r.y0 + 20 * (r.y0 > 110), y1=r.y1 + 20 * (r.y1 > 110)) for r in grid(3, 5)]
    (table,) = page_tables(page(rulings, words)).tables
    assert [bool(row.doubts) for row in table.rows] == [not sure, False, False]


@pytest.mark.parametrize("missing", [0, 3])
def test_a_row_that_a_page_cut(missing: int) -> None:
    """Where a page cuts a row its upright lines end without a border: it is a row like the others."""
    rulings = [ruling for ruling in grid(3, 4) if ruling.y0 != ruling.y1 or ruling.y0 != 100 + HIGH * missing]
    words = [word(f"{row}-{column}", row, column) for row in range(3) for column in range(4)]
    assert texts(page(rulings, words)) == texts(page(grid(3, 4), words))
    assert faults(page(rulings, words)) == [None, None, None]


@pytest.mark.parametrize(("missing", "columns", "sure"), [(0, (2,), True), (0, (1, 2), False), (None, (2,), False)])
def test_the_rest_of_a_row_that_a_page_cut(missing: int | None, columns: tuple[int, ...], sure: bool) -> None:
    """The rest of a row that stands in one cell may begin at any height; of two cells each is in doubt."""
    rulings = [ruling for ruling in grid(3, 4) if ruling.y0 != ruling.y1 or missing is None or ruling.y0 != 100]
    words = [word(f"{row}-{column}", row, column) for row in (1, 2) for column in range(4)]
    rest = [word("rest", 0, column)._replace(y=107 + 2 * column) for column in columns]
    (table,) = page_tables(page(rulings, [*rest, *words])).tables
    assert [bool(row.doubts) for row in table.rows] == [not sure, False, False]


# ---- what counts as a ruling


@pytest.mark.parametrize(
    ("box", "rulings"),
    [
        ((10, 20, 110, 20.5), [Ruling(10, 20.25, 110, 20.25)]),
        ((10, 20, 10.5, 90), [Ruling(10.25, 20, 10.25, 90)]),
        ((10, 20, 10 + THICKEST, 90), [Ruling(12, 20, 12, 90)]),
        ((10, 20, 11, 21), [Ruling(10, 20.5, 11, 20.5), Ruling(10.5, 20, 10.5, 21)]),
        (
            (10, 20, 30, 40),
            [Ruling(10, 20, 30, 20), Ruling(10, 40, 30, 40), Ruling(10, 20, 10, 40), Ruling(30, 20, 30, 40)],
        ),
    ],
)
def test_boxes(box: tuple[float, float, float, float], rulings: list[Ruling]) -> None:
    """A thin box is the line in its middle, a thick one its four edges if they are stroked, a dot a line either way."""
    thick = len(rulings) == 4
    assert box_rulings(*box, stroked=True) == rulings
    assert box_rulings(*box, stroked=False) == ([] if thick else rulings)


def test_paths() -> None:
    """Of a stroked path each level or upright piece is a ruling, a slanting one is not; a filled area shows no line."""
    triangle: list[tuple[float, float]] = [(0, 0), (50, 0), (50, 40), (0, 0)]
    assert path_rulings(triangle, stroked=True) == [Ruling(0, 0, 50, 0), Ruling(50, 0, 50, 40)]
    assert path_rulings(triangle, stroked=False) == []
    assert path_rulings([(0, 0), (50, 0), (50, 1), (0, 1)], stroked=False) == [Ruling(0, 0.5, 50, 0.5)]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([(0, 50), (50, 90)], [(0, 90)]),
        ([(0, 50), (53, 90)], [(0, 90)]),
        ([(0, 50), (54, 90)], [(0, 50), (54, 90)]),
        ([(0, 90), (20, 30)], [(0, 90)]),
        ([(40, 90), (0, 50)], [(0, 90)]),
        ([(x, x + 1) for x in range(0, 90, 2)], [(0, 89)]),
        ([(0, 4), (20, 25)], [(20, 25)]),
    ],
)
def test_pieces_of_lines(pieces: list[tuple[float, float]], lines: list[tuple[float, float]]) -> None:
    """Pieces of a line that meet, overlap or almost meet are one line, level or upright; a dot by itself is none."""
    assert joined(Ruling(a, 7, b, 7) for a, b in pieces) == tuple(Ruling(a, 7, b, 7) for a, b in lines)
    assert joined(Ruling(7, a, 7, b) for a, b in pieces) == tuple(Ruling(7, a, 7, b) for a, b in lines)


# ---- glyphs and words


def glyphs(text: str, *, gaps: dict[int, float] | None = None, shifts: dict[int, float] | None = None) -> Glyphs:
    """Return glyphs 5 points wide and 10 high, `gaps` before and `shifts` below some of them."""
    places, x = [], 0.0
    for index in range(len(text)):
        x += (gaps or {}).get(index, 0.0)
        places.append(x)
        x += 5
    bottoms = [(shifts or {}).get(index, 0.0) for index in range(len(text))]
    return Glyphs(text, places, [x + 5 for x in places], bottoms, [bottom + 10 for bottom in bottoms])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (glyphs("COS 214"), ["COS", "214"]),
        (glyphs("COS214", gaps={3: 0.9}), ["COS214"]),
        (glyphs("COS214", gaps={3: 1.1}), ["COS", "214"]),
        (glyphs("COS214", gaps={3: -1.6}), ["COS214"]),
        (glyphs("COS214", gaps={3: -1.8}), ["COS", "214"]),
        (glyphs("COS214", shifts={3: 0.5}), ["COS214"]),
        (glyphs("COS214", shifts={3: 0.7}), ["COS", "2", "14"]),
        (glyphs("C O S 2", gaps=dict.fromkeys((1, 2, 3, 4, 5, 6), -2.5)), ["COS2"]),
        (glyphs("COS\r\n214", gaps={3: -15}, shifts=dict.fromkeys((5, 6, 7), 12.0)), ["COS", "214"]),
        (glyphs("ffi", gaps={1: -5, 2: -5}), ["ffi"]),
        (glyphs(""), []),
        (glyphs(" \r\n"), []),
    ],
)
def test_glyphs_become_words(found: Glyphs, words: list[str]) -> None:
    """Glyphs are one word where they touch, whatever blanks a reader makes up between them, and several where not."""
    spans = [found.text[first : last + 1] for first, last, _ in word_spans(found)]
    assert ["".join(span.split()) for span in spans] == words


@pytest.mark.parametrize(
    ("gap", "ruling", "words"),
    [
        (0.8, 15.4, ["COS", "214"]),
        (0.8, 15.0, ["COS", "214"]),
        (0.8, 16.4, ["COS214"]),
        (0.8, 14.4, ["COS214"]),
        (0.0, 15.0, ["COS214"]),
    ],
)
def test_words_on_both_sides_of_a_ruling(gap: float, ruling: float, words: list[str]) -> None:
    """Texts of two cells are two words, however near they stand; a line through a word cuts none."""
    found = glyphs("COS214", gaps={3: gap})
    lines = [Ruling(ruling, 0, ruling, 99), Ruling(0, 15.4, 99, 15.4)]
    assert [found.text[first : last + 1] for first, last, _ in word_spans(found, lines)] == words


LIGATURES = ["Offered", "Staff", "flo", "Office", "fit"]


@pytest.mark.parametrize("text", LIGATURES)
@pytest.mark.parametrize(("down", "whole"), [(2.0, True), (-1.0, False), (4.0, False)])
def test_letters_of_a_ligature(text: str, down: float, whole: bool) -> None:
    """Letters of one glyph have boxes of their own: within those beside them they belong to the word, else not."""
    at = [index for index, letter in enumerate(text) if letter in "fil"]
    found = glyphs(text, shifts=dict.fromkeys(at, down))
    tops = [bottom + (7 if bottom else 10) for bottom in found.bottom]
    spans = [found.text[first : last + 1] for first, last, _ in word_spans(found._replace(top=tops))]
    assert (spans == [text]) is whole


def test_letters_that_are_no_ligature() -> None:
    """Other letters of a lower box beside a word are none of it."""
    found = glyphs("COSB2", shifts={3: 2.0, 4: 2.0})
    tops = [bottom + (7 if bottom else 10) for bottom in found.bottom]
    assert [found.text[first : last + 1] for first, last, _ in word_spans(found._replace(top=tops))] == ["COS", "B2"]


@pytest.mark.parametrize("width", [5.0, 0.0])
def test_blank_before_another_line(width: float) -> None:
    """A word knows whether a printed blank ends its line; one that a reader made up has no width."""
    found = glyphs("ab cd", shifts={3: -12.0, 4: -12.0})
    ends = [*found.x1[:2], found.x0[2] + width, *found.x1[3:]]
    assert [spaced for _, _, spaced in word_spans(found._replace(x1=ends))] == [width > 0, False]


@pytest.mark.parametrize("dash", "\xad\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\x02\ufffe")
@pytest.mark.parametrize("colon", "\uff1a\u2236")
def test_characters_that_look_alike(dash: str, colon: str) -> None:
    """Dashes, colons, digits of full width and ligatures are read as the characters they look like."""
    assert plain(f"07{colon}30{dash}0９{colon}20") == "07:30-09:20"
    assert plain("O\ufb03ce\u200b") == "Office"
    assert plain("Café") == "Café"
