"""The next revision of a calendar: sequence numbers, cancellations and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tukscal.core.calendar import ics
from tukscal.core.calendar.convert import Conversion
from tukscal.core.calendar.event import Calendar, Event, Status
from tukscal.core.calendar.revision import PALETTE, assign_colors, cancel, known_times
from tukscal.core.model import Entry
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test

TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3
LATER = date(2027, 1, 1)
"""A day after every session of 2026."""


def chain(*contents: Sequence[Entry], **plan: Any) -> list[Conversion]:
    """Convert one content after the other, each over the file the one before left."""
    conversions: list[Conversion] = []
    for entries in contents:
        previous = ics.read(conversions[-1].ics) if conversions else None
        conversions.append(converted(entries, previous, **plan))
    return conversions


def over(before: Conversion, entries: Sequence[Entry], today: date = LATER) -> Conversion:
    """Convert over a file on another day."""
    return converted(entries, ics.read(before.ics), today=today)


def sequences(conversion: Conversion) -> dict[str, tuple[int, str]]:
    """Return title -> SEQUENCE and STATUS, as the written file has them."""
    events = ics.read(conversion.ics).events
    return {event.summary: (event.sequence, event.status.value) for event in events}


def only(conversion: Conversion) -> Event:
    """Return the single event of a calendar, as the written file has it."""
    (event,) = ics.read(conversion.ics).events
    return event


# ---- the first revision, and the same again


def test_the_first_revision() -> None:
    """Without a previous calendar SEQUENCE is 0 and every stamp the first of January of the timetable's year."""
    conversion = converted([lecture(), semester_test(), exam(date=date(2026, 11, 19))])
    text = conversion.ics.decode()
    assert text.count("SEQUENCE:0\r\n") == text.count("BEGIN:VEVENT") == 3
    assert text.count("DTSTAMP:20260101T000000Z\r\n") == text.count("LAST-MODIFIED:20260101T000000Z\r\n") == 3
    assert not conversion.revision.previous
    assert (conversion.revision.added, conversion.revision.changed) == (conversion.calendar.events, ())


def test_stamps_are_of_the_year_of_the_event() -> None:
    """A test of 2025 is stamped in 2025, whatever year it is read in."""
    assert only(converted([semester_test(date=date(2025, 3, 22))])).stamp == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("plan", [{}, {"expand": True}, {"alarm": timedelta(minutes=10)}, {"skip_test_weeks": True}])
def test_a_rerun_over_its_own_output_changes_nothing(plan: dict[str, Any]) -> None:
    """The same input over its own output gives the same bytes, also when something was cancelled or left out."""
    full = [lecture(), lecture(activity="L2", day=WEDNESDAY), semester_test()]
    first, *later = chain(full, full, full[:1], full[:1], full, full, **plan)
    assert later[0].ics == first.ics
    assert later[2].ics == later[1].ics
    assert later[4].ics == later[3].ics
    assert (later[4].revision.added, later[4].revision.changed, later[4].revision.cancelled) == ((), (), ())


def test_the_order_of_rows_changes_nothing() -> None:
    """The same rows in another order make the same events."""
    entries = [lecture(day=day, start=time(7 + day)) for day in range(5)]
    assert converted(entries).calendar.events == converted(entries[::-1]).calendar.events


# ---- changes


@pytest.mark.parametrize(
    "changes",
    [
        {"venues": ("Thuto 1-1",)},
        {"campus": None},
        {"day": TUESDAY},
        {"start": time(10, 30), "end": time(11, 20)},
        {"end": time(10, 20)},
        {"comments": "Bring a laptop"},
        {"study_programme": "e3"},
    ],
)
def test_a_changed_event_counts_on(changes: dict[str, Any]) -> None:
    """A changed event keeps its UID, has SEQUENCE + 1 and is stamped as many minutes later."""
    before, after = map(only, chain([lecture()], [lecture(**changes)]))
    assert after.uid == before.uid
    assert (before.sequence, after.sequence) == (0, 1)
    assert after.stamp - before.stamp == timedelta(minutes=1)
    third = only(chain([lecture()], [lecture(**changes)], [lecture()])[-1])
    assert third.sequence == 2
    assert chain([lecture()], [lecture(**changes)])[-1].revision.previous
    assert f"{third.stamp:%Y%m%dT%H%M%SZ}" == "20260101T000200Z"


