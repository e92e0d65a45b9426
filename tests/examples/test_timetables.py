"""The example timetables and their calendars."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tukscal.core.calendar.convert import CalendarOptions, make_calendar, read_pdf
from tukscal.core.selection.file import read_selection
from tukscal.core.selection.select import keep_chosen, select

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "timetables"
NAMES = ("lectures", "tests", "exams")
OPTIONS = CalendarOptions(today=date(2026, 1, 1), year=2026)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_calendar_is_what_its_timetable_gives(name: str) -> None:
    """Each example calendar is byte for byte what converting its PDF gives, every word of it used."""
    timetable = read_pdf((FOLDER / f"{name}.pdf").read_bytes(), name=f"{name}.pdf")
    assert timetable.problems == ()
    assert make_calendar([timetable], OPTIONS).ics == (FOLDER / f"{name}.ics").read_bytes()


def test_the_chosen_calendar_is_that_of_the_chosen_groups() -> None:
    """my-calendar.ics holds the groups of my-groups.toml with tests and exams, and no group is left to choose."""
    chosen = read_selection(FOLDER / "my-groups.toml")
    timetables = [read_pdf((FOLDER / f"{name}.pdf").read_bytes(), name=f"{name}.pdf") for name in NAMES]
    lectures = select(timetables[0], chosen)
    assert lectures.open == ()
    parts = [lectures.timetable, *(keep_chosen(timetable, chosen).timetable for timetable in timetables[1:])]
    assert make_calendar(parts, OPTIONS).ics == (FOLDER / "my-calendar.ics").read_bytes()
