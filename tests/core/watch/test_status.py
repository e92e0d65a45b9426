"""The status as a value and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.decode import decode
from tukscal.core.watch.status import DaemonState, DaemonStatus, LastFailure, PoolStatus, StatusBoard, plain
from tukscal.tests.core.watch.statuses import busy

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
COUNTS = st.dictionaries(st.text(max_size=8), st.integers(0), max_size=3)


@given(
    st.builds(
        DaemonStatus,
        oldest=st.none() | st.floats(0, 1e12),
        last_failure=st.none() | st.builds(LastFailure, when=st.floats(0, 1e12)),
        outcomes=COUNTS,
        causes=COUNTS,
        workers=st.builds(PoolStatus, busy=st.integers(0, 100)),
        disk_free=st.none() | st.integers(0),
    )
)
def test_json_brings_back_the_same_value(status: DaemonStatus) -> None:
    """A status written as JSON and read again is equal."""
    assert decode(DaemonStatus, json.loads(json.dumps(plain(status)))) == status


@given(name=st.sampled_from([field.name for field in fields(DaemonStatus)]), value=JUNK)
def test_a_field_of_another_kind_is_refused(name: str, value: Any) -> None:
    """Whatever stands in a field, it is read as what it should be or refused by ValueError."""
    held = {**plain(busy()), name: value}
    try:
        status = decode(DaemonStatus, held)
    except ValueError:
        return
    assert (
        json.loads(json.dumps(plain(status)))[name] == json.loads(json.dumps(plain(decode(DaemonStatus, held))))[name]
    )
    assert type(getattr(status, name)) in (str, int, float, dict, type(None), DaemonState, PoolStatus, LastFailure)


@pytest.mark.parametrize("held", [None, [], 1, {}, {"state": "asleep"}, {"state": "idle", "queue": True},
                                  {"state": "idle", "outcomes": {"done": "1"}}, {"state": "idle", "last_failure": {}},
                                  {"state": "idle", "started": float("nan")}])  # fmt: skip
def test_what_is_no_status_is_refused(held: object) -> None:
    """No object, an unknown state, a word for a number: ValueError."""
    with pytest.raises(ValueError, match=r"."):
        decode(DaemonStatus, held)


def test_a_newer_daemons_status_is_read() -> None:
    """Fields of another version are left out, missing ones have their defaults."""
    status = decode(
        DaemonStatus, {"format": 9, "state": "idle", "moon": "full", "queue": 3, "workers": {"busy": 1, "new": 2}}
    )
    assert (status.state, status.queue, status.files, status.workers) == (DaemonState.IDLE, 3, 0, PoolStatus(busy=1))


def test_a_published_status_stands_still() -> None:
    """What the daemon counts after it published does not change what others read."""
    now = 5.0
    counts, board = Counter(done=1), StatusBoard(ticks=lambda: now)
    assert (board.status, board.ticks) == (None, 5.0)
    now = 7.0
    board.publish(busy(outcomes=counts))
    counts["done"] += 1
    assert board.status is not None
    assert (board.status.outcomes, board.ticks) == ({"done": 1}, 7.0)
