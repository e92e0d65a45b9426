"""The operating system's holds: groups, limits, resident size."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import types

import psutil
import pytest
from tukscal.core.system import process as guard
from tukscal.tests.core import guarded
from tukscal.tests.waiting import eventually

resource = pytest.importorskip("resource", reason="Windows has no resource limits")

MIB = 2**20


def in_process(code: str) -> str:
    """What a Python process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_enter_holds_the_process() -> None:
    """After `enter` a process leads its own group and session, leaves no core, has a data limit, ignores Ctrl-C."""
    printed = in_process(
        "import os, resource, signal\n"
        "from tukscal.core.system import process as guard\n"
        "guard.enter(300 * 2**20)\n"
        "print(os.getpid() == os.getpgid(0) == os.getsid(0), resource.getrlimit(resource.RLIMIT_CORE),\n"
        "      resource.getrlimit(resource.RLIMIT_DATA)[0] // 2**20, signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    )
    data = 300 if sys.platform == "linux" else resource.getrlimit(resource.RLIMIT_DATA)[0] // MIB
    assert printed == f"True (0, 0) {data} True"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses data at once")
def test_data_limit_is_met_as_memory_error() -> None:
    """More data than allowed is a MemoryError, half of it is not."""
    code = (
        "from tukscal.core.system import process as guard\nguard.enter(200 * 2**20)\nprint(len(bytes(100 * 2**20)))\n"
        "try:\n    bytes(200 * 2**20)\nexcept MemoryError:\n    print('refused')"
    )
    assert in_process(code).split() == [str(100 * MIB), "refused"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses data at once")
def test_a_harder_limit_stays() -> None:
    """A limit that is lower already is kept."""
    code = (
        "import resource\nfrom tukscal.core.system import process as guard\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (90 * 2**20, 90 * 2**20))\nguard.enter(200 * 2**20)\n"
        "print([limit // 2**20 for limit in resource.getrlimit(resource.RLIMIT_DATA)])"
    )
    assert in_process(code) == "[90, 90]"


def test_peak_remembers() -> None:
    """The peak counts memory that was given back; begun by fork, as workers are, it has nothing of the parent's."""
    code = (
        "import os\nif os.fork():\n    os.wait()\n    os._exit(0)\n"
        "from tukscal.core.system import process as guard\nheld = b'x' * (400 * 2**20)\ndel held\n"
        "print(guard.peak() // 2**20, guard.resident(__import__('os').getpid()) // 2**20)"
    )
    peak, now = map(int, in_process(code).split())
    assert 400 <= peak < 440
    assert now < 100


def test_resident_counts_descendants() -> None:
    """The resident size is that of a process and all it started, and 0 for one that is gone."""
    with subprocess.Popen([sys.executable, "-c", "held = b'x' * 2**26; print(1, flush=True); input()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        own = psutil.Process().memory_info().rss
        assert guard.resident(process.pid) >= 2**26
        assert guard.resident(os.getpid()) >= own * 0.8 + 2**26
        process.kill()
    assert guard.resident(process.pid) == 0


def test_kill_family() -> None:
    """A process, its child and its child in another session end at once; one that is gone is no error."""
    code = (
        "import subprocess, os\n"
        "a = subprocess.Popen(['sleep', '600']); b = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "print(os.getpid(), a.pid, b.pid, flush=True); a.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 3
        assert all(guarded.alive(pid) for pid in pids)
        guard.kill_family(process.pid)
        assert process.wait() == -signal.SIGKILL
    assert eventually(lambda: not any(guarded.alive(pid) for pid in pids), 1)
    guard.kill_family(process.pid)


def test_family_of_a_group_member_is_not_its_group() -> None:
    """A process that leads no group takes nobody with it who is not its descendant: its group is its parent's."""
    with subprocess.Popen(["sleep", "600"]) as process:
        guard.kill_family(process.pid)
        assert process.wait() == -signal.SIGKILL
    assert guarded.alive(os.getpid())


def test_a_number_is_not_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """When another process has the number of one that is gone, neither it nor its group is ended."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        family = guard.Family(process.pid)
        # The same number, born at another time: as if it had been given away again.
        monkeypatch.setattr(psutil.Process, "is_running", lambda self: False)
        family.kill()
        assert not eventually(lambda: not guarded.alive(process.pid), 0.2)
        monkeypatch.undo()
        family.kill()
        assert process.wait() == -signal.SIGKILL
        family.close()
        family.close()


def test_workers_are_never_forked_from_the_parent() -> None:
    """A fork would take the parent's connections, files, locks and threads along."""
    assert guard.START_METHOD in ("forkserver", "spawn")


def test_a_group_outlives_its_leader() -> None:
    """What a process left behind in its group is ended though the process itself is gone."""
    code = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL).pid)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as process:
        family = guard.Family(process.pid)
        assert process.stdout is not None
        left = int(process.stdout.readline())
        process.wait()
        assert guarded.alive(left)
        family.kill()
    assert eventually(lambda: not guarded.alive(left), 1)
    family.close()


def test_a_process_ends_itself_with_all_it_started() -> None:
    """`end_self` ends the caller, its child and its child in another session, also while the interpreter is busy."""
    code = (
        "import os, subprocess, sys, threading\nfrom tukscal.core.system import process as guard\nguard.enter(2**30)\n"
        "a = subprocess.Popen(['sleep', '600']); b = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "print(os.getpid(), a.pid, b.pid, flush=True)\nthreading.Thread(target=guard.end_self).start()\n"
        "while True:\n    len(b'x' * 2**27)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().split()]
        assert process.wait(10) == -signal.SIGKILL
    assert len(pids) == 3
    assert eventually(lambda: not any(map(guarded.alive, pids)), 1)


def test_the_end_of_a_process_can_be_waited_for() -> None:
    """The descriptor of a family can be read from the process's end on and not before; a dead process has none."""
    with subprocess.Popen(["sleep", "600"]) as process:
        family = guard.Family(process.pid)
        if family.end is None:
            pytest.skip("no such descriptors here")
        assert select.select([family.end], [], [], 0)[0] == []
        process.kill()
        assert select.select([family.end], [], [], 10)[0] == [family.end]
    family.close()
    assert guard.Family(process.pid).end is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "max"}, 900),
        ({}, 900),
        ({"memory.max": f"{500 * MIB}", "memory.current": f"{100 * MIB}"}, 400),
        ({"memory.max": f"{500 * MIB}", "memory.current": f"{480 * MIB}",
          "memory.stat": f"anon {80 * MIB}\nfile {400 * MIB}\ninactive_file {350 * MIB}\n"}, 370),
        ({"memory.max": f"{5000 * MIB}", "memory.current": "0"}, 900),
        ({"memory.max": f"{50 * MIB}", "memory.current": f"{80 * MIB}"}, 0),
    ],
)  # fmt: skip
def test_memory_to_be_had(monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int) -> None:
    """What can be had is the machine's or the container's, whichever is less; pages of files can be had."""
    machine = types.SimpleNamespace(available=900 * MIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: machine)
    monkeypatch.setattr(guard, "_cgroup", lambda name: files.get(name, "").split())
    assert guard.available() == expected * MIB
