"""Files compared and taken back: which reader a file gets, and what stays as it was when something is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.calendar import ics
from tukscal.core.calendar.event import Calendar, Status
from tukscal.core.commands.compare import Difference, Side, Snapshot, cancel_calendar, compare, differences
from tukscal.core.commands.inputs import Opening
from tukscal.core.errors import Damaged, NoSuchFile, NotATimetable, NotWritable, TukscalError
from tukscal.core.model import Entry
from tukscal.core.pool import Pool
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test, timetable

OPENING = Opening()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a PDF and a calendar of other sessions."""
    (tmp_path / "a.pdf").write_bytes(timetable_pdf(LECTURES))
    (tmp_path / "b.ics").write_bytes(converted([lecture()]).ics)
    return tmp_path


def test_the_suffix_tells_what_a_file_is(child: Pool, folder: Path) -> None:
    """.ics in capitals or not is read as a calendar, every other file as a PDF."""
    (folder / "B.ICS").write_bytes((folder / "b.ics").read_bytes())
    assert compare(folder / "b.ics", folder / "B.ICS", child, OPENING) == ()
    (folder / "calendar").write_bytes((folder / "b.ics").read_bytes())
    with pytest.raises(NotATimetable):
        compare(folder / "b.ics", folder / "calendar", child, OPENING)
    found = compare(folder / "a.pdf", folder / "b.ics", child, OPENING)
    assert [each.before is None for each in found].count(True) == 0
    assert len(found) == 6


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("bad.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", Damaged),
        ("bad.pdf", b"%PDF-1.4\nnothing", Damaged),
        ("bad.html", b"<html>", NotATimetable),
        ("missing.pdf", None, NoSuchFile),
        ("missing.ics", None, NoSuchFile),
    ],
)
@pytest.mark.parametrize("second", [False, True])
def test_the_wrong_file_of_two_is_named(
    child: Pool, folder: Path, name: str, data: bytes | None, error: type[TukscalError], second: bool
) -> None:
    """What is wrong with one of two files is an error of its kind that names it, whichever it is."""
    if data is not None:
        (folder / name).write_bytes(data)
    old, new = folder / name, folder / "a.pdf"
    if second:
        old, new = new, old
    with pytest.raises(error) as raised:
        compare(old, new, child, OPENING)
    assert raised.value.file == str(folder / name)


def test_a_calendar_is_taken_back(child: Pool, folder: Path) -> None:
    """The cancellation holds each live event once, cancelled, and says how many."""
    both = [lecture(), semester_test()]
    (folder / "b.ics").write_bytes(converted(both[:1], converted([*both[:1], lecture(activity="L2")]).calendar).ics)
    before = ics.read((folder / "b.ics").read_bytes())
    number = cancel_calendar(folder / "b.ics", folder / "out.ics", child)
    after = ics.read((folder / "out.ics").read_bytes())
    live = {event.uid: event.sequence for event in before.events if event.status is not Status.CANCELLED}
    assert 0 < len(live) < len(before.events)
    assert number == len(live)
    assert {event.uid: event.sequence - 1 for event in after.events} == live
    assert {event.status for event in after.events} == {Status.CANCELLED}


@pytest.mark.parametrize("there", ["file", "itself", "empty", "folder", "link"])
def test_what_is_at_the_output_stays(child: Pool, folder: Path, there: str) -> None:
    """Whatever has the output's name already is refused and stays as it is."""
    output = folder / ("b.ics" if there == "itself" else "out.ics")
    if there == "folder":
        output.mkdir()
    elif there == "link":
        output.symlink_to(folder / "nowhere")
    elif there != "itself":
        output.write_bytes(b"mine" if there == "file" else b"")
    kept = output.read_bytes() if output.is_file() else None
    with pytest.raises(NotWritable) as raised:
        cancel_calendar(folder / "b.ics", output, child)
    assert raised.value.file == str(output)
    assert os.path.lexists(output)
    assert (output.read_bytes() if output.is_file() else None) == kept


def test_nothing_is_written_for_a_foreign_calendar(child: Pool, folder: Path) -> None:
    """A calendar of somebody else is not taken back: it is named, and no file appears."""
    (folder / "theirs.ics").write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    with pytest.raises(Damaged) as raised:
        cancel_calendar(folder / "theirs.ics", folder / "out.ics", child)
    assert raised.value.file == str(folder / "theirs.ics")
    assert not (folder / "out.ics").exists()


TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = 1, 2, 3, 4
FORMS = ("pdf", "weekly", "expanded")
PAIRS = list(product(FORMS, FORMS))


def calendar(entries: Sequence[Entry], previous: Calendar | None = None, **plan: Any) -> Calendar:
    """Return the calendar of entries as its written file has it."""
    return ics.read(converted(entries, previous, **plan).ics)


def side(form: str, entries: Sequence[Entry]) -> Side:
    """Return entries as a timetable, a weekly or an expanded calendar."""
    return timetable(entries) if form == "pdf" else calendar(entries, expand=form == "expanded")


def said(found: Sequence[Difference]) -> list[tuple[str, str | None, str | None]]:
    """Return title, time before and time after of every difference."""
    return [(_side(each).title, _when(each.before), _when(each.after)) for each in found]


def _side(difference: Difference) -> Snapshot:
    known = difference.after or difference.before
    assert known
    return known


def _when(snapshot: Snapshot | None) -> str | None:
    return snapshot.when if snapshot else None


def swapped(found: Sequence[Difference]) -> set[Difference]:
    """Return differences with before and after exchanged."""
    return {Difference(before=each.after, after=each.before) for each in found}


# ---- one change


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_each_change_is_named_once(old: str, new: str) -> None:
    """Of five sessions one moves, one changes its venue, one is new, one gone: those four and how they were."""
    stays = lecture(module="STK 220")
    before = [stays, lecture(), lecture(activity="L2"), lecture(activity="L3")]
    after = [stays, lecture(day=TUESDAY), lecture(activity="L2", venues=("Thuto 1-1",)), lecture(activity="L4")]
    found = differences(side(old, before), side(new, after))
    assert said(found) == [
        ("COS 214 L1 G01", "Monday 08:30-09:20", "Tuesday 08:30-09:20"),
        ("COS 214 L2 G01", "Monday 08:30-09:20", "Monday 08:30-09:20"),
        ("COS 214 L3 G01", "Monday 08:30-09:20", None),
        ("COS 214 L4 G01", None, "Monday 08:30-09:20"),
    ]
    venue = found[1]
    assert venue.before
    assert venue.after
    assert (venue.before.where, venue.after.where) == ("IT 4-4 (HATFIELD)", "Thuto 1-1 (HATFIELD)")
    assert set(differences(side(new, after), side(old, before))) == swapped(found)


def test_a_snapshot_says_what_a_person_sees() -> None:
    """A lecture has a weekday and no dates in a PDF; tests and exams have their date, exams no end."""
    found = differences(timetable([]), timetable([lecture(), semester_test(), exam(status="PRELIM", venues=())]))
    assert [each.after for each in found] == [
        Snapshot(
            title="COS 214 Exam Written", when="Thu 12 Nov 2026 07:30", where="HATFIELD", status="preliminary",
            dates=frozenset([date(2026, 11, 12)]),
        ),
        Snapshot(title="COS 214 L1 G01", when="Monday 08:30-09:20", where="IT 4-4 (HATFIELD)", status=""),
        Snapshot(
            title="COS 214 Test1", when="Mon 24 Aug 2026 15:00-16:30", where="Thuto 1-1; Thuto 1-2 (HATFIELD)",
            status="", dates=frozenset([date(2026, 8, 24)]),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), list(product(FORMS[:2], FORMS[:2])))
def test_a_preliminary_exam_that_becomes_final(old: str, new: str) -> None:
    """PRELIM to FINAL is one changed exam: its date, its venue and that it is certain."""
    before = [exam(status="PRELIM", venues=(), campus=None)]
    (found,) = differences(side(old, before), side(new, [exam(date=date(2026, 11, 13))]))
    assert found.before
    assert found.after
    assert (found.before.when, found.before.where, found.before.status) == ("Thu 12 Nov 2026 07:30", "", "preliminary")
    assert (found.after.when, found.after.status) == ("Fri 13 Nov 2026 07:30", "")
    assert found.after.where == "IT Building CBT Labs 1,2,3 (HATFIELD)"
    assert differences(timetable([exam(status=None)]), timetable([exam()])) == ()


def test_what_no_student_sees_is_no_difference() -> None:
    """The order of rows, the study programme and a comment move nothing."""
    entries = [lecture(), lecture(activity="L2", day=TUESDAY), lecture(module="STK 220")]
    other = [lecture(module="STK 220", study_programme="e3"), entries[1], lecture(comments="Bring a laptop")]
    for old, new in product(FORMS, FORMS):
        assert differences(side(old, entries), side(new, other)) == ()


