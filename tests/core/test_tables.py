"""Rulings make a grid, and each word falls into the cell in which it starts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.model import Page, Ruling, Word
from tukscal.core.readers.rulings import THICKEST, borders, box_rulings, path_rulings
from tukscal.core.readers.words import crosses, split_at_jumps
from tukscal.core.tables import cell_lines, page_tables

HIGH, WIDE = 20.0, 50.0
BROKEN = "a ruling between its cells is missing"


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


@pytest.mark.parametrize("rulings", [[], grid(0, 3), grid(3, 0), grid(2, 2)[:3], grid(2, 2)[3:]])
def test_no_table(rulings: list[Ruling]) -> None:
    """Without two rulings each way there is no table and every word is outside."""
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
    found = page_tables(page(rulings, [word("a", 2, 3)]))
    assert [row.fault for table in found.tables for row in table.rows] == [None, None, None]
    assert texts(page(rulings, [word("a", 2, 3)]))[0][2][3] == ["a"]


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


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
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


# ---- what counts as a ruling


@pytest.mark.parametrize(
    ("box", "rulings"),
    [
        ((10, 20, 110, 20.5), [Ruling(10, 20.25, 110, 20.25)]),
        ((10, 20, 10.5, 90), [Ruling(10.25, 20, 10.25, 90)]),
        ((10, 20, 10 + THICKEST, 90), [Ruling(11, 20, 11, 90)]),
        ((10, 20, 11, 21), []),
        (
            (10, 20, 30, 40),
            [Ruling(10, 20, 30, 20), Ruling(10, 40, 30, 40), Ruling(10, 20, 10, 40), Ruling(30, 20, 30, 40)],
        ),
    ],
)
def test_boxes(box: tuple[float, float, float, float], rulings: list[Ruling]) -> None:
    """A thin box is the line in its middle, a thick one its four edges, a dot nothing."""
    assert box_rulings(*box) == rulings


def test_paths() -> None:
    """Of a path each level or upright piece is a ruling, a slanting one is not."""
    found = path_rulings([(0, 0), (50, 0), (50, 40), (0, 0)])
    assert found == [Ruling(0, 0, 50, 0), Ruling(50, 0, 50, 40)]
    assert borders([*found, Ruling(7, 0, 7, 9), Ruling(50, 2, 50, 3)]) == [7, 50]


# ---- words over a border


def test_words_that_cross() -> None:
    """A word crosses a border only if it lies on both sides of it by more than half a point."""
    assert crosses(Word("a", 90, 110, 0), [100])
    assert not crosses(Word("a", 90, 100.4, 0), [100])
    assert not crosses(Word("a", 99.6, 120, 0), [100])
    assert not crosses(Word("a", 90, 99, 0), [100])


def test_glyphs_become_words() -> None:
    """Glyphs side by side are one word; where the pen was moved another begins."""
    glyphs = [Word("a", 0, 5, 10), Word("b", 5, 10, 10), Word("c", 11, 15, 10), Word("d", 15, 20, 12, spaced=True)]
    assert split_at_jumps(glyphs) == [Word("ab", 0, 10, 10), Word("c", 11, 15, 10), Word("d", 15, 20, 12, spaced=True)]
