"""One queue of the ledger as a source of jobs: results last on the disk before the ledger says done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable

from ..ledger import INTERRUPTED, Job, Ledger, State
from ..pool import Executor, Outcome
from ..system.files import remove_left_behind
from .commit import Finished, Results
from .dedupe import Twins, again
from .sidecar import warnings_path
from .task import Made

_AHEAD = 8  # jobs claimed for each worker at a time: a claim is a transaction
_BREATH = 0.1  # seconds, at least, between two turns without anything to do
_LOG = logging.getLogger(__name__)

Assign = Callable[[Job], Callable[[], Made]]
"""Tells what a worker does for a job: a module-level function, with functools.partial and its arguments."""
Share = Callable[[Job], Hashable]
"""Tells what a job's result depends on, if another job's would be the same; None for a job like no other."""


def share_nothing(job: Job) -> Hashable:
    """Convert for each job."""
    return None


class QueueSource:
    """The jobs of a queue, of which those with the same content are converted once."""

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        results: Results,
        *,
        assign: Assign,
        share: Share = share_nothing,
        taken_over: Callable[[int], object] | None = None,
    ) -> None:
        """Work with what `assign` and `share` tell of a job.

        `taken_over` hears how many jobs of dead processes were put back into the queue, before any is claimed.
        """
        self._ledger = ledger
        self._name = name
        self._results = results
        self._assign = assign
        self._twins = Twins(share)
        self._tell_taken_over = taken_over or _note_taken_over

    @property
    def due(self) -> bool:
        """Whether the group is to be committed now."""
        return self._results.due

    def __len__(self) -> int:
        return len(self._results)

    def take_over(self, *, busy: bool) -> None:
        """Queue again what dead processes held; the ledger knows itself what we hold."""
        if count := self._ledger.queue.take_over():
            self._tell_taken_over(count)

    def claim(self, free: int, running: int) -> list[Job]:
        """Take some jobs for each worker."""
        return self._ledger.queue.claim(self._name, _AHEAD * (free + running))

    def start(self, job: Job, pool: Executor) -> bool:
        """Have a worker begin a job, unless its twin's outcome is or will be its own."""
        if job.cause == INTERRUPTED:
            remove_left_behind([job.output, warnings_path(job.output)])
        if (known := self._twins.begin(job)) is not None:
            if isinstance(known, Outcome):
                self._results.add(job, again(known, job))
            return False
        pool.start(job.id, self._assign(job))
        return True

    def end(self, job: Job, outcome: Outcome) -> list[Job]:
        """Put an outcome into the group, and the same one for every job that waited for it."""
        self._results.add(job, outcome)
        for twin in self._twins.end(job, outcome):
            self._results.add(twin, again(outcome, twin))
        return self._twins.stranded()

    def commit(self) -> list[Finished]:
        """Write and record the group."""
        return self._results.commit()

    def drop(self) -> list[Job]:
        """Forget what waits for a twin or for the group to be committed."""
        return [*self._twins.forget(), *self._results.drop()]

    def release(self, jobs: Collection[Job]) -> None:
        """Put jobs back; nothing is counted against them."""
        self._ledger.queue.release([job.id for job in jobs])

    def next_due(self) -> float | None:
        """Return the seconds until a job is due; what is due at once and could not be claimed is looked for later."""
        due = self._ledger.queue.next_due(self._name)
        return None if due is None else max(due, _BREATH)

    def any_open(self) -> bool:
        """Tell whether any job of the queue has not come to its end."""
        counts = self._ledger.history.counts(queue=self._name)
        return any(counts.get(state) for state in (State.QUEUED, State.RUNNING, State.FAILED))


def _note_taken_over(count: int) -> None:
    jobs = "1 job of a process that is gone was" if count == 1 else f"{count} jobs of a process that is gone were"
    _LOG.warning("%s taken over", jobs)