# ---- the same timetable in another form


def test_a_timetable_and_its_calendars() -> None:
    """A timetable, its weekly calendar, its expanded one and that of another exam length say the same."""
    entries = [
        *(lecture(offered=period, day=day) for day, period in enumerate(("S1", "S2", "Y", "Q3", "S2"))),
        *(lecture(module="COS 301", group="P01", activity="P1", day=day) for day in (0, 3)),
        semester_test(), semester_test(date=date(2026, 3, 14)), exam(), exam(paper="2", status="PRELIM", venues=()),
    ]  # fmt: skip
    weekly, expanded = calendar(entries), calendar(entries, expand=True)
    assert len(expanded.events) > 5 * len(weekly.events)
    sides: list[Side] = [timetable(entries), weekly, expanded, calendar(entries, exam_length=timedelta(hours=1))]
    for old, new in product(sides, sides):
        assert differences(old, new) == ()


def test_the_order_of_events_does_not_count() -> None:
    """A calendar whose events stand in another order, those of swap days first, is the same."""
    entries = [lecture(activity=f"L{day}", day=day) for day in range(5)]
    weekly = calendar(entries)
    turned = replace(weekly, events=weekly.events[::-1])
    assert len(weekly.events) > 5
    assert differences(weekly, turned) == differences(turned, timetable(entries)) == ()


def test_test_weeks_kept_and_skipped() -> None:
    """Two calendars of one timetable differ in the days of the test weeks; the PDF agrees with both."""
    kept, skipped = calendar([lecture()]), calendar([lecture()], skip_test_weeks=True)
    (found,) = differences(kept, skipped)
    assert found.before
    assert found.after
    assert found.before.dates is not None
    assert found.after.dates is not None
    assert found.before.dates - found.after.dates == {date(2026, 8, 24), date(2026, 10, 12)}
    assert found.after.dates < found.before.dates
    for one in (kept, skipped):
        assert differences(timetable([lecture()]), one) == ()


def test_another_year_of_the_same_lectures() -> None:
    """A lecture is the same session in another year: a PDF prints none."""
    old = calendar([lecture()])
    other = ics.read(converted([lecture()]).ics.replace(b"/2026/", b"/2025/"))
    assert differences(old, other) == ()


def test_what_was_cancelled_is_gone() -> None:
    """An event that is only written to be taken back is no session any more."""
    both = [lecture(), lecture(activity="L2", day=TUESDAY)]
    first = calendar(both)
    second = calendar(both[:1], first)
    assert len(second.events) > len(calendar(both[:1]).events)
    assert said(differences(first, second)) == [("COS 214 L2 G01", "Tuesday 08:30-09:20", None)]
    assert differences(second, timetable(both[:1])) == ()


def test_merged_calendars() -> None:
    """A calendar of lectures and tests against one of lectures lacks the tests, and against their PDF too."""
    merged = calendar([lecture(), semester_test()])
    assert said(differences(merged, calendar([lecture()]))) == [("COS 214 Test1", "Mon 24 Aug 2026 15:00-16:30", None)]
    assert said(differences(timetable([semester_test()]), merged)) == [("COS 214 L1 G01", None, "Monday 08:30-09:20")]


def test_nothing_at_all() -> None:
    """Two empty sides do not differ."""
    assert differences(timetable([]), timetable([])) == ()


# ---- twins: several sessions of one identity


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_one_of_two_twins_moves(old: str, new: str) -> None:
    """Of two sessions that only their times tell apart one moves: the other is not named, whatever their ordinals."""
    before, after = [lecture(), lecture(day=THURSDAY)], [lecture(day=THURSDAY), lecture(day=FRIDAY)]
    expected = [("COS 214 L1 G01", "Monday 08:30-09:20", "Friday 08:30-09:20")]
    assert said(differences(side(old, before), side(new, after))) == expected


@pytest.mark.parametrize("form", FORMS)
def test_ordinals_that_are_out_of_order(form: str) -> None:
    """A calendar that kept its ordinals over a move is the same timetable as one made anew."""
    after = [lecture(day=THURSDAY), lecture(day=FRIDAY)]
    kept = calendar(after, calendar([lecture(), lecture(day=THURSDAY)]))
    assert {event.identity[-1] for event in kept.events if event.start.weekday() == FRIDAY and event.last} == {"1"}
    assert differences(side(form, after), kept) == ()
    assert differences(kept, side(form, after)) == ()


