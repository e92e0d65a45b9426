"""One process that does the work and may be killed: a PDF can hang or crash whatever reads it.

An alarm inside a process cannot interrupt native code and a memory limit does not stop a loop, so the parent keeps the
clock and watches resident size. The child takes calls over a pipe of its own, one at a time, and is started again when
it died. A call ends in one of three ways: done, failed (the function raised an error of ours), died.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import ParamSpec, Self, TypeVar, cast

from . import guard
from .errors import Crashed, OutOfMemory, TimedOut, TukscalError, own_fault

P = ParamSpec("P")
T = TypeVar("T")

_WATCH = 0.05  # seconds between looks at the child's memory
_NEAR = 0.5  # share of the memory limit from which an abort is the limit's doing
_FULL = 0.8  # share from which the limit was met though nobody said so: libraries swallow MemoryError
_GRACE = 1.0  # seconds a child told to leave may take


class Child:
    """A process that runs functions under a time limit in seconds and a memory limit in bytes."""

    def __init__(self, *, timeout: float, memory: int) -> None:
        self._timeout = timeout
        self._memory = memory
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._seen = 0  # the child's largest resident size, as far as seen
        self._before = 0  # that of all children before it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close(at_once=error is not None)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a module-level function returns, called in the child.

        Raises what it raised, or TimedOut, OutOfMemory or Crashed if it had to be killed or died.
        """
        process, pipe = self._running()
        try:
            pipe.send_bytes(pickle.dumps((function, args, kwargs)))
            outcome, value = self._receive(process, pipe)
        except (EOFError, OSError):
            raise self._died(process) from None
        except BaseException:
            self.close(at_once=True)
            raise
        if isinstance(value, OutOfMemory):
            self.close(at_once=True)  # what it holds would count against the next call
        if outcome == "failed":
            raise cast(TukscalError, value)
        return cast(T, value)

    def close(self, *, at_once: bool = False) -> None:
        """End the child."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is not None:
            if not at_once:
                process.join(_GRACE)
            if process.pid is not None:
                (guard.kill_family if process.is_alive() else guard.kill_group)(process.pid)
            process.join()
            process.close()

    def _running(self) -> tuple[SpawnProcess, Connection]:
        if self._process is not None and self._pipe is not None and self._process.is_alive():
            return self._process, self._pipe
        self.close(at_once=True)
        self._seen, self._before = 0, guard.peak_of_children()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._memory), daemon=True)
        self._process.start()
        theirs.close()
        return self._process, self._pipe

    def _receive(self, process: SpawnProcess, pipe: Connection) -> tuple[str, object]:
        deadline = time.monotonic() + self._timeout
        while not pipe.poll(min(_WATCH, max(deadline - time.monotonic(), 0))):
            if time.monotonic() >= deadline:
                raise TimedOut(f"Converting took longer than {self._timeout:g} seconds and was stopped.")
            self._seen = max(self._seen, guard.resident(process.pid or 0))
            if self._seen > self._memory:
                raise self._too_much()
            if not process.is_alive() and not pipe.poll():
                raise EOFError
        answer = pipe.recv_bytes()
        try:
            return cast(tuple[str, object], pickle.loads(answer))  # noqa: S301 - from our own child
        except Exception:  # a dying child may have written anything, and unpickling anything may raise anything
            raise Crashed("Converting gave an answer that cannot be read.") from None

    def _died(self, process: SpawnProcess) -> TukscalError:
        """Return the error for a child that ended without an answer."""
        process.join(_GRACE)
        code = process.exitcode or 0
        self.close(at_once=True)
        if -code in guard.STARVED and self._peak() > self._memory * _NEAR:
            return self._too_much()
        return Crashed(f"Converting stopped unexpectedly ({_signal_name(code)}).")

    def _peak(self) -> int:
        """Return the most memory the ended child held, as far as known.

        The system tells the largest of all children, and counts what the parent held when it started each.
        """
        largest = guard.peak_of_children()
        return max(self._seen, largest if largest > max(self._before, guard.peak()) else 0)

    def _too_much(self) -> OutOfMemory:
        return OutOfMemory(f"Converting needed more than {self._memory // 2**20:,} MiB of memory and was stopped.")


def _signal_name(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _serve(pipe: Connection, memory: int) -> None:
    """Answer calls until the parent closes its end."""
    guard.enter(memory)
    if not os.environ.get("TUKSCAL_DEBUG"):
        _be_silent()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    held = guard.peak()  # may be the parent's
    while True:
        try:
            call = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(call, full=max(int(memory * _FULL), held)))


def _be_silent() -> None:
    """Send what libraries and the C runtime print to nowhere: a person gets sentences, from the parent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _leave_with_parent() -> None:
    """End this process and what it started when its parent is gone: nobody is left to stop it at its limit."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        guard.kill_family(os.getpid())
        os._exit(1)


def _answer(call: bytes, *, full: int) -> bytes:
    """Return the answer to a call; memory beyond `full` bytes means that the limit was met and kept quiet."""
    try:
        function, args, kwargs = pickle.loads(call)  # noqa: S301 - from our own parent
        answer = pickle.dumps(("done", function(*args, **kwargs)))
    except MemoryError:
        return _failure(_starved())
    except TukscalError as error:
        return _failure(_starved() if guard.peak() > full else error)
    except Exception as error:  # a bug of ours: the person gets a sentence, the next file its turn
        return _failure(own_fault(error))
    return _failure(_starved()) if guard.peak() > full else answer


def _failure(error: TukscalError) -> bytes:
    return pickle.dumps(("failed", error))


def _starved() -> OutOfMemory:
    return OutOfMemory("Converting needed more memory than the limit allows and was stopped.")
