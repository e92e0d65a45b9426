"""Which days are taught, compared with a calendar counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import NoTerm
from tukscal.core.terms import Balance, balance, bare_term, closed_by_holiday, load_term, problems, teaching
from tukscal.core.terms.days import followed_weekday, is_known, takes_place
from tukscal.core.terms.parse import parse_term

# Typed from UP's calendar, not read from the package: this test must not believe the code it tests.
PERIODS_2026 = {
    "S1": [("02-09", "05-27")],
    "S2": [("07-20", "11-06")],
    "Y": [("02-09", "05-27"), ("07-20", "11-06")],
    "Q1": [("02-09", "03-27")],
    "Q2": [("04-07", "05-27")],
    "Q3": [("07-20", "09-07")],
    "Q4": [("09-08", "11-06")],
}
HOLIDAYS_2026 = [
    *("01-01", "03-21", "04-03", "04-06", "04-27", "05-01", "06-16", "08-09", "08-10"),
    *("09-24", "11-04", "12-16", "12-25", "12-26"),
]
CLOSED_2026 = [("03-29", "04-06"), ("06-28", "07-19"), ("09-16", "09-27")]  # recess and Wellness Day
TEST_WEEKS_2026 = [("03-14", "03-20"), ("05-02", "05-09"), ("08-22", "08-29"), ("10-10", "10-17")]
SWAPS_2026 = {"04-07": 0, "04-08": 4, "09-15": 4, "11-06": 2}


def by_hand(period: str, weekday: int, *, skip: bool) -> tuple[list[date], list[date]]:
    """Walk through 2026 day by day, comparing month-day texts."""
    dates, swapped = [], []
    for offset in range(365):
        day = date(2026, 1, 1) + timedelta(days=offset)
        text = f"{day:%m-%d}"
        closed = [*CLOSED_2026, *(TEST_WEEKS_2026 if skip else [])]
        if not any(start <= text <= end for start, end in PERIODS_2026[period]):
            continue
        if text in HOLIDAYS_2026 or any(start <= text <= end for start, end in closed):
            continue
        if text in SWAPS_2026:
            swapped += [day] if SWAPS_2026[text] == weekday else []
        elif day.weekday() == weekday:
            dates.append(day)
    return dates, swapped


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("period", PERIODS_2026)
def test_2026_is_taught_on_the_days_counted_by_hand(period: str, skip: bool) -> None:
    """Every weekday of every period of 2026 is taught on exactly the days a day-by-day count finds."""
    for weekday in range(7):
        found = teaching(load_term(2026), period, weekday, skip_test_weeks=skip)
        assert (list(found.dates), list(found.swapped)) == by_hand(period, weekday, skip=skip)


def test_2026_teaches_each_weekday_equally_often() -> None:
    """A semester of 2026 has 12 of each weekday, a quarter 6, the year 24."""
    expected = {"S1": 12, "S2": 12, "Y": 24, "Q1": 6, "Q2": 6, "Q3": 6, "Q4": 6}
    assert {each.period: each.counts for each in balance(load_term(2026))} == {
        period: (count,) * 5 for period, count in expected.items()
    }
    assert problems(load_term(2026)) == ()


def test_first_and_last_occurrences() -> None:
    """The first Tuesday of Q2 is not the swapped 7 April, the last Friday of S2 not the swapped 6 November."""
    term = load_term(2026)
    tuesdays = teaching(term, "Q2", 1, skip_test_weeks=True).dates
    assert (tuesdays[0], tuesdays[-1]) == (date(2026, 4, 14), date(2026, 5, 26))
    fridays = teaching(term, "S2", 4, skip_test_weeks=True)
    assert (fridays.dates[0], fridays.dates[-1]) == (date(2026, 7, 24), date(2026, 10, 30))
    assert fridays.swapped == (date(2026, 9, 15),)
    assert teaching(term, "S2", 2, skip_test_weeks=True).swapped == (date(2026, 11, 6),)


def test_swap_in_a_test_week_goes_with_it() -> None:
    """A swap day in a test week takes place only while test weeks are not skipped."""
    term, _ = parse_term(
        b"""institution = "UP"\nyear = 2026\ncompleteness = "full"
        periods.S1 = { start = 2026-02-09, end = 2026-05-27 }
        test_weeks = [{ start = 2026-03-16, end = 2026-03-20 }]
        swaps = [{ date = 2026-03-17, follows = "Monday" }]""",
        "test",
    )
    assert teaching(term, "S1", 0, skip_test_weeks=True).swapped == ()
    assert teaching(term, "S1", 0, skip_test_weeks=False).swapped == (date(2026, 3, 17),)
    assert date(2026, 3, 17) not in teaching(term, "S1", 1, skip_test_weeks=False).dates


def test_unknown_period_is_named() -> None:
    """A period without dates is NoTerm, naming the period, the year and the remedy."""
    term = bare_term(2025, date(2025, 7, 21), date(2025, 11, 5), ["S2"])
    with pytest.raises(NoTerm, match=r"first and last lecture day of S1 in 2025 are not known") as caught:
        teaching(term, "S1", 0, skip_test_weeks=True)
    assert "tukscal term new 2025" in caught.value.advice


def test_missing_swap_is_complained_about() -> None:
    """Without one swap day, the sentence names the weekdays that have too many and too few."""
    text = packaged_2026().replace(
        'date = 2026-11-06  # a Friday\nfollows = "Wednesday"', 'date = 2026-11-06\nfollows = "Monday"'
    )
    term, _ = parse_term(text.encode(), "test")
    assert problems(term) == (
        "S2 has 13 Mondays and 11 Wednesdays: a swap day may be missing",
        "Q4 has 7 Mondays and 5 Wednesdays: a swap day may be missing",
    )


@pytest.mark.parametrize(
    ("counts", "even", "complaint"),
    [
        ((12, 12, 12, 12, 12), True, ""),
        ((13, 12, 12, 12, 12), False, "S1 has 13 Mondays and 12 Tuesdays: a swap day may be missing"),
        ((2, 2, 2, 2, 1), False, "S1 has 2 Mondays and 1 Friday: a swap day may be missing"),
        ((0, 1, 0, 0, 0), False, "S1 has 1 Tuesday and 0 Mondays: a swap day may be missing"),
    ],
)
def test_one_day_too_many_is_uneven(counts: tuple[int, ...], even: bool, complaint: str) -> None:
    """A period is even only if all five counts are the same; else its most and its least are named."""
    found = Balance(period="S1", counts=counts)
    assert (found.even, found.complaint) == (even, complaint)


def packaged_2026() -> str:
    from importlib.resources import files

    return files("tukscal.core.terms").joinpath("up-2026.toml").read_text("utf-8")


def test_holidays_that_cost_a_teaching_day() -> None:
    """Only holidays on a weekday of a period, outside the recess, are shown: not Good Friday, not Heritage Day."""
    assert {f"{day:%m-%d}" for day in closed_by_holiday(load_term(2026))} == {"04-27", "05-01", "08-10", "11-04"}


DAYS_2025 = st.dates(date(2025, 1, 1), date(2025, 12, 31))


@given(st.lists(DAYS_2025, min_size=2, max_size=2).map(sorted), st.integers(0, 6), st.booleans())
def test_two_dates_teach_every_week_but_holidays(days: list[date], weekday: int, skip: bool) -> None:
    """Between two bare dates, every such weekday is taught, except on public holidays, and nothing is swapped."""
    term = bare_term(2025, days[0], days[1], ["S1"])
    found = teaching(term, "S1", weekday, skip_test_weeks=skip)
    every = (days[0] + timedelta(days=offset) for offset in range((days[1] - days[0]).days + 1))
    assert list(found.dates) == [day for day in every if day.weekday() == weekday and day not in term.holidays]
    assert found.swapped == ()


def test_teaching_is_worked_out_once() -> None:
    """Asking again costs a look into a table: the answer is the very same object, whoever loads the term."""
    found = teaching(load_term(2026), "S1", 0, skip_test_weeks=True)
    assert teaching(load_term(2026), "S1", 0, skip_test_weeks=True) is found


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
