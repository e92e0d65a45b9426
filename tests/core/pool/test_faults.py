"""Whatever one call does, its outcome has a name and comes in time, and the calls beside it are done."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.errors import Crashed, OutOfMemory, TimedOut, TukscalError
from tukscal.core.pool import Guards, Outcome, Pool
from tukscal.core.pool.worker import Worker
from tukscal.tests.core import guarded
from tukscal.tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and groups")

MIB = 2**20
MEMORY = 300 * MIB
SHORT = 0.6  # seconds
LONG = 60.0
NOISE = 2.0  # seconds a busy machine may add
PIDS = "pids"  # stands for a file in these tables

TIMEOUTS: dict[str, Sequence[Any]] = {
    "python": (guarded.loop, PIDS),
    "native": (guarded.hang, PIDS),
    "interpreter held": (guarded.hang_with_lock, PIDS),
    "SIGTERM ignored": (guarded.ignore_sigterm, PIDS),
    "grandchild": (guarded.hang_with_grandchild, PIDS),
    "stopped": (guarded.stop_self,),
    "half a header": (guarded.send_then_hang, b"\0\0\0"),
    "half a message": (guarded.send_then_hang, struct.pack("!Q", 1000) + b"x" * 10),
    "half a large message": (guarded.send_then_hang, struct.pack("!Q", 60 * MIB) + b"x" * 30 * MIB),
    "endless log": (guarded.log_for_ever,),
    "endless growth": (guarded.send_growth_for_ever,),
}
STARVED: dict[str, Sequence[Any]] = {
    "caught": (guarded.swallow_memory_error,),
    "called a bad PDF": (guarded.swallow_then_blame,),
    "uncaught": (guarded.want, MEMORY),
    "native abort": (guarded.abort_with, 200 * MIB),
    "shared": (guarded.grow_shared,),
    "shared, without end": (guarded.grow_shared_and_hang,),
    "a grandchild's": (guarded.grow_in_grandchild,),
}
CRASHES: dict[str, tuple[str, Sequence[Any]]] = {
    "abort": ("stopped unexpectedly (SIGABRT)", (guarded.abort_with, 0)),
    "segfault": ("stopped unexpectedly (SIGSEGV)", (guarded.segfault,)),
    "no word": ("stopped unexpectedly (exit code 0)", (guarded.vanish, 0)),
    "no word, a grandchild": ("stopped unexpectedly (exit code 0)", (guarded.vanish_with_grandchild, PIDS)),
    "large answer": ("gave an answer too large to be one", (guarded.big, 65 * MIB)),
    "endless bytes": ("gave an answer that cannot be read", (guarded.send_for_ever, b"", b"x" * 2**16)),
    "endless payload": ("cannot be read", (guarded.send_for_ever, struct.pack("!Q", 64 * MIB), b"x" * 2**16)),
    "endless readiness": ("cannot be read", (guarded.send_readiness_for_ever,)),
    "garbage": ("cannot be read", (guarded.send_then_hang, struct.pack("!Q", 8) + b"nonsense")),
    "another value": ("cannot be read", (guarded.send_then_hang, struct.pack("!Q", 5) + pickle.dumps(7, 2))),
    "absurd length": ("cannot be read", (guarded.send_then_hang, struct.pack("!Q", 2**63))),
    "hung up": ("gave no answer", (guarded.hang_up, PIDS)),
}


def outcome_among_others(pool: Pool, call: Sequence[Any], file: Path) -> Outcome:
    """Make a call among 20 good ones in warm workers and return its outcome; check all that is true of any."""
    guarded.warm(pool, 3)
    bad = [file if argument is PIDS else argument for argument in call]
    *good, outcome = sorted(
        guarded.drive(pool, [("bad", *bad), *((n, guarded.work, n, 50) for n in range(20))]),
        key=lambda outcome: (outcome.key == "bad", outcome.key),
    )
    assert [(o.key, o.value, o.error) for o in good] == [(n, n * 2, None) for n in range(20)]
    assert outcome.key == "bad"
    assert outcome.value is None
    since = time.monotonic()
    assert len(guarded.drive(pool, [(n, guarded.work, n) for n in range(3)])) == 3
    assert time.monotonic() - since < 1 + NOISE
    pids = [outcome.worker, *(guarded.pids_in(file, 1) if file.exists() else [])]
    if outcome.died:
        assert eventually(lambda: guarded.group(outcome.worker) == [], 1 + NOISE)
        assert eventually(lambda: not any(map(guarded.alive, pids)), 1 + NOISE)
    return outcome


def is_named(outcome: Outcome, error: type[TukscalError]) -> str:
    """Return what is said of an outcome with this error."""
    assert type(outcome.error) is error
    assert outcome.error.advice.endswith(".")
    return outcome.error.message


@pytest.mark.parametrize("call", TIMEOUTS.values(), ids=TIMEOUTS)
def test_what_does_not_end(call: Sequence[Any], tmp_path: Path) -> None:
    """A call that hangs is a timeout within a second of its limit, whatever it hangs in."""
    with Pool(3, Guards(timeout=SHORT, memory=MEMORY)) as pool:
        outcome = outcome_among_others(pool, call, tmp_path / PIDS)
    assert is_named(outcome, TimedOut) == "Converting took longer than 0.6 seconds and was stopped."
    assert outcome.died
    assert SHORT <= outcome.duration < SHORT + 1 + NOISE / 2


@pytest.mark.parametrize("call", STARVED.values(), ids=STARVED)
def test_what_eats_memory(call: Sequence[Any], tmp_path: Path) -> None:
    """A call that meets the memory limit, however it takes it, is named so."""
    with Pool(3, Guards(timeout=LONG, memory=MEMORY)) as pool:
        outcome = outcome_among_others(pool, call, tmp_path / PIDS)
    assert "memory" in is_named(outcome, OutOfMemory)
    assert outcome.died


@pytest.mark.parametrize(("how", "call"), CRASHES.values(), ids=CRASHES)
def test_what_dies_or_talks_nonsense(how: str, call: Sequence[Any], tmp_path: Path) -> None:
    """A call whose worker dies, or sends what is no answer, is a crash that says how, at once."""
    with Pool(3, Guards(timeout=LONG, memory=2**30)) as pool:
        outcome = outcome_among_others(pool, call, tmp_path / PIDS)
    assert how in is_named(outcome, Crashed)
    assert outcome.died == ("too large" not in how)
    assert outcome.duration < 10


@pytest.mark.parametrize("function", [guarded.answer_twice, guarded.send_after], ids=["twice", "then garbage"])
def test_the_first_answer_counts(function: Callable[[], str]) -> None:
    """An answer is the answer whatever follows it, what follows is nobody's, and its worker gets no other call."""
    with Pool(1, Guards(timeout=LONG)) as pool:
        outcomes = guarded.drive(
            pool, [(n, function if n % 2 else guarded.work, *([] if n % 2 else [n])) for n in range(20)]
        )
        assert [(o.key, o.value) for o in outcomes] == [(n, "done" if n % 2 else n * 2) for n in range(20)]
        assert len({outcome.worker for outcome in outcomes}) == 10


