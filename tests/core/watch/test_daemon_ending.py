"""Being told to end or to read the configuration again, with work in hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.errors import InputOutput, NotWritable
from tukscal.core.ledger import State
from tukscal.core.ledger.history import History
from tukscal.core.ledger.queue import Queue
from tukscal.core.pool import CannotStart, InProcess, Outcome
from tukscal.core.watch.lease import NAME
from tukscal.core.watch.status import DaemonState
from tukscal.tests.core.watch.watching import Watched, pdf, request, watched


class Holding(InProcess):
    """Calls that are made and whose outcomes are held back until the test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.held = True
        self.one_by_one = False
        self.passing: Callable[[], None] = lambda: None

    @property
    def free(self) -> int:
        """How many more there may be."""
        return 2 - len(self._outcomes)

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return the outcomes if they are let go."""
        self.passing()
        if self.one_by_one and not self.held:
            return [self._outcomes.pop(0)] if self._outcomes else []
        return [] if self.held else super().wait(timeout)


@pytest.fixture
def busy(tmp_path: Path) -> Any:
    """A daemon with two jobs at work and one that waits."""
    one = Watched(tmp_path)
    pool = Holding()
    one.pool = pool
    one.daemon._begin_anew(replace(one.request, workers=2))
    one.works()
    for number in range(3):
        one.drop(f"{number}.pdf", pdf(number))
    one.wait(8)
    assert (one.state(), one.status.running, one.status.queue) == (DaemonState.WORKING, 2, 0)
    yield one, pool
    one.daemon.close()


def test_drains(busy: tuple[Watched, Holding]) -> None:
    """Told to end, the daemon begins nothing more, finishes what runs, gives the rest back and frees the share."""
    one, pool = busy
    one.drop("late.pdf")
    one.daemon.stop()
    one.wait(9)
    assert one.state() is DaemonState.DRAINING
    pool.held = False
    one.daemon.run()
    assert len(one.ended()) == 2
    assert one.state() is DaemonState.STOPPED
    assert not (one.out / NAME).exists()
    with one.ledger() as ledger:
        assert {state: count for state, count in ledger.history.counts().items() if count} == {
            State.DONE: 2,
            State.QUEUED: 1,
        }
    assert not ledger_attempts(one)


def ledger_attempts(one: Watched) -> list[str]:
    """Return the causes that were counted against any job."""
    with one.ledger() as ledger:
        return [
            attempt.cause
            for job in ledger.history.jobs()
            for attempt in ledger.history.attempts(job.id)
            if attempt.cause
        ]


def test_the_grace_ends(busy: tuple[Watched, Holding]) -> None:
    """What is not finished within the grace is given back; nobody is blamed, and the next start does it."""
    one, pool = busy
    one.daemon.stop()
    began = one.clock.forward
    pool.passing = lambda: one.clock.turn(0.5)
    one.daemon.run()
    assert 10 <= one.clock.forward - began <= 11
    assert one.ended() == []
    assert ledger_attempts(one) == []
    with watched(one.folder) as two:
        two.settle()
        assert two.names() == {"0.ics", "1.ics", "2.ics"}


def test_a_second_signal(busy: tuple[Watched, Holding]) -> None:
    """Asked twice, the daemon ends at once and gives everything back."""
    one, _ = busy
    one.daemon.stop()
    one.daemon.stop()
    began = one.clock.forward
    one.daemon.run()
    assert (one.clock.forward, one.ended()) == (began, [])
    with one.ledger() as ledger:
        assert ledger.history.counts()[State.QUEUED] == 3


def test_told_to_end_while_degraded(tmp_path: Path) -> None:
    """A daemon whose share is away ends at once when told to, and takes nothing with it."""
    with watched(tmp_path) as one:
        one.drop("a.pdf")
        one.settle()
        one.source.rename(tmp_path / "away")
        one.wait(20)
        assert one.state() is DaemonState.DEGRADED
    assert one.state() is DaemonState.STOPPED
    assert one.names() == {"a.ics"}


def test_results_that_could_not_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended while the ledger cannot be written, the daemon ends all the same; the next one finds the same bytes."""

    def refuse(*_: object) -> list[int]:
        raise InputOutput("The ledger is in use by another program.")

    with watched(tmp_path) as one, monkeypatch.context() as held:
        held.setattr(Queue, "record", refuse)
        one.drop("a.pdf")
        one.wait(20)
        before = one.tree()
        assert set(before) == {"a.ics"}
        one.daemon.stop()
        one.daemon.run()
    with watched(tmp_path) as two:
        two.settle()
        assert (two.ended(), two.tree()) == (["a.pdf done"], before)


