"""Lecture rows, line by line: which lines are one session, and what becomes of those that are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

import pytest
from tukscal.core.errors import BadRows
from tukscal.core.model import Cell, Entry, Line, Page, PageTables, Problem, Row, Table, Word
from tukscal.core.timetable import Reading, read_timetable

COLUMNS = ("Module", "Offered", "Group", "Lang", "Activity", "Day", "Time", "Venue", "Campus", "Study Prog", "Notes")
LETTER, RIGHT, STEP = 5.0, 100.0, 12.0
"""Every letter is 5 points wide, a cell holds 20, and lines stand 12 points apart."""
Cells = Mapping[str, Sequence[str | tuple[str, float]]]
"""Column -> its lines; one that ends in a blank kept it; a pair is a line and how far below its place it stands."""
ONE: Cells = {
    "Module": ["COS 214"], "Offered": ["S2"], "Group": ["G01"], "Lang": ["E L"], "Activity": ["L1"], "Day": ["Monday"],
    "Time": ["08:30 - 09:20"], "Venue": ["IT 4-4"], "Campus": ["HATFIELD"],
}  # fmt: skip
TWO: Cells = {
    **ONE, "Activity": ["L1", "L2"], "Day": ["Monday", "Friday"], "Time": ["08:30 - 09:20", "12:30 - 13:20"],
    "Venue": ["IT 4-4", "HB 4-1"],
}  # fmt: skip
OTHER: Cells = {**ONE, "Module": ["STK 220"]}


@dataclass
class Made:
    """A made document: its words, numbered in reading order."""

    words: list[Word]

    def line(self, text: str, below: float, number: int, row: tuple[int, int]) -> Line:
        """Return a line of a cell, one word to the document."""
        y, x1 = 100.0 + STEP * number + below, LETTER * len(text.rstrip())
        self.words.append(Word(text.strip(), 0.0, x1, y, text.endswith(" ")))
        first = LETTER * len(text.split()[0])
        return Line(text.strip(), (len(self.words) - 1,), y, x1, first, row, text.endswith(" "))

    def row(self, cells: Cells, page: int, number: int) -> Row:
        """Return a row of a table."""
        found: list[Cell] = []
        for column in COLUMNS:
            lines = [line if isinstance(line, tuple) else (line, 0.0) for line in cells.get(column, ())]
            place = (page, number)
            found.append(
                Cell(tuple(self.line(text, below, at, place) for at, (text, below) in enumerate(lines)), RIGHT)
            )
        return Row(page=page, number=number, cells=tuple(found))


def read(*pages: Sequence[Cells]) -> Reading:
    """Return what the rows of each page say; the first page begins with the header."""
    header = {column: [column] for column in COLUMNS}
    found: list[Page] = []
    tables: list[PageTables] = []
    for page, rows in enumerate(pages, 1):
        made = Made([word for one in found for word in one.words])
        first = len(made.words)
        every = [header, *rows] if page == 1 else rows
        rows_made = tuple(made.row(cells, page, at) for at, cells in enumerate(every, 1))
        table = Table(page=page, columns=(0.0, 708.75), top=74.0, bottom=300.0, rows=rows_made)
        tables.append(PageTables(page=page, tables=(table,), outside=()))
        found.append(Page(number=page, first_word=first, words=tuple(made.words[first:]), rulings=()))
    reading = read_timetable(found, tables)
    assert reading.accounted == reading.words
    return reading


def told(problems: Sequence[Problem]) -> list[tuple[int, int | None, str, str]]:
    """Return page, row, text and reason of problems."""
    return [(problem.page, problem.row, problem.text, problem.reason) for problem in problems]


def sessions(entries: Sequence[Entry]) -> list[tuple[str, int | None, time, tuple[str, ...]]]:
    """Return what differs between the sessions of a row."""
    return [(entry.activity, entry.day, entry.start, entry.venues) for entry in entries]


def test_a_line_each_is_a_session() -> None:
    """Lines of equal number are sessions from top to bottom, and share what the row says once."""
    found = read([TWO])
    assert sessions(found.entries) == [("L1", 0, time(8, 30), ("IT 4-4",)), ("L2", 4, time(12, 30), ("HB 4-1",))]
    assert {(entry.module, entry.offered, entry.group, entry.rows) for entry in found.entries} == {
        ("COS 214", "S2", "G01", ((1, 2),))
    }
    assert {(entry.campus, entry.study_programme, entry.comments) for entry in found.entries} == {
        ("HATFIELD", None, None)
    }


def test_sessions_without_venues() -> None:
    """Where no venue is printed, each session has none, whatever its lines' heights."""
    found = read([{**TWO, "Venue": [], "Day": ["Monday", ("Friday", 9.0)]}])
    assert sessions(found.entries) == [("L1", 0, time(8, 30), ()), ("L2", 4, time(12, 30), ())]


