"""The killable child: whatever a function does, the parent gets its value or an error with a name, in time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tukscal.core.errors import BadRows, Crashed, OutOfMemory, TimedOut, TukscalError
from tukscal.core.pool import Guards, Pool
from tukscal.tests.core import guarded
from tukscal.tests.waiting import eventually

MIB = 2**20
LIMIT = 1.0  # seconds
NOISE = 2.0  # seconds a busy machine may add
MEMORY = 512 * MIB
OUR_FAULT = re.compile(r"Internal error \((guarded|serve|channel)\.py:[0-9]+\)\.")


@pytest.fixture
def child() -> Iterator[Pool]:
    """A child with tight limits."""
    with Pool(guards=Guards(timeout=LIMIT, memory=MEMORY)) as made:
        yield made


@pytest.fixture
def patient() -> Iterator[Pool]:
    """A child with tight memory and time enough."""
    with Pool(guards=Guards(timeout=60, memory=MEMORY)) as made:
        yield made


def still_works(child: Pool) -> bool:
    """Whether the next call is answered, as after nothing had happened; its own start needs more than a tight limit."""
    return child.call(guarded.add, 40, right=2) == 42


# ---- done


def test_values_come_back_from_another_process(patient: Pool) -> None:
    """A call returns the function's value, computed in one other process that all calls share."""
    assert patient.call(guarded.add, 40, right=2) == 42
    first = patient.call(guarded.pid)
    assert first != os.getpid()
    assert patient.call(guarded.pid) == first
    assert patient.call(guarded.big, 30_000_000) == b"x" * 30_000_000


