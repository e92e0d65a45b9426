"""Which sessions take place when, and what they are called; the days themselves are counted in test_readback."""

from __future__ import annotations

import itertools
import random
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.calendar.event import Event, Status
from tukscal.core.calendar.schedule import (
    Known,
    PlanOptions,
    Session,
    check_title,
    location,
    number_sessions,
    plan_events,
)
from tukscal.core.errors import NoTerm
from tukscal.core.model import Entry
from tukscal.core.terms import Term, bare_term, load_term
from tukscal.tests.core.sessions import exam, lecture, semester_test

NAME = "UP/lectures/2026/S2/COS 214/E/G01/L1"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)
ON = {  # a day of the S2 term for each weekday
    MONDAY: date(2026, 7, 20), TUESDAY: date(2026, 7, 21), WEDNESDAY: date(2026, 7, 22),
    THURSDAY: date(2026, 7, 23), FRIDAY: date(2026, 7, 24),
}  # fmt: skip


def ordinals(entries: list[Entry], known: Known | None = None) -> dict[int, str]:
    """Return weekday -> identity without the name that all share."""
    return {session.entry.day or 0: session.identity.removeprefix(NAME) for session in numbered(entries, known or {})}


def numbered(entries: list[Entry], known: Known) -> list[Session]:
    """Return the sessions of 2026."""
    return number_sessions(entries, 2026, known)


def on(day: int, start: time = time(8, 30)) -> tuple[date, time]:
    """Return when a session was known to take place."""
    return ON[day], start


# ---- ordinals


def test_a_session_alone_has_the_bare_identity() -> None:
    """One session of an identity carries no number."""
    assert ordinals([lecture()]) == {MONDAY: ""}


def test_sessions_of_one_identity_are_numbered_by_day_and_start() -> None:
    """Without an earlier calendar the ordinals follow weekday and start, whatever the order of the rows."""
    entries = [lecture(day=FRIDAY), lecture(day=MONDAY, start=time(7, 30)), lecture(day=WEDNESDAY)]
    for rows in itertools.permutations(entries):
        assert ordinals(list(rows)) == {MONDAY: "", WEDNESDAY: "#2", FRIDAY: "#3"}


def test_the_start_decides_within_a_day() -> None:
    """Two sessions on one day are numbered by their start."""
    late, early = lecture(start=time(10, 30), end=time(11, 20)), lecture()
    assert [(found.identity, found.entry) for found in numbered([late, early], {})] == [
        (NAME, early),
        (f"{NAME}#2", late),
    ]


def test_a_tie_is_not_broken_by_the_order_of_rows() -> None:
    """Sessions of one identity at one time that differ otherwise are numbered the same in any order."""
    short, long = lecture(), lecture(end=time(10, 20))
    assert numbered([short, long], {}) == numbered([long, short], {})


def test_the_status_decides_between_exams_at_one_time() -> None:
    """Two exams of one identity at one time that differ in status only are numbered the same in any order."""
    final, prelim, bare = exam(), exam(status="PRELIM"), exam(status=None)
    for rows in itertools.permutations([final, prelim, bare]):
        assert [found.entry for found in numbered(list(rows), {})] == [bare, final, prelim]


def test_tests_of_one_name_are_numbered_by_date() -> None:
    """Without an earlier calendar the first of two tests of one name is the earlier one, whatever its time of day."""
    late, early = semester_test(date=date(2026, 8, 31), start=time(7, 30)), semester_test(date=date(2026, 8, 24))
    name = "UP/tests/2026/S2/COS 214/Test1"
    assert [(found.identity, found.entry) for found in numbered([late, early], {})] == [
        (name, early),
        (f"{name}#2", late),
    ]


def test_a_session_keeps_its_ordinal_when_the_first_goes() -> None:
    """A session found at its earlier day and start keeps its ordinal, though a lower one is free."""
    known = {NAME: on(MONDAY), f"{NAME}#2": on(WEDNESDAY)}
    assert ordinals([lecture(day=WEDNESDAY)], known) == {WEDNESDAY: "#2"}


