"""The plan that every picture is drawn from."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.model import Entry, Kind, half_of
from tukscal.core.pictures.week import Block, WeekPlan, clashing_minutes, clock, place, plan_value, plan_week
from tukscal.core.terms import balance, load_term
from tukscal.tests.core.pictures.overviews import student_plan
from tukscal.tests.core.sessions import exam, lecture, semester_test

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "plan.json"
_PERIODS = {
    "S1": {"Q1", "Q2"}, "S2": {"Q3", "Q4"}, "Y": {"Q1", "Q2", "Q3", "Q4"},
    "Q1": {"Q1"}, "Q2": {"Q2"}, "Q3": {"Q3"}, "Q4": {"Q4"},
}  # fmt: skip

minutes = st.integers(7 * 12, 18 * 12).map(lambda step: step * 5)
lengths = st.sampled_from([20, 50, 80, 110, 170])
modules = st.sampled_from(["COS 214", "COS 226", "STK 220"])


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


@st.composite
def lectures(draw: st.DrawFn) -> Entry:
    """Any weekly session."""
    start = draw(minutes)
    return lecture(
        module=draw(modules),
        offered=draw(st.sampled_from(sorted(_PERIODS))),
        group=draw(st.sampled_from(["G01", "G02", "P01"])),
        day=draw(st.integers(0, 5)),
        start=_time(start),
        end=_time(start + draw(lengths)),
    )


@st.composite
def dated(draw: st.DrawFn) -> Entry:
    """Any test or exam of a few weeks in either half-year; nobody knows the teaching dates of 2024."""
    day = draw(st.sampled_from([date(2024, 5, 13), date(2024, 8, 26)])) + timedelta(days=draw(st.integers(0, 8)))
    start = draw(minutes)
    if draw(st.booleans()):
        return semester_test(module=draw(modules), date=day, start=_time(start), end=_time(start + draw(lengths)))
    return exam(module=draw(modules), date=day, start=_time(start))


sessions = st.lists(st.one_of(lectures(), dated()), max_size=14)


def test_the_plan_of_a_made_student_is_the_one_kept_as_a_snapshot() -> None:
    """The plan of a student with clashes, quarters, a preliminary exam and cancelled sessions has not changed."""
    assert plan_value(student_plan()) == json.loads(SNAPSHOT.read_text())


@given(sessions)
def test_no_two_blocks_in_one_lane_overlap(entries: list[Entry]) -> None:
    """In a week, blocks of one day that overlap stand in different lanes, each below the number of lanes it shares."""
    for week in plan_week(entries).weeks:
        assert all(0 <= block.lane < block.lanes <= week.lanes[block.day] for block in week.blocks)
        for one, other in combinations(week.blocks, 2):
            if one.day == other.day and one.start < other.end and other.start < one.end:
                assert one.lane != other.lane
                assert one.lanes == other.lanes


@given(sessions)
def test_every_session_is_drawn_at_its_own_time_in_each_half_year_it_belongs_to(entries: list[Entry]) -> None:
    """A week has each distinct lecture of its quarters once, at the lecture's day, start and end, within its hours."""
    plan = plan_week(entries)
    for half in ("S1", "S2"):
        wanted = {_when(entry) for entry in entries if entry.day is not None and _quarters(entry) & _PERIODS[half]}
        blocks = [block for week in plan.weeks if week.name == half for block in week.blocks]
        found = Counter((_when(block.entry), block.day, block.start, block.end) for block in blocks)
        assert found == Counter((when, when[-3], _minute(when[-2]), _minute(when[-1])) for when in wanted)
        assert all(week.first <= block.start < block.end <= week.last for week in plan.weeks for block in week.blocks)


def _when(entry: Entry) -> tuple[str, str | None, str | None, int, time, time]:
    assert entry.day is not None
    assert entry.end is not None
    return entry.module, entry.offered, entry.group, entry.day, entry.start, entry.end


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _quarters(entry: Entry) -> set[str]:
    return _PERIODS[entry.offered or ""]


