"""A parent that dies, is interrupted, stops or forgets: its workers end with it, and hold nothing of its."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tukscal.core.errors import TimedOut
from tukscal.core.pool import Guards, Pool, serve
from tukscal.core.pool.channel import Port
from tukscal.core.system import process
from tukscal.tests.core import guarded
from tukscal.tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and groups")

NOISE = 2.0  # seconds a busy machine may add
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


def python(function: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a function of `guarded` in a Python of its own."""
    code = f"import sys; from tukscal.tests.core import guarded; guarded.{function}(*sys.argv[1:])"
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


# ---- killed


@pytest.mark.parametrize("how", ["looping", "eating", "held"])
def test_workers_leave_with_their_parent(tmp_path: Path, how: str) -> None:
    """After kill -9 of the parent all is gone in 2 s; a held interpreter and the forkserver in 2 s after the limit."""
    file = tmp_path / "pids"
    parent = python("be_a_parent", file, how)
    try:
        forker, *pids = guarded.pids_in(file, 6)
        assert len(set(pids)) == 5
        assert all(map(guarded.alive, pids))
    finally:
        parent.kill()
        parent.wait()
    held = [pids[-1]] if how == "held" else []
    soon = [pid for pid in pids if pid not in held]
    assert eventually(lambda: not any(map(guarded.alive, soon)), 2 + NOISE)
    last = [*held, *([forker] if forker else [])]
    assert eventually(lambda: not any(map(guarded.alive, last)), guarded.PARENT_LIMIT + 2 + NOISE)


def test_a_worker_is_late_without_its_parent() -> None:
    """A parent that does not look finds a hanging call ended, as a timeout, and an answer given in time as one."""
    with Pool(2, Guards(timeout=0.3)) as pool:
        guarded.warm(pool, 2)
        pool.start("late", guarded.meet, 60)
        pool.start("large", guarded.big, 20 * 2**20)
        late, large = pool.pids
        assert eventually(lambda: not guarded.alive(late), 1.3 + NOISE)
        outcomes = {outcome.key: outcome for outcome in guarded.drive(pool, [])}
        assert isinstance(outcomes["late"].error, TimedOut)
        assert outcomes["large"].error is None
        assert outcomes["large"].worker == large
        assert len(outcomes["large"].value) == 20 * 2**20  # type: ignore[arg-type]


# ---- interrupted


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_in_the_block_ends_all(tmp_path: Path, error: type[BaseException]) -> None:
    """Leaving the block by an exception, Ctrl-C say, ends busy workers and what they started at once."""
    file = tmp_path / "pids"
    raised = 0.0

    def busy(pool: Pool) -> None:
        nonlocal raised
        for key in range(3):
            pool.start(key, guarded.hang_with_grandchild, file)
        guarded.pids_in(file, 6)
        raised = time.monotonic()
        raise error

    with pytest.raises(error), Pool(3, Guards(timeout=600)) as pool:
        busy(pool)
    assert time.monotonic() - raised < 1 + NOISE
    pids = guarded.pids_in(file, 6)
    assert eventually(lambda: not any(map(guarded.alive, pids)), 1 + NOISE)


def test_ctrl_c_while_waiting(tmp_path: Path) -> None:
    """Ctrl-C for the whole terminal ends a waiting parent by KeyboardInterrupt, and its workers with it."""
    file = tmp_path / "pids"
    code = (
        "import sys, pathlib; from tukscal.core.pool import Pool; from tukscal.tests.core import guarded\n"
        "try:\n    with Pool(2) as pool:\n        pool.call(guarded.hang_with_grandchild, pathlib.Path(sys.argv[1]))\n"
        "except KeyboardInterrupt:\n    print('interrupted')"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)], start_new_session=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:  # fmt: skip
        pids = guarded.pids_in(file, 2)
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.communicate() == (b"interrupted\n", b"")
    assert eventually(lambda: not any(map(guarded.alive, pids)), 1 + NOISE)


def test_a_stop_for_all_processes_is_the_parents() -> None:
    """SIGTERM and SIGINT, which a service or a terminal sends to all processes, leave a worker's call alone."""
    with Pool(1, Guards(timeout=60)) as pool:
        (pid,) = guarded.warm(pool, 1)
        pool.start(0, guarded.meet, 0.1)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
        assert [(outcome.value, outcome.error) for outcome in pool.wait()] == [(pid, None)]


