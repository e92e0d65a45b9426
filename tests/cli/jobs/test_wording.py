"""Figures and paths of jobs as people read them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.cli.common.terminal import breadth
from tukscal.cli.jobs.view import moment_words, short_moment, shorten_path

NOW = datetime(2026, 7, 20, 12, 0, 0)


@pytest.mark.parametrize(
    ("path", "room", "shown"),
    [
        ("/a/b.pdf", 8, "/a/b.pdf"),
        ("/data/law/2026/b.pdf", 16, "/data/law…/b.pdf"),
        ("/data/law/2026/b.pdf", 8, "/…/b.pdf"),
        ("/data/timetable-of-2026.pdf", 21, "timetable-of-2026.pdf"),
        ("/data/timetable-of-2026.pdf", 15, "time…f-2026.pdf"),
        ("lectures.pdf", 9, "le…es.pdf"),
    ],
)
def test_a_path_loses_its_folder_first(path: str, room: int, shown: str) -> None:
    """A path that is too long keeps its name, and of a name that is too long both ends."""
    assert shorten_path(path, room) == shown


@given(st.text(min_size=1), st.integers(8, 60))
def test_a_path_is_never_wider_than_its_room(path: str, room: int) -> None:
    """Whatever letters it has, wide ones and marks among them, it fits; one that fits is left alone."""
    shown = shorten_path(path, room)
    assert breadth(shown) <= room
    assert breadth(path) > room or shown == path


def test_moments_are_local_and_short() -> None:
    """Today is a time, another day a date, and what no calendar has is a dash."""
    today, before = datetime(2026, 7, 20, 8, 5, 3), datetime(2026, 7, 19, 23, 59, 59)
    assert short_moment(today.timestamp(), NOW) == "08:05:03"
    assert short_moment(before.timestamp(), NOW) == "2026-07-19"
    assert moment_words(before.timestamp()) == "2026-07-19 23:59:59"
    assert {moment_words(odd) for odd in (None, 1e30, float("nan"), -1e20)} == {"-"}
