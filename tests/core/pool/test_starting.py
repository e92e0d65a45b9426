"""Workers that cannot start, grow old or are too many: tried again, replaced, fewer, and more again."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.errors import Crashed, OutOfMemory, TimedOut
from tukscal.core.pool import CannotStart, Guards, Outcome, Pool, default_workers
from tukscal.core.pool import pool as pool_module
from tukscal.core.pool import worker as worker_module
from tukscal.core.system import process
from tukscal.tests.core import guarded
from tukscal.tests.waiting import eventually

MIB = 2**20


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the starts of workers."""
    counted: list[int] = []
    before = worker_module.Worker.__init__

    def counting(self: worker_module.Worker, guards: Guards) -> None:
        counted.append(1)
        before(self, guards)

    monkeypatch.setattr(worker_module.Worker, "__init__", counting)
    return counted


# ---- cannot start


@pytest.mark.parametrize("workers", [1, 3])
def test_a_worker_that_dies_at_its_start(workers: int, starts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """After three failed starts, and those under way, the pool says so by name; it works when the fault is gone."""
    with Pool(workers, Guards(timeout=60)) as pool:
        monkeypatch.setattr(worker_module, "serve", guarded.die_at_start)
        for number in range(workers):
            pool.start(number, guarded.work, number)
        with pytest.raises(CannotStart) as caught:
            guarded.drive(pool, [])
        assert caught.value.message.startswith("The converting process cannot start: ")
        assert "(exit code 3)" in caught.value.message
        assert "doctor" in caught.value.advice
        assert 3 <= len(starts) <= 3 + workers
        assert (pool.running, pool.pids, pool.wait()) == (0, [], [])
        monkeypatch.undo()
        assert pool.call(guarded.work, 21) == 42


def test_outcomes_come_before_the_bad_news(starts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """With workers that serve, others that cannot start are given up: the calls are made by those there are."""
    with Pool(4, Guards(timeout=60)) as pool:
        pool.call(guarded.work, 1)
        before = len(starts)
        monkeypatch.setattr(worker_module, "serve", guarded.die_at_start)
        outcomes = guarded.drive(pool, [(n, guarded.meet, 0.02) for n in range(100)])
        assert len(outcomes) == 100
        assert all(outcome.error is None for outcome in outcomes)
        assert len(starts) - before <= 8  # three, those under way, and one every two seconds


def test_no_process_to_be_had(starts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no process, the workers there are make the calls; with none the pool says why."""

    def refuse(guards: Guards) -> worker_module.Worker:
        starts.append(1)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool_module, "_LOOK_ABOUT", float("inf"))
    with Pool(3, Guards(timeout=60)) as pool:
        pool.start("first", guarded.meet, 3)
        monkeypatch.setattr(pool_module, "Worker", refuse)
        outcomes = guarded.drive(pool, [(n, guarded.work, n) for n in range(30)])
        assert [o.error for o in outcomes] == [None] * 31
        assert (len(pool.pids), pool.free) == (1, 1)
        pool.close()
        starts.clear()
        with pytest.raises(
            CannotStart, match=r"^The converting process cannot start: Resource temporarily unavailable\.$"
        ):
            pool.call(guarded.work, 1)
        assert len(starts) == 3
        monkeypatch.setattr(pool_module, "Worker", worker_module.Worker)
        assert len(guarded.warm(pool, 3)) == 3


def test_a_forkserver_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end of file from the process that starts workers is a sentence too, without Python's words."""

    def refuse(guards: Guards) -> worker_module.Worker:
        raise EOFError("unexpected EOF")

    monkeypatch.setattr(pool_module, "Worker", refuse)
    with Pool(1) as pool, pytest.raises(CannotStart, match=r"cannot start: the process that starts it is gone\.$"):
        pool.call(guarded.work, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on descriptors")
def test_no_descriptor_to_be_had() -> None:
    """A parent that has run out of descriptors goes on with its workers, and has more when there are some again."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Pool(3, Guards(timeout=60)) as pool:
        pool.call(guarded.work, 1)
        pool.start("first", guarded.meet, 0.5)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            outcomes = guarded.drive(pool, [(n, guarded.work, n) for n in range(10)])
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert [o.error for o in outcomes] == [None] * 11
        assert {o.worker for o in outcomes} == set(pool.pids)
        assert len(pool.pids) == 1


# ---- memory of the machine


def test_fewer_workers_while_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no memory to spare a pool goes down to one worker and keeps serving; with room it has all again."""
    monkeypatch.setattr(pool_module, "_LOOK_ABOUT", 0.0)
    free = [0]
    monkeypatch.setattr(process, "available", lambda: free[0])
    with Pool(3, Guards(timeout=60)) as pool:
        sizes = []
        for room in (0, pool_module.SHARE * 8):
            free[0] = room
            outcomes = guarded.drive(pool, [(n, guarded.work, n) for n in range(50)])
            assert [o.error for o in outcomes] == [None] * 50
            sizes.append((len(pool.pids), pool.free))
        assert sizes[0] == (1, 1)
        assert sizes[1][1] == 3
        assert len(guarded.warm(pool, 3)) == 3


@pytest.mark.parametrize(
    ("free", "cores", "workers"), [(0, 8, 1), (192, 8, 1), (400, 8, 2), (10**6, 8, 8), (10**6, 1, 1)]
)
def test_default_workers(monkeypatch: pytest.MonkeyPatch, free: int, cores: int, workers: int) -> None:
    """There is a worker a core, fewer where memory does not suffice for each, at least one."""
    monkeypatch.setattr(process, "available", lambda: free * MIB)
    monkeypatch.setattr(process, "cores", lambda: cores)
    assert default_workers() == workers


# ---- recycling


def test_a_worker_is_replaced_after_so_many_calls() -> None:
    """No worker makes more calls than the guards say, and no call is lost over it."""
    with Pool(2, Guards(timeout=60, recycle=5)) as pool:
        outcomes = guarded.drive(pool, [(n, guarded.work, n) for n in range(60)])
        assert sorted((o.key, o.value) for o in outcomes) == [(n, n * 2) for n in range(60)]
        counts = [sum(o.worker == pid for o in outcomes) for pid in {o.worker for o in outcomes}]
        assert max(counts) == 5
        assert pool.deaths == 0


def test_a_fat_worker_is_replaced() -> None:
    """A worker that grew beyond a quarter of the limit gets no other call; a lean one stays."""
    with Pool(1, Guards(timeout=60, memory=512 * MIB)) as pool:
        outcomes = guarded.drive(pool, [(size, guarded.size_of_big, size * MIB) for size in (1, 2, 200, 3, 4)])
        assert [o.value for o in outcomes] == [size * MIB for size in (1, 2, 200, 3, 4)]
        workers = [o.worker for o in outcomes]
        assert workers[0] == workers[1] == workers[2] != workers[3] == workers[4]
        assert outcomes[2].peak >= 200 * MIB > 100 * MIB > outcomes[3].peak > 0
        assert pool.deaths == 0


def test_the_answers_own_size_counts() -> None:
    """What packing an answer takes is the call's, and never the next call's: that one's SIGKILL is a crash."""
    with Pool(1, Guards(timeout=60, memory=200 * MIB)) as pool:
        for _ in range(20):
            large, killed = guarded.drive(pool, [(0, guarded.big, 30 * MIB), (1, guarded.die_by, signal.SIGKILL)])
            assert large.peak >= 30 * MIB
            assert large.worker != killed.worker
            assert type(killed.error) is Crashed


def test_a_worker_that_cannot_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that a dead disk holds in the kernel does not hold the pool: it is left behind and the next serves."""
    monkeypatch.setattr(worker_module, "_GRACE", 0.05)
    kill = process.Family.kill
    with Pool(1, Guards(timeout=0.2)) as pool:
        pool.start(0, guarded.meet, 60)
        monkeypatch.setattr(process.Family, "kill", lambda self: None)
        (outcome,) = pool.wait()
        monkeypatch.setattr(process.Family, "kill", kill)
        assert type(outcome.error) is TimedOut
        assert guarded.alive(outcome.worker)
        assert pool.call(guarded.work, 21) == 42
        process.kill_family(outcome.worker)
    assert eventually(lambda: not guarded.alive(outcome.worker), 5)


# ---- the kernel's out-of-memory killer


@pytest.mark.skipif(sys.platform != "linux", reason="Linux kills")
def test_killed_by_the_kernel_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL is `memory` when the kernel counted a kill for want of memory during the call, else a crash."""
    kills = iter([5, 5, 5, 6, 6, 6])
    monkeypatch.setattr(process, "oom_kills", lambda: next(kills))
    with Pool(1, Guards(timeout=60)) as pool:
        errors = [guarded.drive(pool, [(n, guarded.die_by, signal.SIGKILL)])[0].error for n in range(3)]
    assert [type(error) for error in errors] == [Crashed, OutOfMemory, Crashed]


@pytest.fixture
def memory_group() -> Iterator[Path]:
    """A memory control group of our own, with 64 MiB, where this machine lets us make one."""
    try:
        made = guarded.make_memory_group(64 * MIB)
    except OSError as error:
        pytest.skip(f"no control group to be had: {error.strerror}")
    yield made
    assert eventually(lambda: guarded.remove_folder(made), 10)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux kills")
def test_really_killed_by_the_kernel(memory_group: Path) -> None:
    """A worker the kernel kills because its control group has no memory left is `memory`; the next call is made."""
    with Pool(1, Guards(timeout=60)) as pool:
        (outcome,) = guarded.drive(pool, [(0, guarded.grow_in_group, memory_group)])
        assert type(outcome.error) is OutOfMemory
        assert outcome.died
        assert outcome.peak < 512 * MIB
        assert pool.call(guarded.work, 21) == 42


# ---- time


def test_waiting_has_an_end() -> None:
    """`wait` returns nothing when its time is over and the calls go on; 0 only looks."""
    with Pool(1, Guards(timeout=60)) as pool:
        guarded.warm(pool, 1)
        pool.start(0, guarded.meet, 3.0)
        since = time.monotonic()
        assert pool.wait(0) == []
        assert time.monotonic() - since < 2.5
        assert pool.wait(0.1) == []
        assert time.monotonic() - since >= 0.1
        assert pool.running == 1
        found: list[list[Outcome]] = []

        def look() -> bool:
            found.append(pool.wait(0))
            return bool(found[-1])

        assert eventually(look, 10)
        assert [outcome.error for outcome in found[-1]] == [None]
