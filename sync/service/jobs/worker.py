"""The conveyor: a thread that owns the pool and works off the store's jobs.

The event loop never converts and never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from ....core.errors import TukscalError, own_fault
from ....core.jobs.loop import Loop, Pace
from ....core.pool import CannotStart
from ..store.job_model import JobState
from .source import LOOK, AttemptOutcome, ConveyorResources, HeldJob, StoreJobs

_STEP = 0.05  # seconds a turn waits for outcomes, so long a new job may wait for a free worker
_TROUBLE = 1.0  # seconds before the next try when the store or the pool fails
_RECENT = 60.0  # seconds the rate is of
_LOG = logging.getLogger(__name__)


class Conveyor:
    """The thread; `start` it on a running event loop, which makes the store's calls."""

    def __init__(self, means: ConveyorResources) -> None:
        self._pool = means.pool
        self._wake = threading.Event()
        self._jobs = StoreJobs(means)
        jobs = means.settings.jobs
        pace = Pace(rate=jobs.starts or None, grace=jobs.grace, ahead=False, glance=_STEP)
        self.loop: Loop[HeldJob, AttemptOutcome] = Loop(self._jobs, means.pool, pace=pace, wake=self._wake)
        """The loop that the thread turns."""
        self._thread = threading.Thread(target=self._run, name="conveyor", daemon=True)
        self._workers = (0, 0)
        self._times: deque[float] = deque(maxlen=4096)
        self.trouble = ""
        """Why nothing is converted, in words for an operator; empty if all is well."""

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def busy(self) -> int:
        """How many jobs workers are at."""
        return len(self.loop.running)

    @property
    def rate(self) -> float:
        """Jobs a second that came to an end, of the last minute; 0 if there were none."""
        now = time.monotonic()
        recent = [at for at in tuple(self._times) if at > now - _RECENT]
        return len(recent) / max(1.0, now - recent[0]) if recent else 0.0

    @property
    def workers(self) -> tuple[int, int]:
        """How many workers there are, and how many were started so far."""
        return self._workers

    def start(self) -> None:
        """Begin; called on the event loop."""
        self._jobs.events = asyncio.get_running_loop()
        self._thread.start()

    def wake(self) -> None:
        """Tell of a new job."""
        self._jobs.looked = float("-inf")
        self._wake.set()

    async def close(self) -> None:
        """Claim no more, finish what runs within the grace, give the rest back."""
        self.loop.stop()
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    # ---- the thread

    def _run(self) -> None:
        try:
            self._safely(self._jobs.release)  # what an earlier conveyor of this very process left
            while not self.loop.over:
                self._safely(self._step)
        finally:
            self._pool.close(at_once=True)
            self._safely(self.loop.release)

    def _step(self) -> None:
        for ended in self.loop.step(LOOK):
            if ended.state is not JobState.WAITING:
                self._times.append(time.monotonic())
        self._workers = (len(self._pool.pids), self._pool.starts)

    def _safely(self, step: Callable[[], None]) -> None:
        """Do a step; whatever fails is said, and tried again: a thread that is gone would convert nothing for ever."""
        try:
            step()
            self.trouble = ""
        except CannotStart as error:  # the pool has dropped all calls
            self._failed(error)
            self._let_go()
        except TukscalError as error:  # the store's disk, most of all
            self._failed(error)
        except Exception as error:  # a fault of ours
            _LOG.exception("the conveyor met a fault of its own")
            self._failed(own_fault(error))

    def _failed(self, error: TukscalError) -> None:
        if error.message != self.trouble:  # once, not every second of a day
            _LOG.error("nothing is converted for now: %s", error.message)
        self.trouble = error.message
        if not self.loop.stopped:
            self._wake.wait(_TROUBLE)

    def _let_go(self) -> None:
        try:
            self.loop.release()
        except TukscalError as error:
            _LOG.error("jobs cannot be given back: %s", error.message)
