"""The lease between real processes: one that is killed, one that is stopped and goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tukscal.core.watch.lease import LeaseTiming
from tukscal.tests.core.watch.leasing import Remote

PACE = LeaseTiming()


@pytest.fixture
def pair(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Remote, Remote]]:
    """An owner and a standby at second 60, on one computer or on two."""
    with ExitStack() as stack:
        hosts = ("", "") if request.param == "one computer" else ("first", "second")
        first, second = (Remote(tmp_path, host) for host in hosts)
        stack.callback(first.end)
        stack.callback(second.end)
        for now in range(61):
            roles = first.ask(now, "step"), second.ask(now, "step")
        assert roles == ("owner", "standby")
        yield first, second


def takeover(daemon: Remote, now: float) -> float:
    """Let a daemon step every second from now on until it is the owner; return when that was."""
    while daemon.ask(now, "step") != "owner":
        assert now < 200
        now += 1
    return now


@pytest.mark.parametrize(
    ("pair", "longest"), [("one computer", PACE.settle + 1), ("two computers", 60.0)], indirect=["pair"]
)
def test_a_killed_owner_is_replaced(pair: tuple[Remote, Remote], longest: float) -> None:
    """After kill -9 the standby works: within seconds on the same computer, within a minute on another."""
    first, second = pair
    first.process.kill()
    first.process.wait()
    began = 60
    ended = takeover(second, began)
    assert ended - began <= longest
    assert second.ask(ended, "mine") == "True"


@pytest.mark.parametrize("pair", ["one computer", "two computers"], indirect=True)
def test_a_stopped_owner_writes_nothing_when_it_goes_on(pair: tuple[Remote, Remote]) -> None:
    """An owner under SIGSTOP is replaced within a minute; after SIGCONT its next look, asked long before, says no."""
    first, second = pair
    assert first.ask(60, "mine") == "True"
    first.process.send_signal(signal.SIGSTOP)
    first.send(60, "mine")  # its own clock has not moved: only what stands in the file can tell it
    ended = takeover(second, 60)
    assert PACE.stale - PACE.beat < ended - 60 <= 60
    first.process.send_signal(signal.SIGCONT)
    assert first.reply() == "False"
    assert (first.ask(ended, "step"), second.ask(ended, "mine")) == ("standby", "True")
