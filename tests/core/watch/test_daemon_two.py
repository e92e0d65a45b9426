"""Two daemons on one OUT, each with its own ledger: one works, the other stands by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.jobs.task import convert_task
from tukscal.core.system.files import write_file
from tukscal.core.watch import scan
from tukscal.core.watch.notes import Fate
from tukscal.core.watch.status import DaemonState
from tukscal.tests.clock import Clock
from tukscal.tests.core.watch.watching import CONVERT, Watched, pdf


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Watched, Watched]]:
    """Two daemons on what they take for two computers; the first works."""
    clock = Clock()
    first = Watched(tmp_path, name="1", clock=clock)
    first.works()
    second = Watched(tmp_path, name="2", clock=clock)
    yield first, second
    first.daemon.close()
    second.daemon.close()


def both(one: Watched, other: Watched, seconds: int) -> None:
    """Let time go by for both."""
    for _ in range(seconds):
        one.wait(1)
        other.daemon.step(0)


def test_one_works(two: tuple[Watched, Watched]) -> None:
    """Each file is converted by the one that works; the other says that it stands by, and for whom."""
    first, second = two
    first.drop("a.pdf")
    both(first, second, 300)
    assert (first.ended(), second.ended()) == (["a.pdf done"], [])
    assert (first.state(), second.state()) == (DaemonState.IDLE, DaemonState.STANDBY)
    assert (first.status.role, second.status.role) == ("owner", "standby")
    assert second.status.owner.endswith("on host1")
    with second.ledger() as ledger:
        assert sum(ledger.history.counts().values()) == 0


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_takes_over(how: str, two: tuple[Watched, Watched]) -> None:
    """The standby works within 60 s after the other's death, at once after its end; what is there stays byte for byte,
    what came meanwhile is converted, what changes is the next revision."""
    first, second = two
    first.drop("a.pdf", pdf(1))
    first.drop("b.pdf", pdf(2))
    both(first, second, 20)
    before = first.tree()
    assert set(before) == {"a.ics", "b.ics"}
    if how == "ended":
        first.daemon.stop()
        first.daemon.run()
    first.drop("c.pdf", pdf(3))
    first.drop("b.pdf", pdf(4))
    began = second.clock.forward
    while second.state() in (DaemonState.STANDBY, DaemonState.STARTING):
        second.wait(1)
    assert second.clock.forward - began <= (60 if how == "killed" else 6)
    second.wait(20)
    after = second.tree()
    assert set(after) == {"a.ics", "b.ics", "c.ics"}
    assert after["a.ics"] == before["a.ics"]
    assert b"SEQUENCE:1" in after["b.ics"]
    assert len(second.ended()) == 3


def test_an_owner_that_was_stopped(two: tuple[Watched, Watched], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped with a converted file in hand, and continued after another took over, a daemon writes nothing."""
    first, second = two
    real = convert_task
    written: list[str] = []

    def stop_here(task: Any) -> Any:
        made = real(task)
        monkeypatch.setattr(CONVERT, real)
        for _ in range(70):  # here the first does not run, and the second does all its work
            second.wait(1)
        written.extend(sorted(second.names()))
        write_file(second.out / "a.ics", b"somebody else's by now")
        return made

    monkeypatch.setattr(CONVERT, stop_here)
    first.drop("a.pdf")
    first.wait(7)
    assert written == ["a.ics"]
    assert second.ended() == ["a.pdf done"]
    assert first.ended() == []
    assert first.tree()["a.ics"] == b"somebody else's by now"
    assert first.state() is DaemonState.STANDBY
    both(second, first, 120)
    assert (first.status.role, second.status.role) == ("standby", "owner")


def test_a_standby_removes_and_moves_nothing(tmp_path: Path) -> None:
    """A daemon that stands by leaves files alone, whatever goes or comes."""
    clock = Clock()
    first = Watched(tmp_path, name="1", clock=clock)
    first.works()
    second = Watched(tmp_path, name="2", clock=clock, mirror=True, on_success=Fate.DELETE)
    try:
        path = first.drop("a.pdf")
        both(first, second, 30)
        assert path.exists()
        path.unlink()
        both(first, second, 30)
        assert first.names() == {"a.ics"}
    finally:
        first.daemon.close()
        second.daemon.close()


@pytest.mark.slow
def test_a_look_that_takes_minutes_keeps_the_share(
    two: tuple[Watched, Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a share so slow that one look takes longer than a dead owner is waited for, the owner stays the owner."""
    first, second = two
    for number in range(100):
        first.drop(f"{number}.txt.pdf", b"no pdf")
    real = scan._take
    looks = 0

    def slow(*args: Any) -> None:
        nonlocal looks
        looks += 1
        first.clock.turn(1)
        second.daemon.step(0)
        real(*args)

    monkeypatch.setattr(scan, "_take", slow)
    first.wait(61)
    assert looks >= 100
    monkeypatch.undo()
    assert (first.status.role, second.status.role) == ("owner", "standby")
    assert second.lines.of("works") == []
