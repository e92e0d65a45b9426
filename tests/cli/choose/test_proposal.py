"""What a proposal says in words: languages, what is assumed, how preferences are counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tukscal.cli.choose.proposal import ProposalRequest, proposal_lines
from tukscal.core.commands.choose import Draft
from tukscal.core.model import Entry
from tukscal.core.pictures.theme import clash_line, counted_total, short_clash
from tukscal.core.pictures.week import plan_week
from tukscal.core.selection.decisions import decisions
from tukscal.core.selection.preferences import Preference, weeks_of
from tukscal.core.selection.propose import propose
from tukscal.core.selection.select import Selection
from tukscal.tests.core.selection.made_groups import session
from tukscal.tests.core.sessions import semester_test

ENGLISH = session("WTW 114", "G01", "L1", 0, (480, 530))
AFRIKAANS = session("WTW 114", "G02", "L1", 1, (480, 530), language="A")
BOTH = session("COS 110", "G01", "L1", 0, (480, 530), language="B")


def said(entries: list[Entry], *preferences: Preference, language: str | None = None) -> str:
    """Return the lines of a proposal for entries."""
    found = decisions(entries)
    draft = Draft(
        decisions=found,
        picks={},
        typed={},
        start=Selection(language=language),
        path=Path("lectures.toml"),
        gone=(),
        unwanted=(),
        elsewhere=(),
        dropped=(),
        comments=False,
        hidden=(),
    )
    task = ProposalRequest(draft=draft, picks={}, preferences=preferences, nodes=1000)
    return "\n".join(line.text for line in proposal_lines(task, propose(found, {}, preferences)))


def test_groups_in_another_language_are_told() -> None:
    """An Afrikaans group that clashes less is proposed, and said to be one; an English one is not, B is both."""
    told = "Groups taught in Afrikaans: WTW 114 G02; --language E leaves them out."
    assert told in said([ENGLISH, AFRIKAANS, BOTH])
    assert "aught in" not in said([ENGLISH, BOTH])
    assert "aught in" not in said([AFRIKAANS, BOTH], language="A")
    only = said([AFRIKAANS, BOTH])
    assert "Taught in Afrikaans only: WTW 114 G02; with --language E they would be missing." in only
    assert told not in only


@pytest.mark.parametrize("year", [2024, 2026])
def test_what_is_assumed_about_tests_is_told(year: int) -> None:
    """For a year without known teaching dates, and for no other, the proposal says what it assumed."""
    told = "Whether lectures take place on the days of tests is assumed for 2024: its teaching dates are not known."
    entries = [ENGLISH, AFRIKAANS, semester_test(date=date(year, 8, 26))]
    assert (told in said(entries)) == (year == 2024)
    assert "assumed" not in said([ENGLISH, AFRIKAANS])


@pytest.mark.parametrize(
    ("periods", "counted"),
    [
        (["S2"], "in a week"),
        (["Y"], "in a week"),
        (["S1", "S2"], "in a week of each semester"),
        (["S1", "S2", "Q3"], "in a week of each quarter or semester that differs"),
    ],
)
def test_the_weeks_of_preferences_are_told(periods: list[str], counted: str) -> None:
    """A number of days says of which weeks."""
    entries = [session("COS 110", "G01", "L1", 0, (480, 530), offered=period) for period in periods]
    assert weeks_of(entries).counted == counted
    text = said([*entries, session("COS 110", "G02", "L1", 0, (480, 530), offered=periods[0])], Preference.FREE_DAYS)
    assert f"free-days: days with sessions, {counted}: {len(weeks_of(entries).classes)}." in text


@pytest.mark.parametrize(
    ("first", "second", "often", "counted"),
    [
        ("S2", "S2", "every week", 600),
        ("Q3", "Q3", "every week", 300),
        ("S2", "Q3", "every week of Q3", 300),
        ("Y", "S1", "every week of S1", 600),
    ],
)
def test_a_weekly_clash_is_told_with_the_weeks_it_comes_in(first: str, second: str, often: str, counted: int) -> None:
    """A clash says in which weeks it comes, never how many they are; the total says how they are counted."""
    entries = [
        session("COS 110", "G01", "L1", 0, (480, 530), offered=first),
        session("COS 226", "G01", "L1", 0, (480, 530), offered=second),
    ]
    clashes = plan_week(entries).clashes
    assert clash_line(clashes[0]).endswith(f"(50 minutes, {often})")
    assert short_clash(clashes[0]).endswith(f" 50 min {often}")
    assert counted_total(clashes) == (
        f"1 clash, {counted} minutes in a year, a weekly clash counted for 6 weeks a quarter"
    )
