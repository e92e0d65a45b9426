"""The values that travel between the stages of a conversion.

Coordinates are those of the page as it is read: x the way its text runs, y downwards, in PDF points; a page whose text
is much larger or smaller than the portal's is brought to the portal's size first, so that a distance means the same on
every page.
A word is known by its id, its position in the reading order of the whole document, so that every stage can say which
words it used. Words, rulings and lines are named tuples: there are thousands of them and a frozen dataclass costs three
times as much to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import NamedTuple

TOUCHING = 0.1
"""Gap between two glyphs of one word, in heights of the text, at most; blanks are at least 0.15 wide."""
KERNED = -0.17
"""And at least: pairs like "Te" are drawn closer together."""


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
HALVES = ("S1", "S2")
QUARTERS = ("Q1", "Q2", "Q3", "Q4")
PERIODS = (*HALVES, "Y", *QUARTERS)
_QUARTERS_OF = {"S1": frozenset(QUARTERS[:2]), "S2": frozenset(QUARTERS[2:]), "Y": frozenset(QUARTERS)}


def quarters(period: str | None) -> frozenset[str]:
    """Return the quarters of a period."""
    return _QUARTERS_OF.get(period or "", frozenset({period or ""}))


def half_of(day: date) -> str:
    """Return the half-year, S1 or S2, that a day belongs to."""
    return HALVES[day.month > 6]


class Foreign(StrEnum):
    """Why a word cannot be the table's own text; what a person reads of it."""

    TURNED = "it is turned"
    FAINT = "it is transparent"
    UNSEEN = "it is invisible"
    HIDDEN = "it is on a hidden layer"
    COVERED = "something is drawn over it"
    SIZE = "it is of another size than the table's text"


class Word(NamedTuple):
    """Text without white space, as one reader sees it."""

    text: str
    x0: float
    """Where the first glyph starts."""
    x1: float
    """Where the last glyph ends."""
    y: float
    """The baseline."""
    spaced: bool = False
    """Whether it ends its line with a printed blank: a line broken by the page's layout keeps the blank it broke at."""
    height: float = 10.0
    """Of its glyphs' boxes: the size of the text, as far as the font is the same."""
    foreign: Foreign | None = None
    """Why it cannot be the table's own text, if so."""


class Ruling(NamedTuple):
    """A straight line of a table, horizontal or vertical; y0 == y1 or x0 == x1."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its words in reading order and its rulings."""

    number: int
    """From 1."""
    first_word: int
    """Id of the first word of this page."""
    words: tuple[Word, ...]
    rulings: tuple[Ruling, ...]
    """Each line once, however it was drawn."""
    remarks: tuple[str, ...] = ()
    """What a viewer shows on it that is not read, as reasons of problems: text boxes, stamps."""


class Line(NamedTuple):
    """One line of text in a cell."""

    text: str
    words: tuple[int, ...]
    y: float
    x1: float
    """Where its last word ends."""
    first_width: float
    """Width of its first word: would it have fitted on the line before?"""
    row: tuple[int, int]
    """(page, row) of the table row it stands in."""
    spaced: bool = False
    """Whether its last word is."""
    height: float = 10.0
    """Of its first word."""
    gap: float = 0.0
    """Between its first two words; 0 if it has only one."""


class Cell(NamedTuple):
    """One cell of a table: lines from top to bottom."""

    lines: tuple[Line, ...]
    right: float
    """The rightmost x at which text may end, the cell's border less its padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ruled row of a table."""

    page: int
    number: int
    """From 1 on each page, a header row included."""
    cells: tuple[Cell, ...]
    fault: str | None = None
    """Why its cells cannot be trusted (a ruling is missing), if so."""
    doubts: Mapping[int, str] = field(default_factory=dict)
    """Column, from 0 -> why its text may not be the table's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One ruled table on one page."""

    page: int
    columns: tuple[float, ...]
    """x of every vertical ruling, one more than there are columns."""
    top: float
    """y of the first ruling."""
    bottom: float
    """y of the last ruling."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTables:
    """What table building makes of one page."""

    page: int
    tables: tuple[Table, ...]
    outside: tuple[int, ...]
    """Ids of the words in no table."""
    foreign: tuple[tuple[int, Foreign], ...] = ()
    """Ids of the words over a table that are not its text, and why."""


class Kind(StrEnum):
    """What a timetable lists."""

    LECTURES = "lectures"
    TESTS = "tests"
    EXAMS = "exams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Text of the PDF that became no entry, or only in part, and why."""

    page: int
    row: int | None
    text: str
    reason: str
    words: tuple[int, ...] = ()
    """The words that belong to this problem and to nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One session of a timetable: a weekly lecture, a test or an exam, in one or several venues."""

    kind: Kind
    module: str
    activity: str
    start: time
    end: time | None
    """None for exams: the timetable prints no end."""
    day: int | None = None
    """Weekday of a lecture, Monday = 0."""
    date: date | None = None
    """Date of a test or exam."""
    group: str | None = None
    offered: str | None = None
    """S1, S2, Y, Q1 to Q4: the period of a lecture."""
    language: str | None = None
    block: str | None = None
    """Second run of the Lang cell: what the group is for (L, P, T, ...)."""
    venues: tuple[str, ...] = ()
    campus: str | None = None
    """Where it takes place."""
    module_campus: str | None = None
    """The campus the module belongs to (exams)."""
    status: str | None = None
    """FINAL or PRELIM (exams)."""
    paper: str | None = None
    study_programme: str | None = None
    comments: str | None = None
    rows: tuple[tuple[int, int], ...] = ()
    """(page, row) of every table row it was made from."""
    sources: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Field name -> ids of the words it was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """One PDF, read: what it says and what could not be used."""

    kind: Kind
    """Lectures if it lists any, however many other sessions it lists."""
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    words: int
    accounted: int
    """Words that belong to exactly one entry field, header or problem."""
    pages: int
    sha256: str
    """Of the PDF's bytes, hexadecimal."""
    unchosen: tuple[Entry, ...] = ()
    """What the PDF says beside `entries` and a student's selection left out."""
    reader: str = "pdfium"
    """The reader that found the tables; "pdfplumber" only when PDFium found none."""
    name: str = ""
    """The file's name, for messages."""
    notes: tuple[str, ...] = ()
    """What a person should know though nothing is wrong: rows put together, a page that may be missing."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of sessions it lists: pages of several timetables may be put into one PDF."""
        found = {entry.kind for entry in (*self.entries, *self.unchosen)}
        return tuple(kind for kind in Kind if kind in found) or (self.kind,)
