"""JSON is an interface and CSV is read by spreadsheets: keys, types and values are these."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.model import Entry, Kind, Problem, Timetable
from tukscal.core.timetable import export
from tukscal.core.timetable.export import CSV_COLUMNS, entry_value, harmless, timetable_value, to_csv, to_json
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.rows import Row
from tukscal.tests.core.formulas import formulas
from tukscal.tests.samples import sample

KEYS = (
    "module", "activity", "group", "offered", "language", "block", "day", "start", "end", "venues", "campus",
    "module_campus", "status", "paper", "study_programme", "comments", "rows",
)  # fmt: skip

LECTURE = Entry(
    kind=Kind.LECTURES,
    module="COS 214",
    activity="L1",
    start=time(8, 30),
    end=time(9, 20),
    day=0,
    group="G01",
    offered="S2",
    language="E",
    block="L",
    venues=("Centenary 6", "IT 4-4"),
    campus="HATFIELD",
    study_programme="r3",
    rows=((1, 2), (2, 1)),
    sources={"module": (7, 8)},
)
EXAM = Entry(
    kind=Kind.EXAMS,
    module="COS 284",
    activity="Exam Written",
    start=time(7, 30),
    end=None,
    date=date(2025, 11, 12),
    campus="HATFIELD",
    module_campus="HATF",
    status="PRELIM",
    paper="1",
    comments="Open book",
    rows=((1, 2),),
)


def timetable(*entries: Entry, kind: Kind = Kind.LECTURES, problems: tuple[Problem, ...] = ()) -> Timetable:
    """Return a timetable of these entries."""
    return Timetable(
        kind=kind, entries=entries, problems=problems, words=9, accounted=9, pages=2, sha256="ab" * 32, name="a.pdf"
    )


def rows(data: bytes) -> list[dict[str, str]]:
    """Return CSV as the csv module reads it."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# ---- JSON


def test_json_of_a_lecture() -> None:
    """A lecture has a day and no date; times are to the minute, what it lacks is null, its words stay inside."""
    assert entry_value(LECTURE) == {
        "module": "COS 214",
        "activity": "L1",
        "group": "G01",
        "offered": "S2",
        "language": "E",
        "block": "L",
        "day": "Monday",
        "start": "08:30",
        "end": "09:20",
        "venues": ["Centenary 6", "IT 4-4"],
        "campus": "HATFIELD",
        "module_campus": None,
        "status": None,
        "paper": None,
        "study_programme": "r3",
        "comments": None,
        "rows": [[1, 2], [2, 1]],
    }


def test_json_of_an_exam() -> None:
    """An exam has an ISO date and no day, and no end: the timetable prints none."""
    assert entry_value(EXAM) == {
        "module": "COS 284",
        "activity": "Exam Written",
        "group": None,
        "offered": None,
        "language": None,
        "block": None,
        "date": "2025-11-12",
        "start": "07:30",
        "end": None,
        "venues": [],
        "campus": "HATFIELD",
        "module_campus": "HATF",
        "status": "PRELIM",
        "paper": "1",
        "study_programme": None,
        "comments": "Open book",
        "rows": [[1, 2]],
    }


@pytest.mark.parametrize(
    ("day", "name"), list(enumerate(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]))
)
def test_days_have_english_names(day: int, name: str) -> None:
    """A weekday is its English name, Monday first."""
    assert entry_value(replace(LECTURE, day=day))["day"] == name


def test_json_of_a_timetable() -> None:
    """A timetable is one object with these keys; a problem has page, row, text and reason."""
    problem = Problem(page=2, row=None, text="DRAFT", reason="text outside the table", words=(3,))
    found = json.loads(to_json([timetable(LECTURE, problems=(problem,))]))
    assert list(found) == [
        "kind", "entries", "problems", "notes", "words", "accounted", "pages", "reader", "sha256", "file",
    ]  # fmt: skip
    assert found["problems"] == [{"page": 2, "row": None, "text": "DRAFT", "reason": "text outside the table"}]
    assert (found["kind"], found["words"], found["accounted"], found["pages"]) == ("lectures", 9, 9, 2)
    assert (found["reader"], found["sha256"], found["file"]) == ("pdfium", "ab" * 32, "a.pdf")
    assert found["entries"] == [entry_value(LECTURE)]


@pytest.mark.parametrize("kind", ["lectures", "tests", "exams"])
def test_json_of_whole_pdfs(kind: str) -> None:
    """Every kind has the same keys in the same order, but for day and date."""
    tables: dict[str, tuple[Row, ...]] = {"lectures": LECTURES, "tests": TESTS, "exams": EXAMS}
    found = json.loads(to_json([read_pdf(timetable_pdf(tables[kind]), name="made.pdf")]))
    when = "day" if kind == "lectures" else "date"
    assert found["kind"] == kind
    assert {tuple(entry) for entry in found["entries"]} == {tuple(when if key == "day" else key for key in KEYS)}
    assert all(_types_are_right(entry) for entry in found["entries"])


def _types_are_right(entry: dict[str, Any]) -> bool:
    lists = {"venues", "rows"}
    texts = all(value is None or isinstance(value, str) for key, value in entry.items() if key not in lists)
    return texts and all(isinstance(entry[key], list) for key in lists) and "None" not in entry.values()