def test_an_answer_outlives_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies after its answer, seen dead before the answer was read, leaves the call done."""

    def gone(worker: Worker) -> bool:
        return eventually(lambda: not guarded.alive(worker.pid), 10)

    monkeypatch.setattr(Worker, "gone", property(gone))
    with Pool(1, Guards(timeout=LONG)) as pool:
        pool.start(0, guarded.answer_and_vanish)
        (outcome,) = pool.wait()
        assert (outcome.value, outcome.died) == ("done", False)
        monkeypatch.undo()
        guarded.wait_for_end(outcome.worker)
        assert pool.call(guarded.work, 21) == 42


def test_a_worker_that_died_idle_is_given_no_call() -> None:
    """A worker that is killed between two calls takes neither of them with it."""
    with Pool(1, Guards(timeout=LONG)) as pool:
        pool.start(0, guarded.work, 1)
        (outcome,) = pool.wait()
        os.kill(outcome.worker, signal.SIGKILL)
        guarded.wait_for_end(outcome.worker)
        assert pool.call(guarded.work, 21) == 42


@pytest.mark.slow
def test_a_flood_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    """While two workers flood or send half a message and hang, the third answers 200 calls before they are stopped."""
    logging.getLogger("tukscal.flood").setLevel(logging.CRITICAL)
    with Pool(3, Guards(timeout=LONG)) as pool:
        guarded.warm(pool, 3)
        pool.start("flood", guarded.log_for_ever)
        pool.start("half", guarded.send_then_hang, struct.pack("!Q", 60 * MIB) + b"x" * 30 * MIB)
        for number in range(200):
            pool.start(number, guarded.work, number)
            (outcome,) = pool.wait()
            assert (outcome.key, outcome.value) == (number, number * 2)
        assert pool.running == 2
        assert pool.deaths == 0


def test_a_worker_that_does_not_read_keeps_nobody_waiting() -> None:
    """30 MB for a worker that is stopped do not stop the pool: the other answers; woken up, it gets them."""
    data = bytes(30 * MIB)
    with Pool(2, Guards(timeout=LONG)) as pool:
        pids = guarded.warm(pool, 2)
        for pid in pids:
            guarded.stop(pid)
        for key in ("one", "two"):
            pool.start(key, guarded.size_of, data)
        assert pool.wait(0) == []
        guarded.go_on(pids[0])
        (outcome,) = pool.wait()
        assert (outcome.value, outcome.worker) == (30 * MIB, pids[0])
        assert [o.value for o in guarded.drive_one(pool, 50)] == [n * 2 for n in range(50)]
        guarded.go_on(pids[1])
        (outcome,) = pool.wait()
        assert (outcome.value, outcome.worker) == (30 * MIB, pids[1])
        assert pool.deaths == 0