def test_a_twin_that_comes_or_goes() -> None:
    """A second session of one identity is new or gone; the first is not named."""
    one, two = timetable([lecture(day=THURSDAY)]), timetable([lecture(), lecture(day=THURSDAY)])
    assert said(differences(one, two)) == [("COS 214 L1 G01", None, "Monday 08:30-09:20")]
    assert said(differences(two, one)) == [("COS 214 L1 G01", "Monday 08:30-09:20", None)]


def test_twins_keep_to_their_time() -> None:
    """A twin that changes its venue is compared with itself, though its brother moved past it."""
    before = [lecture(day=TUESDAY), lecture(day=THURSDAY)]
    after = [lecture(day=THURSDAY, venues=("Thuto 1-1",)), lecture(day=FRIDAY)]
    assert said(differences(timetable(before), timetable(after))) == [
        ("COS 214 L1 G01", "Tuesday 08:30-09:20", "Friday 08:30-09:20"),
        ("COS 214 L1 G01", "Thursday 08:30-09:20", "Thursday 08:30-09:20"),
    ]


def test_twins_at_one_time() -> None:
    """Of a preliminary and a final exam at one time the preliminary goes: the final one is not named."""
    both = [exam(status="PRELIM", venues=(), campus=None), exam()]
    (found,) = differences(timetable(both), timetable(both[1:]))
    assert found.before
    assert (found.before.status, found.after) == ("preliminary", None)


def test_twins_that_all_move() -> None:
    """Twins that move together are compared in the order of the week, whatever the order of rows."""
    before, after = [lecture(), lecture(day=TUESDAY)], [lecture(day=THURSDAY), lecture(day=WEDNESDAY)]
    assert said(differences(timetable(before), timetable(after))) == [
        ("COS 214 L1 G01", "Tuesday 08:30-09:20", "Thursday 08:30-09:20"),
        ("COS 214 L1 G01", "Monday 08:30-09:20", "Wednesday 08:30-09:20"),
    ]


# ---- laws

LABELS = [(module, activity) for module in ("COS 214", "STK 220", "WTW 285") for activity in ("L1", "L2", "P1")]
contents = st.dictionaries(
    st.sampled_from(LABELS),
    st.tuples(st.integers(0, 4), st.integers(7, 16), st.sampled_from(["IT 4-4", "Thuto 1-1"])),
)
Content = dict[tuple[str, str], tuple[int, int, str]]


def entries_of(content: Content) -> list[Entry]:
    """Return the lectures of (module, activity) -> (day, hour, venue)."""
    return [
        lecture(module=module, activity=activity, day=day, start=time(hour, 30), end=time(hour + 1, 20), venues=(room,))
        for (module, activity), (day, hour, room) in content.items()
    ]


@settings(deadline=None, max_examples=60)
@given(contents, contents, st.sampled_from(["pdf", "weekly"]), st.sampled_from(["pdf", "weekly"]))
def test_the_sessions_named_are_those_that_differ(before: Content, after: Content, old: str, new: str) -> None:
    """Two timetables differ in exactly the sessions of which day, hour or venue differ or that one of them lacks."""
    found = differences(side(old, entries_of(before)), side(new, entries_of(after)))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert [title for title, _, _ in said(found)] == sorted(f"{module} {label} G01" for module, label in changed)
    assert {key for key in changed if key not in after} == {
        (each.before.title[:7], each.before.title[8:10]) for each in found if each.before and not each.after
    }
    assert set(differences(side(new, entries_of(after)), side(old, entries_of(before)))) == swapped(found)


times = st.sets(st.tuples(st.integers(0, 4), st.integers(7, 16)), max_size=5)


@settings(deadline=None, max_examples=80)
@given(times, times)
def test_twins_are_named_as_seldom_as_can_be(before: set[tuple[int, int]], after: set[tuple[int, int]]) -> None:
    """Of sessions of one identity those at the same time are not named, of the others each once on either side."""

    def twins(when: set[tuple[int, int]]) -> list[Entry]:
        return [lecture(day=day, start=time(hour), end=time(hour, 50)) for day, hour in when]

    found = differences(timetable(twins(before)), timetable(twins(after)))
    assert len(found) == max(len(before - after), len(after - before))
    assert sum(each.before is not None for each in found) == len(before - after)
    assert sum(each.after is not None for each in found) == len(after - before)
    assert set(differences(timetable(twins(after)), timetable(twins(before)))) == swapped(found)
