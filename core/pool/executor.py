"""Executors and the three outcomes of a call: the pool, and an executor without processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec, Protocol, Self, TypeVar, cast

from ..errors import TukscalError
from .channel import Answer, Call
from .serve import answer

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one call ended."""

    key: Hashable
    value: object
    error: TukscalError | None
    died: bool
    """Whether the worker was killed or died over it: timeout, memory, crash."""
    worker: int
    """The worker's process id."""
    started: float
    """Unix seconds."""
    duration: float
    """Seconds, by the monotonic clock."""
    peak: int
    """Largest resident size in bytes, as far as known."""


class Executor(Protocol):
    """An executor of calls: a Pool, or InProcess, which uses no processes."""

    @property
    def free(self) -> int:
        """How many calls may be started now."""

    @property
    def running(self) -> int:
        """How many started calls have no outcome yet."""

    def start(self, key: Hashable, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Start a call of a module-level function; only while `free` is positive."""

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return the outcomes available within so many seconds; none if nothing runs."""

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns or raise what it raised, or TimedOut, OutOfMemory or Crashed."""

    def close(self, *, at_once: bool = False) -> None:
        """End all workers."""


class Calls:
    """What both executors share: the blocking call and the context manager."""

    def call(self: Executor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a module-level function returns, called in a worker; for a pool that has no other call.

        Raises what it raised, or TimedOut, OutOfMemory or Crashed if it had to be killed or died.
        """
        try:
            self.start(None, function, *args, **kwargs)
            (outcome,) = self.wait()
        except BaseException:
            self.close(at_once=True)
            raise
        if outcome.error is not None:
            raise outcome.error
        return cast(T, outcome.value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        cast(Executor, self).close(at_once=error is not None)


@dataclass(slots=True)
class Running:
    """A call that has no outcome yet; `started` in Unix seconds, `since` by the monotonic clock."""

    key: Hashable
    call: Call
    started: float = field(default_factory=time.time)
    since: float = field(default_factory=time.monotonic)

    def ended(self, answer: Answer, worker: int, *, died: bool) -> Outcome:
        """Return its outcome."""
        return Outcome(
            key=self.key,
            value=answer.value,
            error=answer.error,
            died=died,
            worker=worker,
            started=self.started,
            duration=time.monotonic() - self.since,
            peak=answer.peak,
        )


class InProcess(Calls):
    """An executor without processes or limits, for tests and debugging."""

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []

    @property
    def free(self) -> int:
        """One: a call is made at once."""
        return 0 if self._outcomes else 1

    @property
    def running(self) -> int:
        """How many outcomes have not been taken yet."""
        return len(self._outcomes)

    def start(self, key: Hashable, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Make the call."""
        running = Running(key, Call(0, float("inf"), b""))
        given = answer(function, *args, **kwargs)
        self._outcomes.append(running.ended(given, os.getpid(), died=False))

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return the outcome of the last call."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def close(self, *, at_once: bool = False) -> None:
        """Discard the outcomes that were not taken."""
        self._outcomes.clear()
