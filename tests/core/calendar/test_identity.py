"""What makes a session the same session."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.calendar.identity import (
    identity,
    numbered,
    scope,
    session_id,
    split_number,
    swap_mark,
    uid,
    week_mark,
)
from tukscal.core.model import Entry, half_of
from tukscal.tests.core.sessions import exam, lecture, semester_test

# FROZEN. These UIDs stand in calendars people have imported: a change of any of them makes every later conversion
# duplicate every event of every user. Do not correct this table to make a test pass.
FROZEN_IDENTITIES = [
    (lecture(), "UP/lectures/2026/S2/COS 214/E/G01/L1", "f31a156c019d727eb6a17333a50e8484@tukscal"),
    (lecture(activity="L2"), "UP/lectures/2026/S2/COS 214/E/G01/L2", "ff2ea58811543b5cfd683d59282ba12d@tukscal"),
    (
        lecture(group="P02", activity="P1"),
        "UP/lectures/2026/S2/COS 214/E/P02/P1",
        "f07464ab543f24abcb4ff895ccae9ec8@tukscal",
    ),
    (lecture(language="A"), "UP/lectures/2026/S2/COS 214/A/G01/L1", "b1a41c1837a0d57825e3b22f075a57cf@tukscal"),
    (lecture(language=None), "UP/lectures/2026/S2/COS 214//G01/L1", "6f76e34190b9a80c2b38a093bb068bba@tukscal"),
    (
        lecture(offered="S1", module="WTW 114"),
        "UP/lectures/2026/S1/WTW 114/E/G01/L1",
        "dfd04786961c53a775ddb4f67fa5f622@tukscal",
    ),
    (lecture(offered="Y"), "UP/lectures/2026/Y/COS 214/E/G01/L1", "08a8c94dd0f98b563224da62644539f3@tukscal"),
    (lecture(offered="Q3"), "UP/lectures/2026/Q3/COS 214/E/G01/L1", "19515b002d1c602a98bc98a0633d0ed8@tukscal"),
    (semester_test(), "UP/tests/2026/S2/COS 214/Test1", "e46563b311e193458abcfee8a6ed7966@tukscal"),
    (semester_test(activity="PTest 1"), "UP/tests/2026/S2/COS 214/PTest 1", "0e6dae62d934489cd20d945cd17e37ec@tukscal"),
    (
        semester_test(date=date(2025, 3, 22)),
        "UP/tests/2025/S1/COS 214/Test1",
        "3811bb89919e15009551b182ec8cdfa3@tukscal",
    ),
    (exam(), "UP/exams/2026/S2/COS 214/1/Exam Written", "ea9a1f90d31c2d754ee2d758c251d799@tukscal"),
    (
        exam(date=date(2025, 6, 30), paper=None),
        "UP/exams/2025/S1/COS 214//Exam Written",
        "c60f8f4fd094c7bc969c26def39f9ac0@tukscal",
    ),
]
FROZEN_MARKS = [
    ("UP/lectures/2026/S2/COS 214/E/G01/L1#2", "", "3cca8ef45068d1e36d40b65a816a0e09@tukscal"),
    ("UP/lectures/2026/S2/COS 214/E/G01/L1#12", "", "e5c99b9f786946b28081c8730a1647cb@tukscal"),
    ("UP/lectures/2026/S2/COS 214/E/G01/L1", "20261106", "f31a156c019d727eb6a17333a50e8484-20261106@tukscal"),
    ("UP/lectures/2026/S2/COS 214/E/G01/L1", "2026W30", "f31a156c019d727eb6a17333a50e8484-2026W30@tukscal"),
    ("UP/lectures/2026/S2/COS 214/E/G01/L1#2", "2026W30", "3cca8ef45068d1e36d40b65a816a0e09-2026W30@tukscal"),
]


@pytest.mark.parametrize(("entry", "name", "frozen"), FROZEN_IDENTITIES)
def test_identities_and_uids_are_frozen(entry: Entry, name: str, frozen: str) -> None:
    """The identity and UID of a session are these, today and in every later version."""
    assert identity(entry, 2026) == name
    assert uid(name) == frozen


@pytest.mark.parametrize(("name", "mark", "frozen"), FROZEN_MARKS)
def test_uids_of_ordinals_and_dates_are_frozen(name: str, mark: str, frozen: str) -> None:
    """The UIDs of second sessions, swap days and single dates are these, today and in every later version."""
    assert uid(name, mark) == frozen


def test_marks_name_the_date_and_the_iso_week() -> None:
    """A swap day is marked by its date, an expanded date by its ISO week, also where that is another year's."""
    assert swap_mark(date(2026, 11, 6)) == "20261106"
    assert week_mark(date(2026, 7, 20)) == week_mark(date(2026, 7, 24)) == "2026W30"
    assert week_mark(date(2027, 1, 1)) == "2026W53"