def test_a_session_keeps_its_ordinal_when_an_earlier_one_comes() -> None:
    """A new session before a known one takes the free ordinal, not the known one's."""
    assert ordinals([lecture(day=MONDAY), lecture(day=WEDNESDAY)], {NAME: on(WEDNESDAY)}) == {
        WEDNESDAY: "",
        MONDAY: "#2",
    }


def test_a_moved_session_takes_the_ordinal_left_free() -> None:
    """Of two sessions one moves: it takes the ordinal it had, for the other keeps its own."""
    known = {NAME: on(MONDAY), f"{NAME}#2": on(WEDNESDAY)}
    assert ordinals([lecture(day=FRIDAY), lecture(day=WEDNESDAY)], known) == {FRIDAY: "", WEDNESDAY: "#2"}
    assert ordinals([lecture(day=FRIDAY), lecture(day=MONDAY)], known) == {MONDAY: "", FRIDAY: "#2"}


def test_a_single_session_that_moves_keeps_the_bare_identity() -> None:
    """A lecture moved to another day and time is the same lecture."""
    assert ordinals([lecture(day=FRIDAY, start=time(7, 30))], {NAME: on(MONDAY)}) == {FRIDAY: ""}


def test_an_ordinal_far_from_the_others_is_kept() -> None:
    """A session keeps its ordinal also when those between it and the first are long gone."""
    known = {NAME: on(MONDAY), f"{NAME}#5": on(THURSDAY)}
    entries = [lecture(day=THURSDAY), lecture(day=TUESDAY)]
    assert ordinals(entries, known) == {TUESDAY: "", THURSDAY: "#5"}
    assert ordinals([lecture(day=MONDAY), *entries], known) == {MONDAY: "", TUESDAY: "#2", THURSDAY: "#5"}


def test_the_start_counts_as_much_as_the_day() -> None:
    """A known session is one at the same day and the same start."""
    known = {NAME: on(MONDAY, time(10, 30)), f"{NAME}#2": on(MONDAY)}
    early, late = lecture(), lecture(start=time(10, 30), end=time(11, 20))
    assert [(found.identity, found.entry) for found in numbered([early, late], known)] == [
        (NAME, late),
        (f"{NAME}#2", early),
    ]


def test_tests_are_known_by_their_date() -> None:
    """Two tests of one name keep their ordinals by date, not by weekday."""
    first, second = semester_test(date=date(2026, 8, 24)), semester_test(date=date(2026, 8, 31))
    name = "UP/tests/2026/S2/COS 214/Test1"
    known = {name: (date(2026, 8, 31), time(15)), f"{name}#2": (date(2026, 8, 24), time(15))}
    assert [(found.identity, found.entry) for found in numbered([first, second], known)] == [
        (name, second),
        (f"{name}#2", first),
    ]


@settings(derandomize=True, deadline=None)
@given(
    before=st.lists(st.sampled_from(range(5)), unique=True),
    after=st.lists(st.sampled_from(range(5)), unique=True),
    shuffle=st.randoms(use_true_random=False),
)
def test_who_stays_keeps_the_ordinal(before: list[int], after: list[int], shuffle: random.Random) -> None:
    """Whatever else comes and goes: sessions that stay keep their ordinals, and no two share one."""
    old = ordinals([lecture(day=day) for day in before])
    known = {f"{NAME}{mark}": on(day) for day, mark in old.items()}
    entries = [lecture(day=day) for day in after]
    new = ordinals(entries, known)
    assert {day: new[day] for day in after if day in old} == {day: old[day] for day in after if day in old}
    assert len(set(new.values())) == len(after)
    shuffle.shuffle(entries)
    assert ordinals(entries, known) == new


# ---- events


