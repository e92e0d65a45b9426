"""Workers killed at random moments: one outcome a call, and only those die whose worker was killed."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest
from tukscal.core.errors import Crashed
from tukscal.core.pool import Guards, Outcome, Pool
from tukscal.core.system import process
from tukscal.tests.core import guarded
from tukscal.tests.core.pool.killer import Killer
from tukscal.tests.waiting import eventually

KILLS = 400 if os.environ.get("TUKSCAL_SOAK") else 100
CALLS = 1500


def run(pool: Pool, killer: Killer) -> Iterator[Outcome]:
    """Yield the outcomes of so many calls, and more until all kills are done."""
    number = 0
    while number < CALLS or killer.busy or pool.running:
        while pool.free and (number < CALLS or killer.busy):
            pool.start(number, guarded.work, number, number % 50)
            number += 1
        yield from pool.wait()
        killer.targets = pool.pids


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_random_kills(workers: int) -> None:
    """Each call has one outcome: done with its value, or a crash if its own worker was killed; the pool serves on."""
    with Pool(workers, Guards(timeout=60)) as pool:
        with Killer(KILLS // 2, seed=workers) as killer:
            outcomes = list(run(pool, killer))
        keys = Counter(outcome.key for outcome in outcomes)
        assert set(keys) == set(range(len(keys)))
        assert set(keys.values()) == {1}
        assert len(keys) >= CALLS
        died = [outcome for outcome in outcomes if outcome.died]
        assert all(outcome.worker in killer.killed for outcome in died)
        assert all(isinstance(o.error, Crashed) and o.error.message.endswith("(SIGKILL).") for o in died)
        assert all(o.error is None and o.value == o.key * 2 for o in outcomes if not o.died)  # type: ignore[operator]
        assert len(died) <= pool.deaths <= len(killer.killed) == KILLS // 2
        assert died  # else nothing was tried
        assert pool.call(guarded.work, 21) == 42


@pytest.mark.slow
@pytest.mark.skipif(process.START_METHOD != "forkserver", reason="workers are not forked here")
def test_the_forkserver_may_be_killed() -> None:
    """The process that forks the workers is killed three times: no call suffers, new workers start."""
    with Pool(3, Guards(timeout=60, recycle=7)) as pool:
        outcomes = []
        for number in range(300):
            if number % 100 == 50:
                os.kill(guarded.forkserver_pid(), signal.SIGKILL)
            pool.start(number, guarded.work, number, 100)
            while not pool.free:
                outcomes += pool.wait()
        outcomes += guarded.drive(pool, [])
        assert sorted((outcome.key, outcome.value) for outcome in outcomes) == [(n, n * 2) for n in range(300)]
        assert pool.deaths == 0
        assert len({outcome.worker for outcome in outcomes}) >= 300 // 7


def test_an_idle_worker_that_was_killed_gets_no_call() -> None:
    """A worker that died between two calls is replaced before the next: no call pays for it."""
    with Pool(2, Guards(timeout=60)) as pool:
        for pid in guarded.warm(pool, 2):
            os.kill(pid, signal.SIGKILL)
            assert eventually(lambda pid=pid: not psutil.pid_exists(pid), 5)  # type: ignore[misc]
        outcomes = guarded.drive(pool, [(n, guarded.work, n) for n in range(10)])
        assert sorted((o.key, o.value, o.died) for o in outcomes) == [(n, n * 2, False) for n in range(10)]
        assert pool.deaths == 2
