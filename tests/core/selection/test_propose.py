"""The proposal of groups: exact, and honest where it is not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.model import Entry
from tukscal.core.pictures.week import plan_week
from tukscal.core.selection.decisions import Decisions, attended, decisions, owner, picks_of, select_groups
from tukscal.core.selection.preferences import Preference, measure, weeks_of
from tukscal.core.selection.propose import propose
from tukscal.core.selection.select import Choice, Selection, keep_chosen
from tukscal.tests.core.selection.made_groups import first_year, session, small_timetables
from tukscal.tests.core.sessions import semester_test, timetable

Groups = tuple[str, ...]
WEEKS = {"S1": {*range(12)}, "S2": {*range(12, 24)}, "Y": {*range(24)}, "Q3": {*range(12, 18)}, "": set[int]()}
"""Period -> its teaching weeks, numbered through the year."""
PREFERENCES = st.lists(st.sampled_from(Preference), unique=True, max_size=3)


def every_choice(found: Decisions) -> Iterator[dict[Choice, Groups]]:
    """Yield every way to decide everything: one group of each kind, none of what the class group owns."""
    ways = [[(), *((group,) for group in choice.groups)] for choice in found.choices]
    for way in itertools.product(*ways):
        picks = {choice: groups for choice, groups in zip(found.choices, way, strict=True) if groups}
        if all((choice in picks) == (owner(found, choice, picks) is None) for choice in found.choices):
            yield picks


def minutes_of(found: Decisions, picks: dict[Choice, Groups]) -> int:
    """Return the minutes that clash in a year, week by week, with a test once."""
    minutes = 0
    for clash in plan_week(attended(found, picks)).clashes:
        dated = any(block.date for block in clash[:2])
        one, other = (WEEKS[block.entry.offered or ""] for block in clash[:2])
        minutes += clash.minutes * (1 if dated else len(one & other))
    return minutes


def cost(found: Decisions, picks: dict[Choice, Groups], preferences: Sequence[Preference]) -> tuple[Any, ...]:
    """Return what a choice is compared by: clashing minutes, preferences, names."""
    entries = attended(found, picks)
    counts = [measure(entries, weeks_of(found.entries), preference) for preference in preferences]
    return (minutes_of(found, picks), *counts, [picks.get(choice, ()) for choice in found.choices])


@settings(max_examples=60, deadline=None)
@given(small_timetables(), PREFERENCES)
def test_it_is_what_trying_everything_finds(entries: list[Entry], preferences: list[Preference]) -> None:
    """Clashing minutes, preferences and names of a proposal are those of the best of all combinations."""
    found = decisions(entries)
    best = min(every_choice(found), key=lambda picks: cost(found, picks, preferences))
    proposal = propose(found, {}, preferences)
    assert proposal.proven
    assert dict(proposal.picks) == best
    told = (proposal.minutes, *(amount for _, amount in proposal.costs))
    assert told == cost(found, best, preferences)[:-1]


@settings(max_examples=30, deadline=None)
@given(small_timetables().flatmap(lambda entries: st.tuples(st.just(entries), st.permutations(entries))))
def test_the_order_of_the_rows_means_nothing(pair: tuple[list[Entry], list[Entry]]) -> None:
    """Entries in another order, or given twice, get the same proposal."""
    first, second = pair
    preferences = [Preference.COMPACT]
    wanted = propose(decisions(first), {}, preferences)
    assert propose(decisions(second + first), {}, preferences) == wanted


@settings(max_examples=30, deadline=None)
@given(small_timetables())
def test_its_selection_keeps_exactly_its_sessions(entries: list[Entry]) -> None:
    """What `convert` keeps by the selection of a proposal are its sessions, and nothing is left to choose."""
    found = decisions(entries)
    proposal = propose(found, {})
    lectures = timetable(entry for entry in found.entries if entry.date is None)
    selected = keep_chosen(lectures, select_groups(found, proposal.picks, Selection()))
    assert set(selected.timetable.entries) == {entry for entry in proposal.entries if entry.date is None}
    assert selected.open == ()


@settings(max_examples=30, deadline=None)
@given(small_timetables(), st.integers(0, 100))
def test_what_was_chosen_stays(entries: list[Entry], which: int) -> None:
    """A decision made beforehand is kept, and the rest is the best there is beside it."""
    found = decisions(entries)
    possible = list(every_choice(found))
    choice, groups = next(iter(possible[which % len(possible)].items()))
    proposal = propose(found, {choice: groups})
    beside = [picks for picks in possible if picks.get(choice) == groups]
    assert proposal.picks[choice] == groups
    assert proposal.minutes == min(minutes_of(found, picks) for picks in beside)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("preferences", [(), (Preference.FREE_DAYS, Preference.LATE_STARTS, Preference.COMPACT)])
def test_a_first_years_timetable_is_proven(seed: int, preferences: tuple[Preference, ...]) -> None:
    """33 decisions over some 200 sessions are decided with proof within 5,000 nodes."""
    found = decisions(first_year(seed))
    assert len(found.choices) == 33
    assert len(found.entries) > 150
    assert propose(found, {}, preferences, nodes=5_000).proven


def test_a_reached_limit_is_told() -> None:
    """Without enough nodes the proposal is a whole one, not called proven, and equal every time."""
    found = decisions(first_year(1))
    short = propose(found, {}, nodes=3)
    assert not short.proven
    assert {choice[:2] for choice in short.picks} == {choice[:2] for choice in found.choices}
    assert short.minutes >= propose(found, {}).minutes
    assert propose(found, {}, nodes=3) == short


def test_a_clash_with_a_test_counts_once() -> None:
    """A group that overlaps a test by 30 minutes goes before one that overlaps a lecture by 20 in each of 12 weeks."""
    entries = [
        session("COS 110", "G01", "L1", 0, (480, 530)),
        session("COS 110", "P01", "P1", 0, (510, 620)),  # 20 minutes with L1
        session("COS 110", "P02", "P1", 0, (900, 930)),  # 30 minutes with the test, a Monday at 15:00
        semester_test(module="COS 226"),
    ]
    proposal = propose(decisions(entries), {})
    assert (proposal.minutes, proposal.picks[decisions(entries).choices[1]]) == (30, ("P02",))
    assert [(clash.first.title, clash.second.title) for clash in proposal.clashes] == [("COS 110 P1", "COS 226 Test1")]


@pytest.mark.parametrize(
    ("offered", "group", "minutes"),
    [("Q3", "P01", 50 * 6), ("S2", "P02", 30 * 12), ("Y", "P02", 30 * 12)],
)
def test_a_weekly_clash_counts_in_each_week_that_both_are_taught(offered: str, group: str, minutes: int) -> None:
    """50 minutes with a module of a quarter go before 30 with one of the semester, and not if both are as long."""
    entries = [
        session("COS 110", "P01", "P1", 0, (480, 530)),
        session("COS 110", "P02", "P1", 1, (480, 530)),
        session("COS 226", "G01", "L1", 0, (480, 530), offered=offered),
        session("COS 284", "G01", "L1", 1, (500, 550)),
    ]
    proposal = propose(decisions(entries), {})
    assert (proposal.minutes, proposal.picks[decisions(entries).choices[0]]) == (minutes, (group,))


def test_the_first_preference_goes_first() -> None:
    """Late starts before few days give other groups than few days before late starts."""
    entries = [
        session("COS 110", "G01", "L1", 0, (600, 650)),
        session("COS 110", "P01", "P1", 0, (450, 500)),
        session("COS 110", "P02", "P1", 1, (700, 750)),
    ]
    found = decisions(entries)
    practical = found.choices[1]
    late_first = propose(found, {}, [Preference.LATE_STARTS, Preference.FREE_DAYS])
    days_first = propose(found, {}, [Preference.FREE_DAYS, Preference.LATE_STARTS])
    assert (late_first.picks[practical], late_first.costs) == (
        ("P02",),
        ((Preference.LATE_STARTS, 0), (Preference.FREE_DAYS, 2)),
    )
    assert (days_first.picks[practical], days_first.costs) == (
        ("P01",),
        ((Preference.FREE_DAYS, 1), (Preference.LATE_STARTS, 1)),
    )


def test_preferences_count_what_they_say() -> None:
    """Days, early days, afternoon minutes, further campuses and spans of a week, counted by hand."""
    entries = [
        session("COS 110", "G01", "L1", 0, (450, 500)),  # Monday 07:30-08:20
        session("COS 110", "G01", "L2", 0, (750, 800), campus="GROENKLOOF"),  # 12:30-13:20
        session("COS 226", "G01", "L1", 2, (840, 950)),  # Wednesday 14:00-15:50
    ]
    weeks = weeks_of(entries)
    assert {name.value: measure(entries, weeks, name) for name in Preference} == {
        "late-starts": 1,
        "mornings": 20 + 110,
        "free-days": 2,
        "one-campus": 1,
        "compact": 350 + 110,
    }


def test_each_different_week_counts_once() -> None:
    """A session of the year counts in the weeks of both semesters, one of a semester in its own."""
    entries = [session("COS 110", "G01", "L1", 0, (600, 650), offered=offered) for offered in ("Y", "S1", "S2")]
    weeks = weeks_of(entries)
    assert [measure([entry], weeks, Preference.FREE_DAYS) for entry in entries] == [2, 1, 1]
    assert weeks_of(entries[2:]).classes == (frozenset({"Q3", "Q4"}),)


def test_a_group_brings_its_own_kinds() -> None:
    """A class group that owns practicals needs no practical group; another of the module does."""
    entries = [
        session("COS 110", "G01", "L1", 0, (480, 530)),
        session("COS 110", "G01", "P1", 1, (480, 530)),
        session("COS 110", "G02", "L1", 2, (480, 530)),
        session("COS 110", "P01", "P1", 3, (480, 530)),
    ]
    found = decisions(entries)
    classes, practicals = found.choices
    assert dict(propose(found, {}).picks) == {classes: ("G01",)}
    assert dict(propose(found, {classes: ("G02",)}).picks) == {classes: ("G02",), practicals: ("P01",)}
    assert picks_of(found, {"COS 110": ("G02", "P01")}) == {classes: ("G02",), practicals: ("P01",)}