def test_only_what_changed_counts_on() -> None:
    """An event next to a changed one stays as it is."""
    other = lecture(activity="L2", day=WEDNESDAY, offered="Q3")
    conversion = chain([lecture(), other], [lecture(venues=()), other])[-1]
    assert sequences(conversion) == {"COS 214 L1": (1, "CONFIRMED"), "COS 214 L2": (0, "CONFIRMED")}
    ((before, after),) = [(change.before, change.after) for change in conversion.revision.changed]
    assert (before.location, after.location) == ("IT 4-4 (HATFIELD)", "HATFIELD")


def test_a_preliminary_exam_becomes_final() -> None:
    """A final date replaces the preliminary one: one event, no longer tentative."""
    preliminary, final = map(
        only, chain([exam(status="PRELIM", venues=(), campus=None)], [exam(date=date(2026, 11, 13))])
    )
    assert (preliminary.uid, preliminary.status) == (final.uid, Status.TENTATIVE)
    assert (final.sequence, final.status, final.start.date()) == (1, Status.CONFIRMED, date(2026, 11, 13))


def test_another_title_or_alarm_is_a_change() -> None:
    """What a person chooses about events counts as their content."""
    first = converted([lecture()])
    for plan in ({"title": "{module}"}, {"alarm": timedelta(minutes=5)}):
        assert only(converted([lecture()], ics.read(first.ics), **plan)).sequence == 1


# ---- cancellations


def test_a_vanished_event_stays_cancelled() -> None:
    """A vanished event is CANCELLED with SEQUENCE + 1, without alarm, in every revision until it is past."""
    both = [lecture(), lecture(activity="L2", day=TUESDAY)]
    first, second, third = chain(both, both[:1], [lecture(venues=())], alarm=timedelta(minutes=5))
    assert sequences(second) == {"COS 214 L1": (0, "CONFIRMED"), "COS 214 L2": (1, "CANCELLED")}
    (gone,) = second.revision.cancelled
    assert gone == replace(
        next(event for event in first.calendar.events if event.summary == "COS 214 L2"),
        status=Status.CANCELLED, sequence=1, alarm=None,
    )  # fmt: skip
    assert sequences(third) == {"COS 214 L1": (1, "CONFIRMED"), "COS 214 L2": (1, "CANCELLED")}
    assert (third.revision.cancelled, third.calendar.gone) == ((), {})
    last = over(third, [lecture()], gone.last_day)
    assert sequences(last) == {"COS 214 L1": (2, "CONFIRMED"), "COS 214 L2": (1, "CANCELLED")}
    past = over(third, [lecture()], gone.last_day + timedelta(days=1))
    assert sequences(past) == {"COS 214 L1": (2, "CONFIRMED")}
    assert dict(ics.read(past.ics).gone) == {gone.uid: 1}


def test_a_rerun_after_the_last_day_changes_nothing() -> None:
    """A cancelled event that is past leaves with another change only: the same PDF gives the same bytes on any day."""
    both = [lecture(), lecture(activity="L2", day=TUESDAY)]
    second = chain(both, both[:1])[-1]
    assert over(second, both[:1]).ics == second.ics
    assert sequences(over(second, [lecture(comments="new")])) == {"COS 214 L1": (1, "CONFIRMED")}
    alarmed = converted(both[:1], ics.read(second.ics), today=LATER, alarm=timedelta(minutes=5))  # of the same PDF
    assert sequences(alarmed) == {"COS 214 L1": (1, "CONFIRMED")}
    reprinted = over(second, [lecture(rows=((9, 9),))])  # another PDF that says the same
    assert (sequences(reprinted), reprinted.revision.changed) == ({"COS 214 L1": (0, "CONFIRMED")}, ())


