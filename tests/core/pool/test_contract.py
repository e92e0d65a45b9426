"""What every executor promises: the twin without processes, one worker, several, and workers that are spawned."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator

import pytest
from tukscal.core.errors import BadRows, Crashed, OutOfMemory
from tukscal.core.pool import Executor, Guards, InProcess, Pool
from tukscal.core.system import process
from tukscal.tests.core import guarded

KINDS = {"in process": 0, "one worker": 1, "three workers": 3, "two spawned": 2}


@pytest.fixture(params=KINDS)
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    """Every executor in turn."""
    if request.param == "two spawned":
        monkeypatch.setattr(process, "START_METHOD", "spawn")
    workers = KINDS[request.param]
    made = Pool(workers, Guards(timeout=60)) if workers else InProcess()
    yield made
    made.close()


@pytest.mark.slow
def test_every_call_has_one_outcome(executor: Executor) -> None:
    """A hundred calls have a hundred outcomes, each under its key, with its value, times and worker."""
    before = time.time()
    outcomes = guarded.drive(executor, [(f"call {n}", guarded.work, n) for n in range(100)])
    assert sorted((o.key, o.value) for o in outcomes) == sorted((f"call {n}", n * 2) for n in range(100))
    assert all(o.error is None and not o.died and o.worker > 0 for o in outcomes)
    assert all(before - 1 <= o.started <= time.time() + 1 and 0 <= o.duration < 60 for o in outcomes)


def test_counting(executor: Executor) -> None:
    """Free places and running calls add up, and an outcome is handed out once."""
    places = executor.free
    assert places >= 1
    assert executor.running == 0
    for number in range(places):
        executor.start(number, guarded.work, number)
        assert (executor.free, executor.running) == (places - number - 1, number + 1)
    seen = 0
    while executor.running:
        seen += len(executor.wait())
        assert executor.free + executor.running == places
    assert seen == places
    assert executor.wait() == []
    assert executor.wait(0) == []


def test_waiting_for_nothing_takes_no_time(executor: Executor) -> None:
    """With no call running `wait` returns at once, however long it may."""
    since = time.monotonic()
    assert executor.wait() == executor.wait(60) == []
    assert time.monotonic() - since < 5


def test_errors_of_ours_are_outcomes(executor: Executor) -> None:
    """What a function raises is its outcome's error: ours as it is, anything else as a fault of ours."""
    ours, memory, bug = (
        guarded.drive(executor, [("key", function, *arguments)])[0]
        for function, arguments in (
            (guarded.fail_by_name, []),
            (guarded.no_memory, []),
            (guarded.fail_by_bug, ["text"]),
        )
    )
    assert type(ours.error) is BadRows
    assert (ours.error.message, ours.error.page, ours.died) == ("No row.", 2, False)
    assert type(memory.error) is OutOfMemory
    assert type(bug.error) is Crashed
    assert "secret" not in bug.error.message
    assert {o.value for o in (ours, memory, bug)} == {None}


def test_call(executor: Executor) -> None:
    """A single call returns the value or raises the error, with arguments by name too."""
    assert executor.call(guarded.add, 40, right=2) == 42
    with pytest.raises(BadRows, match=r"^No row\.$"):
        executor.call(guarded.fail_by_name)
    assert executor.call(guarded.add, 1) == 2


def test_closing(executor: Executor) -> None:
    """Closing forgets what was not taken, may be repeated, and the executor may be used again."""
    executor.start("lost", guarded.work, 1)
    executor.close()
    executor.close(at_once=True)
    assert (executor.running, executor.wait()) == (0, [])
    assert guarded.drive(executor, [("next", guarded.work, 2)])[0].value == 4


@pytest.mark.parametrize("kind", ["one worker", "two spawned"])
def test_what_cannot_travel_is_not_started(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function or argument that cannot be sent is the caller's fault, raised at once; the pool is as before."""
    monkeypatch.setattr(process, "START_METHOD", "spawn" if "spawned" in kind else process.START_METHOD)
    with Pool(KINDS[kind], Guards(timeout=60)) as pool:
        with pytest.raises((TypeError, AttributeError, ValueError, pickle.PicklingError)):
            pool.start("bad", guarded.work, lambda: 0)  # type: ignore[arg-type]
        assert (pool.running, pool.free) == (0, KINDS[kind])
        assert pool.call(guarded.work, 1) == 2


def test_more_calls_than_places() -> None:
    """Calls started beyond the free places wait for their turn and are made."""
    with Pool(2, Guards(timeout=60)) as pool:
        for number in range(10):
            pool.start(number, guarded.work, number)
        assert (pool.running, pool.free) == (10, 0)
        assert sorted(o.value for o in guarded.drive(pool, [])) == [n * 2 for n in range(10)]  # type: ignore[type-var]
        assert len(pool.pids) == 2


def test_no_limit() -> None:
    """A call may have no time limit."""
    with Pool(1, Guards(timeout=float("inf"))) as pool:
        assert pool.call(guarded.work, 1) == 2


def test_a_spawned_worker_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeouts, memory and crashes have their names under spawn, and the calls beside them are done."""
    monkeypatch.setattr(process, "START_METHOD", "spawn")
    with Pool(3, Guards(timeout=1.5, memory=300 * 2**20)) as pool:
        calls = [("timeout", guarded.meet, 60), ("memory", guarded.want, 300 * 2**20), ("crash", guarded.segfault)]
        outcomes = guarded.drive(pool, [*calls, *((str(n), guarded.work, n) for n in range(20))])
    errors = {o.key: o.error.cause for o in outcomes if o.error is not None}
    assert errors == {"timeout": "timeout", "memory": "memory", "crash": "crash"}
    assert sorted(o.value for o in outcomes if o.error is None) == [n * 2 for n in range(20)]  # type: ignore[type-var]
