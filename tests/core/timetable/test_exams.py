"""Rows of exams: what each column gives, and what a row cannot do without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import ExtraColumn, Layout
from tukscal.examples.generator.malformed_rows import EXAMS


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
