"""Made timetables: what is read back from the PDF is what was meant."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any

import pdfplumber
import pytest
from tukscal.examples.generator.content import Made, made
from tukscal.examples.generator.draw import merged_pdf, plan
from tukscal.examples.generator.layout import ExtraColumn, Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.rows import ExamRow, Kind, LectureRow, Row, Session, TestRow
from tukscal.examples.generator.truth import expected

KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"


def tables(pdf: bytes) -> list[list[list[str]]]:
    """The tables of the pages, as pdfplumber finds them."""
    with pdfplumber.open(BytesIO(pdf)) as opened:
        return [
            [[cell or "" for cell in row] for row in table] for page in opened.pages for table in page.extract_tables()
        ]


def read(pdf: bytes) -> list[dict[str, Any]]:
    """The entries of a PDF, read without the generator's own knowledge."""
    rows = [row for table in tables(pdf) for row in table]
    header = [title.replace("\n", " ") for title in rows[0]]
    whole: list[dict[str, str]] = []
    for row in rows[1:]:
        if [cell.replace("\n", " ") for cell in row] == header:
            continue
        cells = dict(zip(header, row, strict=True))
        if cells["Module"]:
            whole.append(cells)
        else:
            whole[-1] = {name: "\n".join(filter(None, (whole[-1][name], cells[name]))) for name in header}
    return _merged([entry for cells in whole for entry in _entries(cells)])


def _entries(cells: dict[str, str]) -> list[dict[str, Any]]:
    one = {name: " ".join(text.split()) for name, text in cells.items()}
    if "Study Prog" in cells:
        lines = [cells[name].split("\n") for name in ("Activity", "Day", "Time", "Venue")]
        return [
            {
                "module": one["Module"], "activity": activity, "group": one["Group"], "offered": one["Offered"],
                "language": one["Lang"].split()[0], "day": day, "start": time[:5], "end": time[8:],
                "venues": [venue], "campus": one["Campus"], "study_programme": one["Study Prog"],
            }
            for activity, day, time, venue in zip(*lines, strict=True)
        ]  # fmt: skip
    if "Test" in cells:
        return [
            {
                "module": one["Module"], "activity": one["Test"], "date": _iso(one["Date"]), "start": one["Time"][:5],
                "end": one["Time"][8:], "venues": cells["Venue"].split("\n"), "campus": one["Campus"],
            }
        ]  # fmt: skip
    return [
        {
            "module": one["Module"], "activity": one["Activity"], "date": _iso(one["Date"]), "end": None,
            "start": one["Start Time"], "venues": [one["Venue"]] if one["Venue"] else [], "paper": one["Paper"],
            "campus": one["Exam Campus"] or None, "status": one["Status"],
            "comments": one["Exam Comments"],
        }
    ]  # fmt: skip


