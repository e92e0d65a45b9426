"""Functions for a Pool to run; import as `tukscal.tests.core.guarded`, which the spawned process can do too."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import mmap
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import connection, forkserver
from pathlib import Path
from typing import Any, NoReturn, cast

import psutil
from tukscal.core.errors import BadRows
from tukscal.core.pool import Executor, Guards, Outcome, Pool
from tukscal.core.pool.channel import Grown, LogMessage, Ready, pack
from tukscal.core.system import process
from tukscal.tests.waiting import LATEST, eventually

marks: list[str] = []  # what a forked process would inherit
_held: list[bytes] = []
_PATIENCE = threading.Event()  # never set: waiting for it gives the processor away


# ---- for tests


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for_end(pid: int) -> None:
    """Wait until a process and its threads have ended; its first thread alone may be dead sooner."""
    family = process.Family(pid)
    assert family.end is None or connection.wait([family.end], 10)
    family.close()
    assert not alive(pid)


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


def drive(pool: Executor, calls: Iterable[Sequence[Any]]) -> list[Outcome]:
    """Make calls, each a key, a function and its arguments, as many at once as the pool takes; return all outcomes."""
    waiting, outcomes = deque(calls), list[Outcome]()
    while waiting or pool.running:
        while waiting and pool.free:
            pool.start(*waiting.popleft())
        outcomes += pool.wait()
    return outcomes


def drive_one(pool: Pool, calls: int) -> list[Outcome]:
    """Make calls one after the other beside what runs already."""
    outcomes: list[Outcome] = []
    for number in range(calls):
        pool.start(number, work, number)
        outcomes += pool.wait()
    return outcomes


def stop(pid: int) -> None:
    """Stop a process, as Ctrl-Z does."""
    os.kill(pid, signal.SIGSTOP)
    assert eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 5)


def go_on(pid: int) -> None:
    """Let a stopped process run."""
    os.kill(pid, signal.SIGCONT)


def warm(pool: Pool, workers: int) -> list[int]:
    """Return the process ids of all workers of a pool once they are ready."""
    pids: set[int] = set()
    while len(pids) < workers:
        pids = {outcome.worker for outcome in drive(pool, [(i, meet, 0.02) for i in range(workers * 2)])}
    return list(pids)


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


def work(number: int, steps: int = 0) -> int:
    """Return twice a number after some work."""
    sum(range(steps * 1000))
    return number * 2


def meet(seconds: float) -> int:
    """Give the processor away for a while."""
    _PATIENCE.wait(seconds)
    return os.getpid()


def files() -> list[str]:
    """Return what this process has open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{name}"))
    return found


def standard_input() -> str:
    """Return what this process would read from."""
    return os.readlink("/proc/self/fd/0")


def size_of(data: bytes) -> int:
    """Return how much arrived."""
    return len(data)


def never_refused(count: int) -> bool:
    """Answer as a system without limits would, asked for so many bytes."""
    return count < 0


def has(module: str) -> bool:
    """Tell whether a module was loaded before this call."""
    return module in sys.modules


def read(file: Path) -> str:
    """Return a file's text."""
    return file.read_text()


def seen_marks() -> list[str]:
    """Return what this process finds in `marks`."""
    return marks


def big(size: int) -> bytes:
    """Return so many bytes."""
    return b"x" * size


def size_of_big(size: int) -> int:
    """Return how many bytes `big` returns."""
    return len(big(size))


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


def no_memory() -> NoReturn:
    """Be refused memory."""
    raise MemoryError


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
    """Be the parent that hangs with a worker: for a process of its own, to be interrupted."""
    with Pool(guards=Guards(timeout=600)) as pool:
        pool.call(hang_with_grandchild, file)


