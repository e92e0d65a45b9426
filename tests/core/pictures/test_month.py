"""The plan of a month."""

from __future__ import annotations

from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.pictures.month import plan_month
from tukscal.core.pictures.week import clock
from tukscal.tests.core.pictures.overviews import student
from tukscal.tests.core.sessions import converted, lecture, semester_test


@given(st.integers(1, 12))
def test_a_month_has_every_event_on_each_of_its_days_and_no_other(number: int) -> None:
    """On each day of a month stands what the calendar's events say of that day."""
    events = converted(student()).calendar.events
    month = plan_month(events, date(2026, number, 1))
    for day, occurrences in enumerate(month.days, 1):
        wanted = sorted(
            (event.category, f"{event.start:%H:%M}") for event in events if date(2026, number, day) in event.days()
        )
        assert sorted((each.module, clock(each.start)) for each in occurrences) == wanted


def test_a_clash_is_marked_on_its_day_only() -> None:
    """A test on one Monday marks that Monday's lecture, not the lecture of the Monday before."""
    test = semester_test(module="COS 226", start=time(8, 0), end=time(9, 0))
    month = plan_month(converted([lecture(), test]).calendar.events, date(2026, 8, 1))
    assert [[(each.title, each.group, each.clash) for each in month.days[day - 1]] for day in (17, 24)] == [
        [("COS 214 L1", "G01", False)],
        [("COS 226 Test1", "", True), ("COS 214 L1", "G01", True)],
    ]


def test_what_is_cancelled_is_in_the_month_but_clashes_with_nothing() -> None:
    """A cancelled lecture stands on its days, marked as cancelled, and does not mark what is at its time."""
    before = converted([lecture(), lecture(module="COS 226")]).calendar
    month = plan_month(converted([lecture()], before).calendar.events, date(2026, 8, 1))
    assert [(each.module, each.cancelled, each.clash) for each in month.days[16]] == [
        ("COS 214", False, False),
        ("COS 226", True, False),
    ]