def test_reloaded(tmp_path: Path) -> None:
    """With other options after a reload every calendar is brought up to date, and new files are converted with them."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        assert b"BEGIN:VALARM" not in one.tree()["a.ics"]
        one.again.append(request(one.source, one.out, options=_with_alarm(one)))
        one.daemon.reload()
        one.settle()
        assert len(one.lines.of("reloaded")) == 1
        assert b"BEGIN:VALARM" in one.tree()["a.ics"]
        one.drop("b.pdf", pdf(2))
        one.settle()
        assert b"BEGIN:VALARM" in one.tree()["b.ics"]


def _with_alarm(one: Watched) -> Any:
    from datetime import timedelta

    options = one.request.batch.options
    return replace(options, plan=PlanOptions(alarm=timedelta(minutes=15)))


def test_a_wrong_configuration_changes_nothing(tmp_path: Path) -> None:
    """Where the new configuration is wrong, the daemon goes on with the old one."""
    with watched(tmp_path) as one:
        one.again.append(None)
        one.daemon.reload()
        one.drop("a.pdf")
        one.settle()
        assert (one.names(), one.lines.of("reloaded")) == ({"a.ics"}, [])


def test_reloaded_with_work_in_hand(busy: tuple[Watched, Holding]) -> None:
    """A reload waits for what is being converted, not for what waits, and nothing is lost or done twice."""
    one, pool = busy
    pool.one_by_one = True
    one.again.append(replace(one.request, workers=2))
    one.daemon.reload()
    one.wait(5)
    assert one.lines.of("reloaded") == []
    pool.held = False
    one.wait(3)
    events = [line["event"] for line in one.lines.all]
    assert events[: events.index("reloaded")].count("done") == 2
    one.wait(20)
    assert sorted(one.ended()) == ["0.pdf done", "1.pdf done", "2.pdf done"]


def test_reloaded_while_the_ledger_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that cannot be noted in the ledger is made as soon as it can be."""

    def refuse(*_: object, **__: object) -> int:
        raise InputOutput("The ledger is in use by another program.")

    with watched(tmp_path) as one:
        one.again.append(request(one.source, one.out, mirror=True))
        one.daemon.reload()
        with monkeypatch.context() as held:
            held.setattr(History, "begin", refuse)
            one.wait(20)
            assert one.state() is DaemonState.DEGRADED
        one.wait(60)
        assert (one.state(), len(one.lines.of("reloaded"))) == (DaemonState.IDLE, 1)
        dropped = one.drop("a.pdf")
        one.settle()
        assert one.names() == {"a.ics"}
        dropped.unlink()
        one.wait(20)
        assert one.names() == set()


def test_workers_that_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no worker can be started the daemon is degraded, gives its jobs back and does them when workers start."""
    with watched(tmp_path) as one:

        def refuse(_: object = None) -> list[Outcome]:
            one.pool.close(at_once=True)
            raise CannotStart("The converting process cannot start.")

        with monkeypatch.context() as short:
            short.setattr(one.pool, "wait", refuse)
            one.drop("a.pdf")
            one.wait(30)
            assert (one.state(), one.status.running) == (DaemonState.DEGRADED, 0)
        one.wait(70)
        assert (one.names(), one.state()) == ({"a.ics"}, DaemonState.IDLE)


def test_jobs_given_back_to_a_ledger_that_is_held(
    busy: tuple[Watched, Holding], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs that could not be given back at once are given back later: no job stays in the hands of nobody."""
    one, pool = busy

    def refuse(*_: object) -> int:
        raise InputOutput("The ledger is in use by another program.")

    with monkeypatch.context() as held:
        held.setattr(Queue, "release", refuse)
        one.daemon._let_go()
        one.wait(3)
    pool.held = False
    one.wait(70)
    assert sorted(one.ended()) == ["0.pdf done", "1.pdf done", "2.pdf done"]


def test_once(tmp_path: Path) -> None:
    """With `once` the daemon ends by itself when all that was there has its outcome, good or bad."""
    one = Watched(tmp_path, once=True)
    try:
        one.drop("a.pdf", pdf(1))
        one.drop("b.pdf", b"no pdf")
        _run(one)
        assert sorted(one.ended()) == ["a.pdf done", "b.pdf dead"]
        assert (one.daemon.failures, one.state()) == (1, DaemonState.STOPPED)
    finally:
        one.daemon.close()


def _run(one: Watched, each: Callable[[], object] = lambda: None) -> None:
    """Run to the end, with a second going by in each turn."""
    step = one.daemon.step

    def turn(_: float = 0) -> None:
        one.clock.turn(1)
        each()
        step(0)

    one.daemon.step = turn  # type: ignore[method-assign,assignment]
    one.daemon.run()


def test_once_with_a_file_that_never_stands_still(tmp_path: Path) -> None:
    """With `once` a file that changes all the time is left after a minute, and counts as one without a calendar."""
    one = Watched(tmp_path, once=True)
    try:
        one.drop("a.pdf", pdf(1))
        size = iter(range(10_000))
        _run(one, lambda: one.drop("log.pdf", b"x" * next(size)))
        assert one.ended() == ["a.pdf done"]
        assert one.daemon.failures == 1
        assert next(size) < 100
    finally:
        one.daemon.close()


def test_once_without_the_folder(tmp_path: Path) -> None:
    """With `once` what keeps it from working is the error it ends with: it does not wait."""
    one = Watched(tmp_path, once=True)
    try:
        one.source.rmdir()
        with pytest.raises(InputOutput, match="is not there"):
            _run(one)
        assert not (one.out / NAME).exists()
    finally:
        one.daemon.close()


def test_once_beside_another_daemon(tmp_path: Path) -> None:
    """With `once`, where another daemon works on OUT, it ends and says so."""
    with watched(tmp_path) as one:
        two = Watched(tmp_path, name="2", clock=one.clock, once=True)
        try:
            with pytest.raises(NotWritable, match=r"another daemon: process \d+ on host\."):
                _run(two, lambda: one.daemon.step(0))
        finally:
            two.daemon.close()