@given(sessions)
def test_clashes_are_those_of_the_definition(entries: list[Entry]) -> None:
    """Two sessions clash exactly if they overlap on a day both can fall on, looked at pair by pair."""
    plan = plan_week(entries)
    blocks = [block for week in plan_week_blocks(entries) for block in week]
    wanted = Counter(
        frozenset({_key(one), _key(other)}) for one, other in combinations(blocks, 2) if _overlap(one, other)
    )
    assert Counter(frozenset({_key(clash.first), _key(clash.second)}) for clash in plan.clashes) == wanted
    for clash in plan.clashes:
        assert clash.minutes == min(clash.first.end, clash.second.end) - max(clash.first.start, clash.second.start) > 0


@given(sessions)
def test_a_clash_counts_as_often_as_it_comes(entries: list[Entry]) -> None:
    """Two weekly sessions clash six times for each quarter they share; what has a date clashes once."""
    clashes = plan_week(entries).clashes
    for clash in clashes:
        one, other = clash.first.entry, clash.second.entry
        assert clash.times == (1 if one.date or other.date else 6 * len(_quarters(one) & _quarters(other))) > 0
    assert clashing_minutes(clashes) == sum(clash.minutes * clash.times for clash in clashes)


def test_a_weekly_clash_comes_as_often_as_its_weekday_is_taught() -> None:
    """Of every period of 2026, two lectures at one time clash as often as the calendar teaches their weekday."""
    for each in balance(load_term(2026)):
        pair = [lecture(module=module, offered=each.period) for module in ("COS 214", "COS 226")]
        assert [clash.times for clash in plan_week(pair).clashes] == [each.counts[0]]


def plan_week_blocks(entries: list[Entry]) -> list[list[Block]]:
    """Return every distinct session once, planned by itself."""
    alone: dict[object, list[Block]] = {}
    for entry in entries:
        plan = plan_week([entry])
        blocks = [*plan.dated, *(plan.weeks[0].blocks if plan.weeks else ())]
        alone.setdefault(_key(blocks[0]), blocks)
    return list(alone.values())


def _key(block: Block) -> tuple[object, ...]:
    entry = block.entry
    return entry.kind, entry.module, entry.offered, entry.group, entry.day, entry.date, block.start, block.end


def _overlap(one: Block, other: Block) -> bool:
    if not (one.start < other.end and other.start < one.end):
        return False
    first, second = one.entry, other.entry
    if first.date and second.date:
        return first.date == second.date
    if first.day is not None and second.day is not None:
        return first.day == second.day and bool(_quarters(first) & _quarters(second))
    weekly, single = (first, second) if first.day is not None else (second, first)
    assert single.date is not None
    half = "S1" if single.date < date(2024, 7, 1) else "S2"
    same_day = single.date.weekday() == weekly.day
    return single.kind is Kind.TESTS and same_day and bool(_quarters(weekly) & _PERIODS[half])


@given(sessions)
def test_a_block_is_marked_in_a_half_year_exactly_if_it_clashes_there(entries: list[Entry]) -> None:
    """The mark of a year module's block in S1 does not come from a clash that only S2 has."""
    plan = plan_week(entries)
    for week in plan.weeks:
        in_half = {_key(block) for clash in plan.clashes for block in clash[:2] if _falls_in(clash[:2], week.name)}
        assert {_key(block) for block in week.blocks if block.clash} == in_half & {_key(b) for b in week.blocks}


def _falls_in(pair: tuple[Block, ...], half: str) -> bool:
    days = [block.entry.date for block in pair if block.entry.date]
    if days:
        return half_of(days[0]) == half
    return bool(_quarters(pair[0].entry) & _quarters(pair[1].entry) & _PERIODS[half])


def test_a_year_module_is_marked_in_the_semester_it_clashes_in_only() -> None:
    """A year module at the time of an S2 lecture is marked in the second week and not in the first."""
    first, second = plan_week([lecture(offered="Y"), lecture(module="COS 226", offered="S2")]).weeks
    assert [(block.title, block.clash) for block in first.blocks] == [("COS 214 L1", False)]
    assert [(block.title, block.clash) for block in second.blocks] == [("COS 214 L1", True), ("COS 226 L1", True)]


