"""Pages that are missing, doubled or out of order: nothing is joined that does not belong together, and it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import Damaged
from tukscal.examples.generator.content import made
from tukscal.examples.generator.copies_pages import merged, selected, without
from tukscal.examples.generator.draw import plan, timetable_pdf
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.rows import Kind, LectureRow, Row, TestRow, portal_order
from tukscal.tests.made import values

KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
SEEDS = range(6)
PAGES = 4


@cache
def original(kind: Kind, seed: int) -> tuple[bytes, tuple[Row, ...]]:
    """Return a timetable of four pages whose venues ascend, as in the portal's, and its rows."""
    rows = tuple(map(_ascending, made(kind, seed, pages=PAGES, offered=("S1", "S2")).rows))
    return timetable_pdf(rows), rows


def _ascending(row: Row) -> Row:
    if isinstance(row, TestRow):
        return replace(row, venues=tuple(sorted(row.venues)))
    if isinstance(row, LectureRow):
        sessions = sorted(
            row.sessions, key=lambda session: (session.activity, session.day, session.time, session.venue)
        )
        return replace(row, sessions=tuple(sessions))
    return row


@cache
def original_values(kind: Kind, seed: int) -> list[dict[str, Any]]:
    """Return what the original says."""
    found = read_pdf(original(kind, seed)[0])
    assert found.problems == ()
    return values(found)


def is_beginning(value: dict[str, Any], wanted: Sequence[dict[str, Any]]) -> bool:
    """Tell whether an entry is one of the original's, less what was printed of it on a page that is not there."""
    cut = ("venues", "activity", "comments", "campus", "study_programme")
    others = [other for other in wanted if all(value[key] == other[key] for key in other if key not in cut)]
    return any(set(value["venues"]) <= set(other["venues"]) for other in others)


def breaks(rows: Sequence[Row], pages: Sequence[int]) -> bool:
    """Tell whether rows of pages in this order, each once, contradict it: a rest without its row, or a descent."""
    sheets = {sheet.number - 1: sheet for sheet in plan(rows)}
    once = list(dict.fromkeys(pages))
    if once[0] != 0 or len(once) != len(pages):
        return True
    for before, after in pairwise(once):
        begun = sheets[after].blocks[1:] if sheets[after].broken else sheets[after].blocks
        first, last = begun[0].row if begun else None, sheets[before].blocks[-1].row
        if sheets[after].broken and after != before + 1:
            return True
        if first is not None and last is not None and portal_order(rows[first]) < portal_order(rows[last]):
            return True
    return False


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(SEEDS),
    st.lists(st.integers(0, PAGES - 1), min_size=1, max_size=6),
)
def test_any_pages(kind: Kind, seed: int, pages: list[int]) -> None:
    """Of any selection, order and repetition of pages every entry is one of the original's or named, every break said.

    What no row can show: that the page with a row's rest is not there, if the page behind begins with another row. And
    a rest may fit a stranger's row by chance: then that row is named as put together from two pages.
    """
    pdf, rows = original(kind, seed)
    wanted = original_values(kind, seed)
    try:
        found = read_pdf(selected(pdf, pages))
    except Damaged:
        assert 0 not in pages  # the page with the header
        return
    said = " ".join([*(f"{problem.text} {problem.reason}" for problem in found.problems), *found.notes])
    for value in values(found):
        assert value in wanted or (value["module"] in said) or is_beginning(value, wanted), value
    if breaks(rows, pages):
        assert found.problems or any("put together" in note for note in found.notes)
    if sorted(set(pages)) == list(range(PAGES)) and found.problems and "missing" not in said:
        assert values(found) == wanted  # nothing is missing: in whatever order, once or twice, all of it is read


@pytest.mark.parametrize("kind", KINDS)
def test_pages_in_any_order(kind: Kind) -> None:
    """Pages out of order are read in the order of their rows, and it is said which that is."""
    pdf, _ = original(kind, 1)
    for order in ((0, 2, 1, 3), (3, 2, 1, 0), (1, 0, 2, 3)):
        found = read_pdf(selected(pdf, order))
        assert values(found) == original_values(kind, 1)
        read = ", ".join(str(order.index(page) + 1) for page in range(PAGES))
        assert [p.reason for p in found.problems] == [
            f"the pages are out of order; they are read in this order: {read}"
        ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(1, PAGES))
def test_a_page_twice(kind: Kind, number: int) -> None:
    """A page that stands twice is read once, and both are named."""
    order = [*range(number + 1), number, *range(number + 1, PAGES)]
    found = read_pdf(selected(original(kind, 2)[0], order))
    assert values(found) == original_values(kind, 2)
    assert [(p.page, p.reason) for p in found.problems] == [
        (number + 2, f"this page repeats page {number + 1}; it is read once")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_page_is_missing(kind: Kind) -> None:
    """Without its first page a timetable is refused, and that is the reason."""
    with pytest.raises(Damaged, match="The first page of the timetable is missing: the table on page 1 begins without"):
        read_pdf(selected(original(kind, 1)[0], range(1, PAGES)))


@pytest.mark.parametrize(
    "kinds", [("lectures", "tests"), ("tests", "lectures"), ("exams", "tests"), ("tests", "exams")]
)
def test_the_first_page_of_the_second_timetable_is_missing(kinds: tuple[Kind, Kind]) -> None:
    """Rows of another timetable's columns are none of the one before, whose entries stay as they are."""
    first, second = (original(kind, 1)[0] for kind in kinds)
    found = read_pdf(merged([first, without(second, 0)]))
    assert values(found) == original_values(kinds[0], 1)
    reasons = {problem.reason for problem in found.problems}
    assert reasons == {
        "the row has other columns than the table before it: the first page of its timetable is missing or comes later"
    }
    assert {problem.page for problem in found.problems} == set(range(PAGES + 1, 2 * PAGES))


def test_the_last_page_may_be_missing() -> None:
    """Where the last page's table reaches the foot of its page a note names the row that may be incomplete."""
    venues = tuple(f"Hall {number:02}" for number in range(60))
    rows = [*TESTS, replace(TESTS[-1], module="WTW 285", date="27 Dec 2025", day="Saturday", venues=venues)]
    found = read_pdf(selected(timetable_pdf(rows), [0]))
    assert found.problems == ()
    assert found.notes == (
        (
            "The last page's table reaches the foot of the page. If your timetable has another page, it is missing, "
            "and the last row here, WTW 285 Test1, may be incomplete."
        ),
    )


@pytest.mark.parametrize("rows", [LECTURES, TESTS, EXAMS])
def test_a_short_timetable_has_no_notes(rows: Sequence[Row]) -> None:
    """A timetable that ends well above the foot of its page says nothing of another page."""
    assert read_pdf(timetable_pdf(rows)).notes == ()