def test_close_twice_and_start_again() -> None:
    """A pool may be closed twice, with calls running too, and used again; nothing of before comes back."""
    pool = Pool(2, Guards(timeout=60))
    pool.close()
    for number in range(5):
        pool.start(f"lost {number}", guarded.meet, 60)
    pool.close()
    pool.close(at_once=True)
    assert (pool.running, pool.pids, pool.wait()) == (0, [], [])
    assert [outcome.value for outcome in guarded.drive(pool, [(0, guarded.work, 21)])] == [42]
    pool.close()
    assert pool.pids == []


def test_a_forgotten_pool_ends_with_its_parent(tmp_path: Path) -> None:
    """A parent that exits without closing its pool exits, also when a worker cannot be asked to end."""
    file = tmp_path / "pids"
    code = (
        "import sys, pathlib; from tukscal.tests.core import guarded as g; g.forget_a_pool(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert eventually(lambda: not any(map(guarded.alive, guarded.pids_in(file, 1))), 1 + NOISE)


# ---- what workers hold


@linux
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_workers_hold_nothing_of_the_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """A worker has nothing open but its own socket, pipes and the null device: no ledger, no socket, no input."""
    monkeypatch.setattr(process, "START_METHOD", method)
    ledger = sqlite3.connect(tmp_path / "ledger.db")
    ledger.execute("create table job (id)")
    with socket.create_server(("127.0.0.1", 0)) as server, Pool(2, Guards(timeout=60)) as pool:
        os.set_inheritable(server.fileno(), True)
        held = [pool.call(guarded.files) for _ in range(3)][-1]
        mine = {os.readlink(f"/proc/self/fd/{server.fileno()}"), str(tmp_path / "ledger.db")}
    ledger.close()
    assert not mine & set(held)
    assert held.count("/dev/null") >= 3
    others = [name for name in held if not name.startswith(("/dev/null", "pipe:", "socket:"))]
    # libffi keeps its own library open since 3.5.
    assert [name for name in others if not name.startswith("/proc/") and "/libffi.so" not in name] == []
    assert sum(name.startswith("socket:") for name in held) == 1


@linux
@pytest.mark.parametrize("debug", ["", "1"])
def test_workers_do_not_read_what_is_the_parents(debug: str) -> None:
    """A library that reads standard input in a worker finds it empty: the parent's is the parent's."""
    code = (
        "from tukscal.core.pool import Pool; from tukscal.tests.core import guarded as g\n"
        "with Pool() as pool:\n    print(pool.call(g.standard_input))"
    )
    environment = {**os.environ, "TUKSCAL_DEBUG": debug}
    done = subprocess.run([sys.executable, "-c", code], input="typed", capture_output=True, text=True, check=True,
                          env=environment)  # fmt: skip
    assert done.stdout == "/dev/null\n"


def test_the_watch_survives_a_message_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that grows while its parent goes away cannot tell it any more, and ends itself all the same."""
    sizes, gone, ended = iter(range(0, 2**40, 2**30)), iter([False, False, True]), []
    monkeypatch.setattr(process, "peak", lambda: next(sizes))
    monkeypatch.setattr(process, "end_self", lambda: ended.append(True))
    monkeypatch.setattr(serve, "_orphaned", lambda timeout: next(gone))
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        serve._watch(serve._Shared(Port(ours)))
    assert ended == [True]


@linux
def test_the_forkserver_has_one_thread() -> None:
    """Workers are forked from a process without threads, also with the converter loaded."""
    code = (
        "import os; from tukscal.core.pool import Pool; from tukscal.tests.core import guarded as g\n"
        "with Pool(preload=('tukscal.core.calendar.convert', 'tukscal.core.pdf.readers.pdfium')) as pool:\n"
        "    pool.call(g.add, 1)\n    print(len(os.listdir(f'/proc/{g.forkserver_pid()}/task')))\n"
        "    print(pool.call(g.has, 'tukscal.core.calendar.convert'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]


@linux
def test_a_machine_out_of_memory_takes_a_worker_first() -> None:
    """A worker is offered to the kernel before its parent."""
    with Pool(guards=Guards(timeout=60)) as pool:
        own = int(Path("/proc/self/oom_score_adj").read_text())
        assert int(pool.call(guarded.read, Path("/proc/self/oom_score_adj"))) == 500 > own