def test_child_is_spawned(patient: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child starts from nothing, also where fork is the default: it finds no memory of its parent."""
    monkeypatch.setattr(guarded, "marks", ["the parent was here"])
    assert patient.call(guarded.seen_marks) == []


def test_child_is_gone_after_its_block(tmp_path: Path) -> None:
    """Leaving the block ends the child and what a function left behind."""
    with Pool(guards=Guards(timeout=60, memory=MEMORY)) as child:
        leader = child.call(guarded.pid)
        grandchild = child.call(guarded.leave_grandchild, tmp_path / "pids")
        assert guarded.alive(grandchild)
    assert not guarded.alive(leader)
    assert eventually(lambda: not guarded.alive(grandchild), 2)


def test_arguments_are_seen_by_nobody(patient: Pool) -> None:
    """What is passed to a function, a password say, stands in no process's arguments and not in the environment."""
    assert patient.call(guarded.visible, "correct-horse-battery") == []
    assert patient.call(guarded.visible, "multiprocessing") != []  # it would be seen


def test_child_prints_nothing(patient: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    """What a library prints, even from C, reaches neither standard output nor standard error."""
    patient.call(guarded.chatter)
    assert capfd.readouterr() == ("", "")


def test_debugging_shows_what_is_printed() -> None:
    """With TUKSCAL_DEBUG a worker's output and its tracebacks can be read."""
    code = (
        "from tukscal.core.pool import Pool\nfrom tukscal.tests.core import guarded\n"
        "with Pool() as pool:\n    pool.call(guarded.chatter)\n    pool.call(guarded.fail_by_bug, 'text')"
    )
    environment = {**os.environ, "TUKSCAL_DEBUG": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "C output" in done.stdout
    assert "C error" in done.stderr
    assert "ValueError: pdfminer: secret detail" in done.stderr
    assert "tukscal.core.errors.Crashed: Internal error (guarded.py:" in done.stderr


# ---- failed


def test_our_errors_come_back_whole(patient: Pool) -> None:
    """An error of ours arrives with its class and all it says, and the child lives on."""
    before = patient.call(guarded.pid)
    with pytest.raises(BadRows) as caught:
        patient.call(guarded.fail_by_name)
    error = caught.value
    assert (error.message, error.advice, error.file) == ("No row.", "Look.", "a.pdf")
    assert (error.page, error.row, error.text) == (2, 3, "COS 2l4")
    assert patient.call(guarded.pid) == before


@pytest.mark.parametrize("kind", ["text", "empty", "key", "library"])
def test_no_exception_text_gets_out(patient: Pool, kind: str) -> None:
    """A bug becomes one fixed sentence: no exception's text, no class, no library, nothing empty."""
    with pytest.raises(Crashed) as caught:
        patient.call(guarded.fail_by_bug, kind)
    assert OUR_FAULT.fullmatch(caught.value.message)
    assert caught.value.advice.startswith("Please report this")
    assert caught.value.__cause__ is None
    assert still_works(patient)


@pytest.mark.parametrize("function", [guarded.recurse, guarded.unpicklable])
def test_odd_bugs(patient: Pool, function: Callable[[], object]) -> None:
    """Endless recursion and a value that cannot travel are bugs too."""
    with pytest.raises(Crashed) as caught:
        patient.call(function)
    assert OUR_FAULT.fullmatch(caught.value.message)
    assert still_works(patient)


def test_unreadable_answer(patient: Pool) -> None:
    """An answer that cannot be unpacked is a crash, and the parent goes on."""
    with pytest.raises(Crashed, match=r"^Converting gave an answer that cannot be read\.$"):
        patient.call(guarded.poison)
    assert still_works(patient)


# ---- died: time


@pytest.mark.parametrize(
    ("function", "processes"),
    [
        (guarded.loop, 1),
        (guarded.hang, 1),
        (guarded.hang_with_lock, 1),
        (guarded.ignore_sigterm, 1),
        (guarded.hang_with_grandchild, 2),
    ],
)
def test_time_limit(child: Pool, tmp_path: Path, function: Callable[[Path], None], processes: int) -> None:
    """Whatever hangs is stopped within a second of the limit, by name, and its whole group is gone."""
    start = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        child.call(function, tmp_path / "pids")
    assert LIMIT <= time.monotonic() - start < LIMIT + 1 + NOISE
    assert caught.value.message == "Converting took longer than 1 seconds and was stopped."
    pids = guarded.pids_in(tmp_path / "pids", processes)
    assert len(set(pids)) == processes
    assert eventually(lambda: not any(guarded.alive(pid) for pid in pids), 1)
    assert guarded.group(pids[0]) == []
    assert still_works(child)


# ---- died: memory


@pytest.mark.parametrize(
    "function",
    [guarded.swallow_memory_error, guarded.swallow_then_blame, guarded.grow_shared],
    ids=lambda f: f.__name__,
)
def test_memory_limit(patient: Pool, function: Callable[[], object]) -> None:
    """Memory is the named cause even if MemoryError was swallowed or never raised."""
    with pytest.raises(OutOfMemory) as caught:
        patient.call(function)
    assert "memory" in caught.value.message
    assert still_works(patient)


def test_memory_error(patient: Pool) -> None:
    """A MemoryError is named as such."""
    with pytest.raises(OutOfMemory, match=r"^Converting needed more memory than the limit allows and was stopped\.$"):
        patient.call(guarded.want, MEMORY)
    assert still_works(patient)


def test_abort_near_the_limit_is_memory(patient: Pool) -> None:
    """C++ aborts when it gets no memory: SIGABRT is `memory` near the limit and `crash` far from it, in any order."""
    for size, error in ((0, Crashed), (350 * MIB, OutOfMemory), (0, Crashed), (350 * MIB, OutOfMemory)):
        with pytest.raises(error):
            patient.call(guarded.abort_with, size)
    assert still_works(patient)


def test_plenty_is_not_too_much(patient: Pool) -> None:
    """A function may use most of its memory and be done."""
    assert patient.call(guarded.size_of_big, 100 * MIB) == 100 * MIB
    assert still_works(patient)


# ---- died: crash


@pytest.mark.parametrize(
    ("function", "argument", "how"),
    [
        (guarded.abort_with, 0, "SIGABRT"),
        (guarded.die_by, signal.SIGKILL, "SIGKILL"),
        (guarded.die_by, signal.SIGUSR2, "SIGUSR2"),
        (guarded.vanish, 0, "exit code 0"),
        (guarded.vanish, 3, "exit code 3"),
    ],
)
def test_death_is_a_crash(patient: Pool, function: Callable[[int], None], argument: int, how: str) -> None:
    """A child that dies without an answer is a crash that names how, and the next call works."""
    with pytest.raises(Crashed) as caught:
        patient.call(function, argument)
    assert caught.value.message == f"Converting stopped unexpectedly ({how})."
    assert still_works(patient)


def test_segfault_is_a_crash(patient: Pool) -> None:
    """A read from address 0 is a crash, and the next call works."""
    with pytest.raises(Crashed, match=r"^Converting stopped unexpectedly \(SIGSEGV\)\.$"):
        patient.call(guarded.segfault)
    assert still_works(patient)


def test_a_dead_child_leaves_nobody(patient: Pool, tmp_path: Path) -> None:
    """A process that a dead child had started is ended."""
    with pytest.raises(Crashed):
        patient.call(guarded.vanish_with_grandchild, tmp_path / "pids")
    _, grandchild = guarded.pids_in(tmp_path / "pids", 2)
    assert eventually(lambda: not guarded.alive(grandchild), 1)


def test_an_error_in_the_parent_ends_the_child(tmp_path: Path) -> None:
    """Leaving the block by an exception, Ctrl-C say, does not wait for the child."""
    child = Pool(guards=Guards(timeout=60, memory=MEMORY))
    child.call(guarded.leave_grandchild, tmp_path / "pids")
    with pytest.raises(KeyboardInterrupt), child:
        raise KeyboardInterrupt
    pids = guarded.pids_in(tmp_path / "pids", 2)
    assert eventually(lambda: not any(map(guarded.alive, pids)), 1)


def test_every_error_is_ours(patient: Pool) -> None:
    """A call raises errors of our tree only, each with a sentence and advice."""
    for function, argument in ((guarded.fail_by_bug, "empty"), (guarded.vanish, 1), (guarded.want, MEMORY)):
        with pytest.raises(TukscalError) as caught:
            patient.call(function, argument)  # type: ignore[arg-type] # pairs
        assert caught.value.message.endswith(".")
        assert caught.value.advice.endswith(".")
