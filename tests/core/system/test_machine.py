"""What the computer says about itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tukscal.core.system import machine

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
STAT = (
    "4711 ({command}) {state} 1 4711 4711 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 {start} 1000 200 18446744073709551615"
)


def test_this_process_has_a_start() -> None:
    """The start of a process is the same each time it is asked for."""
    assert machine.process_start(os.getpid()) is not None
    assert machine.process_start(os.getpid()) == machine.process_start(os.getpid())


def test_who_has_ended_has_none() -> None:
    """A process that ended has no start, neither before it is buried nor after; a later one has another."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        start = machine.process_start(process.pid)
        assert start not in (None, machine.process_start(os.getpid()))
        process.kill()
        if sys.platform == "linux":
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # until it ended, leaving it unburied
            assert machine.process_start(process.pid) is None
    assert machine.process_start(process.pid) is None
    assert machine.process_start(2**22 + 1) is None


@pytest.mark.parametrize("command", ["python", "a b", "a) R 1 (b", ") Z 9", "\N{PARTY POPPER}\n"])
def test_a_command_cannot_fake_the_start(command: str) -> None:
    """The start is the twenty-second field, whatever parentheses the command's name holds."""
    assert machine.start_in_stat(STAT.format(command=command, state="S", start=987654)) == "987654"
    assert machine.start_in_stat(STAT.format(command=command, state="Z", start=987654)) is None
    assert machine.start_in_stat("") is None


@LINUX
def test_the_start_does_not_move_with_the_clock() -> None:
    """The start is the kernel's count of ticks since boot, not a time of day."""
    assert machine.process_start(os.getpid()) == Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]


@LINUX
def test_without_proc_psutil_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere a process has a start too, who has ended none, and the boot is named for the computer."""
    real = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: not str(path).startswith("/proc") and real(path))
    assert float(machine.process_start(os.getpid()) or 0) == pytest.approx(psutil.Process().create_time(), abs=0.01)
    assert machine.process_start(2**22 + 1) is None
    monkeypatch.setattr(machine, "_BOOT", Path("/nowhere"))
    monkeypatch.setattr(machine, "_SPACE", "/nowhere")
    assert machine.boot_id() not in ("", "unknown")
    assert machine.pid_space() == ""


def test_the_boot_is_the_same_for_all() -> None:
    """Another process sees the same boot and the same space of process ids."""
    code = "from tukscal.core.system import machine as m; print(m.boot_id(), m.pid_space())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split() == f"{machine.boot_id()} {machine.pid_space()}".split()


def test_a_boot_made_up_each_time_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each reading gives another boot, the computer's name stands for it."""
    answers = iter(["first", "second"])
    monkeypatch.setattr(machine, "_text", lambda _: next(answers))
    assert machine.boot_id() not in ("first", "second", "")


MOUNTS = r"""22 27 0:21 / / rw - ext4 /dev/a rw
23 22 0:30 / /home rw shared:1 - nfs4 server:/home rw
24 23 0:31 / /home/ann rw - ext4 /dev/b rw
25 22 0:32 / /mnt/with\040space rw - cifs //server/x rw
26 22 0:33 / /mnt/twice rw - xfs /dev/c rw
27 26 0:34 / /mnt/twice rw - fuse.sshfs host: rw
28 22 0:35 / /mnt/new rw master:1 propagate_from:2 - SomethingNew x rw
malformed
"""


@pytest.mark.skipif(os.name == "nt", reason="a table of Unix paths")
@pytest.mark.parametrize(
    ("path", "kind", "local"),
    [
        ("/var/ledger", "ext4", True),
        ("/home/bob/ledger", "nfs4", False),
        ("/homes/bob", "ext4", True),
        ("/home/ann/ledger", "ext4", True),
        ("/mnt/with space/ledger", "cifs", False),
        ("/mnt/twice/ledger", "fuse.sshfs", False),
        ("/mnt/new/ledger", "somethingnew", False),
    ],
)
def test_a_path_lies_where_the_mounts_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str, kind: str, local: bool
) -> None:
    """The nearest mount point above counts, of two on one point the later; what is unknown is not local."""
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    monkeypatch.setattr(machine, "_MOUNTS", table)
    assert machine.file_system(Path(path)) == kind
    assert machine.is_local(Path(path)) is local


def test_without_mounts_nothing_is_local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nobody knows the file system, it is not taken for a local one."""
    monkeypatch.setattr(machine, "_mounts", list)
    assert machine.file_system(tmp_path) is None
    assert not machine.is_local(tmp_path)


@LINUX
def test_psutil_knows_the_mounts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the kernel's table psutil's is taken, and says the same about the root."""
    there = machine.file_system(Path("/"))
    monkeypatch.setattr(machine, "_MOUNTS", Path("/nowhere"))
    assert machine.file_system(Path("/")) == there