def planned(*entries: Entry, term: Term | None = None, **options: object) -> tuple[Event, ...]:
    """Return the events of entries in 2026."""
    colors = {entry.module: "teal" for entry in entries}
    plan = plan_events(number_sessions(entries, 2026, {}), term or load_term(2026), PlanOptions(**options), colors)  # type: ignore[arg-type]
    return plan.events


def test_a_monday_of_the_third_quarter() -> None:
    """A weekly event runs from its first to its last day, less holidays and recess."""
    (event,) = planned(lecture(offered="Q3"))
    assert (event.start, event.end) == (datetime(2026, 7, 20, 8, 30), datetime(2026, 7, 20, 9, 20))
    assert (event.last, event.except_on) == (date(2026, 9, 7), (date(2026, 8, 10),))
    assert [f"{day:%d %b}" for day in event.days()] == [
        *("20 Jul", "27 Jul", "03 Aug", "17 Aug", "24 Aug", "31 Aug", "07 Sep"),
    ]


def test_a_week_without_lecture_after_the_first_is_excepted() -> None:
    """A holiday in the second week, or in the last but one, is an exception; nothing after the last day is."""
    (event,) = planned(lecture(), term=bare_term(2026, date(2026, 8, 3), date(2026, 8, 21), ["S2"]))
    assert (event.last, event.except_on) == (date(2026, 8, 17), (date(2026, 8, 10),))
    (event,) = planned(lecture(day=WEDNESDAY), term=bare_term(2026, date(2026, 7, 20), date(2026, 11, 11), ["S2"]))
    assert (event.last, event.except_on) == (date(2026, 11, 11), (date(2026, 11, 4),))


def test_expanded_there_is_an_event_for_each_date() -> None:
    """Expanded, every date of a session is an event of its own, known by its week, and none repeats."""
    events = planned(lecture(offered="Q3", day=TUESDAY), expand=True)
    assert [(f"{event.start:%d %b %H:%M}", event.uid.partition("-")[2]) for event in events] == [
        ("21 Jul 08:30", "2026W30@tukscal"), ("28 Jul 08:30", "2026W31@tukscal"), ("04 Aug 08:30", "2026W32@tukscal"),
        ("11 Aug 08:30", "2026W33@tukscal"), ("18 Aug 08:30", "2026W34@tukscal"), ("25 Aug 08:30", "2026W35@tukscal"),
        ("01 Sep 08:30", "2026W36@tukscal"),
    ]  # fmt: skip
    assert {(event.end - event.start, event.last, event.except_on) for event in events} == {
        (timedelta(minutes=50), None, ())
    }


def test_events_are_sorted_by_start() -> None:
    """Events come in the order in which they first take place."""
    events = planned(exam(), lecture(day=FRIDAY), semester_test(), lecture(activity="L2"))
    assert list(events) == sorted(events, key=lambda event: (event.start, event.uid))


def test_one_day_is_no_repetition() -> None:
    """A lecture with a single day is a single event."""
    (event,) = planned(lecture(), term=bare_term(2026, date(2026, 7, 20), date(2026, 7, 24), ["S2"]))
    assert (event.last, event.except_on, event.days()) == (None, (), (date(2026, 7, 20),))


def test_a_lecture_that_never_takes_place_is_left_out_by_name() -> None:
    """A lecture without a single day gives no event and is named."""
    entry = lecture(day=FRIDAY)
    term = bare_term(2026, date(2026, 7, 20), date(2026, 7, 23), ["S2"])
    plan = plan_events(number_sessions([entry], 2026, {}), term, PlanOptions(), {"COS 214": "teal"})
    assert (plan.events, plan.left_out) == ((), (entry,))