@pytest.mark.parametrize(
    "changes",
    [
        {"venues": ("Thuto 1-1",)},
        {"campus": "GROENKLOOF"},
        {"day": 3},
        {"start": time(10, 30), "end": time(11, 20)},
        {"rows": ((7, 7),)},
        {"study_programme": "e3"},
        {"comments": "moved"},
        {"block": "P"},
    ],
)
def test_a_lecture_that_moves_stays_itself(changes: dict[str, object]) -> None:
    """Venue, day, time, row and remarks are no part of a lecture's identity."""
    assert identity(lecture(**changes), 2026) == identity(lecture(), 2026)


@pytest.mark.parametrize(
    "changes",
    [{"module": "COS 212"}, {"offered": "S1"}, {"group": "G02"}, {"language": "A"}, {"activity": "L2"}],
)
def test_another_lecture_has_another_identity(changes: dict[str, object]) -> None:
    """Module, period, group, language and activity each make another session, and so does the year."""
    assert identity(lecture(**changes), 2026) != identity(lecture(), 2026)
    assert identity(lecture(), 2025) != identity(lecture(), 2026)


def test_a_dated_session_brings_its_own_year() -> None:
    """Tests and exams belong to the year and half-year of their date, whatever year the lectures are of."""
    for entry in (semester_test(), exam()):
        assert identity(entry, 1999) == identity(entry, 2026)
    assert identity(exam(date=date(2026, 6, 30)), 0) != identity(exam(date=date(2026, 7, 1)), 0)


def test_a_final_exam_is_the_preliminary_one() -> None:
    """Status and date within a half-year may change: the preliminary exam is updated, not doubled."""
    assert identity(exam(status="PRELIM", date=date(2026, 11, 19)), 2026) == identity(exam(), 2026)


@pytest.mark.parametrize("text", ["a/b", "a#2", "a\r\nb", "a\x00b", "\ud800", "é\u202e"])
def test_text_cannot_pass_for_another_part(text: str) -> None:
    """Text from a PDF adds no part to an identity, is no ordinal and can always be hashed."""
    name = identity(semester_test(activity=text), 2026)
    assert name.count("/") == 5
    assert "#" not in name
    assert split_number(name) == (name, 1)
    assert uid(name).endswith("@tukscal")


@settings(derandomize=True, deadline=None)
@given(ordinal=st.integers(1, 99_999))
def test_numbers_are_split_off_again(ordinal: int) -> None:
    """An identity and its ordinal can be told from the name made of them."""
    name = identity(lecture(), 2026)
    assert split_number(numbered(name, ordinal)) == (name, ordinal)


@pytest.mark.parametrize("name", ["a#", "a#1", "a#0", "a#x", "a#02", "a#\u0663", "a#" + "9" * 5000])
def test_what_is_no_ordinal_stays_in_the_name(name: str) -> None:
    """Only what `numbered` writes is taken for an ordinal."""
    assert split_number(name) == (name, 1)


@pytest.mark.parametrize(
    ("entry", "half"),
    [
        *((lecture(offered=period), half) for period, half in [("S1", 1), ("Q1", 1), ("Q2", 1), ("Y", 0)]),
        *((lecture(offered=period), half) for period, half in [("S2", 2), ("Q3", 2), ("Q4", 2)]),
        (semester_test(date=date(2026, 3, 21)), 1),
        (exam(), 2),
    ],
)
def test_the_scope_of_a_session(entry: Entry, half: int) -> None:
    """A session belongs to its kind, year and half-year; a year module to both halves."""
    assert scope(numbered(identity(entry, 2026), 2)) == (entry.kind.value, 2026, half)


@pytest.mark.parametrize(("entry", "name", "_frozen"), FROZEN_IDENTITIES)
def test_an_identity_tells_its_parts(entry: Entry, name: str, _frozen: str) -> None:
    """What an identity was made of can be read from it, whatever its ordinal; only a lecture's year is not its own."""
    found = session_id(numbered(name, 3))
    assert (found.kind, found.module, found.activity) == (entry.kind, entry.module, entry.activity)
    assert (found.language or None, found.group or None, found.paper or None) == (
        entry.language,
        entry.group,
        entry.paper,
    )
    assert found.year == (entry.date.year if entry.date else 2026)
    assert found.period == (entry.offered or half_of(entry.date or date.max))
