"""The week and the month as lines of text."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.cli.common.terminal import Line, breadth, cut, encodable, pad, paragraph, wrap
from tukscal.cli.show.view import month_lines, week_lines
from tukscal.core.pictures.month import plan_month
from tukscal.core.pictures.week import plan_week
from tukscal.tests.core.pictures.overviews import gone, student, student_plan
from tukscal.tests.core.sessions import converted, lecture

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


def _text(lines: list[Line]) -> str:
    return "".join("".join(piece.text for piece in line).rstrip() + "\n" for line in lines)


def _month(width: int) -> list[Line]:
    before = converted([*student(), *gone()])
    calendar = converted(student(), before.calendar).calendar
    return month_lines(plan_month(calendar.events, date(2026, 8, 1)), width)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_week_of_a_made_student_is_drawn_as_kept(width: int) -> None:
    """The drawing of a student's two semesters, tests, exams and clashes has not changed, at three widths."""
    assert _text(week_lines(student_plan(), width)) == (SNAPSHOTS / f"week-{width}.txt").read_text("utf-8")


def test_the_month_of_a_made_student_is_drawn_as_kept() -> None:
    """The drawing of August with a test, a clash and a cancelled session has not changed."""
    assert _text(_month(80)) == (SNAPSHOTS / "month-80.txt").read_text("utf-8")


@given(st.integers(40, 160))
def test_no_line_is_longer_than_the_terminal_is_wide(width: int) -> None:
    """Whatever the width, every line of week and month fits it."""
    for line in [*week_lines(student_plan(), width), *_month(width)]:
        assert sum(breadth(piece.text) for piece in line) <= width


@given(st.integers(40, 100), st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=60))
def test_no_text_of_a_pdf_breaks_the_lines(width: int, text: str) -> None:
    """Wide letters, accents and long words in a module or venue leave every line within the terminal."""
    plan = plan_week([lecture(module=text, venues=(text,)), lecture(group=text, start=time(9, 0))])
    for line in week_lines(plan, width):
        assert sum(breadth(piece.text) for piece in line) <= width


def test_a_clash_is_drawn_side_by_side_with_a_sign() -> None:
    """Two lectures at one time stand beside each other, each with "!" where its line begins."""
    plan = plan_week([lecture(), lecture(module="COS 226")])
    row = next(line for line in _text(week_lines(plan, 80)).splitlines() if line.startswith("08:30"))
    assert row == "08:30 !COS214 L1!COS226 L1"


def test_what_has_no_room_side_by_side_is_listed_by_day() -> None:
    """Twelve groups at one time are a list that says why, with a line for each of them."""
    text = _text(week_lines(plan_week([lecture(group=f"G{number:02}") for number in range(12)]), 80))
    assert "Too many sessions at one time to draw them side by side here: listed day by day." in text
    assert text.count("! 08:30–09:20 COS 214 L1 (G") == 12


def test_a_session_off_the_half_hours_says_when_it_starts() -> None:
    """A lecture at 10:45 is drawn from the row of 10:30 and has its own time in words."""
    text = _text(week_lines(plan_week([lecture(start=time(10, 45), end=time(12, 5))]), 80))
    lines = text.splitlines()
    assert [line[:6] for line in lines[2:5]] == ["10:30 ", "11:00 ", "11:30 "]
    assert "10:45" in lines[3]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_what_a_stream_cannot_encode_is_drawn_with_what_it_can(encoding: str) -> None:
    """Every character has a likeness of the same breadth in every encoding."""
    text = "┌COS 214 – café 図│…"
    shown = encodable(text, encoding)
    assert breadth(shown) == breadth(text)
    assert shown == {"ascii": "+COS 214 - cafe __|~", "cp1252": "+COS 214 – café __|…", "utf-8": text}[encoding]


@given(st.text(max_size=40), st.integers(1, 30))
def test_text_is_cut_and_padded_to_columns(text: str, columns: int) -> None:
    """Cut text takes at most, padded text exactly, the columns it may take."""
    assert breadth(cut(text, columns)) <= columns
    assert breadth(pad(text, columns)) == columns


@given(st.text(max_size=200), st.integers(2, 40))
def test_wrapping_loses_nothing_but_blanks(text: str, columns: int) -> None:
    """All letters come out in order, and no line is too long."""
    lines = wrap(text, columns)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(breadth(line) <= columns for line in lines)


def test_a_paragraph_hangs_behind_its_first_line() -> None:
    """The lines after the first stand further in."""
    lines = paragraph("one two three four five", 12, indent=2, hang=2)
    assert _text(lines) == "  one two\n    three\n    four\n    five\n"