def test_an_unknown_period_is_an_error() -> None:
    """A period whose dates are not known is refused, never guessed."""
    with pytest.raises(NoTerm, match="S1"):
        planned(lecture(offered="S1"), term=bare_term(2026, date(2026, 7, 20), date(2026, 7, 23), ["S2"]))


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        (time(7, 30), timedelta(hours=3), time(10, 30)),
        (time(15, 0), timedelta(minutes=90), time(16, 30)),
        (time(22, 0), timedelta(hours=3), time(23, 59)),
        (time(21, 0), timedelta(hours=3), time(23, 59)),
    ],
)
def test_an_exam_ends_on_its_own_day(start: time, length: timedelta, end: time) -> None:
    """The assumed end of an exam is never past midnight."""
    (event,) = planned(exam(start=start), exam_length=length)
    assert event.end == datetime.combine(date(2026, 11, 12), end)


@pytest.mark.parametrize(
    ("status", "expected"), [("FINAL", Status.CONFIRMED), ("PRELIM", Status.TENTATIVE), (None, Status.CONFIRMED)]
)
def test_the_status_of_an_exam(status: str | None, expected: Status) -> None:
    """Only what is final, or says nothing, is confirmed."""
    (event,) = planned(exam(status=status))
    assert event.status is expected
    assert "None" not in event.description


# ---- what a person reads


@pytest.mark.parametrize(
    ("venues", "campus", "expected"),
    [
        (("IT 4-4",), "HATFIELD", "IT 4-4 (HATFIELD)"),
        (("IT 4-4", "Thuto 1-1"), "HATFIELD", "IT 4-4; Thuto 1-1 (HATFIELD)"),
        (("IT 4-4",), None, "IT 4-4"),
        ((), "HATFIELD", "HATFIELD"),
        ((), None, ""),
    ],
)
def test_the_place_is_venues_and_campus(venues: tuple[str, ...], campus: str | None, expected: str) -> None:
    """The place names every venue and the campus, as far as known."""
    assert location(lecture(venues=venues, campus=campus)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("{module} {activity}", "COS 214 L1"),
        ("{module} {activity} @ {venue}", "COS 214 L1 @ IT 4-4"),
        ("{kind}: {module} {group} {offered} {language} {campus}", "lectures: COS 214 G01 S2 E HATFIELD"),
        ("{module} {paper} {activity} {status}", "COS 214 L1"),
        ("{paper}", "COS 214 L1"),
        ("{{{module}}}", "{COS 214}"),
        ("a\r\nEND:VEVENT {module}", "a END:VEVENT COS 214"),
    ],
)
def test_a_title_template(title: str, expected: str) -> None:
    """A title is its template with the session's fields; what a session lacks leaves no gap and no empty title."""
    check_title(title)
    assert planned(lecture(), title=title)[0].summary == expected


@pytest.mark.parametrize(
    "title",
    ["{modul}", "{", "}", "{}", "{0}", "{module.__class__}", "{module[0]}", "{module!r}", "{module:>99999999}",
     "{module:{activity}}", "{module:d}", "{module:{nothing}}"],
)  # fmt: skip
def test_a_title_that_cannot_be_is_refused(title: str) -> None:
    """A template with an unknown field, or with anything but plain fields, is refused in a sentence."""
    with pytest.raises(ValueError, match=r"title") as refused:
        check_title(title)
    assert len(str(refused.value).split()) > 4


def test_the_description_of_a_lecture() -> None:
    """A lecture names group, language, period, programme and comments, a line each."""
    (event, _) = planned(lecture(day=WEDNESDAY, language="B", comments="Bring\r\na laptop"))
    assert event.description.split("\n") == [
        "Group G01, English and Afrikaans, S2",
        "Study programme: r3",
        "Bring a laptop",
    ]


def test_a_comment_of_nothing_leaves_no_line() -> None:
    """A comment that is empty once cleaned is left out."""
    (event,) = planned(exam(comments="\x00\r\n", paper=None, module_campus=None))
    assert event.description.split("\n") == [
        "Exam, FINAL",
        "The end is an estimate: the timetable gives no duration, 3 h is assumed.",
    ]
