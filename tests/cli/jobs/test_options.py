"""What people type after --since, --until and --batch."""

from __future__ import annotations

import time
from datetime import datetime

import click
import pytest
from tukscal.cli.jobs.options import LAST, BatchNumber, Moment


@pytest.mark.parametrize(
    ("text", "ago"), [("0m", 0), ("90m", 5_400), ("2h", 7_200), ("3D", 259_200), (" 1 w ", 604_800)]
)
def test_a_length_of_time_is_that_long_ago(monkeypatch: pytest.MonkeyPatch, text: str, ago: int) -> None:
    """Minutes, hours, days and weeks count back from now."""
    monkeypatch.setattr(time, "time", lambda: 1_790_000_000.0)
    assert Moment().convert(text, None, None) == 1_790_000_000.0 - ago


def test_a_day_begins_and_ends_at_local_midnight() -> None:
    """Since a day is from its beginning, until a day to its end."""
    assert Moment().convert("2026-07-20", None, None) == datetime(2026, 7, 20).timestamp()
    assert Moment(end=True).convert("2026-07-20", None, None) == datetime(2026, 7, 21).timestamp()
    assert Moment().convert(time.time(), None, None) <= time.time()


@pytest.mark.parametrize("text", ["", "now", "2026-7", "2026-02-30", "-2h", "2 years", "9999999d", "9999-12-31"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """Anything else is named, with an example."""
    with pytest.raises(click.BadParameter, match="is not a time; write it like 2026-07-20, 2h or 3d"):
        Moment(end=True).convert(text, None, None)


def test_a_batch_has_a_number_or_is_the_last() -> None:
    """Numbers begin at 1."""
    assert [BatchNumber().convert(text, None, None) for text in ("1", "Last", "12")] == [1, LAST, 12]
    for text in ("0", "-1", "first", "1.0", "9" * 19):
        with pytest.raises(click.BadParameter, match="is not the number of a batch"):
            BatchNumber().convert(text, None, None)
