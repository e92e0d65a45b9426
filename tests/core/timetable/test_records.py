"""Header and records: which layout a table has, and which rows are one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import BadRows
from tukscal.core.model import Kind
from tukscal.examples.generator.draw import plan, timetable_pdf
from tukscal.examples.generator.layout import CellText, Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.rows import Row, TestRow

BLANK = TestRow(module="", test="", day="", date="", time="", campus="", venues=("IT Open Silver Lab",))
MISSING = "the module is missing, and "


@pytest.mark.parametrize(
    ("rows", "heading", "kind"),
    [
        (LECTURES, None, Kind.LECTURES),
        (TESTS, None, Kind.TESTS),
        (EXAMS, None, Kind.EXAMS),
        (TESTS, "Lectures", Kind.TESTS),
        (EXAMS, "", Kind.EXAMS),
    ],
)
def test_columns_decide_the_kind(rows: tuple[Row, ...], heading: str | None, kind: Kind) -> None:
    """The columns say what a table lists, whatever stands above it."""
    found = read_pdf(timetable_pdf(rows, layout=Layout(heading=heading)))
    assert (found.kind, {entry.kind for entry in found.entries}) == (kind, {kind})


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        *((LECTURES, name) for name in ("Module", "Offered", "Group", "Activity", "Day", "Time")),
        *((TESTS, name) for name in ("Module", "Test", "Date", "Time")),
        *((EXAMS, name) for name in ("Status", "Module", "Paper", "Activity", "Date", "Start Time")),
    ],
)
def test_columns_that_must_be_there(rows: tuple[Row, ...], name: str) -> None:
    """Without a column that an entry needs no row is used, and the column is named."""
    with pytest.raises(BadRows, match=f"The table has no column '{name}'"):
        read_pdf(timetable_pdf(rows, layout=Layout(without=(name,))))


@pytest.mark.parametrize(
    ("rows", "name", "field"),
    [
        (LECTURES, "Lang", "language"),
        (LECTURES, "Venue", "venues"),
        (LECTURES, "Campus", "campus"),
        (LECTURES, "Study Prog", "study_programme"),
        (TESTS, "Day", "day"),
        (TESTS, "Venue", "venues"),
        (EXAMS, "Exam Comments", "comments"),
        (EXAMS, "Module Campus", "module_campus"),
    ],
)
def test_columns_that_may_be_missing(rows: tuple[Row, ...], name: str, field: str) -> None:
    """Without a column that an entry can do without the entries come out less that field, and a problem names it."""
    found = read_pdf(timetable_pdf(rows, layout=Layout(without=(name,))))
    assert [(p.page, p.reason) for p in found.problems] == [(1, f"the table has no column '{name}'")]
    whole = read_pdf(timetable_pdf(rows)).entries
    assert [(e.module, e.activity, e.start) for e in found.entries] == [(e.module, e.activity, e.start) for e in whole]
    assert {getattr(entry, field) for entry in found.entries} <= {None, ()}


def test_header_of_a_table_in_other_case() -> None:
    """The names of columns are known in any case and however they are wrapped."""
    names = tuple((name, name.lower()) for name in ("Start Time", "Module Campus", "Venue", "Status"))
    found = read_pdf(timetable_pdf(EXAMS, layout=Layout(rename_headers=names)))
    assert (len(found.entries), found.problems) == (4, ())


def test_stray_continuation_leaves_the_good_row() -> None:
    """A row without module in mid-page continues nothing: it is a problem, and the row before it stands."""
    found = read_pdf(timetable_pdf([*TESTS[:2], BLANK, *TESTS[2:]]))
    assert [entry.venues for entry in found.entries] == [row.venues for row in TESTS]
    assert [(p.page, p.row, p.text, p.reason) for p in found.problems] == [
        (1, 4, "IT Open Silver Lab", MISSING + "there is no row it continues")
    ]


def test_continuation_after_a_repeated_header() -> None:
    """A row broken across pages is one entry, also where every page repeats the header."""
    venues = tuple(f"Hall {number}" for number in range(60))
    rows = [TESTS[0], replace(TESTS[1], venues=venues), TESTS[2]]
    for repeat in (False, True):
        found = read_pdf(timetable_pdf(rows, layout=Layout(header_on_every_page=repeat)))
        assert found.pages == 2
        assert [entry.venues for entry in found.entries] == [TESTS[0].venues, venues, TESTS[2].venues]
        assert found.entries[1].rows == ((1, 3), (2, 2 if repeat else 1))
        assert found.problems == ()


def test_continuation_over_three_pages() -> None:
    """A row may go on over more than one page break."""
    venues = tuple(f"Hall {number}" for number in range(100))
    (entry,) = read_pdf(timetable_pdf([replace(TESTS[1], venues=venues)])).entries
    assert (entry.venues, entry.rows) == (venues, ((1, 2), (2, 1), (3, 1)))


def test_stray_row_at_the_top_of_a_page() -> None:
    """A row that opens a page without continuing the last row of the page before is a problem; that row stands."""
    stray = replace(LECTURES[0], module="", offered="", group="", language="", block="", campus="")
    stray = replace(stray, sessions=(replace(stray.sessions[0], time="noon", venue="Attic"),))
    stray = replace(stray, sessions=(replace(stray.sessions[0], day=""),))
    lengths = [[LECTURES[number % 4] for number in range(count)] for count in range(10, 60)]
    rows = next(rows for rows in lengths if plan([*rows, stray])[-1].blocks[0].row == len(rows))
    found = read_pdf(timetable_pdf([*rows, stray]))
    assert found.entries == read_pdf(timetable_pdf(rows)).entries
    why = "it does not continue the row before it: its sessions do not come after those of that row"
    assert [(p.page, p.row, p.text, p.reason) for p in found.problems] == [
        (1, 22, "COS 214 G01", "a page seems to be missing between page 1 and page 2: this row may go on there"),
        (2, 1, "L1 | noon | Attic", MISSING + why),
    ]


def test_rest_that_cannot_be_read_with_its_row() -> None:
    """A row is read without a rest that fits it but makes it unreadable, and both are named."""
    rest = replace(LECTURES[0], module="", offered="", group="", language="", block="", campus="")
    rest = replace(rest, sessions=(replace(rest.sessions[0], activity="L3", day=""),))
    lengths = [[LECTURES[number % 4] for number in range(count)] for count in range(9, 61, 4)]
    rows = next(rows for rows in lengths if plan([*rows, rest])[-1].blocks[0].row == len(rows))
    found = read_pdf(timetable_pdf([*rows, rest]))
    assert found.entries == read_pdf(timetable_pdf(rows)).entries
    end = len(rows) + 1
    assert [(p.page, p.row, p.text, p.reason) for p in found.problems] == [
        (1, end, "COS 214 G01", "it may go on in the first row of page 2, which does not fit it"),
        (
            2,
            1,
            "L3 | 08:30 - 09:20 | Centenary 6",
            MISSING.removesuffix(": ") + "it does not continue the row before it",
        ),
    ]


def test_one_bad_line_of_a_row() -> None:
    """Of a lecture row with one impossible line the others are read; the line is a problem with its row's module."""
    layout = Layout(cells=(CellText(row=0, column="Day", lines=("Monday", "Vrydag")),))
    found = read_pdf(timetable_pdf(LECTURES, layout=layout))
    assert [entry.activity for entry in found.entries] == ["L1", "P1", "L1", "L2", "T1"]
    assert [(p.page, p.row, p.text, p.reason) for p in found.problems] == [
        (1, 2, "L2 | Vrydag | 12:30 - 13:20 | IT 4-4", "COS 214 G01: 'Vrydag' is not a weekday")
    ]


def test_words_of_every_problem_are_its_text() -> None:
    """What a problem shows is what its words say."""
    layout = Layout(cells=(CellText(row=0, column="Day", lines=()),))
    pdf = timetable_pdf(LECTURES, layout=layout)
    (problem,) = read_pdf(pdf).problems
    assert problem.text == (
        "COS 214 | S2 | G01 | E L | L1 | L2 | 08:30 - 09:20 | 12:30 - 13:20 | Centenary 6 | IT 4-4 | HATFIELD"
    )
    assert len(problem.words) == len(problem.text.replace(" | ", " ").split())
