"""Limits that an operating system can set on a process; the one module that knows their differences.

Windows has no process groups to kill and no resource limits; macOS has limits that do nothing. Everywhere the parent
watches resident size and kills the family; on Linux the kernel refuses memory at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import Literal, NoReturn

import psutil

_POLITE = 10  # of 19: how far a process steps back

if sys.platform != "win32":
    import resource
    import termios
    import tty

    def enter(memory: int) -> None:
        """Restrict the calling process: a process group of its own, its data limited to `memory` bytes, no core dump.

        A machine that runs out of memory kills it before its parent.
        """
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # RLIMIT_DATA and not RLIMIT_AS: mapped libraries would count against the latter.
        if sys.platform == "linux":
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
        # The terminal's Ctrl-C and a service's stop, which all its processes hear, are for the parent, which ends us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def allow_files(number: int) -> int:
        """Allow this process so many open files, or as many as possible; return how many that is."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY or soft >= number:
            return number
        wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted

    def step_back() -> None:
        """Lower this process's priority: others have a user waiting."""
        with contextlib.suppress(OSError):
            os.nice(max(0, _POLITE - os.nice(0)))

    def peak() -> int:
        """Return the largest resident size in bytes of this process, since `forget_peak` if it was called."""
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size if sys.platform == "darwin" else size * 1024

    def kill_group(pid: int) -> None:
        """Kill what a process in a group of its own left behind; the group outlives it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    # How native code (SIGABRT) and the kernel (SIGKILL) end a process that has no memory left.
    STARVED = frozenset({signal.SIGABRT, signal.SIGKILL})

    def killed_for_memory(code: int | None, before: int) -> bool:
        """Tell whether a process that ended with this code was killed because the machine had no memory left.

        `before` is the value of `oom_kills` while it was alive.
        """
        return code == -signal.SIGKILL and oom_kills() > before

    @contextlib.contextmanager
    def unseen_keys(handle: int) -> Iterator[None]:
        """Let a terminal deliver each key at once without echo, and restore it at the end."""
        before = termios.tcgetattr(handle)
        try:
            tty.setcbreak(handle, termios.TCSADRAIN)
            yield
        finally:
            termios.tcsetattr(handle, termios.TCSADRAIN, before)

else:

    def enter(memory: int) -> None:
        """Do nothing: on Windows only the parent watches."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def allow_files(number: int) -> int:
        """Return the number: Windows has no such limit."""
        return number

    def step_back() -> None:
        """Do nothing: the parent sets the class of a process on Windows."""

    def peak() -> int:
        """Return the largest resident size, in bytes, this process ever had."""
        return int(psutil.Process().memory_info().peak_wset)

    def killed_for_memory(code: int | None, before: int) -> bool:
        """Return False: Windows refuses memory and kills nobody."""
        return False

    def kill_group(pid: int) -> None:
        """Do nothing: Windows has no groups."""

    STARVED = frozenset({signal.SIGABRT})


# A forked worker starts in milliseconds with the converter loaded. Elsewhere forking is not safe or not there.
ENDING_SIGNALS = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__
)
"""What tells a program to end: Ctrl-C, a service manager, a terminal that is closed."""

RELOAD_SIGNAL = signal.Signals.__members__.get("SIGHUP")
"""What tells a daemon to read its configuration again, where there is such a signal."""

START_METHOD: Literal["forkserver", "spawn"] = "forkserver" if sys.platform == "linux" else "spawn"
SENTINELS_SELECT = sys.platform != "win32"
"""Whether a selector can wait for a process's end."""


def cores() -> int:
    """Return how many processors this process may use: those of its affinity, or its container's share."""
    own = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
    quota, period = _cgroup("cpu.max") or ("max", "1")
    return own if quota == "max" else max(1, min(own, int(quota) // int(period)))


def available() -> int:
    """Return the bytes of memory available without swapping, on the machine or in the container."""
    machine = int(psutil.virtual_memory().available)
    (most, *_), (used, *_) = _cgroup("memory.max") or ["max"], _cgroup("memory.current") or ["0"]
    if most == "max":
        return machine
    stat = _cgroup("memory.stat")  # names and numbers in turn; pages of files give way
    files = int(stat[stat.index("inactive_file") + 1]) if "inactive_file" in stat else 0
    return max(0, min(machine, int(most) - int(used) + files))


def _cgroup(name: str) -> list[str]:
    """Return the words of one of this container's control files, none where there is no such file."""
    try:
        with open(f"/sys/fs/cgroup/{name}") as file:
            return file.read().split()
    except OSError:
        return []


def forget_peak() -> None:
    """Let `peak` count from now; only on Linux."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def oom_kills() -> int:
    """Return how many processes the kernel has killed for lack of memory since boot, 0 if unknown."""
    with contextlib.suppress(OSError), open("/proc/vmstat", "rb") as file:
        return next((int(line.split()[1]) for line in file if line.startswith(b"oom_kill ")), 0)
    return 0


def resident(pid: int) -> int:
    """Return the resident size of a process and its descendants in bytes, 0 if it is gone."""
    size = _size(pid)
    return size + sum(map(resident, _children(pid))) if size else 0


def _size(pid: int) -> int:
    """Return the resident size of one process, 0 if it is gone."""
    if sys.platform != "linux":
        try:
            return int(psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            return 0
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _children(pid: int) -> list[int]:
    if not _TOLD:
        try:
            return [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return []
    children = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children += [int(child) for child in file.read().split()]
    return children


def _kill_all(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, _KILL)


def _descendants(pid: int) -> list[int]:
    children = _children(pid)
    return children + [pid for child in children for pid in _descendants(child)]


_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL  # on Windows the former ends at once
_PAGE = resource.getpagesize() if sys.platform != "win32" else 4096
# psutil would read every process of the machine: too many steps for a worker whose interpreter is busy.
_TOLD = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


class Family:
    """A process and its descendants, identified by more than a process id, which is reused."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._leader = _process(pid)
        self.end = _end_of(pid)
        """A descriptor that can be read from the process's end on, None where there is no such thing."""

    def kill(self) -> None:
        """Kill the process and all its descendants at once; of one that is gone, what is left in its group."""
        running = self._leader is not None and self._leader.is_running()
        below = _descendants(self.pid) if running else []
        if self.pid == os.getpid():  # afterwards nobody would be there to do it
            _kill_all(below)
        if running or not psutil.pid_exists(self.pid):
            kill_group(self.pid)
        if running and self._leader is not None:  # it leads no group before it holds itself, and never on Windows
            with contextlib.suppress(psutil.Error):
                self._leader.kill()
        _kill_all(below)  # last: one that sees its children end may start others

    def close(self) -> None:
        """Close the descriptor; calling it again does nothing."""
        if self.end is not None:
            os.close(self.end)
            self.end = None


def kill_family(pid: int) -> None:
    """Kill a process and all its descendants at once."""
    family = Family(pid)
    family.kill()
    family.close()


def end_self() -> NoReturn:
    """Kill the calling process and all its descendants."""
    kill_family(os.getpid())
    os._exit(1)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _end_of(pid: int) -> int | None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return None
