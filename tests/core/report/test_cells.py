"""CSV: one row a job, whatever is in it; no cell is a formula, and nothing in it commands a terminal."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.ledger import State
from tukscal.core.report.batch import Run, Told
from tukscal.core.report.write import COLUMNS, csv_pieces
from tukscal.tests.core.formulas import formulas
from tukscal.tests.core.report.reports import HOSTILE, dead, job, named, names, run, texts


def table(told: list[Told], about: Run | None = None) -> list[dict[str, str]]:
    """Return the rows of the file as a spreadsheet reads them."""
    data = b"".join(csv_pieces(about or run(), told))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(names, texts)
def test_no_cell_is_a_formula(name: bytes, text: str) -> None:
    """No cell of any name or text is a formula in any spreadsheet; all can be seen."""
    data = b"".join(csv_pieces(run(), named(name, text))).decode("utf-8-sig")
    assert formulas(data) == []
    assert all("".join(row).isprintable() for row in csv.reader(io.StringIO(data, newline="")))


@given(names, texts)
def test_every_job_is_one_row_whatever_is_in_it(name: bytes, text: str) -> None:
    """A row for each job, all columns in each, and the addresses are the very names."""
    rows = table(named(name, text))
    assert len(rows) == 2
    assert all(tuple(row) == COLUMNS and None not in row.values() for row in rows)
    assert {unquote_to_bytes(row["source_address"]) for row in rows} == {b"file:///in/" + name}
    assert {unquote_to_bytes(row["output_address"]) for row in rows} == {b"file:///out/" + name}


def test_a_cell_fits_into_a_spreadsheet() -> None:
    """Text longer than a cell can hold is cut and says so."""
    (row,) = table([Told(job=job(state=State.DEAD, message="x" * 100_000), details=Details())])
    assert len(row["message"]) < 32_767
    assert row["message"].endswith(" …")


def test_the_row_of_a_calendar() -> None:
    """A changed calendar's row says what moved and which rows could not be used."""
    details = Details(
        events=30,
        first=False,
        problems=(
            ProblemRow(page=2, row=3, text="99:99", reason="no time"),
            ProblemRow(page=4, row=None, text="x", reason="odd"),
        ),
        changes=(Moved(title="COS 214 L1", before="Monday 08:30-09:20", after=None),),
        change_count=1,
        undecided=4,
    )
    (row,) = table([Told(job=job(problems=2), details=details)])
    wanted = {
        "batch": "7", "job": "1", "state": "done", "outcome": "has its calendar", "cause": "", "source": "/in/1.pdf",
        "output": "/out/1.ics", "kind": "lectures", "entries": "20", "events": "30", "new": "no", "changes": "1",
        "moved": "gone: COS 214 L1, Monday 08:30-09:20", "problems": "2",
        "problem_rows": "page 2, row 3: 99:99: no time | page 4: x: odd", "undecided": "4", "size": "1000",
        "seconds": "0.25", "peak": "67108864", "created": "2026-09-21T14:13:20.000+00:00",
        "completed": "2026-09-21T14:13:21.000+00:00",
    }  # fmt: skip
    assert {key: row[key] for key in wanted} == wanted


def test_the_row_of_a_failure() -> None:
    """A failed PDF's row has its cause, sentence and advice, and whether a calendar of before stands there."""
    (row,) = table([replace(dead(), earlier=job())])
    wanted = ("dead", "has no calendar", "damaged", "It is damaged.", "Download it again.", "calendar", "")
    assert tuple(row[key] for key in ("state", "outcome", "cause", "message", "advice", "before", "new")) == wanted


def test_a_student_has_no_address_of_a_pdf() -> None:
    """With a list of students the source is no file, so that it has no address."""
    (row,) = table([Told(job=job(), details=Details())], run(enrolments="list.csv"))
    assert row["source_address"] == ""


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    """A job in any state has a row with an outcome in words."""
    (row,) = table([Told(job=job(state=state, message=HOSTILE), details=Details())])
    assert row["outcome"]
