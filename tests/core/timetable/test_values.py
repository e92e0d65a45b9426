"""What a cell may say: every possible value is read, every impossible one is refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.timetable import values
from tukscal.core.timetable.values import Unreadable


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.module, "COS 214", "COS 214"),
        (values.module, "COS214", "COS 214"),
        (values.period, "S1", "S1"),
        (values.period, "Y", "Y"),
        (values.period, "Q4", "Q4"),
        (values.weekday, "Monday", 0),
        (values.weekday, "SUNDAY", 6),
        (values.clock, "07:30", time(7, 30)),
        (values.clock, "7:30", time(7, 30)),
        (values.clock, "23:59", time(23, 59)),
        (values.exam_start, "07:30", time(7, 30)),
        (values.exam_start, "20:00", time(20)),
        (values.span, "08:30 - 09:20", (time(8, 30), time(9, 20))),
        (values.span, "08:30-09:20", (time(8, 30), time(9, 20))),
        (values.span, "08:30 \u2013 09:20", (time(8, 30), time(9, 20))),
        (values.day_of_year, "12 NOV 2025", date(2025, 11, 12)),
        (values.day_of_year, "1 Sept 2025", None),
        (values.day_of_year, "22 Mar 2025", date(2025, 3, 22)),
        (values.day_of_year, "2 February 2028", date(2028, 2, 2)),
        (values.day_of_year, "29 Feb 2028", date(2028, 2, 29)),
        (values.day_of_year, "1 Jan 2000", date(2000, 1, 1)),
        (values.day_of_year, "31 Dec 2099", date(2099, 12, 31)),
    ],
)
def test_possible_values(read: Callable[[str], object], text: str, value: object) -> None:
    """A text that its column promises is read as that value; an abbreviation nobody printed yet is not guessed."""
    if value is None:
        with pytest.raises(Unreadable):
            read(text)
    else:
        assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (values.module, "", "the module is missing"),
        (values.module, "cos 214", "'cos 214' is not a module code"),
        (values.module, "COS  214", "'COS  214' is not a module code"),
        (values.module, "COS 2144", "'COS 2144' is not a module code"),
        (values.module, "COS 21", "'COS 21' is not a module code"),
        (values.module, "C0S 214", "'C0S 214' is not a module code"),
        (values.module, "CSC1015F", "'CSC1015F' is not a module code"),
        (values.module, "COS 214\n", "'COS 214\n' is not a module code"),
        (values.period, "", "the period is missing"),
        (values.period, "S3", "'S3' is not a period (S1, S2, Y, Q1 to Q4)"),
        (values.period, "Q5", "'Q5' is not a period (S1, S2, Y, Q1 to Q4)"),
        (values.period, "s1", "'s1' is not a period (S1, S2, Y, Q1 to Q4)"),
        (values.weekday, "", "the day is missing"),
        (values.weekday, "Maandag", "'Maandag' is not a weekday"),
        (values.weekday, "Mon", "'Mon' is not a weekday"),
        (values.weekday, "Monday Tuesday", "'Monday Tuesday' is not a weekday"),
        (values.clock, "24:00", "there is no time '24:00'"),
        (values.clock, "08:60", "there is no time '08:60'"),
        (values.clock, "99:99", "there is no time '99:99'"),
        (values.clock, "8h30", "'8h30' is not a time"),
        (values.clock, "08:30:00", "'08:30:00' is not a time"),
        (values.clock, "\u0660\u0668:30", "'\u0660\u0668:30' is not a time"),
        (values.exam_start, "20:01", "an exam cannot start at '20:01'"),
        (values.exam_start, "23:00", "an exam cannot start at '23:00'"),
        (values.exam_start, "", "the time is missing"),
        (values.span, "", "the time is missing"),
        (values.span, "08:30", "'08:30' is not a start and end time"),
        (values.span, "08:30 - ", "'08:30 - ' is not a start and end time"),
        (values.span, "09:20 - 08:30", "'09:20 - 08:30' ends before it starts"),
        (values.span, "08:30 - 08:30", "'08:30 - 08:30' ends before it starts"),
        (values.span, "23:00 - 00:30", "'23:00 - 00:30' ends before it starts"),
        (values.span, "08:30 - 24:00", "there is no time '24:00'"),
        (values.span, "99:99 - 10:00", "there is no time '99:99'"),
        (values.day_of_year, "", "the date is missing"),
        (values.day_of_year, "30 Feb 2025", "there is no date '30 Feb 2025'"),
        (values.day_of_year, "29 Feb 2026", "there is no date '29 Feb 2026'"),
        (values.day_of_year, "31 NOV 2025", "there is no date '31 NOV 2025'"),
        (values.day_of_year, "0 Jan 2025", "there is no date '0 Jan 2025'"),
        (values.day_of_year, "12 Okt 2025", "'Okt' in '12 Okt 2025' is not a month"),
        (values.day_of_year, "12 No 2025", "'No' in '12 No 2025' is not a month"),
        (values.day_of_year, "12 NOV 9999", "the year of '12 NOV 9999' is not possible"),
        (values.day_of_year, "12 NOV 1999", "the year of '12 NOV 1999' is not possible"),
        (values.day_of_year, "1 Jan 2100", "the year of '1 Jan 2100' is not possible"),
        (values.day_of_year, "12 NOV 25", "'12 NOV 25' is not a date"),
        (values.day_of_year, "2025-11-12", "'2025-11-12' is not a date"),
        (values.day_of_year, "Week 12", "'Week 12' is not a date"),
    ],
)
def test_impossible_values(read: Callable[[str], object], text: str, reason: str) -> None:
    """A text that cannot be its column's value is refused with a reason that quotes it."""
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize("text", ["G01", "L1", "PTest1", "LP12", "O2", "G100"])
def test_labels(text: str) -> None:
    """A group or an activity is up to four letters and up to three digits."""
    if text == "PTest1":
        with pytest.raises(Unreadable, match="'PTest1' is not a group"):
            values.label(text, "a group")
    else:
        assert values.label(text, "a group") == text


