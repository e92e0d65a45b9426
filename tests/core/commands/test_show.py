"""A calendar of ours, read back as sessions to be drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.calendar import ics
from tukscal.core.calendar.event import Status
from tukscal.core.commands.show import sessions_of, without_replaced
from tukscal.core.model import Entry, Kind
from tukscal.tests.core.pictures.overviews import gone, student
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test


def _drawn(entry: Entry) -> Entry:
    """Return an entry with only what a calendar keeps."""
    return replace(
        entry,
        block=None,
        module_campus=None,
        rows=(),
        comments=None,
        end=time(entry.start.hour + 3, entry.start.minute) if entry.kind is Kind.EXAMS else entry.end,
        venues=entry.venues if entry.venues or not entry.campus else (entry.campus,),
        campus=entry.campus if entry.venues else None,
    )


@pytest.mark.parametrize("expand", [False, True])
def test_a_calendar_gives_back_the_sessions_it_was_made_from(expand: bool) -> None:
    """Written and read again, repeating or a date at a time, a calendar has each session once and as it was."""
    calendar = ics.read(converted(student(), expand=expand).ics)
    assert Counter(map(repr, (session.entry for session in sessions_of(calendar)))) == Counter(
        map(repr, map(_drawn, student()))
    )
    assert not any(session.cancelled for session in sessions_of(calendar))


@given(st.sets(st.integers(0, 10), min_size=1))
def test_every_event_of_a_calendar_belongs_to_one_of_its_sessions(kept: set[int]) -> None:
    """The events of the sessions are the calendar's events, swap days among them, each once."""
    calendar = converted([student()[number] for number in kept]).calendar
    events = [event for session in sessions_of(calendar) for event in session.events]
    assert Counter(event.uid for event in events) == Counter(event.uid for event in calendar.events)


def test_what_a_timetable_no_longer_has_is_cancelled() -> None:
    """Sessions that vanished are read back as cancelled, all others are not."""
    before = converted([*student(), *gone()]).calendar
    calendar = ics.read(converted(student(), before).ics)
    cancelled = [session.entry for session in sessions_of(calendar) if session.cancelled]
    assert sorted((entry.module, entry.kind) for entry in cancelled) == [
        ("STK 220", Kind.LECTURES),
        ("STK 220", Kind.TESTS),
    ]


def test_a_session_that_moved_is_drawn_where_it_is_now() -> None:
    """The old dates of an expanded session that moved to another day are cancelled, the session is not."""
    before = converted([lecture()], expand=True).calendar
    moved = converted([lecture(day=3, start=time(10, 30), end=time(11, 20))], before, expand=True).calendar
    (session,) = sessions_of(moved)
    assert (session.entry.day, session.entry.start, session.cancelled) == (3, time(10, 30), False)


def test_a_swap_day_does_not_move_a_session() -> None:
    """A Monday lecture that also takes place on swap days is read back on Monday only."""
    (session,) = sessions_of(converted([lecture(offered="S2")]).calendar)
    assert session.entry.day == 0


def test_two_sessions_of_one_identity_stay_two() -> None:
    """A group with the same activity at two times is read back with both, without the ordinal in its name."""
    found = sessions_of(converted([lecture(), lecture(day=4)]).calendar)
    assert sorted((session.entry.activity, session.entry.day) for session in found) == [("L1", 0), ("L1", 4)]


def test_marks_and_places_survive() -> None:
    """A preliminary exam without a venue is read back as preliminary; a test has its venues and campus."""
    found = {
        s.entry.kind: s.entry for s in sessions_of(converted([exam(status="PRELIM", venues=(), campus=None)]).calendar)
    }
    assert (found[Kind.EXAMS].status, found[Kind.EXAMS].venues, found[Kind.EXAMS].campus) == ("PRELIM", (), None)
    (test,) = sessions_of(converted([semester_test(date=date(2026, 3, 2))]).calendar)
    assert (test.entry.venues, test.entry.campus) == (("Thuto 1-1", "Thuto 1-2"), "HATFIELD")


def test_what_takes_place_by_other_events_is_not_drawn_as_cancelled() -> None:
    """After --expand was switched, a month shows each lecture once; one that is gone is still shown as cancelled."""
    weekly = converted([lecture(), lecture(activity="L2", day=1)]).calendar
    expanded = ics.read(converted([lecture()], weekly, expand=True).ics)
    gone = [event for event in expanded.events if event.status is Status.CANCELLED]
    assert {event.summary for event in gone} == {"COS 214 L1", "COS 214 L2"}
    assert {event.summary for event in without_replaced(expanded.events) if event in gone} == {"COS 214 L2"}
    assert len(without_replaced(expanded.events)) == len(expanded.events) - sum(
        event.summary == "COS 214 L1" for event in gone
    )
