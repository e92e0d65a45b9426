"""Rows of semester tests: what each column gives, and what a row cannot do without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import ExtraColumn, Layout
from tukscal.examples.generator.malformed_rows import TESTS


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
