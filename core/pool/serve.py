"""The worker's side: take a call, run it, answer; keep nothing.

A worker has no ledger and no socket but its own. It exits when its parent closes the socket or dies.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import multiprocessing
import multiprocessing.connection
import os
import pickle
import socket
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, ParamSpec, cast

from ..errors import Crashed, OutOfMemory, TukscalError, own_fault
from ..system import process
from .channel import MOST_BYTES, Answer, Call, Grown, LogMessage, Port, Ready, Work, pack

P = ParamSpec("P")

LATE = 1.0
"""Seconds beyond its limit a call may take when its parent does not stop it: it is dead, stopped or slow."""
LATE_CODE = 1
"""The exit code of a worker that ended itself for that."""
_FULL = 0.8  # share of the memory limit from which it was met though nobody said so: libraries swallow MemoryError
_TELL = 32 * 2**20  # bytes of growth worth telling the parent
_LOOK = 0.05  # seconds between looks at our own size
_PLAIN = (str, int, float, type(None))  # what of a log record travels: anything else may not arrive


class Setting(NamedTuple):
    """What a worker must know of its parent: memory in bytes, log levels by logger, the wish for tracebacks."""

    memory: int
    levels: Mapping[str, int]
    debug: str


def serve(end: socket.socket, setting: Setting) -> None:
    """Serve calls until the parent closes its end or dies."""
    process.enter(setting.memory)
    os.environ["TUKSCAL_DEBUG"] = setting.debug  # forked from a process that may be older than the parent's wish
    _be_silent(output=not setting.debug)
    port = _Shared(Port(end))
    _log_to(port, setting.levels)
    threading.Thread(target=_watch, args=(port,), daemon=True).start()
    with contextlib.suppress(OSError):  # the parent is gone
        port.send(pack(Ready()))
        while (payload := port.receive()) is not None:
            call = cast(Call, pickle.loads(payload))  # noqa: S301 - from our own parent
            process.forget_peak()
            port.number = call.number  # only now: what is told of it is its own
            message = _serve_one(call, setting.memory)
            port.send(pack(Grown(process.peak(), call.number)) + message)  # packing takes memory too
    if _orphaned(0):
        process.end_self()


def answer(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Answer:
    """Run a call in this process and return its result; any other exception becomes a TukscalError."""
    try:
        return Answer(function(*args, **kwargs), None)
    except MemoryError:
        return Answer(None, _starved())
    except TukscalError as error:
        return Answer(None, error)
    except Exception as error:  # a bug of ours: the person gets a sentence, the next file its turn
        return Answer(None, own_fault(error))


class _Shared:
    """A port that two threads send on."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._lock = threading.Lock()
        self.receive = port.receive
        self.number = 0
        """The call being made."""

    def send(self, message: bytes) -> None:
        with self._lock:
            self._port.send(message)


def _serve_one(call: Call, memory: int) -> bytes:
    before = process.peak()  # the parent's or an earlier call's, where a peak cannot be forgotten
    # Ends this process also while native code holds the interpreter, when no parent is left to do so.
    faulthandler.dump_traceback_later(min(call.limit + LATE, threading.TIMEOUT_MAX), exit=True, file=2)
    try:
        return _packed(answer(_make, call.work), call.number, full=max(int(memory * _FULL), before))
    finally:
        faulthandler.cancel_dump_traceback_later()


def _make(packed: bytes) -> object:
    work = cast(Work, pickle.loads(packed))  # noqa: S301 - from our own parent
    return work.function(*work.args, **work.kwargs)


def _packed(given: Answer, number: int, *, full: int) -> bytes:
    """Return the message of an answer; a peak above `full` bytes means that the memory limit was hit in silence."""
    peak = process.peak()
    error = _starved() if peak > full else given.error
    try:
        message = pack(Answer(None if error else given.value, error, peak, number))
    except MemoryError:
        message = pack(Answer(None, _starved(), process.peak(), number))
    except Exception as fault:  # a value that cannot travel
        message = pack(Answer(None, own_fault(fault), peak, number))
    if len(message) > MOST_BYTES:
        return pack(Answer(None, Crashed("Converting gave an answer too large to be one."), peak, number))
    return message


def _starved() -> OutOfMemory:
    return OutOfMemory("Converting needed more memory than the limit allows and was stopped.")


def _be_silent(*, output: bool) -> None:
    """Read nothing from standard input, and discard what libraries print: the parent reports to the user."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2) if output else (0,):
        os.dup2(nowhere, stream)
    os.close(nowhere)


class _ToParent(logging.handlers.QueueHandler):
    """Sends log records to the parent, which writes them, so none is lost when this process is killed."""

    def enqueue(self, record: logging.LogRecord) -> None:
        plain: dict[str, object] = {name: value for name, value in vars(record).items() if isinstance(value, _PLAIN)}
        cast(_Shared, self.queue).send(pack(LogMessage(plain)))


def _log_to(port: _Shared, levels: Mapping[str, int]) -> None:
    logging.getLogger().handlers[:] = [_ToParent(port)]  # type: ignore[arg-type] # only `enqueue` touches it
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _watch(port: _Shared) -> None:
    """Report memory growth to the parent; end this process and its descendants when the parent is gone."""
    told = process.peak()
    while not _orphaned(_LOOK):
        number, peak = port.number, process.peak()  # in this order
        if peak > told + _TELL:
            with contextlib.suppress(OSError):
                port.send(pack(Grown(peak, number)))
        told = peak if peak < told or peak > told + _TELL else told
    process.end_self()


def _orphaned(timeout: float) -> bool:
    """Tell whether the parent is gone, waiting at most so many seconds."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # we are a child
    return bool(multiprocessing.connection.wait([parent.sentinel], timeout))