def test_an_event_that_comes_back_goes_on_counting() -> None:
    """Back at once or after its cancellation was forgotten, an event has a higher SEQUENCE than ever before."""
    both = [lecture(), lecture(activity="L2", day=TUESDAY)]
    at_once = chain(both, both[:1], both)[-1]
    assert sequences(at_once)["COS 214 L2"] == (2, "CONFIRMED")
    forgotten = over(chain(both, both[:1])[-1], [lecture(venues=())])
    assert len(forgotten.calendar.gone) == 1
    later = over(forgotten, both)
    assert sequences(later)["COS 214 L2"] == (2, "CONFIRMED")
    assert dict(later.calendar.gone) == {}
    assert [event.summary for event in later.revision.added] == ["COS 214 L2"]


def test_there_and_back_again() -> None:
    """Contents A, B, A: the third has A's events, each counted on as often as it changed."""
    one, two, three = lecture(), lecture(activity="L2", day=TUESDAY), lecture(activity="L3", day=THURSDAY)
    a, b, again = chain([one, two], [lecture(venues=()), three], [one, two])
    assert sequences(a) == {"COS 214 L1": (0, "CONFIRMED"), "COS 214 L2": (0, "CONFIRMED")}
    assert sequences(b) == {
        "COS 214 L1": (1, "CONFIRMED"),
        "COS 214 L2": (1, "CANCELLED"),
        "COS 214 L3": (0, "CONFIRMED"),
    }
    assert sequences(again) == {
        "COS 214 L1": (2, "CONFIRMED"),
        "COS 214 L2": (2, "CONFIRMED"),
        "COS 214 L3": (1, "CANCELLED"),
    }
    live = [event for event in again.calendar.events if event.status is not Status.CANCELLED]
    assert [replace(event, sequence=0) for event in live] == list(a.calendar.events)


def test_cancelling_by_hand() -> None:
    """A cancelled event keeps its UID and times, so that programs find what to take out."""
    (event,) = converted([semester_test()], alarm=timedelta(minutes=5)).calendar.events
    taken = cancel(event)
    assert (taken.uid, taken.start, taken.end) == (event.uid, event.start, event.end)
    assert (taken.sequence, taken.status, taken.alarm) == (1, Status.CANCELLED, None)


# ---- moves of sessions that share an identity


def test_two_sessions_of_one_identity_keep_their_uids() -> None:
    """Of two sessions of one identity one moves, then one goes: the other's UID and SEQUENCE stay."""
    monday, tuesday, thursday = lecture(), lecture(day=TUESDAY), lecture(day=THURSDAY)
    contents = chain([monday, tuesday], [thursday, tuesday], [tuesday], [monday, tuesday])
    uids = [
        {(event.start.weekday(), event.status.value): (event.uid, event.sequence) for event in found.calendar.events}
        for found in contents
    ]
    first, second = uids[0][0, "CONFIRMED"][0], uids[0][TUESDAY, "CONFIRMED"][0]
    assert uids == [
        {(0, "CONFIRMED"): (first, 0), (TUESDAY, "CONFIRMED"): (second, 0)},
        {(THURSDAY, "CONFIRMED"): (first, 1), (TUESDAY, "CONFIRMED"): (second, 0)},
        {(THURSDAY, "CANCELLED"): (first, 2), (TUESDAY, "CONFIRMED"): (second, 0)},
        {(0, "CONFIRMED"): (first, 3), (TUESDAY, "CONFIRMED"): (second, 0)},
    ]


def test_a_session_beyond_forgotten_ones_keeps_its_uid() -> None:
    """The last of four sessions of one identity keeps its UID though two before it are long gone."""
    four = [lecture(day=day) for day in (0, 1, 3, 4)]
    ends = [four[0], four[3]]
    first, second = chain(four, ends)
    last = over(over(second, [replace(entry, comments="new") for entry in ends]), ends)
    fridays = [[event.uid for event in found.calendar.events if event.start.weekday() == 4] for found in (first, last)]
    assert fridays[0] == fridays[1]
    assert len(fridays[0]) == 1
    assert len(last.calendar.gone) == 2