def _iso(text: str) -> str:
    day, month, year = text.split()
    return date(int(year), MONTHS.index(month.upper()) // 4 + 1, int(day)).isoformat()


def _merged(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: dict[tuple[object, ...], dict[str, Any]] = {}
    for entry in entries:
        key = tuple(value for name, value in entry.items() if name != "venues")
        merged.setdefault(key, {**entry, "venues": []})["venues"].extend(entry["venues"])
    return list(merged.values())


def known(one: Made) -> list[dict[str, Any]]:
    """The expected entries without the keys the kind does not have."""
    return [
        {name: value for name, value in entry.items() if value is not None or name in ("end", "campus")}
        for entry in one.expected
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seed", "pages"), [*((seed, 1 + seed % 3) for seed in range(8)), (99, 8)])
def test_reads_back(kind: Kind, seed: int, pages: int) -> None:
    """A made PDF has exactly the pages asked for, and says exactly the expected entries in their order."""
    one = made(kind, seed, pages=pages)
    assert len(tables(one.pdf)) == pages
    assert read(one.pdf) == known(one)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "layout",
    [
        Layout(style="pdfium"),
        Layout(header_on_every_page=True),
        Layout(order=("Venue", "Date", "Day")),
        Layout(extra=(ExtraColumn(header="Notes", texts=("", "changed", "two words")),)),
        Layout(furniture="Page {page} of {pages}"),
    ],
    ids=["pdfium", "header", "order", "extra", "furniture"],
)
def test_layouts_say_the_same(kind: Kind, layout: Layout) -> None:
    """Another form of the same table says the same entries."""
    one = made(kind, 5, pages=2, layout=layout)
    assert read(one.pdf) == known(one)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_break_across_pages(kind: Kind) -> None:
    """Some pages begin with the rest of a row: its Module is blank and its venue or activity is not."""
    broken = [one for one in (made(kind, seed, pages=3) for seed in range(12)) if any(p.broken for p in plan(one.rows))]
    assert broken
    number = next(page.number for page in plan(broken[0].rows) if page.broken)
    first = tables(broken[0].pdf)[number - 1][0]
    assert first[1 if kind == "exams" else 0] == ""
    assert any(first)


@pytest.mark.parametrize("kind", KINDS)
def test_header_on_page_one_only(kind: Kind) -> None:
    """The word Module stands on page 1 and on no other."""
    found = tables(made(kind, 3, pages=3).pdf)
    assert ["Module" in [cell for row in table for cell in row] for table in found] == [True, False, False]


@pytest.mark.parametrize("kind", KINDS)
def test_same_arguments_same_bytes(kind: Kind) -> None:
    """The same arguments give the same bytes, another seed others."""
    assert made(kind, 7, pages=2).pdf == made(kind, 7, pages=2).pdf
    assert made(kind, 7, pages=2).pdf != made(kind, 8, pages=2).pdf


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seed", "pages"), [*((seed, 1 + seed % 4) for seed in range(12)), (1, 8), (2, 12)])
def test_rows_ascend(kind: Kind, seed: int, pages: int) -> None:
    """Over all pages lectures ascend by module, period and group, tests and exams by date and start."""
    one = made(kind, seed, pages=pages, offered=("S1", "S2"))
    keys = [_place(row) for row in one.rows]
    assert keys == sorted(keys)
    if kind == "lectures":
        assert len(set(keys)) == len(keys)


def _place(row: Row) -> tuple[str, ...]:
    if isinstance(row, LectureRow):
        return row.module, row.offered, row.group
    return _iso(row.date), row.start if isinstance(row, ExamRow) else row.time[:5]


@pytest.mark.parametrize("twins", [False, True])
def test_sessions_ascend(twins: bool) -> None:
    """Within a lecture row the sessions ascend by their label, the venues of one session side by side."""
    for row in (row for seed in range(20) for row in made("lectures", seed, twins=twins).rows):
        assert isinstance(row, LectureRow)
        labels = [session.activity for session in row.sessions]
        assert labels == sorted(labels)
        times = [(session.activity, session.day, session.time) for session in row.sessions]
        assert len(list(groupby(times))) == len(set(times))


def test_the_fixed_tables_ascend() -> None:
    """The small good tables stand in the portal's order too."""
    for rows in (LECTURES, TESTS, EXAMS):
        assert list(rows) == sorted(rows, key=_place)


def test_a_blank_exam_campus_is_no_place() -> None:
    """An exam whose exam campus is blank has no campus, whatever its module's campus is."""
    row = ExamRow(
        status="PRELIM", module="COS 214", paper="1", activity="Exam Written", date="12 NOV 2025", start="07:30",
        module_campus="HATF", exam_campus="",
    )  # fmt: skip
    assert expected([row])[0]["campus"] is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_identities_are_unique(kind: Kind, seed: int) -> None:
    """No two entries share what identifies an event."""
    entries = made(kind, seed, pages=4, offered=("S1", "S2")).expected
    assert not [key for key, times in Counter(map(_identity, entries)).items() if times > 1]


def _identity(entry: dict[str, Any]) -> tuple[object, ...]:
    return tuple(entry[name] for name in ("module", "offered", "language", "group", "activity", "paper"))


def test_twins() -> None:
    """Asked for twins, one identity has two entries at two times."""
    for seed in range(10):
        counts = Counter(map(_identity, made("lectures", seed, twins=True).expected))
        assert sorted(counts.values())[-2:] in ([1, 2], [2])


def test_weekday_agrees_with_date() -> None:
    """The weekday printed for a test is that of its date, never Sunday."""
    for row in made("tests", 1, pages=4, year=2027).rows:
        assert isinstance(row, TestRow)
        assert date.fromisoformat(_iso(row.date)).strftime("%A") == row.day != "Sunday"


def test_variety() -> None:
    """Together the made timetables show every form the portal has."""
    lectures = [
        row for seed in range(30) for row in made("lectures", seed, pages=3).rows if isinstance(row, LectureRow)
    ]
    exams = [row for seed in range(10) for row in made("exams", seed, pages=2).rows if isinstance(row, ExamRow)]
    assert {row.offered for row in lectures} >= {"S2", "Y", "Q3", "Q4"}
    assert {row.group[0] for row in lectures} == {"G", "P", "T"}
    assert {row.language for row in lectures} == {"A", "B", "E"}
    assert {row.block for row in lectures} >= {"L", "P", "T", "LPT"}
    assert {"r3", "e3r2z3", ""} <= {row.study_programme for row in lectures}
    assert {row.status for row in exams} == {"FINAL", "PRELIM"}
    assert any(row.venues == ("Consult Department",) and not row.exam_campus for row in exams)
    assert all(not row.venues and not row.exam_campus for row in exams if row.status == "PRELIM")
    assert {row.start for row in exams} == {"07:30", "11:15", "15:00"}


def test_both_semesters() -> None:
    """Asked for both semesters, one table holds both; two tables behind each other can be had as well."""
    rows = made("lectures", 2, pages=3, offered=("S1", "S2")).rows
    assert {"S1", "S2"} <= {row.offered for row in rows if isinstance(row, LectureRow)}
    parts = [made("lectures", 2, offered=(semester,)).rows for semester in ("S1", "S2")]
    assert [table[0][0] for table in tables(merged_pdf(parts))] == ["Module", "Module"]


def test_long_venues_wrap() -> None:
    """Asked for long venues, some lecture row has more lines of venues than sessions."""
    rows = tables(made("lectures", 1, pages=2, long_venues=True).pdf)[0]
    assert any(row[7].count("\n") > row[4].count("\n") for row in rows)


def test_expected_merges_venues() -> None:
    """Lines with the same activity, day and time are one entry with the venues in the order of the PDF."""
    lines = [("P1", "IT 4-4"), ("P1", "IT 4-1"), ("P2", "IT 4-4")]
    sessions = tuple(Session(activity=a, day="Monday", time="08:30 - 09:20", venue=v) for a, v in lines)
    row = LectureRow(module="COS 214", offered="S2", group="P01", language="E", block="P", sessions=sessions)
    assert [(entry["activity"], entry["venues"]) for entry in expected([row])] == [
        ("P1", ["IT 4-4", "IT 4-1"]),
        ("P2", ["IT 4-4"]),
    ]