def test_what_is_cancelled_clashes_with_nothing() -> None:
    """A cancelled lecture at another's time is drawn beside it and neither is marked as a clash."""
    plan = plan_week([lecture()], cancelled=[lecture(module="COS 226")])
    assert [(block.title, block.lanes, block.clash, block.cancelled) for block in plan.weeks[0].blocks] == [
        ("COS 214 L1", 2, False, False),
        ("COS 226 L1", 2, False, True),
    ]
    assert plan.clashes == ()


def test_a_lecture_that_only_a_test_disturbs_says_on_which_day() -> None:
    """The block of a lecture that clashes with tests only has their dates; one that clashes weekly has none."""
    test = semester_test(module="COS 226", start=time(8, 0), end=time(9, 0))
    assert _first(plan_week([lecture(), test])).clash_on == (date(2026, 8, 24),)
    assert _first(plan_week([lecture(), test, lecture(module="STK 220")])).clash_on == ()


def _first(plan: WeekPlan) -> Block:
    return plan.weeks[0].blocks[0]


def test_the_same_session_of_two_files_is_drawn_once() -> None:
    """A PDF shown together with its calendar gives one block a session, and an exam's estimated end does not matter."""
    again = [replace(lecture(), rows=((2, 1),)), replace(exam(), end=time(10, 30))]
    plan = plan_week([lecture(), exam(), *again])
    assert (len(plan.weeks[0].blocks), len(plan.dated), plan.clashes) == (1, 1, ())


def test_quarters_are_named_where_a_half_year_is_drawn() -> None:
    """A block of Q1 says so, since the first semester is drawn with both of its quarters."""
    assert _first(plan_week([lecture(offered="Q1")])).detail == "G01 Q1"


def test_an_exam_ends_when_the_exam_length_is_over_but_never_on_the_next_day() -> None:
    """An exam at 22:00 with three hours assumed ends at 23:59."""
    late = plan_week([exam(start=time(22, 0)), exam(start=time(7, 30))], exam_length=timedelta(hours=3))
    assert [clock(block.end) for block in late.dated] == ["10:30", "23:59"]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)).map(lambda pair: (pair[0], sum(pair))), max_size=20))
def test_lanes_are_as_few_as_the_most_that_take_place_at_one_time(spans: list[tuple[int, int]]) -> None:
    """No more lanes are used than there are spans at the fullest moment."""
    spans.sort()
    lanes = place(spans)
    fullest = max((sum(start <= at < end for start, end in spans) for at in range(26)), default=0)
    assert max((count for _, count in lanes), default=0) == fullest


@pytest.mark.parametrize(
    ("offered", "day", "on", "clash"),
    [
        ("S2", 0, date(2026, 8, 24), True),
        ("S2", 0, date(2026, 9, 21), False),  # recess
        ("S2", 0, date(2026, 8, 10), False),  # Women's Day, observed
        ("S2", 2, date(2026, 9, 16), False),  # Wellness Day
        ("Q3", 0, date(2026, 10, 12), False),  # the third quarter is over
        ("Q4", 0, date(2026, 10, 12), True),
        ("S1", 0, date(2026, 8, 24), False),
        ("S2", 1, date(2026, 9, 15), False),  # a Tuesday that follows Friday
        ("S2", 4, date(2026, 9, 15), True),
        ("Q3", 0, date(2024, 10, 14), True),  # nobody knows when Q3 of 2024 ended
    ],
)
def test_a_test_clashes_with_lectures_that_take_place_on_its_day(offered: str, day: int, on: date, clash: bool) -> None:
    """Recess, holidays, quarters and swap days count where the year's teaching dates are known; else the half-year."""
    weekly = lecture(module="COS 214", offered=offered, day=day, start=time(8, 30), end=time(9, 20))
    test = semester_test(module="COS 226", date=on, start=time(9, 0), end=time(10, 30))
    plan = plan_week([weekly, test])
    assert [found.minutes for found in plan.clashes] == ([20] if clash else [])
    assert plan.assumed == ((2024,) if on.year == 2024 else ())
