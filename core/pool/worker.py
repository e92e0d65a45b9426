"""The parent's view of one worker process."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from typing import NamedTuple, cast

from ..errors import Crashed, OutOfMemory, TimedOut, TukscalError
from ..system import process
from .channel import Answer, Call, Channel, Garbled, Grown, LogMessage, Ready, pack
from .serve import LATE, LATE_CODE, Setting, serve

_NEAR = 0.5  # share of the memory limit from which an abort is the limit's doing
_WORN = 0.25  # share from which a worker is replaced: what it holds would count against the next call
_GRACE = 1.0  # seconds a worker told to leave may take, and one that closed its socket
_SAFE = "PYTHONSAFEPATH"
_START = 60.0  # seconds a worker may take to start, on a machine with other things to do
_LINGER = 0.5  # seconds an answer may go on arriving after the deadline: the parent may have been away


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The limits of a call: `timeout` in seconds, `memory` in bytes; a worker is replaced after `recycle` calls."""

    timeout: float = 60.0
    memory: int = 2**30
    recycle: int = 1000


class Ending(NamedTuple):
    """How a call ended: with an answer, or with the worker's death, given by `died`."""

    answer: Answer
    died: bool


class CannotStart(Crashed):
    """No worker can be started: the machine or the installation is at fault, not a PDF."""

    default_advice = "Run `tukscal doctor`: it looks for what keeps the converting process from starting."