def test_what_is_live_decides_where_a_session_was() -> None:
    """A cancelled date left where an expanded session used to be does not take the place of its live dates."""
    live = converted([lecture(day=TUESDAY)], expand=True).calendar.events
    # Monday 2 November is the last Monday, and later than the last Tuesday kept here.
    left = replace(live[0], uid="left@tukscal", start=datetime(2026, 11, 2, 8, 30), status=Status.CANCELLED)
    for events in ((*live[:3], left), (left, *live[:3])):
        day, start = known_times(calendar(events))[live[0].identity]
        assert (day.weekday(), start) == (TUESDAY, time(8, 30))


def test_a_swap_day_does_not_tell_the_weekday() -> None:
    """Where a session was is read from its own weekday, not from a swap day's date."""
    conversion = converted([lecture(day=WEDNESDAY)])
    assert len(conversion.calendar.events) == 2
    ((day, _),) = known_times(conversion.calendar).values()
    assert day.weekday() == WEDNESDAY
    assert known_times(None) == {}


def calendar(events: Sequence[Event], gone: dict[str, int] | None = None) -> Calendar:
    """Return a calendar of events."""
    return Calendar(name="UP", year=2026, term="", sources=("0" * 64,), events=tuple(events), gone=gone or {})


# ---- what the new timetables do not cover


S1, S2, YEAR = lecture(offered="S1"), lecture(offered="S2"), lecture(offered="Y", module="WTW 114")
Q2, Q3 = lecture(offered="Q2"), lecture(offered="Q3")
JUNE, NOVEMBER = exam(date=date(2026, 6, 5)), exam()


@pytest.mark.parametrize(
    ("before", "after", "covered"),
    [
        (S2, lecture(activity="L9"), True),
        (Q3, lecture(activity="L9"), True),
        (YEAR, S2, True),
        (S2, YEAR, True),
        (S1, YEAR, True),
        (YEAR, lecture(offered="Y"), True),
        (YEAR, NOVEMBER, False),
        (S1, S2, False),
        (Q2, S2, False),
        (S2, S1, False),
        (semester_test(), S2, False),
        (NOVEMBER, S2, False),
        (S2, NOVEMBER, False),
        (NOVEMBER, exam(paper="2"), True),
        (JUNE, NOVEMBER, False),
        (semester_test(), semester_test(activity="Test2"), True),
        (semester_test(), semester_test(date=date(2026, 3, 21)), False),
        (exam(date=date(2025, 11, 12)), NOVEMBER, False),
    ],
)
def test_only_what_is_covered_is_cancelled(before: Entry, after: Entry, covered: bool) -> None:
    """An event is cancelled only by a timetable of its kind, year and half; otherwise it is reported and left out."""
    first, second = chain([before], [after])
    uids = {event.uid for event in first.calendar.events}
    written = {event.uid: event.status for event in second.calendar.events if event.uid in uids}
    if covered:
        assert set(written.values()) == {Status.CANCELLED}
        assert {event.uid for event in second.revision.cancelled} == uids
        assert second.revision.uncovered == ()
    else:
        assert written == {}
        assert second.revision.cancelled == ()
        assert {event.uid for event in second.revision.uncovered} == uids
        assert dict(ics.read(second.ics).gone) == dict.fromkeys(uids, 0)


def test_year_modules_beside_a_half_year_cover_that_half() -> None:
    """Where year modules stand beside those of the first half, the timetable is the first half's."""
    for before, covered in ((lecture(offered="Q1", activity="L9"), True), (S2, False)):
        second = chain([before], [S1, YEAR])[-1]
        assert (len(second.revision.cancelled), len(second.revision.uncovered)) == (covered, not covered)


def test_nothing_covers_nothing() -> None:
    """A timetable without a single session cancels nothing."""
    second = chain([lecture()], [])[-1]
    assert (second.calendar.events, second.revision.cancelled) == ((), ())
    assert len(second.revision.uncovered) == 1


# ---- colours


