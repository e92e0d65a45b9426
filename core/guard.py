"""What an operating system offers to hold a process in: the one module that knows their differences.

Windows has no process groups to kill and no resource limits; macOS has limits that do nothing. Everywhere the parent
watches resident size and kills the family; on Linux the kernel refuses memory at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

import psutil

if sys.platform != "win32":
    import resource
    import termios
    import tty

    def enter(memory: int) -> None:
        """Hold the calling process: a group of its own, its data limited to `memory` bytes, no core dump."""
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # RLIMIT_DATA and not RLIMIT_AS: mapped libraries would count against the latter.
        if sys.platform == "linux":
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
        # The terminal's Ctrl-C is for the parent, which ends us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def peak() -> int:
        """Return the largest resident size, in bytes, this process ever had."""
        return _peak(resource.RUSAGE_SELF)

    def peak_of_children() -> int:
        """Return the largest resident size, in bytes, that any ended child ever had."""
        return _peak(resource.RUSAGE_CHILDREN)

    def _peak(who: int) -> int:
        size = resource.getrusage(who).ru_maxrss
        return size if sys.platform == "darwin" else size * 1024

    def kill_group(pid: int) -> None:
        """End what a process that held itself left behind; its group outlives it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    # How native code (SIGABRT) and the kernel (SIGKILL) end a process that has no memory left.
    STARVED = frozenset({signal.SIGABRT, signal.SIGKILL})

    @contextlib.contextmanager
    def unseen_keys(handle: int) -> Iterator[None]:
        """Let a terminal hand over each key at once and show none, and leave it as it was."""
        before = termios.tcgetattr(handle)
        try:
            tty.setcbreak(handle, termios.TCSADRAIN)
            yield
        finally:
            termios.tcsetattr(handle, termios.TCSADRAIN, before)

else:

    def enter(memory: int) -> None:
        """Hold the calling process: nothing but the parent's watch on Windows."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def peak() -> int:
        """Return the largest resident size, in bytes, this process ever had."""
        return int(psutil.Process().memory_info().peak_wset)

    def peak_of_children() -> int:
        """Return 0: Windows does not say."""
        return 0

    def kill_group(pid: int) -> None:
        """Do nothing: Windows has no groups."""

    STARVED = frozenset({signal.SIGABRT})


def resident(pid: int) -> int:
    """Return the resident size of a process and its descendants in bytes, 0 if it is gone."""
    try:
        process = psutil.Process(pid)
        return int(process.memory_info().rss) + sum(_rss(child) for child in process.children(recursive=True))
    except psutil.Error:
        return 0


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def kill_family(pid: int) -> None:
    """End a process and all its descendants at once."""
    try:
        family = [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]
    except psutil.Error:
        family = []
    kill_group(pid)
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()