class Worker:
    """A worker process and its current call."""

    def __init__(self, guards: Guards) -> None:
        self._guards = guards
        context = cast(SpawnContext, multiprocessing.get_context(process.START_METHOD))  # or its like
        setting = Setting(guards.memory, _levels(), os.environ.get("TUKSCAL_DEBUG", ""))
        ours, theirs = socket.socketpair()
        self._process = context.Process(target=serve, args=(theirs, setting), daemon=True)
        try:
            with _safe_path():
                self._process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.channel = Channel(ours)
        self.pid = self._process.pid or 0
        self._family = process.Family(self.pid)
        # The forkserver's word on the end of a process is lost with the forkserver: the kernel's is better.
        self.sentinel = self._family.end or self._process.sentinel
        self.ready = False
        self.busy = False
        self.calls = 0
        self._number = 0
        self._since = time.monotonic()
        self._leave_by = float("inf")
        self._lingers = False
        self._spoilt = False
        self._peak = 0
        self._starved = 0

    @property
    def deadline(self) -> float:
        """When to stop it, by the monotonic clock; a call starts as soon as the worker can take it."""
        seconds = (self._guards.timeout if self.busy else float("inf")) if self.ready else _START
        return min(self._leave_by, self._since + seconds)

    @property
    def worn(self) -> bool:
        """Whether it should be replaced before its next call."""
        return self.calls >= self._guards.recycle or self._peak > self._guards.memory * _WORN or self._spoilt

    @property
    def gone(self) -> bool:
        """Whether the process has ended."""
        return bool(multiprocessing.connection.wait([self.sentinel], 0))

    @property
    def usable(self) -> bool:
        """Whether it can be given a call: a worker that died since its last call would take the new one with it."""
        return self.channel.open and not self.gone

    def begin(self, call: Call) -> None:
        """Send a call; only while the worker is idle."""
        self.busy = True
        self.calls += 1
        self._number = call.number
        self._lingers = False
        self._peak = 0
        self._starved = process.oom_kills()
        if self.ready:
            self._since = time.monotonic()
        self.channel.send(pack(call))

    def look(self) -> Ending | None:
        """Read its messages, check its time and size, and return how its call ended, if it did."""
        try:
            answer = self._hear(self.channel.read())
            if answer is None and self.gone:
                answer = self._hear(self.channel.read_rest())
                return Ending(answer, died=False) if answer else self._bury()
        except Garbled:
            return self._died(Crashed("Converting gave an answer that cannot be read."))
        if answer is not None:
            return Ending(answer, died=isinstance(answer.error, OutOfMemory))
        return self._judge(time.monotonic())

    def weigh(self) -> Ending | None:
        """Check its resident size and return how its call ended, if that was too large."""
        self._peak = max(self._peak, size := process.resident(self.pid))
        return self._died(self._too_much()) if self.busy and size > self._guards.memory else None

    def close(self, *, at_once: bool = False) -> None:
        """End the process and its descendants; write the log lines it still sent."""
        if not at_once:
            self.channel.finish()
            self._process.join(_GRACE)
        self._family.kill()
        self._process.join(_GRACE)
        with contextlib.suppress(Garbled):
            self._hear(self.channel.read_rest())
        self.channel.close()
        self._family.close()
        if self._process.exitcode is not None:  # else it cannot be killed yet: a dead disk holds it
            self._process.close()

    def _hear(self, values: Iterable[object]) -> Answer | None:
        """Process its messages and return the first answer to the call, if there is one.

        Raises Garbled if garbage came first.
        """
        answer = None
        try:
            for value in values:
                answer = self._note(value) or answer
        except Garbled:
            self._spoilt = True
            if answer is None:
                raise
        return answer

    def _note(self, value: object) -> Answer | None:
        match value:
            case Ready() if not self.ready:
                self.ready, self._since = True, time.monotonic()
            case Grown(int(peak), number):
                self._peak = max(self._peak, peak) if number == self._number else self._peak
            case LogMessage(dict(record)):
                _write(record)
            case Answer() if value.number != self._number or not self.busy:
                self._spoilt = True  # an answer nobody asked for
            case Answer():
                self.busy = False
                self._peak = max(self._peak, value.peak)
                return value
            case _:
                raise Garbled
        return None

    def _judge(self, now: float) -> Ending | None:
        """Return the ending of a call that takes too long or whose worker closed its end."""
        if self.channel.ended:
            self._leave_by = min(self._leave_by, now + _GRACE)
        if now < self.deadline:
            return None
        if self.channel.moving and not self._lingers:
            self._lingers, self._since = True, now + _LINGER - self._guards.timeout
            return None
        if self._leave_by <= now:  # it closed its socket and lives on
            return self._died(Crashed("Converting gave no answer."))
        return self._died(self._late())

    def _bury(self) -> Ending:
        """Return the ending of a worker that exited without an answer."""
        self._process.join(_GRACE)
        code = self._process.exitcode
        if code == LATE_CODE and self.busy and time.monotonic() >= self.deadline + LATE:
            return self._died(self._late())  # it ended itself: we were away
        killed = code is not None and -code in process.STARVED and self._peak > self._guards.memory * _NEAR
        if killed or process.killed_for_memory(code, self._starved):
            return self._died(self._too_much())
        return self._died(Crashed(f"Converting stopped unexpectedly ({_how(code)})."))

    def _died(self, error: TukscalError) -> Ending:
        if not self.ready:
            error = CannotStart(f"The converting process cannot start: {error.message}")
        return Ending(Answer(None, error, self._peak), died=True)

    def _late(self) -> TimedOut:
        seconds = self._guards.timeout if self.ready else _START
        return TimedOut(f"Converting took longer than {seconds:g} seconds and was stopped.")

    def _too_much(self) -> OutOfMemory:
        return OutOfMemory(
            f"Converting needed more than {self._guards.memory // 2**20:,} MiB of memory and was stopped."
        )


def _levels() -> dict[str, int]:
    """Return the log levels that were set, by logger."""
    loggers = {"": logging.getLogger(), **logging.getLogger().manager.loggerDict}
    levels = {name: logger.level for name, logger in loggers.items() if isinstance(logger, logging.Logger)}
    return {name: level for name, level in levels.items() if level or not name}


def _write(record: dict[str, object]) -> None:
    line = logging.makeLogRecord(record)
    logger = logging.getLogger(line.name)
    if logger.isEnabledFor(line.levelno):
        logger.handle(line)


@contextlib.contextmanager
def _safe_path() -> Iterator[None]:
    """Start Python so that it finds no module in the current folder, where a PDF's sender may have put one."""
    before = os.environ.get(_SAFE)
    os.environ[_SAFE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE]
        else:
            os.environ[_SAFE] = before


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
