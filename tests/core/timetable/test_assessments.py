"""Records of tests and exams become entries with the printed values, or problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import ExtraColumn, Layout
from tukscal.examples.generator.malformed_rows import EXAMS, TESTS


def test_what_an_exam_says() -> None:
    """Every column of an exam is a field of its entry; no end is printed, and none is made up."""
    row = replace(EXAMS[1], status="Final", comments="Bring a ruler", module_campus="HATF", exam_campus="GROENKLOOF")
    extra = (ExtraColumn(header="Notes", texts=("moved",)),)
    (entry,) = read_pdf(timetable_pdf([row], layout=Layout(extra=extra))).entries
    assert (entry.status, entry.module, entry.paper, entry.activity) == ("FINAL", "COS 214", "1", "Exam Written")
    assert (entry.date, entry.start, entry.end) == (date(2025, 11, 13), time(15), None)
    assert (entry.campus, entry.module_campus, entry.venues) == ("GROENKLOOF", "HATF", ("Thuto 3-1",))
    assert (entry.comments, entry.rows) == ("Bring a ruler; Notes: moved", ((1, 2),))


def test_what_an_exam_need_not_say() -> None:
    """A preliminary exam has neither paper, venue nor comment."""
    row = replace(EXAMS[1], status="PRELIM", paper="", venues=())
    (entry,) = read_pdf(timetable_pdf([row])).entries
    assert (entry.status, entry.paper, entry.venues, entry.comments) == ("PRELIM", None, (), None)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"status": ""}, "the status is missing"),
        ({"activity": ""}, "the activity is missing"),
        ({"status": "", "activity": ""}, "the status is missing"),
        ({"date": ""}, "the date is missing"),
        ({"start": ""}, "the time is missing"),
    ],
)
def test_what_an_exam_must_say(missing: dict[str, str], reason: str) -> None:
    """An exam without status, activity, date or start is a problem that names what is missing; the others are read."""
    rows = [EXAMS[0], replace(EXAMS[1], **missing), EXAMS[2]]  # type: ignore[arg-type]  # only texts change
    found = read_pdf(timetable_pdf(rows))
    assert [entry.module for entry in found.entries] == ["COS 284", "STK 220"]
    assert [(problem.page, problem.row, problem.reason) for problem in found.problems] == [(1, 3, reason)]


def test_what_a_test_says() -> None:
    """Every column of a test is a field of its entry."""
    extra = (ExtraColumn(header="Notes", texts=("moved",)),)
    (entry,) = read_pdf(timetable_pdf([TESTS[1]], layout=Layout(extra=extra))).entries
    assert (entry.module, entry.activity, entry.date) == ("STK 220", "Test1", date(2025, 8, 25))
    assert (entry.start, entry.end, entry.campus) == (time(12, 30), time(14), "HATFIELD")
    assert (entry.venues, entry.rows) == (("AE du Toit Auditorium", "AE Annex"), ((1, 2),))
    assert entry.comments == "Notes: moved"


def test_what_a_test_need_not_say() -> None:
    """A test may lack weekday, campus and venue."""
    (entry,) = read_pdf(timetable_pdf([replace(TESTS[1], day="", campus="", venues=())])).entries
    assert (entry.date, entry.campus, entry.venues, entry.comments) == (date(2025, 8, 25), None, (), None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test": ""}, "the test is missing"),
        ({"date": ""}, "the date is missing"),
        ({"time": ""}, "the time is missing"),
        ({"day": "Sunday"}, "25 August 2025 is a Monday, not a Sunday"),
    ],
)
def test_what_a_test_must_say(changes: dict[str, str], reason: str) -> None:
    """A test without name, date or time, or on another weekday than its date's, is a problem that says so."""
    rows = [TESTS[0], replace(TESTS[1], **changes), TESTS[2]]  # type: ignore[arg-type]  # only texts change
    found = read_pdf(timetable_pdf(rows))
    assert [entry.activity for entry in found.entries] == ["Test1", "PTest 1"]
    assert [(problem.page, problem.row, problem.reason) for problem in found.problems] == [(1, 3, reason)]