def test_json_of_several() -> None:
    """Several timetables are an array in their order, one is an object."""
    two = json.loads(to_json([timetable(LECTURE), timetable(EXAM, kind=Kind.EXAMS)]))
    assert [value["kind"] for value in two] == ["lectures", "exams"]
    assert isinstance(json.loads(to_json([timetable(LECTURE)])), dict)


def test_json_is_utf_8_text() -> None:
    """Letters beyond ASCII stand as they are, and the text ends with a line end."""
    data = to_json([timetable(replace(LECTURE, venues=("Café Ü",)))])
    assert "Café Ü" in data.decode()
    assert data.endswith(b"}\n")


def test_json_of_a_real_timetable() -> None:
    """The JSON of a real timetable is the value of its parts."""
    found = read_pdf(sample("UP_TST_PDF"), name="UP_TST_PDF.pdf")
    assert json.loads(to_json([found])) == timetable_value(found)
    assert [entry["activity"] for entry in timetable_value(found)["entries"]].count("PTest 1") >= 1


# ---- CSV


def test_csv_reads_back() -> None:
    """CSV has one row an entry, read back by the csv module with every value under its column."""
    found = rows(to_csv([timetable(LECTURE), timetable(EXAM, kind=Kind.EXAMS)]))
    assert [tuple(row) for row in found] == [CSV_COLUMNS, CSV_COLUMNS]
    assert found[0] == {
        "kind": "lectures", "module": "COS 214", "activity": "L1", "group": "G01", "offered": "S2", "language": "E",
        "block": "L", "day": "Monday", "date": "", "start": "08:30", "end": "09:20", "venues": "Centenary 6; IT 4-4",
        "campus": "HATFIELD", "module_campus": "", "status": "", "paper": "", "study_programme": "r3", "comments": "",
        "rows": "1.2 2.1",
    }  # fmt: skip
    assert (found[1]["kind"], found[1]["day"], found[1]["date"], found[1]["end"]) == ("exams", "", "2025-11-12", "")


def test_csv_has_a_byte_order_mark() -> None:
    """The file begins with UTF-8's byte-order mark, which Excel needs, and its lines end in CR LF."""
    data = to_csv([timetable(LECTURE)])
    assert data.startswith(b"\xef\xbb\xbfkind,module,activity,")
    assert data.count(b"\r\n") == data.count(b"\n") == 2


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_has_no_formulas(first: str) -> None:
    """A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = f"{first}HYPERLINK(1)"
    entry = replace(EXAM, comments=text, campus=text, venues=(text, "IT 4-4"), module=text)
    (found,) = rows(to_csv([timetable(entry, kind=Kind.EXAMS)]))
    assert (found["comments"], found["campus"], found["module"]) == (f"'{text}",) * 3
    assert found["venues"] == f"'{text}; IT 4-4"


# Any text, but often of what formulas and separators are made of.
_TEXTS = st.text(
    st.sampled_from("=+-@＝＋－＠﹦﹢﹣﹫−;|,\t\r\n\"' \u00a0\u3000\u200b\ufeffx1") | st.characters(codec="utf-8")
)


@given(_TEXTS, _TEXTS)
def test_no_cell_is_a_formula_in_any_spreadsheet(one: str, other: str) -> None:
    """Whatever a timetable says, no cell of its CSV is a formula, whatever a spreadsheet takes for a separator."""
    entry = replace(EXAM, comments=one, campus=other, venues=(one, other), module=other)
    assert formulas(to_csv([timetable(entry, kind=Kind.EXAMS)]).decode("utf-8-sig")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COS 214", "COS 214"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("x;=HYPERLINK(1);y", "x;'=HYPERLINK(1);y"),
        ('x; "=1', "x;' \"=1"),
        ("x\n=1", "x\n'=1"),
        ("x; y-z, -1", "x; y-z, -1"),
        ("\x1b[31m", "\\x1b[31m"),
        (None, ""),
        (-1, "'-1"),
    ],
)
def test_what_cells_hold(text: object, expected: str) -> None:
    """A formula gets an apostrophe, a terminal's command an escape, and everything else stays."""
    assert harmless(text) == expected


def test_every_csv_file_is_written_by_one_function() -> None:
    """Nothing writes CSV but the function that lets no formula through."""
    root = Path(export.__file__).parents[2]
    files = [file for part in ("core", "cli", "sync", "examples") for file in (root / part).rglob("*.py")]
    writers = [file.name for file in files if re.search(r"csv\.(writer|DictWriter)", file.read_text("utf-8"))]
    assert writers == ["export.py"]


@pytest.mark.parametrize("text", ["a, b", 'the "big" hall', "two\nlines", "a\r\nb", "'quoted", "1-2", "Café", "a=b"])
def test_csv_quotes(text: str) -> None:
    """Commas, quotes and line ends are quoted, so that any text reads back as it is."""
    (found,) = rows(to_csv([timetable(replace(EXAM, comments=text), kind=Kind.EXAMS)]))
    assert found["comments"] == text


def test_csv_of_a_real_timetable(sample_name: str) -> None:
    """The CSV of a real timetable has a row for each entry and says what its JSON says."""
    whole = read_pdf(sample(sample_name))
    found = rows(to_csv([whole]))
    for row, entry in zip(found, timetable_value(whole)["entries"], strict=True):
        for key in set(KEYS) - {"venues", "rows", "day"}:
            assert row[key] == (entry[key] or "")
        assert row["venues"].split("; ") == (entry["venues"] or [""])
        assert (row["day"] or row["date"]) == entry.get("day", entry.get("date"))