def test_a_module_keeps_its_colour() -> None:
    """A module keeps the colour of the previous calendar, whatever modules come before it."""
    modules = [f"AAA {number}" for number in range(100, 106)]
    before = converted([lecture(module=modules[-1])])
    after = converted([lecture(module=module) for module in modules], ics.read(before.ics))
    colors = {event.category: event.color for event in after.calendar.events}
    assert colors[modules[-1]] == before.calendar.events[0].color
    assert len(set(colors.values())) == len(modules)


def test_colours_are_told_apart_while_there_are_enough() -> None:
    """As many modules as there are colours have all different ones, in any order of the rows; more share them."""
    modules = [f"ABC {number}" for number in range(100, 100 + len(PALETTE))]
    colors = assign_colors(modules, None)
    assert sorted(colors.values()) == sorted(PALETTE)
    assert assign_colors(reversed(modules), None) == colors
    assert set(assign_colors([*modules, "XYZ 999"], None).values()) == set(PALETTE)


def test_a_colour_depends_on_the_module_alone() -> None:
    """These modules have these colours in every first calendar; two with one place get the colour and the next free."""
    modules = ["COS 214", "STK 220", "WTW 285", "AAA 100"]
    assert assign_colors(modules, None) == {
        "AAA 100": "steelblue", "COS 214": "crimson", "STK 220": "darkcyan", "WTW 285": "teal",
    }  # fmt: skip
    assert assign_colors([*modules, "COS 226"], None)["COS 226"] == "darkorange"
    assert assign_colors([*modules, "XYZ 999"], None)["XYZ 999"] == "goldenrod"


def test_a_module_for_which_no_colour_is_left_shares_its_own() -> None:
    """Where every colour is taken a module gets that of its own place."""
    taken = converted([lecture(module=f"ABC {number}") for number in range(100, 100 + len(PALETTE))])
    for module, color in (("COS 214", "crimson"), ("AAA 100", "steelblue")):
        again = converted([*(lecture(module=f"ABC {number}") for number in range(100, 112)), lecture(module=module)],
                          ics.read(taken.ics))  # fmt: skip
        assert {event.color for event in again.calendar.events if event.category == module} == {color}


# ---- any revisions whatever


SLOTS: list[list[Entry]] = [
    [lecture(), lecture(venues=("Thuto 1-1",)), lecture(day=TUESDAY), lecture(day=WEDNESDAY)],
    [lecture(day=THURSDAY), lecture(day=THURSDAY, start=time(7, 30))],  # of the identity of those before
    [lecture(activity="L2", offered="Q3"), lecture(activity="L2", offered="Q4")],
    [lecture(offered="S1"), lecture(offered="S1", day=TUESDAY)],
    [lecture(offered="Y", module="WTW 114", day=4)],
    [semester_test(), semester_test(venues=())],
    [exam(), exam(status="PRELIM"), exam(date=date(2026, 11, 20))],
]
CONTENTS = st.tuples(*(st.none() | st.sampled_from(slot) for slot in SLOTS)).map(
    lambda chosen: [entry for entry in chosen if entry is not None]
)


