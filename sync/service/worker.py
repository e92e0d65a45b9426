"""The conveyor: a thread that owns the pool and works off the store's jobs.

The event loop never converts and never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from ...core.backoff import Backoff, Pause
from ...core.errors import InputOutput, TukscalError, own_fault
from ...core.jobs.loop import Loop, Pace
from ...core.ledger.leases import Liveness, Watch, fate, mine
from ...core.ledger.model import LETHAL, TRANSIENT, Retries, State, Tried, decide
from ...core.pdf.limits import Limits
from ...core.pool import CannotStart, Executor, Outcome, Pool
from . import problems
from .access.vault import Vault
from .conversion import ConversionInput, Result, convert_behind
from .settings import Clock, Settings
from .settings import JobSettings as Rules
from .store.interface import JobStore
from .store.model import Claimed, Converted, Failed, JobRecord, JobState

T = TypeVar("T")

LOOK = 0.5
"""Seconds between looks for jobs that nobody told of."""
_LETTERS = LETHAL | TRANSIENT | {"no_term"}  # causes that are not the PDF's fault: it is kept, to be tried again
_ZONE = ZoneInfo("Africa/Johannesburg")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
    """How an attempt ended, for figures; `waited` is from the upload to the start, seconds."""

    job: JobRecord
    state: JobState
    cause: str | None
    died: bool
    waited: float
    duration: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConveyorResources:
    """What a conveyor works with; `tell` hears of every attempt's end, in the conveyor's thread."""

    jobs: JobStore
    vault: Vault
    settings: Settings
    clock: Clock
    pool: Pool
    tell: Callable[[AttemptOutcome], None]


class HeldJob(NamedTuple):
    """A job this process has claimed, and the seconds from its upload to that."""

    claimed: Claimed
    waited: float

    @property
    def id(self) -> str:
        """The job's."""
        return self.claimed.job.id


class End(NamedTuple):
    """How an attempt ended, for the store and for figures."""

    held: HeldJob
    stored: Converted | Failed
    told: AttemptOutcome


