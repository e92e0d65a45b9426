"""Functions for a Child to run; import as `tukscal.tests.core.guarded`, which the spawned process can do too."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psutil
from tukscal.core.child import Child
from tukscal.core.errors import BadRows

marks: list[str] = []  # what a forked process would inherit
_held: list[bytes] = []
_PATIENCE = threading.Event()  # never set: waiting for it gives the processor away


# ---- for tests


def eventually(is_true: Callable[[], bool], seconds: float) -> bool:
    """Ask again until the answer is yes, at most so many seconds."""
    steps = int(seconds / 0.02) + 1
    return any(is_true() or _PATIENCE.wait(0.02) for _ in range(steps)) or is_true()


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def group(leader: int) -> list[int]:
    """Return the processes of a group that run."""
    return [pid for pid in psutil.pids() if _group_of(pid) == leader and alive(pid)]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def pids_in(file: Path, count: int) -> list[int]:
    """Return the process ids a function wrote, as soon as all are there."""
    assert eventually(lambda: file.exists() and file.read_text().count("\n") >= count, 10)
    return [int(line) for line in file.read_text().split()]


def _tell(file: Path, *pids: int) -> None:
    with file.open("a") as stream:
        stream.writelines(f"{pid}\n" for pid in pids)


# ---- that answer


def add(left: int, right: int = 1) -> int:
    """Return a sum."""
    return left + right


def pid() -> int:
    """Return the process's id."""
    return os.getpid()


def seen_marks() -> list[str]:
    """Return what this process finds in `marks`."""
    return marks


def big(size: int) -> bytes:
    """Return so many bytes."""
    return b"x" * size


def visible(secret: str) -> list[str]:
    """Return where anybody on the machine could read a secret: arguments of all processes, our own environment."""
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [text for text in (*commands, *os.environ.values()) if secret in text]


def chatter() -> None:
    """Print to both streams, as Python and as the C library."""
    print("Python output")
    print("Python error", file=sys.stderr)
    os.write(1, b"C output\n")
    os.write(2, b"C error\n")


def leave_grandchild(file: Path) -> int:
    """Start a process, tell who it is and return without waiting for it."""
    grandchild = subprocess.Popen(["sleep", "600"])
    _tell(file, os.getpid(), grandchild.pid)
    return grandchild.pid


# ---- that fail


def fail_by_name() -> NoReturn:
    """Raise an error of ours with everything it can say."""
    raise BadRows("No row.", advice="Look.", file="a.pdf", page=2, row=3, text="COS 2l4")


def fail_by_bug(kind: str) -> NoReturn:
    """Raise what a library or a bug raises."""
    if kind == "library":
        psutil.Process(-1)
    raise {"text": ValueError("pdfminer: secret detail"), "empty": RuntimeError(), "key": KeyError("pdfplumber")}[kind]


def recurse(depth: int = 0) -> int:
    """Call itself until Python gives up."""
    return recurse(depth + 1) + 1


def unpicklable() -> Callable[[], None]:
    """Return what cannot travel."""
    return lambda: None


class Poison:
    """A value that cannot be unpacked where it arrives."""

    def __reduce__(self) -> tuple[Callable[[int], int], tuple[int]]:
        return _refuse, (os.getpid(),)


def _refuse(packed_by: int) -> int:
    if os.getpid() != packed_by:
        raise ValueError("pickle data was truncated")
    return packed_by


def poison() -> Poison:
    """Return a value that cannot be unpacked."""
    return Poison()


# ---- that hang


def loop(file: Path) -> NoReturn:
    """Loop for ever in Python."""
    _tell(file, os.getpid())
    while True:
        pass


def hang(file: Path) -> None:
    """Hang in C, as PDFium would."""
    _tell(file, os.getpid())
    ctypes.CDLL(None).pause()


def hang_with_lock(file: Path) -> None:
    """Hang in C with the interpreter's lock held: no other thread of this process can run."""
    _tell(file, os.getpid())
    ctypes.PyDLL(None).pause()


def ignore_sigterm(file: Path) -> NoReturn:
    """Loop and refuse to be asked to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGTERM)
    loop(file)


def hang_with_grandchild(file: Path) -> None:
    """Hang, and have a child that hangs."""
    leave_grandchild(file)
    ctypes.CDLL(None).pause()


def hang_in_child(file: Path) -> None:
    """Be the parent that hangs with a child: for a process of its own, to be killed."""
    with Child(timeout=600, memory=2**30) as child:
        child.call(hang_with_grandchild, file)


# ---- that die


def abort_with(size: int) -> NoReturn:
    """Abort holding so many bytes, as C++ does when it gets no more."""
    _held.append(b"x" * size)
    os.abort()


def die_by(number: int) -> None:
    """Be killed by a signal."""
    os.kill(os.getpid(), number)
    ctypes.CDLL(None).pause()


def segfault() -> None:
    """Read address 0."""
    ctypes.string_at(0)


def vanish(status: int) -> NoReturn:
    """End without an answer."""
    os._exit(status)


def vanish_with_grandchild(file: Path) -> NoReturn:
    """End without an answer and leave a process behind."""
    leave_grandchild(file)
    os._exit(0)


# ---- that eat memory


def want(size: int) -> int:
    """Ask for more bytes than there are at once."""
    return len(b"x" * size)


def swallow_memory_error() -> str:
    """Fill memory and keep quiet about it, as libraries do."""
    held = []
    try:
        while True:
            held.append(b"x" * 2**20)
    except MemoryError:
        held.clear()
    return "done"


def swallow_then_blame() -> NoReturn:
    """Fill memory and call the PDF bad, as libraries do."""
    swallow_memory_error()
    raise BadRows("Nothing could be read.")


def grow_shared() -> int:
    """Grow to 2 GiB in shared memory, which no limit on data counts: only its resident size tells."""
    held = []
    for _ in range(128):
        held.append(mmap.mmap(-1, 2**24))
        held[-1].write(b"x" * 2**24)
    return len(held)
