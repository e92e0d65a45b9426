"""The loop under folders, watcher and service: claim jobs, have them done, record how they ended, until stopped.

Everything a job needs stands where it was claimed, so that a process that dies anywhere loses no more than the time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..pool import Executor, Outcome

_TAKE_OVER = 2.0  # seconds between looks for jobs whose process is gone
_IDLE = 0.5  # seconds between looks while only others have work
_GROUP = 0.02  # seconds to wait for outcomes while others wait to be written down with them


class Identified(Protocol):
    """A job."""

    @property
    def id(self) -> Hashable:
        """The job's name in its source."""


J = TypeVar("J", bound=Identified)
F = TypeVar("F")


class JobSource(Protocol[J, F]):
    """Where jobs come from and where their ends are recorded; J is a job, F what is told of its end."""

    @property
    def due(self) -> bool:
        """Whether the ends that wait are to be recorded now."""

    def __len__(self) -> int:
        """Return how many ends wait to be recorded."""

    def take_over(self, *, busy: bool) -> None:
        """Queue again what dead processes held, and show that we live if we are busy."""

    def claim(self, free: int, running: int) -> Sequence[J]:
        """Take jobs for so many free workers, while so many others are at work."""

    def start(self, job: J, pool: Executor) -> bool:
        """Have a worker begin a job; False if none has to, for its end is or will be known without."""

    def end(self, job: J, outcome: Outcome) -> Sequence[J]:
        """Note how a job ended; return those that waited for it in vain, to be started."""

    def commit(self) -> list[F]:
        """Record how jobs ended; what cannot be recorded now is kept."""

    def drop(self) -> list[J]:
        """Forget the ends that are not recorded, and return their jobs."""

    def release(self, jobs: Collection[J]) -> None:
        """Put jobs back; nothing is counted against them."""

    def next_due(self) -> float | None:
        """Return the seconds until there is something to claim, None if nobody knows."""

    def any_open(self) -> bool:
        """Tell whether any job has not come to its end, whoever is at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a loop works: at most `rate` starts a second, evenly; after a stop, jobs may take `grace` seconds more.

    With `ahead` jobs are claimed before the rate lets them start. A turn waits at most `glance` seconds for outcomes.
    """

    rate: float | None = None
    grace: float = 10.0
    ahead: bool = True
    glance: float = float("inf")


class Loop(Generic[J, F]):
    """Works off a source of jobs, in one thread."""

    def __init__(
        self, source: JobSource[J, F], pool: Executor, *, pace: Pace | None = None, wake: threading.Event | None = None
    ) -> None:
        """Begin nothing yet; `wake` ends the waiting for something to do."""
        self._source = source
        self._pool = pool
        self._pace = pace or Pace()
        self._wake = wake or threading.Event()
        self._claimed: deque[J] = deque()
        self._given_back: list[J] = []  # jobs the source could not be told of yet
        self._running: dict[Hashable, J] = {}
        self._taken_over = float("-inf")
        self._next_start = float("-inf")
        self._held_back = False  # whether only the rate keeps us from claiming
        self._stopping: float | None = None
        self.paused = False
        """Whether to claim nothing for now."""

    @property
    def running(self) -> tuple[J, ...]:
        """The jobs workers are at."""
        return tuple(self._running.values())

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping is not None

    @property
    def over(self) -> bool:
        """Whether it was told to stop and has nothing more to do."""
        if self._stopping is None:
            return False
        return not (self._running or len(self._source)) or time.monotonic() >= self._stopping

    def stop(self, *, at_once: bool = False) -> None:
        """Claim no more, finish what runs within the grace; may be called from a signal handler or a thread.

        Nobody is woken: a handler that interrupts the waiting itself would wait for the event's lock for ever.
        """
        now = time.monotonic()
        self._stopping = now if at_once else min(self._stopping or float("inf"), now + self._pace.grace)

    def run(self) -> Iterator[list[F]]:
        """Yield what ended in each turn, of half a second at most, until no job is open or it was stopped.

        Then nothing is held any more.
        """
        try:
            while not (self.over if self.stopped else self._is_done()):
                yield self.step()
            yield self._source.commit()
        finally:
            self.release()

    def step(self, patience: float = _IDLE) -> list[F]:
        """Do what can be done now, waiting at most so many seconds for something to happen."""
        self._give_back()
        self._look_for_orphans()
        self._fill()
        wait = min(patience, self._pace.glance, _GROUP if len(self._source) else patience, self._until_start())
        for outcome in self._pool.wait(wait):
            self._claimed.extendleft(self._source.end(self._running.pop(outcome.key), outcome))
        finished = self._source.commit() if self._source.due or not self._running else []
        if not (self._running or finished or self.stopped):
            self._rest(min(patience, self._until_start()))
        return finished

    def release(self) -> None:
        """Give back what is claimed and not recorded; nothing is counted against it.

        Raises what the source raises if it cannot be told: that is done with the next step.
        """
        held = [*self._claimed, *self._running.values(), *self._source.drop()]
        if self._running:
            self._pool.close(at_once=True)
        self._claimed.clear()
        self._running.clear()
        self._given_back += held
        self._give_back()

    # ---- steps

    def _give_back(self) -> None:
        if self._given_back:
            self._source.release(self._given_back)
            self._given_back.clear()

    def _is_done(self) -> bool:
        return not (self._running or self._claimed or len(self._source) or self._source.any_open())

    def _look_for_orphans(self) -> None:
        now = time.monotonic()
        if now >= self._taken_over + _TAKE_OVER:
            self._taken_over = now
            self._source.take_over(busy=bool(self._running or self._claimed or len(self._source)))

    def _fill(self) -> None:
        """Give every free worker a job."""
        self._held_back = False
        if not self._pool.free or self.stopped or self.paused:
            return
        self._held_back = not (self._claimed or self._pace.ahead or self._may_start())
        if self._pool.free > len(self._claimed) and not self._held_back:
            self._claimed += self._source.claim(self._pool.free, len(self._running))
        while self._claimed and self._pool.free and self._may_start():
            self._start(self._claimed.popleft())

    def _may_start(self) -> bool:
        return time.monotonic() >= self._next_start

    def _start(self, job: J) -> None:
        if self._pace.rate:
            self._next_start = time.monotonic() + 1 / self._pace.rate
        self._running[job.id] = job
        try:
            if not self._source.start(job, self._pool):
                del self._running[job.id]
        except BaseException:
            self._claimed.appendleft(self._running.pop(job.id))
            raise

    def _until_start(self) -> float:
        """Return the seconds until the rate lets the next job begin; endless if nothing waits for that."""
        if not (self._claimed or self._held_back) or not self._pace.rate:
            return float("inf")
        return max(0.0, self._next_start - time.monotonic())

    def _rest(self, patience: float) -> None:
        """Wait for what is due later, or for others to finish."""
        due = self._source.next_due()
        self._wake.wait(patience if due is None else min(patience, due))
        if not self.stopped:
            self._wake.clear()