def be_a_parent(pids: str, how: str) -> None:
    """Have busy workers, one with a grandchild and one as `how` says, and wait: for a process of its own, to be killed.

    The first line written is the forkserver's process id, 0 where there is none.
    """
    hangs = {"held": hang_with_lock, "eating": grow_for_ever, "looping": loop}
    with Pool(4, Guards(timeout=PARENT_LIMIT, memory=2**30)) as pool:
        warm(pool, 4)
        _tell(Path(pids), forkserver_pid())
        calls = [(hang_with_grandchild, Path(pids)), (ignore_sigterm, Path(pids)), (hang, Path(pids))]
        for key, (function, file) in enumerate(calls):
            pool.start(key, function, file)
        pids_in(Path(pids), 5)
        pool.start("last", hangs[how], Path(pids))
        _PATIENCE.wait()  # the parent is busy with something else


PARENT_LIMIT = 3.0  # seconds


def forkserver_pid() -> int:
    """Return the process id of the process that forks the workers, 0 if there is none."""
    return getattr(forkserver, "_forkserver")._forkserver_pid or 0  # noqa: B009


def grow_for_ever(file: Path) -> NoReturn:
    """Use more memory and give it back again and again, which is what a worker tells its parent."""
    _tell(file, os.getpid())
    while True:
        len(b"x" * 2**28)


def forget_a_pool(file: Path) -> None:
    """Exit without closing a pool whose worker is busy and cannot be asked to end."""
    pool = Pool(guards=Guards(timeout=600))
    _forgotten.append(pool)
    pool.start(0, ignore_sigterm, file)
    pids_in(file, 1)


_forgotten: list[Pool] = []


# ---- that die


def abort_with(size: int) -> NoReturn:
    """Abort holding so many bytes, as C++ does when it gets no more; what is large is known to the parent by then."""
    told = _told_of(size)
    _held.append(b"x" * size)
    told.wait(LATEST if size else 0)
    os.abort()


def _told_of(size: int) -> threading.Event:
    """Return an event that is set once the parent has been told that this call takes so many bytes."""
    port, told = _port(), threading.Event()
    first = port.send

    def send(message: bytes) -> None:
        first(message)
        match pickle.loads(message[8:]):  # noqa: S301 - our own
            case Grown(int(peak), _) if peak >= size:
                told.set()

    port.send = send
    return told


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


_counts: dict[Path, mmap.mmap] = {}


def log_lines(name: str, lines: int, counts: Path) -> None:
    """Log numbered lines; count in a file named by the process those whose logging has returned."""
    if counts not in _counts:
        with (counts / str(os.getpid())).open("w+b") as file:
            file.write(bytes(8))
            file.flush()
            _counts[counts] = mmap.mmap(file.fileno(), 8)
    for _ in range(lines):
        number = int.from_bytes(_counts[counts][:8], "big") + 1
        logging.getLogger(name).info("%d %d", os.getpid(), number)
        _counts[counts][:8] = number.to_bytes(8, "big")


def count_in(file: Path) -> int:
    """Return how many lines a process had logged."""
    return int.from_bytes(file.read_bytes(), "big")


class _Unreadable:
    def __str__(self) -> str:
        raise ValueError("unreadable")


def log_oddly(name: str) -> int:
    """Log arguments, an exception, extras that cannot travel, an argument that cannot be written, and an error."""
    logger = logging.getLogger(name)
    logger.info("one %d %s", 1, {"two": 2})
    try:
        int("no number")
    except ValueError:
        logger.exception("it failed")
    logger.info("with extras", extra={"job": 7, "odd": lambda: 0})
    logger.info("%s", _Unreadable())
    logger.info("%d", "no number")
    logger.info("error: %s", ValueError("unreadable"))
    return os.getpid()