class Revisions(RuleBasedStateMachine):
    """A calendar file that is converted over again and again, and what the world outside remembers of it."""

    def __init__(self) -> None:
        super().__init__()
        self.file: bytes | None = None
        self.entries: list[Entry] = []
        self.expand = False
        self.today = date(2026, 2, 1)
        self.seen: dict[str, Event] = {}
        """UID -> the event as it was last written."""
        self.shown: dict[str, Event] = {}
        """UID -> the event as a calendar program shows it that imports a revision now and then."""

    @initialize(entries=CONTENTS)
    def first(self, entries: list[Entry]) -> None:
        """Write the first file."""
        self.convert(entries)
        assert all(event.sequence == 0 for event in self.seen.values())

    @rule(entries=CONTENTS)
    def another(self, entries: list[Entry]) -> None:
        """Convert another timetable."""
        self.convert(entries)

    @rule(slot=st.integers(0, len(SLOTS) - 1), data=st.data())
    def move(self, slot: int, data: st.DataObject) -> None:
        """Change one session of the timetable."""
        kept = [entry for entry in self.entries if entry not in SLOTS[slot]]
        self.convert([*kept, data.draw(st.sampled_from(SLOTS[slot]))])

    @rule()
    def turn(self) -> None:
        """Switch between weekly events and one for each date."""
        self.expand = not self.expand
        self.convert(self.entries)

    @precondition(lambda self: self.file is not None)
    @rule()
    def again(self) -> None:
        """Convert the same timetable again."""
        before = self.file
        self.convert(self.entries)
        assert self.file == before

    @rule(days=st.sampled_from([1, 20, 60, 200]))
    def wait(self, days: int) -> None:
        """Let days go by."""
        self.today += timedelta(days=days)

    @precondition(lambda self: self.file is not None)
    @rule()
    def imported(self) -> None:
        """Import the newest file as a program does that follows UID and SEQUENCE: it shows what the file says."""
        assert self.file is not None
        calendar = ics.read(self.file)
        for event in calendar.events:
            if event.uid not in self.shown or self.shown[event.uid].sequence < event.sequence:
                self.shown[event.uid] = event
        # What no new timetable speaks of is neither written nor cancelled, and said to be so.
        unsaid = {uid for uid in calendar.gone if self.seen[uid].status is not Status.CANCELLED}
        assert self.coming(event for uid, event in self.shown.items() if uid not in unsaid) == self.coming(
            converted(self.entries, expand=self.expand).calendar.events
        )

    def coming(self, events: Iterable[Event]) -> list[tuple[object, ...]]:
        """Return the occurrences from today on."""
        live = [event for event in events if event.status is not Status.CANCELLED]
        return sorted((day, *_what(event)[2:]) for event in live for day in event.days() if day >= self.today)

    def convert(self, entries: list[Entry]) -> None:
        """Convert over the file, and compare what was written with what was there."""
        previous = ics.read(self.file) if self.file is not None else None
        conversion = converted(entries, previous, today=self.today, expand=self.expand)
        calendar = ics.read(conversion.ics)
        assert calendar == conversion.calendar
        self.file, self.entries = conversion.ics, entries
        self.check_live(calendar, entries)
        self.check_counts(calendar, previous)
        self.check_missing(calendar)

    def check_live(self, calendar: Calendar, entries: list[Entry]) -> None:
        """What takes place is what the timetable says, no more and no less."""
        live = [event for event in calendar.events if event.status is not Status.CANCELLED]
        assert sorted(map(_what, live)) == sorted(map(_what, converted(entries, expand=self.expand).calendar.events))
        assert len({event.uid for event in calendar.events}) == len(calendar.events)

    def check_counts(self, calendar: Calendar, previous: Calendar | None) -> None:
        """A SEQUENCE rises by one when the content changed or was away, and stays when it did not change."""
        there = {event.uid for event in previous.events} if previous else set()
        for event in calendar.events:
            before = self.seen.get(event.uid)
            if before is None:
                assert event.sequence == 0
                assert event.status is not Status.CANCELLED
            elif event.uid in there and replace(event, sequence=0) == replace(before, sequence=0):
                assert event.sequence == before.sequence
            else:
                assert event.sequence == before.sequence + 1
            assert event.stamp == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=event.sequence)
            self.seen[event.uid] = event

    def check_missing(self, calendar: Calendar) -> None:
        """What was ever written is there, cancelled until it is past, or remembered with its last SEQUENCE."""
        written = {event.uid for event in calendar.events}
        for uid in calendar.gone:
            assert self.seen[uid].status is not Status.CANCELLED or self.seen[uid].last_day < self.today
        assert dict(calendar.gone) == {uid: event.sequence for uid, event in self.seen.items() if uid not in written}


def _what(event: Event) -> tuple[object, ...]:
    return event.summary, event.start, event.end, event.last or date.min, event.location, event.status.value


TestRevisions = pytest.mark.slow(Revisions.TestCase)
# No shrinking: a failure would take minutes to shrink, and its steps can be read as they are.
TestRevisions.settings = settings(
    derandomize=True, deadline=None, max_examples=30, stateful_step_count=10, phases=[Phase.generate]
)
TestRevisions.__doc__ = "Whatever is converted in whatever order, revisions keep these laws."
