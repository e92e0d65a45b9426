"""The conveyor: a thread that owns the pool, claims jobs from the store, and records how they ended.

The event loop never converts and never waits for it. A claim, and the end of an attempt with its calendar and the
deletion of its PDF, are each one transaction of the store, so that a process killed anywhere loses only time: its jobs
lie under a lease that names it, and whoever comes next takes them over.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ...core.errors import InputOutput, TukscalError, own_fault
from ...core.ledger.leases import Fate, Watch, fate, mine
from ...core.ledger.rules import Tried
from ...core.pool import CannotStart, Outcome, Pool
from ...core.screen import Limits
from . import problems
from .clock import Clock
from .conveyor_rules import Pace, follows
from .conveyor_task import Result, Work, convert_behind
from .crypt import Vault
from .settings import Settings
from .store.interface import Jobs
from .store.job_model import Claimed, Converted, Failed, Job, JobState

T = TypeVar("T")

_LOOK = 0.5  # seconds between looks for jobs that nobody told of
_STEP = 0.05  # seconds a turn waits for outcomes, so long a new job may wait for a free worker
_ORPHANS = 2.0  # seconds between looks for jobs of dead processes
_TROUBLE = 1.0  # seconds before the next try when the store or the pool fails
_RECENT = 60.0  # seconds the rate is of
_ZONE = ZoneInfo("Africa/Johannesburg")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt ended, for figures; `waited` is from the upload to the start, seconds."""

    job: Job
    state: JobState
    cause: str | None
    died: bool
    waited: float
    duration: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a conveyor works with; `tell` hears of every attempt's end, in the conveyor's thread."""

    jobs: Jobs
    vault: Vault
    settings: Settings
    clock: Clock
    pool: Pool
    tell: Callable[[Ended], None]


class Conveyor:
    """The thread; `start` it on a running event loop, which makes the store's calls."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lease = str(mine())
        self._watch = Watch()
        self._pace = Pace(means.settings.jobs.starts)
        self._running: dict[str, tuple[Claimed, float]] = {}
        self._ended: list[tuple[Converted | Failed, Ended]] = []
        self._wake = threading.Event()
        self._stop_by: float | None = None
        self._looked = self._orphans = float("-inf")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="conveyor", daemon=True)
        self._workers = (0, 0)
        self._times: deque[float] = deque(maxlen=4096)
        self.trouble = ""
        """Why nothing is converted, in words for an operator; empty if all is well."""
        self.done = 0
        """Jobs that came to an end since the start."""

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def busy(self) -> int:
        """How many jobs workers are at."""
        return len(self._running)

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
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def wake(self) -> None:
        """Tell of a new job."""
        self._wake.set()

    async def close(self) -> None:
        """Claim no more, finish what runs within the grace, give the rest back."""
        self._stop_by = time.monotonic() + self._means.settings.jobs.grace
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    # ---- the thread

    def _run(self) -> None:
        try:
            self._safely(self._begin)
            while not self._over():
                self._safely(self._step)
        finally:
            self._means.pool.close(at_once=True)
            self._safely(self._give_back)

    def _safely(self, step: Callable[[], None]) -> None:
        """Do a step; whatever fails is said, and tried again: a thread that is gone would convert nothing for ever."""
        try:
            step()
            self.trouble = ""
        except CannotStart as error:  # the pool has dropped all calls
            self._failed(error)
            self._running.clear()
            self._looked = float("-inf")
            self._safely_release()
        except TukscalError as error:  # the store's disk, most of all
            self._failed(error)
        except Exception as error:  # a fault of ours
            _LOG.exception("the conveyor met a fault of its own")
            self._failed(own_fault(error))

    def _failed(self, error: TukscalError) -> None:
        if error.message != self.trouble:  # once, not every second of a day
            _LOG.error("nothing is converted for now: %s", error.message)
        self.trouble = error.message
        if self._stop_by is None:
            self._wake.wait(_TROUBLE)

    def _safely_release(self) -> None:
        try:
            self._give_back()
        except TukscalError as error:
            _LOG.error("jobs cannot be given back: %s", error.message)

    def _over(self) -> bool:
        if self._stop_by is None:
            return False
        return not (self._running or self._ended) or time.monotonic() >= self._stop_by

    def _begin(self) -> None:
        """Take back what an earlier conveyor of this very process left."""
        self._give_back()

    def _give_back(self) -> None:
        self._ask(self._means.jobs.release(self._lease))

    def _step(self) -> None:
        self._record()
        self._look_for_orphans()
        if self._stop_by is None:
            self._fill()
        for outcome in self._means.pool.wait(min(_STEP, self._rest())):
            self._note(outcome)
        self._workers = (len(self._means.pool.pids), self._means.pool.starts)
        self._record()
        if not self._running:
            self._wake.wait(self._rest())

    def _rest(self) -> float:
        """Return how long to wait for something to do."""
        if self._ended:
            return _STEP
        more = self._looked == float("-inf") and self._means.pool.free  # nobody has seen the end of the queue
        return min(_LOOK, self._pace.until(time.monotonic())) if more else _LOOK

    def _look_for_orphans(self) -> None:
        """Queue again what dead processes held, and show that we live."""
        ticks = time.monotonic()
        if ticks < self._orphans + _ORPHANS:
            return
        self._orphans = ticks
        if self._running and self._watch.may_beat(ticks):
            self._ask(self._means.jobs.beat(self._lease))
        holders = self._ask(self._means.jobs.leases())
        for lease, beat in holders.items():
            if self._is_nobody(lease, beat, ticks):
                count = self._ask(self._means.jobs.release(lease))
                self._looked = float("-inf")
                _LOG.warning("%d jobs of a process that is gone were taken over", count)
        self._watch.keep(set(holders))

    def _is_nobody(self, lease: str, beat: int, ticks: float) -> bool:
        """Tell whether nobody is at what lies under a lease; under our own if we know nothing of it."""
        if lease == self._lease:
            return not (self._running or self._ended)
        known = fate(lease, local=True)
        return known is Fate.DEAD or (known is Fate.UNKNOWN and self._watch.is_silent(lease, beat, ticks))

    def _fill(self) -> None:
        """Start as many jobs as there are workers and the pace allows."""
        ticks = time.monotonic()
        woken = self._wake.is_set()
        self._wake.clear()
        if woken:
            self._looked = float("-inf")
        if ticks < self._looked + _LOOK:
            return
        while self._means.pool.free and self._pace.may(time.monotonic()):
            if not self._start_one():
                self._looked = ticks
                return

    def _start_one(self) -> bool:
        """Claim a job and start it; False if there is none."""
        means = self._means
        now = means.clock.now()
        claimed = self._ask(means.jobs.claim(self._lease, 1, now, means.settings.jobs.patience))
        for one in claimed:
            self._pace.started(time.monotonic())
            self._running[one.job.id] = (one, now - one.job.created)
            try:
                means.pool.start(one.job.id, convert_behind, self._work(one, now))
            except InputOutput as error:  # the PDF does not open any more
                self._end(one.job.id, error, 0.0, died=False, final=True)
            except Exception as error:  # a fault of ours: counted, so that it does not come back for ever
                _LOG.exception("a job cannot be started")
                self._end(one.job.id, own_fault(error), 0.0, died=True)
        return bool(claimed)

    def _work(self, claimed: Claimed, now: float) -> Work:
        settings = self._means.settings
        return Work(
            data=self._means.vault.open(claimed.sealed, claimed.job.id),
            name=claimed.job.name,
            calendar=claimed.job.calendar,
            previous=claimed.previous,
            today=datetime.fromtimestamp(now, _ZONE).date(),
            revision=int(now * 1000),
            limits=Limits(bytes=settings.sizes.pdf, pages=settings.sizes.pages),
            terms=Path(settings.jobs.terms) if settings.jobs.terms else None,
        )

    def _note(self, outcome: Outcome) -> None:
        job = str(outcome.key)
        self._looked = float("-inf")  # there is a free worker
        if outcome.error is not None:
            self._end(job, outcome.error, outcome.duration, died=outcome.died)
            return
        result = outcome.value
        assert isinstance(result, Result), "convert_behind returns nothing else"
        claimed, waited = self._running.pop(job)
        done = Converted(
            id=job,
            new=result.new,
            calendar=result.calendar,
            kind=result.kind,
            entries=result.entries,
            problems=result.problems,
            duration=outcome.duration,
            cpu=result.cpu,
        )
        ended = Ended(
            job=claimed.job,
            state=JobState.DONE,
            cause=None,
            died=False,
            waited=waited,
            duration=outcome.duration,
            cpu=result.cpu,
        )
        self._ended.append((done, ended))

    def _end(self, job: str, error: TukscalError, duration: float, *, died: bool, final: bool = False) -> None:
        """Note an attempt that ended badly, and decide what follows."""
        claimed, waited = self._running.pop(job)
        tried = Tried(
            attempts=claimed.job.attempts + 1,
            deaths=claimed.job.deaths + died,
            duration=claimed.job.duration + duration,
        )
        draw = random.random()  # noqa: S311 - spreads retries, keeps no secret
        state, delay = follows(error.cause, tried, self._means.settings.jobs, draw)
        if final:
            state, delay = JobState.DEAD, 0.0
        failed = Failed(
            id=job,
            state=state,
            due=self._means.clock.now() + delay,
            cause=error.cause,
            message=error.message,
            advice=problems.advice_of(error),
            duration=duration,
            died=died,
            keep=state in (JobState.WAITING, JobState.DEAD) and not final,
        )
        ended = Ended(
            job=claimed.job, state=state, cause=error.cause, died=died, waited=waited, duration=duration,
            cpu=duration,  # a worker that was killed cannot tell, and had nothing else to do
        )  # fmt: skip
        self._ended.append((failed, ended))

    def _record(self) -> None:
        """Write down how attempts ended; what the store cannot take now is kept for the next turn.

        One that it never takes, for a fault of ours, must not keep the others from it: it fails.
        """
        if not self._ended:
            return
        ended = list(self._ended)
        try:
            self._finish(ended)
        except TukscalError:  # the disk
            raise
        except Exception:
            for one in ended:
                self._finish_alone(one)

    def _finish_alone(self, ended: tuple[Converted | Failed, Ended]) -> None:
        try:
            self._finish([ended])
        except TukscalError:
            raise
        except Exception as error:
            _LOG.exception("the end of a job cannot be written down")
            self._ended.remove(ended)
            told = ended[1]
            self._running[told.job.id] = (Claimed(job=told.job, sealed=b""), told.waited)
            self._end(told.job.id, own_fault(error), told.duration, died=True)

    def _finish(self, ended: list[tuple[Converted | Failed, Ended]]) -> None:
        self._ask(self._means.jobs.finish(self._lease, [one for one, _ in ended], self._means.clock.now()))
        for one in ended:
            self._ended.remove(one)
            if one[1].state is not JobState.WAITING:
                self.done += 1
                self._times.append(time.monotonic())
            self._means.tell(one[1])

    def _ask(self, call: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None, "start() comes first"
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()