def log_at_levels(name: str) -> int:
    """Log a line at each of four levels; return how many levels are on."""
    logger, levels = logging.getLogger(name), (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
    for level in levels:
        logger.log(level, "line")
    return sum(map(logger.isEnabledFor, levels))


def log_later(name: str, file: Path) -> int:
    """Return, log a line from a thread afterwards and tell."""

    def later() -> None:
        _PATIENCE.wait(0.05)
        logging.getLogger(name).info("later")
        _tell(file, os.getpid())

    threading.Thread(target=later).start()
    return os.getpid()


def die_at_start(end: object, setting: object) -> NoReturn:
    """Be a worker that dies before it is ready."""
    os._exit(3)


# ---- that break the talk with the parent


def _end() -> socket.socket:
    """Return this worker's socket."""
    return cast(socket.socket, _port()._port._socket)


def _port() -> Any:
    frame = sys._getframe()
    while "port" not in frame.f_locals or "setting" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    return frame.f_locals["port"]


def _pause() -> NoReturn:
    while True:
        ctypes.CDLL(None).pause()


def send_then_hang(data: bytes) -> NoReturn:
    """Send some bytes that are no message, and hang."""
    _end().sendall(data)
    _pause()


def send_for_ever(head: bytes, data: bytes) -> NoReturn:
    """Send bytes without end."""
    _end().sendall(head)
    while True:
        _end().sendall(data)


def send_readiness_for_ever() -> NoReturn:
    """Claim to have started, again and again: a call's clock starts when its worker does."""
    while True:
        _end().sendall(pack(Ready()))


def send_growth_for_ever() -> NoReturn:
    """Tell the parent the same, again and again."""
    while True:
        _end().sendall(pack(Grown(1, 1)) * 100)


def log_for_ever() -> NoReturn:
    """Log lines without end."""
    while True:
        _end().sendall(pack(LogMessage({"name": "tukscal.flood", "levelno": logging.DEBUG, "msg": "x"})) * 100)


def send_after() -> str:
    """Be done, and send nonsense after the answer."""
    port = _port()
    first = port.send
    port.send = lambda message: first(message + b"\xff" * 100)
    return "done"


def answer_twice() -> str:
    """Be done, twice."""
    port = _port()
    first = port.send
    port.send = lambda message: first(message + message)
    return "done"


def answer_and_vanish() -> str:
    """Be done, and die with the answer sent."""
    port = _port()
    first = port.send

    def last(message: bytes) -> None:
        first(message)
        os._exit(0)

    port.send = last
    return "done"


def hang_up(file: Path) -> NoReturn:
    """Close the socket and live on."""
    _tell(file, os.getpid())
    _end().shutdown(socket.SHUT_RDWR)
    _pause()


def stop_self() -> NoReturn:
    """Stop, as by Ctrl-Z."""
    os.kill(os.getpid(), signal.SIGSTOP)
    _pause()


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


def grow_shared_and_hang() -> NoReturn:
    """Grow to 2 GiB in shared memory and never say so."""
    grow_shared()
    _pause()


def grow_in_grandchild() -> None:
    """Wait for a process that grows without a limit of its own."""
    code = (
        "import mmap\nheld = [mmap.mmap(-1, 2**24) for _ in range(128)]\nfor m in held: m.write(b'x' * 2**24)\ninput()"
    )
    subprocess.run([sys.executable, "-c", code], stdin=subprocess.PIPE, check=False)


def make_memory_group(most: int) -> Path:
    """Make a control group for memory below our own and return its folder, in either version of control groups."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    homes = {name: path for _, names, path in lines for name in names.split(",")}
    first = "memory" in homes
    root = Path("/sys/fs/cgroup/memory" if first else "/sys/fs/cgroup")
    made = root / homes["memory" if first else ""].lstrip("/") / f"tukscal-test-{os.getpid()}"
    made.mkdir()
    try:
        (made / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(most))
    except OSError:
        made.rmdir()
        raise
    return made


def remove_folder(folder: Path) -> bool:
    """Remove an empty folder, a control group that nobody is in."""
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def grow_in_group(folder: Path) -> int:
    """Enter a control group and grow to 512 MiB."""
    (folder / "cgroup.procs").write_text(str(os.getpid()))
    return len([b"x" * 2**24 for _ in range(32)])
