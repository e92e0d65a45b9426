"""Whether a period's lectures take place on a day, by the packaged calendar of 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tukscal.core.terms.lecture_days import followed_weekday, is_known, takes_place

UNKNOWN = date(2024, 5, 13)
"""A Monday of a year whose teaching dates nobody knows."""


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        ("S2", date(2026, 7, 17), False),  # the Friday before
        ("S2", date(2026, 7, 20), True),  # the first Monday
        ("S1", date(2026, 7, 20), False),
        ("Q3", date(2026, 9, 7), True),
        ("Q4", date(2026, 9, 7), False),
        ("Y", date(2026, 2, 9), True),
        ("Y", date(2026, 6, 15), False),  # between the semesters
        ("S2", date(2026, 8, 10), False),  # a public holiday
        ("S1", date(2026, 3, 30), False),  # recess
        ("S2", date(2026, 9, 16), False),  # Wellness Day
        ("S2", date(2026, 8, 24), True),  # a test week
        ("S2", date(2026, 9, 15), True),  # a Tuesday that follows Friday's timetable
        ("S1", date(2026, 9, 15), False),
        ("S3", date(2026, 7, 20), None),
        ("S1", UNKNOWN, None),
    ],
)
def test_whether_lectures_take_place(period: str, day: date, expected: bool | None) -> None:
    """A day in the period has lectures, in test weeks and on swap days too, unless it is closed; None if not known."""
    assert takes_place(period, day) is expected


def test_swap_days_follow_another_weekday() -> None:
    """The four swap days of 2026 follow the weekday UP announced; every other day of the year follows its own."""
    monday, wednesday, friday = 0, 2, 4
    swaps = {
        date(2026, 4, 7): monday, date(2026, 4, 8): friday, date(2026, 9, 15): friday, date(2026, 11, 6): wednesday
    }  # fmt: skip
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert {day: followed_weekday(day) for day in days} == {day: swaps.get(day, day.weekday()) for day in days}


def test_a_year_nobody_knows() -> None:
    """The dates of 2026 are known and those of 2024 are not; there every day follows its own weekday."""
    assert (is_known(date(2026, 1, 1)), is_known(UNKNOWN)) == (True, False)
    assert followed_weekday(UNKNOWN) == 0
