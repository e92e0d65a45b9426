"""The engine under folders, watcher and service: claim a job, convert, write, record, until nothing is left.

Everything a job needs stands in the ledger, so that a process that dies anywhere loses no more than the time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from .beside import warnings_path
from .files import remove_left_behind
from .jobs.task import Made
from .ledger import INTERRUPTED, Job, Ledger, State
from .pool import Executor, Outcome
from .results import Finished, Results
from .twins import Twins, again

_TAKE_OVER = 2.0  # seconds between looks for jobs whose process is gone
_AHEAD = 8  # jobs claimed for each worker at a time: a claim is a transaction
_BREATH = 0.1  # seconds, at least, between two turns without anything to do
_IDLE = 0.5  # seconds between looks while only others have work
_LOG = logging.getLogger(__name__)

Assign = Callable[[Job], Callable[[], Made]]
"""Tells what a worker does for a job: a module-level function, with functools.partial and its arguments."""
Share = Callable[[Job], Hashable]
"""Tells what a job's result depends on, if another job's would be the same; None for a job like no other."""


def share_nothing(job: Job) -> Hashable:
    """Convert for each job."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a runner works: at most `rate` starts a second; after a stop, jobs may take `grace` seconds more.

    With `stop_when_full` the first output that cannot be written stops the run: the disk is full for the others too.
    """

    rate: float | None = None
    grace: float = 10.0
    stop_when_full: bool = False


class Runner:
    """Works off one queue of a ledger."""

    def __init__(
        self,
        ledger: Ledger,
        queue: str,
        pool: Executor,
        results: Results,
        *,
        assign: Assign,
        share: Share = share_nothing,
        pace: Pace | None = None,
        wake: threading.Event | None = None,
        taken_over: Callable[[int], object] | None = None,
    ) -> None:
        """Work with what `assign` and `share` tell of a job; `wake` ends the waiting for something to do.

        `taken_over` hears how many jobs of dead processes were put back into the queue, before any is claimed.
        """
        self._ledger = ledger
        self._queue = queue
        self._pool = pool
        self._assign = assign
        self._results = results
        self._pace = pace or Pace()
        self._claimed: deque[Job] = deque()
        self._given_back: list[int] = []  # jobs the ledger could not be told of yet
        self._running: dict[int, Job] = {}
        self._twins = Twins(share)
        self._tell_taken_over = taken_over or _note_taken_over
        self._taken_over = float("-inf")
        self._next_start = 0.0
        self._stopping: float | None = None
        self.paused = False
        """Whether to claim nothing for now."""
        self._wake = wake or threading.Event()

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs workers are at."""
        return tuple(self._running.values())

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping is not None

    def stop(self, *, at_once: bool = False) -> None:
        """Claim no more, finish what runs within the grace; may be called from a signal handler or a thread.

        Nobody is woken: a handler that interrupts the waiting itself would wait for the event's lock for ever.
        """
        now = time.monotonic()
        self._stopping = now if at_once else min(self._stopping or float("inf"), now + self._pace.grace)

    def run(self) -> Iterator[list[Finished]]:
        """Yield what ended in each turn, of half a second at most, until no job of the queue is open or it was stopped.

        Then nothing is held any more.
        """
        try:
            while not self._over():
                yield self.step()
            yield self._results.commit()
        finally:
            self.release()

    def step(self, patience: float = _IDLE) -> list[Finished]:
        """Do what can be done now, waiting at most so many seconds for something to happen."""
        self._give_back()
        self._look_for_orphans()
        self._fill()
        for outcome in self._pool.wait(min(patience, 0.02 if len(self._results) else patience, self._until_start())):
            self._end(self._running.pop(_key(outcome)), outcome)
        finished = self._results.commit() if self._results.due or not self._running else []
        if self._results.full is not None and self._pace.stop_when_full:
            self.stop()
        if not self._running and not finished and not self.stopped:
            self._rest(min(patience, self._until_start()))
        return finished

    def _until_start(self) -> float:
        """Return the seconds until the rate lets the next claimed job begin; endless if nothing waits for that."""
        if not self._claimed or self._pace.rate is None:
            return float("inf")
        return max(0.0, self._next_start - time.monotonic())

    def release(self) -> None:
        """Give back what is claimed and not recorded; nothing is counted against it.

        Raises InputOutput if the ledger cannot be told: that is done with the next step.
        """
        held = [*self._claimed, *self._running.values(), *self._twins.forget(), *self._results.drop()]
        if self._running:
            self._pool.close(at_once=True)
        self._claimed.clear()
        self._running.clear()
        self._given_back += [job.id for job in held]
        self._give_back()

    def _give_back(self) -> None:
        if self._given_back:
            self._ledger.release(self._given_back)
            self._given_back.clear()

    # ---- steps

    def _over(self) -> bool:
        if self._stopping is not None:
            return not self._running or time.monotonic() >= self._stopping
        if self._running or self._claimed or len(self._results):
            return False
        open_jobs = self._ledger.counts(queue=self._queue)
        return not any(open_jobs.get(state) for state in (State.QUEUED, State.RUNNING, State.FAILED))

    def _look_for_orphans(self) -> None:
        now = time.monotonic()
        if now >= self._taken_over + _TAKE_OVER:
            self._taken_over = now
            if count := self._ledger.take_over():
                self._tell_taken_over(count)

    def _fill(self) -> None:
        """Give every free worker a job."""
        if self._stopping is not None or self.paused:
            return
        wanted = self._pool.free
        if wanted > len(self._claimed):
            self._claimed += self._ledger.claim(self._queue, _AHEAD * (wanted + len(self._running)))
        while self._claimed and self._pool.free and self._may_start():
            self._start(self._claimed.popleft())

    def _end(self, job: Job, outcome: Outcome) -> None:
        """Put an outcome into the group, and the same one for every job that waited for it."""
        self._results.add(job, outcome)
        for twin in self._twins.end(job, outcome):
            self._results.add(twin, again(outcome, twin))
        self._claimed.extendleft(self._twins.stranded())

    def _start(self, job: Job) -> None:
        if job.cause == INTERRUPTED:
            remove_left_behind([job.output, warnings_path(job.output)])
        if (known := self._twins.begin(job)) is not None:
            if isinstance(known, Outcome):
                self._results.add(job, again(known, job))
            return
        self._running[job.id] = job
        try:
            self._pool.start(job.id, self._assign(job))
        except BaseException:
            self._claimed.appendleft(self._running.pop(job.id))
            raise

    def _may_start(self) -> bool:
        if self._pace.rate is None:
            return True
        now = time.monotonic()
        if now < self._next_start:
            return False
        self._next_start = max(self._next_start, now) + 1 / self._pace.rate
        return True

    def _rest(self, patience: float) -> None:
        """Wait for what is due later, or for others to finish."""
        due = self._ledger.next_due(self._queue)
        # What is due at once and could not be claimed is looked for once a second.
        self._wake.wait(patience if due is None else min(patience, max(due, _BREATH)))
        if not self.stopped:
            self._wake.clear()


def _note_taken_over(count: int) -> None:
    jobs = "1 job of a process that is gone was" if count == 1 else f"{count} jobs of a process that is gone were"
    _LOG.warning("%s taken over", jobs)


def _key(outcome: Outcome) -> int:
    assert isinstance(outcome.key, int)
    return outcome.key