class StoreJobs:
    """Claims from the store, of each account one job at a time, and records how attempts ended."""

    def __init__(self, means: ConveyorResources) -> None:
        self._means = means
        self._lease = str(mine())
        self._watch = Watch()
        self._ended: list[End] = []
        self.events: asyncio.AbstractEventLoop | None = None
        """The running event loop."""
        self.looked = float("-inf")
        """When the end of the queue was seen, by the monotonic clock; long ago as soon as there may be more."""

    @property
    def due(self) -> bool:
        """Whether any attempt has ended: that is written down at once."""
        return bool(self._ended)

    def __len__(self) -> int:
        return len(self._ended)

    def take_over(self, *, busy: bool) -> None:
        """Queue again what dead processes held, and show that we live."""
        ticks = time.monotonic()
        if busy and self._watch.may_beat(ticks):
            self._ask(self._means.jobs.beat(self._lease))
        holders = self._ask(self._means.jobs.leases())
        for lease, beat in holders.items():
            # Under our own lies what an earlier conveyor of this very process left, if we know nothing of it.
            if not busy if lease == self._lease else self._is_dead(lease, beat, ticks):
                count = self._ask(self._means.jobs.release(lease))
                self.looked = float("-inf")
                _LOG.warning("%d jobs of a process that is gone were taken over", count)
        self._watch.keep(set(holders))

    def _is_dead(self, lease: str, beat: int, ticks: float) -> bool:
        known = fate(lease, local=True)
        return known is Liveness.DEAD or (known is Liveness.UNKNOWN and self._watch.is_silent(lease, beat, ticks))

    def claim(self, free: int, running: int) -> list[HeldJob]:
        """Take as many jobs as may start now; none while the store does not take how others ended."""
        ticks = time.monotonic()
        if self._ended or ticks < self.looked + LOOK:
            return []
        self.looked = ticks  # whoever tells of a job during the question has it asked again
        now, rules = self._means.clock.now(), self._means.settings.jobs
        claimed = None
        try:
            claimed = self._ask(self._means.jobs.claim(self._lease, 1 if rules.starts else free, now, rules.patience))
        finally:
            if claimed != []:  # there may be more, or nobody knows: a step that asked nothing would end the backoff
                self.looked = float("-inf")
        return [HeldJob(one, now - one.job.created) for one in claimed]

    def start(self, job: HeldJob, pool: Executor) -> bool:
        """Have a worker begin a job; one that cannot begin has ended."""
        try:
            pool.start(job.id, convert_behind, self._work(job.claimed, self._means.clock.now()))
        except InputOutput as error:  # the PDF does not open any more
            self._fail(job, error, 0.0, died=False, final=True)
        except Exception as error:  # a fault of ours: counted, so that it does not come back for ever
            _LOG.exception("a job cannot be started")
            self._fail(job, own_fault(error), 0.0, died=True)
        else:
            return True
        return False

    def _work(self, claimed: Claimed, now: float) -> ConversionInput:
        settings = self._means.settings
        return ConversionInput(
            data=self._means.vault.open(claimed.sealed, claimed.job.id),
            name=claimed.job.name,
            calendar=claimed.job.calendar,
            previous=claimed.previous,
            today=datetime.fromtimestamp(now, _ZONE).date(),
            revision=int(now * 1000),
            limits=Limits(bytes=settings.sizes.pdf, pages=settings.sizes.pages),
            terms=Path(settings.jobs.terms) if settings.jobs.terms else None,
        )

    def end(self, job: HeldJob, outcome: Outcome) -> tuple[HeldJob, ...]:
        """Note how an attempt ended; nobody waits for another's."""
        self.looked = float("-inf")  # there is a free worker
        if outcome.error is not None:
            self._fail(job, outcome.error, outcome.duration, died=outcome.died)
            return ()
        result = outcome.value
        assert isinstance(result, Result), "convert_behind returns nothing else"
        done = Converted(
            id=job.id,
            new=result.new,
            calendar=result.calendar,
            kind=result.kind,
            entries=result.entries,
            problems=result.problems,
            duration=outcome.duration,
            cpu=result.cpu,
        )
        ended = AttemptOutcome(
            job=job.claimed.job,
            state=JobState.DONE,
            cause=None,
            died=False,
            waited=job.waited,
            duration=outcome.duration,
            cpu=result.cpu,
        )
        self._ended.append(End(job, done, ended))
        return ()

    def _fail(self, job: HeldJob, error: TukscalError, duration: float, *, died: bool, final: bool = False) -> None:
        """Note an attempt that ended badly, and decide what follows."""
        before = job.claimed.job
        tried = Tried(attempts=before.attempts + 1, deaths=before.deaths + died, duration=before.duration + duration)
        draw = random.random()  # noqa: S311 - spreads retries, keeps no secret
        state, delay = follows(error.cause, tried, self._means.settings.jobs, draw)
        if final:
            state, delay = JobState.DEAD, 0.0
        failed = Failed(
            id=job.id,
            state=state,
            due=self._means.clock.now() + delay,
            cause=error.cause,
            message=error.message,
            advice=problems.advice_of(error),
            duration=duration,
            died=died,
            keep=state in (JobState.WAITING, JobState.DEAD) and not final,
        )
        ended = AttemptOutcome(
            job=before, state=state, cause=error.cause, died=died, waited=job.waited, duration=duration,
            cpu=duration,  # a worker that was killed cannot tell, and had nothing else to do
        )  # fmt: skip
        self._ended.append(End(job, failed, ended))

    def commit(self) -> list[AttemptOutcome]:
        """Write down how attempts ended; what the store cannot take now is kept for the next time.

        One that it never takes, for a fault of ours, must not keep the others from it: it fails.
        """
        ended = list(self._ended)
        try:
            self._finish(ended)
        except TukscalError:  # the disk
            raise
        except Exception:
            for one in ended:
                self._finish_alone(one)
        return [one.told for one in ended]

    def _finish_alone(self, ended: End) -> None:
        try:
            self._finish([ended])
        except TukscalError:
            raise
        except Exception as error:
            _LOG.exception("the end of a job cannot be written down")
            self._ended.remove(ended)
            self._fail(ended.held, own_fault(error), ended.told.duration, died=True)

    def _finish(self, ended: list[End]) -> None:
        if not ended:
            return
        self._ask(self._means.jobs.finish(self._lease, [one.stored for one in ended], self._means.clock.now()))
        for one in ended:
            self._ended.remove(one)
            self._means.tell(one.told)

    def drop(self) -> list[HeldJob]:
        """Forget what ended and is not written down; return those jobs."""
        jobs = [one.held for one in self._ended]
        self._ended.clear()
        return jobs

    def release(self, jobs: Collection[HeldJob] = ()) -> None:
        """Queue again whatever lies under our lease; nothing is counted against it."""
        self._ask(self._means.jobs.release(self._lease))
        self.looked = float("-inf")

    def next_due(self) -> float | None:
        """Return None: a job is told of, or found by looking."""
        return None

    def any_open(self) -> bool:
        """Return True: another upload may always come."""
        return True

    def _ask(self, call: Coroutine[Any, Any, T]) -> T:
        assert self.events is not None, "the conveyor is started first"
        return asyncio.run_coroutine_threadsafe(call, self.events).result()


def follows(cause: str, tried: Tried, rules: Rules, draw: float) -> tuple[JobState, float]:
    """Return the state a job goes into after a failure, and the seconds until the next attempt; `draw` in [0, 1)."""
    verdict = decide(cause, tried, Retries(first=rules.first_retry, total=rules.job_timeout), draw)
    if verdict.state is State.FAILED:
        return JobState.WAITING, verdict.delay
    return (JobState.DEAD if cause in _LETTERS else JobState.FAILED), 0.0


_STEP = 0.05  # seconds a turn waits for outcomes, so long a new job may wait for a free worker
_BACKOFF = Backoff(first=0.25, most=2.0)  # before the next try when the store or the pool fails
_RECENT = 60.0  # seconds the rate is of


class Conveyor:
    """The thread; `start` it on a running event loop, which makes the store's calls."""

    def __init__(
        self,
        means: ConveyorResources,
        *,
        ticks: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pool = means.pool
        self._wake = threading.Event()
        self._ticks = ticks
        self._rest = rest
        self._pause = Pause(ticks, _BACKOFF)
        self._ending = threading.Event()
        self._end_by = float("inf")
        self._jobs = StoreJobs(means)
        jobs = means.settings.jobs
        self._grace = jobs.grace
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
        self._end_by = self._ticks() + self._grace
        self.loop.stop()
        self._ending.set()
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
            self._pause.reset()
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
        self._pause.begin()
        if not self._ending.is_set():  # a new job changes nothing, the end does
            self._ending.wait(self._pause.left)
        elif (left := self._end_by - self._ticks()) > 0:
            self._rest(min(self._pause.left, left))

    def _let_go(self) -> None:
        try:
            self.loop.release()
        except TukscalError as error:
            _LOG.error("jobs cannot be given back: %s", error.message)