@pytest.mark.parametrize(
    ("lang", "language", "block"),
    [(["E L"], "E", "L"), (["E L 2"], "E", "L 2"), (["B"], "B", None), ([], None, None), (["E", "P"], "E", "P")],
)
def test_language_and_block(lang: list[str], language: str | None, block: str | None) -> None:
    """The first word of the cell is the language, all that follows the kind of block."""
    (entry,) = read([{**ONE, "Lang": lang}]).entries
    assert (entry.language, entry.block) == (language, block)


@pytest.mark.parametrize(
    ("day", "venue", "level"),
    [(0.0, 0.0, True), (2.5, 2.5, True), (-2.5, 0.0, True), (2.5, -2.5, True), (0.0, 3.5, False), (-3.5, 0.0, False)],
)
def test_lines_of_a_session_are_level(day: float, venue: float, level: bool) -> None:
    """A row whose lines stand more than 3 points above or below their activity is a problem, not a session."""
    found = read([OTHER, {**ONE, "Day": [("Monday", day)], "Venue": [("IT 4-4", venue)]}])
    if level:
        assert (len(found.entries), found.problems) == (2, ())
    else:
        (problem,) = found.problems
        assert (len(found.entries), problem.page, problem.row) == (1, 1, 3)
        assert problem.reason == ("the lines of Activity, Day, Time and Venue do not stand beside each other")


def test_a_venue_too_long_for_its_line() -> None:
    """Lines more than there are days are joined where the words would not have fitted; what fits is never joined."""
    long = ["Engineering building ", "three", "HB 4-1"]
    assert [entry.venues for entry in read([{**TWO, "Venue": long}]).entries] == [
        ("Engineering building three",),
        ("HB 4-1",),
    ]
    (problem,) = read([OTHER, {**TWO, "Venue": ["IT 4-4 ", "HB 4-1", "AE 1-1"]}]).problems
    assert problem.reason == "its cells have different numbers of lines (Activity 2, Day 2, Time 2, Venue 3)"


def test_venues_that_can_be_told_apart_in_two_ways() -> None:
    """Lines that may be these two venues or those are a problem of the row; where one way is left, it is read."""
    lines = ["East Electronic Labs", "B", "Electromechanically", "1"]
    found = read([{**TWO, "Venue": lines}, OTHER])
    assert [entry.module for entry in found.entries] == ["STK 220"]
    assert [problem.reason for problem in found.problems] == ["the lines of its venues cannot be told apart"]
    lines = ["Plant Science 3-5000", "Informatorium", "Orangeblue Lab"]
    found = read([{**TWO, "Venue": lines}])
    assert [entry.venues for entry in found.entries] == [("Plant Science 3-5000",), ("Informatorium Orangeblue Lab",)]
    assert found.problems == ()


def test_venues_wrapped_anew_before_a_page_break() -> None:
    """Where something else than the portal wrapped venues, a page break is no sign that one goes on behind it."""
    lines = ["Electromechanical", "Departmental Studies"]
    found = read([{**TWO, "Venue": lines}], [{"Venue": ["IT 4-1"]}])
    assert [entry.venues for entry in found.entries] == [("Electromechanical Departmental Studies",), ("IT 4-1",)]
    found = read([{**TWO, "Venue": ["HB 4-1", "Departmental Studies"]}], [{"Venue": ["IT 4-1"]}])
    assert [entry.venues for entry in found.entries] == [("HB 4-1",), ("Departmental Studies IT 4-1",)]


