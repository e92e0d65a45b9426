"""Entries of one session in several venues, which become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from tukscal.core.timetable import merge_sessions
from tukscal.tests.core.sessions import exam, lecture, semester_test


def test_one_session_in_two_venues() -> None:
    """Two rows of one session are one entry with both venues, each text once, and the rows and words of both."""
    first = exam(
        venues=("Thuto 1-1", "IT 4-4"), campus="HATFIELD", comments="Bring a ruler", rows=((2, 3),),
        sources={"module": (1, 2), "venue": (5,)},
    )  # fmt: skip
    second = exam(
        venues=("IT 4-4", "HB 4-1"), campus="GROENKLOOF", comments="Bring a ruler", rows=((1, 9), (2, 3)),
        sources={"module": (1, 7), "campus": (8,)},
    )  # fmt: skip
    assert merge_sessions([first, second]) == (
        replace(
            first,
            venues=("Thuto 1-1", "IT 4-4", "HB 4-1"),
            campus="HATFIELD; GROENKLOOF",
            rows=((1, 9), (2, 3)),
            sources={"module": (1, 2, 7), "venue": (5,), "campus": (8,)},
        ),
    )


def test_what_neither_says_stays_unsaid() -> None:
    """A text that one row has is kept, and what neither has is None."""
    (merged,) = merge_sessions([lecture(campus=None, block=None), lecture(comments="Bring a laptop", block=None)])
    assert (merged.campus, merged.comments, merged.block) == ("HATFIELD", "Bring a laptop", None)


@pytest.mark.parametrize(
    "changes",
    [{"module": "COS 226"}, {"activity": "L2"}, {"offered": "Q3"}, {"language": "A"}, {"group": "G02"}, {"day": 1},
     {"start": time(8)}, {"end": time(10)}],
)  # fmt: skip
def test_two_sessions_stay_two(changes: dict[str, Any]) -> None:
    """Sessions that differ in what they are or when they take place are not merged, and keep their order."""
    entries = (lecture(**changes), semester_test(), lecture())
    assert merge_sessions(entries) == entries
