"""A pool of worker processes that can be killed: one outcome per call, whatever a PDF does to its worker.

An alarm inside a process cannot interrupt native code and a memory limit does not stop a loop, so the parent keeps the
clocks and watches resident sizes. Each worker has a socket of its own and shares nothing, so the death of one affects
no other. A call ends in one of three ways: done, failed (it raised a TukscalError), died.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import pickle
import selectors
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from multiprocessing.util import Finalize
from typing import ParamSpec, cast

from ..errors import TukscalError
from ..system import process
from .channel import Call, Work
from .executor import Calls, Outcome, Running
from .serve import serve
from .worker import CannotStart, Ending, Guards, Worker

P = ParamSpec("P")

_WATCH = 0.1  # seconds between looks at resident sizes
_LOOK_ABOUT = 2.0  # seconds between looks at the machine's free memory
_STARTS = 3  # workers in a row that may die before they are ready
_RESTARTS = 12  # the same once one was ready: then it is not our code that cannot start
_AGAIN = 0.5  # seconds, once more for each failure in a row, until a process that could not be started is tried again
SHARE = 192 * 2**20
"""Bytes of free memory a further worker asks for; real timetables take 60 to 90 MiB, mostly shared."""


# A call's place in the selector costs no descriptor where there is poll.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Pool(Calls):
    """Worker processes that take one call at a time; for one thread."""

    def __init__(self, workers: int = 1, guards: Guards | None = None, *, preload: tuple[str, ...] = ()) -> None:
        """Start nothing yet; `preload` names modules that workers find loaded, where they are forked."""
        self._most = self._allowed = workers
        self._guards = guards or Guards()
        self._preload = preload
        self._workers: dict[Worker, Running | None] = {}
        self._queue: deque[Running] = deque()  # calls that no worker has yet, or whose worker never was ready
        self._numbers = itertools.count(1)
        self._failures = 0
        self._starts_allowed = _STARTS
        self._cannot: TukscalError | None = None
        self._retry_at = 0.0
        self._looked = self._looked_about = time.monotonic()
        self.starts = 0
        """Workers started so far."""
        self.deaths = 0
        """Workers that died or were killed so far."""
        Finalize(self, _end_all, (self._workers,), exitpriority=1)  # for one that nobody closed

    @property
    def free(self) -> int:
        """How many calls may be started now."""
        return max(0, self._allowed - self.running)

    @property
    def running(self) -> int:
        """How many started calls have no outcome yet."""
        return len(self._queue) + sum(running is not None for running in self._workers.values())

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.pid for worker in self._workers]

    def start(self, key: Hashable, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Start a call of a module-level function; only while `free` is positive.

        Raises what pickling raises, which is the caller's error; nothing has been started then.
        """
        work = pickle.dumps(Work(function, args, cast(dict[str, object], kwargs)), pickle.HIGHEST_PROTOCOL)
        call = Call(next(self._numbers), self._guards.timeout, work)
        self._queue.append(Running(key, call))
        self._assign()

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return the outcomes available within so many seconds; none if nothing runs.

        Raises CannotStart when workers repeatedly die before they are ready; all calls are dropped then.
        """
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while self.running:
            self._assign()
            outcomes = list(self._collect(self._ready(end)))
            if self._cannot is not None and not outcomes:
                error = self._cannot
                self.close(at_once=True)
                raise error
            if outcomes or time.monotonic() >= end:
                return outcomes
        return []

    def close(self, *, at_once: bool = False) -> None:
        """End all workers and drop their calls; with `at_once`, kill even those that would exit by themselves."""
        self._queue.clear()
        _end_all(self._workers, at_once=at_once)
        self._allowed, self._retry_at, self._cannot = self._most, 0.0, None
        self._failures, self._starts_allowed = 0, _STARTS

    # ---- workers

    def _assign(self) -> None:
        """Give each queued call to an idle worker or a new one."""
        while self._queue:
            idle = (worker for worker, running in self._workers.items() if running is None and worker.usable)
            worker = next(idle, None) or self._new()
            if worker is None:
                return
            running = self._queue.popleft()
            running.since = time.monotonic()
            self._workers[worker] = running
            worker.begin(running.call)

    def _new(self) -> Worker | None:
        """Return a new worker, or None if no more may be started for now."""
        if len(self._workers) >= max(1, self._allowed) or time.monotonic() < self._retry_at:
            return None
        context = multiprocessing.get_context(process.START_METHOD)
        context.set_forkserver_preload([serve.__module__, *self._preload])
        try:
            worker = Worker(self._guards)
        except (OSError, EOFError) as error:  # no process, no descriptor, no memory: go on with those there are
            why = getattr(error, "strerror", None) or "the process that starts it is gone"
            self._no_start(CannotStart(f"The converting process cannot start: {why}."))
            return None
        self._workers[worker] = None
        self.starts += 1
        return worker

    def _no_start(self, error: TukscalError) -> None:
        """Record a failed start: retry later, and give up after several failures while no worker is running."""
        self._failures += 1
        self._retry_at = time.monotonic() + _AGAIN * (self._failures - 1)
        if self._failures >= _STARTS:
            self._allowed = max(1, len(self._workers))
        if self._failures >= self._starts_allowed and not any(worker.ready for worker in self._workers):
            self._cannot = error

    def _remove(self, worker: Worker) -> None:
        worker.close(at_once=True)  # it has nothing to finish, and waiting for it would make others wait
        del self._workers[worker]

    # ---- outcomes

    def _ready(self, end: float) -> list[Worker]:
        """Return the workers that need attention: they sent data, ended, or are late."""
        now = time.monotonic()
        first = min((worker.deadline for worker in self._workers), default=end)
        chosen = self._select(max(0.0, min(_WATCH, end - now, first - now)))
        now = time.monotonic()
        return [worker for worker in self._workers if worker in chosen or now >= worker.deadline]

    def _select(self, seconds: float) -> set[Worker]:
        """Return the workers that sent data, accept data or ended, within so many seconds."""
        with _Selector() as selector:
            for worker in self._workers:
                writing = selectors.EVENT_WRITE if worker.channel.waiting else 0
                if not worker.channel.ended:  # it would be ready for ever
                    selector.register(worker.channel, selectors.EVENT_READ | writing, worker)
                if process.SENTINELS_SELECT:
                    selector.register(worker.sentinel, selectors.EVENT_READ, worker)
            if selector.get_map():
                return {key.data for key, _ in selector.select(seconds)}
        time.sleep(seconds)
        return set()

    def _collect(self, workers: list[Worker]) -> Iterator[Outcome]:
        for worker in workers:
            worker.channel.flush()
            was_ready, ending = worker.ready, worker.look()
            if worker.ready and not was_ready:
                self._failures, self._starts_allowed, self._cannot = 0, _RESTARTS, None
            if ending is not None:
                yield from self._finish(worker, ending)
        now = time.monotonic()
        if now >= self._looked + _WATCH:
            self._looked = now
            for worker in list(self._workers):
                if (ending := worker.weigh()) is not None:
                    yield from self._finish(worker, ending)
        if now >= self._looked_about + _LOOK_ABOUT:
            self._looked_about = now
            self._fit()

    def _finish(self, worker: Worker, ending: Ending) -> Iterator[Outcome]:
        """Yield the outcome of a worker's call if it had begun."""
        running = self._workers[worker]
        if ending.died:
            self.deaths += 1
        if ending.died or worker.worn:
            self._remove(worker)
        else:
            self._workers[worker] = None
        if isinstance(ending.answer.error, CannotStart):
            if running is not None:
                self._queue.appendleft(running)
            self._no_start(ending.answer.error)
            return
        if running is not None:
            yield running.ended(ending.answer, worker.pid, died=ending.died)

    def _fit(self) -> None:
        """Use fewer workers while the machine is short of memory, more when memory is free again."""
        room = process.available() // SHARE
        if room < 1:
            self._allowed = max(1, self._allowed - 1)
        elif room > 1:
            self._allowed = min(self._most, self._allowed + 1)
        idle = [worker for worker, running in self._workers.items() if running is None]
        for worker in idle[: max(0, len(self._workers) - self._allowed)]:
            self._remove(worker)


def _end_all(workers: dict[Worker, Running | None], *, at_once: bool = True) -> None:
    for worker in workers if not at_once else ():  # all hear it before the first is waited for
        worker.channel.finish()
    for worker in list(workers):
        worker.close(at_once=at_once or worker.busy)
        workers.pop(worker, None)


def default_workers() -> int:
    """Return how many workers suit this machine: one a core, fewer if memory is short."""
    with contextlib.suppress(OSError):
        return max(1, min(process.cores(), process.available() // SHARE))
    return 1