@pytest.mark.parametrize("activities", [["L1", "L2"], ["L1", "(moved)", "L2"]])
def test_lines_that_are_as_many_as_sessions_by_chance(activities: list[str]) -> None:
    """Where venues were wrapped anew, lines that are no venue by themselves are not taken for one of each session."""
    wrapped = {**ONE, "Module": ["BIO 110"], "Venue": ["Electromechanical", "Departmental Studies"]}
    found = read([wrapped, {**TWO, "Activity": activities, "Venue": ["Informatorium CBT", "Lab 2"]}])
    assert [entry.module for entry in found.entries] == ["BIO 110"]
    assert [problem.reason for problem in found.problems] == ["the lines of its venues cannot be told apart"]


def test_a_row_without_days() -> None:
    """A row whose lists are empty is a problem that counts them."""
    empty = {**ONE, "Activity": [], "Day": [], "Time": [], "Venue": []}
    assert [problem.reason for problem in read([OTHER, empty]).problems] == [
        "the row has no sessions, its cells Activity, Day, Time and Venue are empty"
    ]
    missing = {**TWO, "Venue": ["IT 4-4"]}
    assert [problem.reason for problem in read([OTHER, missing]).problems] == [
        "its cells have different numbers of lines (Activity 2, Day 2, Time 2, Venue 1)"
    ]


# ---- lines that cannot be used


def test_a_line_that_cannot_be_used_is_alone_a_problem() -> None:
    """Of a row with one impossible line the others are read, and the line is told with module and group."""
    found = read([{**TWO, "Day": ["Maandag", "Friday"]}])
    assert sessions(found.entries) == [("L2", 4, time(12, 30), ("HB 4-1",))]
    assert told(found.problems) == [
        (1, 2, "L1 | Maandag | 08:30 - 09:20 | IT 4-4", "COS 214 G01: 'Maandag' is not a weekday")
    ]


def test_a_row_of_which_no_line_can_be_used() -> None:
    """A row without a line that can be used is one problem, whose reason is that of the first line."""
    found = read([OTHER, {**TWO, "Day": ["Maandag", "Friday"], "Time": ["08:30 - 09:20", "noon"]}])
    ((page, row, text, reason),) = told(found.problems)
    assert (page, row, reason) == (1, 3, "'Maandag' is not a weekday")
    assert text.startswith("COS 214 | S2 | G01")
    with pytest.raises(BadRows, match="'Maandag' is not a weekday"):
        read([{**ONE, "Day": ["Maandag"]}])


# ---- rows that go on on the next page

REST: Cells = {"Activity": ["L3"], "Day": ["Tuesday"], "Time": ["07:30 - 08:20"], "Venue": ["HB 4-2"]}


def test_sessions_on_both_pages() -> None:
    """Each session of a broken row names the row's first place, and its own."""
    found = read([TWO], [REST])
    assert sessions(found.entries)[2:] == [("L3", 1, time(7, 30), ("HB 4-2",))]
    assert [entry.rows for entry in found.entries] == [((1, 2),), ((1, 2),), ((1, 2), (2, 1))]


def test_a_line_on_the_next_page_that_cannot_be_used() -> None:
    """A line that cannot be used is told where it stands, not where its row began."""
    found = read([TWO], [{**REST, "Day": ["Dinsdag"]}])
    assert told(found.problems) == [
        (2, 1, "L3 | Dinsdag | 07:30 - 08:20 | HB 4-2", "COS 214 G01: 'Dinsdag' is not a weekday")
    ]


def test_a_line_broken_by_the_page_is_told_where_it_begins() -> None:
    """A session that goes on on the next page and cannot be used is told at the page where it begins."""
    first: Cells = {**TWO, "Day": ["Monday", "Vrydag"], "Venue": ["IT 4-4", "Engineering building"]}
    found = read([first], [{"Venue": ["three"]}])
    assert sessions(found.entries) == [("L1", 0, time(8, 30), ("IT 4-4",))]
    text = "L2 | Vrydag | 12:30 - 13:20 | Engineering building | three"
    assert told(found.problems) == [(1, 2, text, "COS 214 G01: 'Vrydag' is not a weekday")]


def test_lines_of_two_pages_are_no_session() -> None:
    """Lines at one height on two pages are not one session: their row is not read as if they were."""
    first: Cells = {**ONE, "Venue": []}
    found = read([OTHER, {**first, "Day": []}], [{"Day": ["Monday"], "Venue": ["IT 4-4"]}])
    assert [entry.module for entry in found.entries] == ["STK 220"]
    assert [(problem.page, problem.row) for problem in found.problems] == [(1, 3), (1, 3), (2, 1)]
