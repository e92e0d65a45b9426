"""Real processes on one ledger: together, and killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tukscal.core.ledger import INTERRUPTED, Ledger, State
from tukscal.tests.core.ledger.ledgers import finish_all, new_job, queued

WORKING = Path(__file__).with_name("working.py")
KILLS = 200 if os.environ.get("TUKSCAL_SOAK") else 5


@contextmanager
def process(path: Path, what: str, mode: str = "truncate") -> Iterator[subprocess.Popen[str]]:
    """Start a process that has the ledger open, and end it at last."""
    command = [sys.executable, "-W", "error", str(WORKING), str(path), what, mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert read(started) == "ready"
            yield started
        finally:
            started.kill()


def read(started: subprocess.Popen[str]) -> str:
    """Return the next line a process says."""
    assert started.stdout is not None
    return started.stdout.readline().strip()


def go(started: subprocess.Popen[str]) -> None:
    """Let a process begin."""
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["truncate", "wal"])
def test_four_processes_do_every_job_once(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processes claim and finish 400 jobs of one ledger: each exactly once, and nobody is ever told "locked"."""
    path = tmp_path / "ledger"
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: mode)
    with Ledger.open(path) as ledger, ExitStack() as stack:
        assert ledger.journal == mode
        ids = queued(ledger, *(new_job(n) for n in range(400)))
        workers = [stack.enter_context(process(path, "work", mode)) for _ in range(4)]
        for worker in workers:
            go(worker)
        said = [worker.communicate()[0].split() for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * 4
        assert sorted(int(word) for words in said for word in words[1::2]) == list(ids)
        assert {word for words in said for word in words[::2]} == {"done"}
        assert ledger.history.counts()[State.DONE] == len(ledger.outbox.pending(1_000)) == 400
        assert all(len(ledger.history.attempts(number)) == 1 for number in ids)
        assert ledger.retention.check() == ()


def test_the_jobs_of_a_killed_process_are_back_at_once(tmp_path: Path) -> None:
    """While it lives nobody takes its jobs; killed, the next look gives them back, before it is buried."""
    path = tmp_path / "ledger"
    with Ledger.open(path) as ledger:
        queued(ledger, *(new_job(n) for n in range(3)))
        with process(path, "hold") as holder:
            go(holder)
            held = [int(word) for word in read(holder).split()]
            assert len(held) == 2
            assert ledger.queue.take_over() == 0
            holder.kill()
            if sys.platform == "linux":
                os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
            else:
                holder.wait()
            assert ledger.queue.take_over() == 2
        assert [[attempt.cause for attempt in ledger.history.attempts(number)] for number in held] == [
            [INTERRUPTED]
        ] * 2
        assert len(finish_all(ledger)) == 3


@pytest.mark.parametrize("mode", ["truncate", "wal"])
def test_what_a_killed_process_said_is_there(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle of writing, a process leaves all it reported and no half of a group, time after time."""
    path = tmp_path / "ledger"
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: mode)
    with Ledger.open(path):
        pass
    for kill in range(KILLS):
        with process(path, "fill", mode) as writer:
            go(writer)
            said = [int(read(writer)) for _ in range(1 + 3 * kill % 7)]
            writer.kill()
        with Ledger.open(path) as ledger:
            assert ledger.moved_aside is None
            assert ledger.retention.check() == ()
            jobs = ledger.history.counts()[State.QUEUED]
        assert jobs >= said[-1]
        assert jobs % 50 == 0