@pytest.mark.parametrize("text", ["G", "01", "G-1", "G 1", "G1234", "L1L2", "LEC1x"])
def test_no_labels(text: str) -> None:
    """Anything else is neither a group nor an activity."""
    with pytest.raises(Unreadable, match=f"'{text}' is not an activity"):
        values.label(text, "an activity")


def test_no_label() -> None:
    """A missing group says so."""
    with pytest.raises(Unreadable, match="a group is missing"):
        values.label("", "a group")


def test_day_agrees_with_date() -> None:
    """The weekday printed must be that of the date."""
    values.agree(date(2025, 8, 28), "Thursday")
    with pytest.raises(Unreadable, match="28 August 2025 is a Thursday, not a Sunday"):
        values.agree(date(2025, 8, 28), "Sunday")
    with pytest.raises(Unreadable, match="'Donderdag' is not a weekday"):
        values.agree(date(2025, 8, 28), "Donderdag")


@given(st.times(), st.times())
def test_any_two_times(start: time, end: time) -> None:
    """Two times of day are a span exactly if the second is the later, to the minute."""
    text = f"{start:%H:%M} - {end:%H:%M}"
    if (start.hour, start.minute) < (end.hour, end.minute):
        assert values.span(text) == (time(start.hour, start.minute), time(end.hour, end.minute))
    else:
        with pytest.raises(Unreadable, match="ends before it starts"):
            values.span(text)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d %b %Y", "%d %B %Y"]), st.booleans())
def test_any_date(day: date, form: str, upper: bool) -> None:
    """Every date from 2000 to 2099 is read back from its short and long English form, in either case."""
    text = day.strftime(form)
    assert values.day_of_year(text.upper() if upper else text) == day


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    """Any text is read or refused, and what is read as a module code has its one form."""
    for read in (values.period, values.weekday, values.clock, values.span, values.day_of_year):
        with suppress(Unreadable):
            read(text)
    try:
        code = values.module(text)
    except Unreadable:
        return
    assert len(code) == 7
    assert code.replace(" ", "") == text.replace(" ", "")
