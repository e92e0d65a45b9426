"""A batch from beginning to end: plan, convert, count, write down what became of it."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from ..errors import TukscalError
from ..jobs.commit import Finished, QueueSource
from ..jobs.fingerprint import file_digest
from ..jobs.loop import Loop, Pace
from ..jobs.task import beside
from ..ledger import Job, Ledger, State
from ..pool import Executor
from .plan import BatchPlan, BatchRequest, enqueue, make_folder, plan
from .students import plan_students

PRELOAD = (
    "tukscal.core.jobs.task",
    "tukscal.core.batch.students",
    "tukscal.core.jobs.fingerprint",
    "tukscal.core.pdf.readers.pdfium",
    "tukscal.core.calendar.ics",
)
"""What workers find loaded."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """The outcome of a batch in figures."""

    batch: int = 0
    done: int = 0
    """Converted in this run: `new` calendars, `changed` ones, and others that came out as they were."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    """Not converted, for nothing had changed."""
    with_problems: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """Cause -> jobs that end without a calendar."""
    skipped: int = 0
    bad_skipped: int = 0
    """Files and folders somebody expects calendars of, that could not be read."""
    no_place: int = 0
    """Calendars whose folder cannot be made, or whose file is the calendar of something else that is there."""
    quarantined: int = 0
    """Not tried again: they ended their worker twice before."""
    retried: int = 0
    elsewhere: int = 0
    left: int = 0
    """Jobs still open when the batch was stopped."""
    seconds: float = 0.0

    @property
    def ended(self) -> int:
        """How many jobs were done or failed for good in this run."""
        return self.done + sum(self.failed.values())

    @property
    def failures(self) -> int:
        """How many PDFs have no calendar of their present content."""
        return sum(self.failed.values()) + self.bad_skipped + self.no_place + self.quarantined + self.elsewhere

    @property
    def anything(self) -> bool:
        """Whether there was any PDF."""
        return bool(self.done or self.unchanged or self.left or self.elsewhere or self.quarantined or self.failed)

    def plain(self) -> dict[str, object]:
        """Return it as JSON can hold it; the keys are an interface."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**values, "failed": dict(self.failed), "failures": self.failures}


class Stopping(NamedTuple):
    """The batch was told to stop: it finishes the conversions that run, unless `at_once`."""

    at_once: bool


Event = BatchPlan | Finished | Stopping


class BatchRun:
    """One run; iterate it once, then look at its summary."""

    def __init__(
        self, request: BatchRequest, ledger: Ledger, pool: Executor, *, pace: Pace | None = None, command: str = "batch"
    ) -> None:
        self._request = request
        self._ledger = ledger
        self._pool = pool
        self._pace = pace
        self.full: TukscalError | None = None
        """The error for which the run stopped by itself: an output could not be written."""
        self._loop: Loop[Job, Finished] | None = None
        self._stops: list[Stopping] = []
        self._told = 0  # of these
        make_folder(request.output)  # what is refused leaves no trace in the ledger
        self.summary = Summary(batch=ledger.history.begin(command, _details(request)))

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs workers are at."""
        return self._loop.running if self._loop else ()

    def stop(self, *, at_once: bool = False) -> None:
        """Begin nothing new, finish what runs within the grace.

        A signal handler may call it, in the middle of whatever is being written: that it stops is told by an event.
        """
        self._stops.append(Stopping(at_once))
        if self._loop is not None:
            self._loop.stop(at_once=at_once)

    def __iter__(self) -> Iterator[Event]:
        start = time.monotonic()
        try:
            yield from self._run()
        finally:
            self.summary.seconds = time.monotonic() - start
            self._ledger.history.end_batch(self.summary.batch, self.summary.plain())

    def _run(self) -> Iterator[Event]:
        made: BatchPlan | None = None
        self._ledger.queue.take_over()  # what a killed run was at is nobody's now, whatever its options were
        planned = plan_students if self._request.enrolments else plan
        for made in planned(self._request, self.summary.batch, self._ledger, self._pool):
            self._count_plan(made)
            yield made
            yield from self._stopping()
            if self._stops:
                self._count_left(made)
                return
        assert made is not None, "a plan is yielded at least once"
        queue = QueueSource(
            self._ledger, made.digests.queue, made.assign, share=made.share, beside=beside, push=self._request.push
        )
        self._loop = Loop(queue, self._pool, pace=self._pace)
        yield from self._work(queue, self._loop)
        if made.elsewhere and not self._loop.stopped:
            # What another run was at when we came: is it done now, as we would have done it?
            others, made.elsewhere = made.elsewhere, []
            enqueue(made, [(job, file_digest(job.output)) for job in others], self._ledger)
            self._count_plan(made)
            yield made
            yield from self._work(queue, self._loop)
        self._count_left(made)

    def _work(self, queue: QueueSource, loop: Loop[Job, Finished]) -> Iterator[Event]:
        for turn in loop.run():
            self.full = queue.full
            if self.full is not None:  # the disk is full for the others too
                loop.stop()
            yield from self._stopping()
            for finished in turn:
                self._count(finished)
                yield finished

    def _stopping(self) -> Iterator[Stopping]:
        """Yield the stops that were not told yet."""
        while self._told < len(self._stops):
            self._told += 1
            yield self._stops[self._told - 1]

    def _count_left(self, made: BatchPlan) -> None:
        counts = self._ledger.history.counts(queue=made.digests.queue)
        self.summary.left = sum(counts[state] for state in (State.QUEUED, State.RUNNING, State.FAILED))
        # Another run wanted them otherwise and took them, or the ledger was restored.
        self.summary.left += len(made.ids) - self._ledger.history.count_in_queue(made.ids, made.digests.queue)

    def _count_plan(self, made: BatchPlan) -> None:
        self.summary.unchanged = made.unchanged
        self.summary.elsewhere = len(made.elsewhere)
        self.summary.quarantined = len(made.quarantined)
        self.summary.no_place = sum(skipped.calendars for skipped in made.skipped)
        self.summary.bad_skipped = sum(skipped.bad and not skipped.calendars for skipped in made.skipped)
        self.summary.skipped = sum(not skipped.bad for skipped in made.skipped)

    def _count(self, finished: Finished) -> None:
        summary, made = self.summary, finished.made
        if made is not None:
            summary.done += 1
            summary.new += made.details.first
            summary.changed += made.details.change_count > 0
            summary.with_problems += made.problem_count > 0
        elif finished.state is State.FAILED:
            summary.retried += 1
        elif finished.error is not None:
            summary.failed[finished.error.cause] += 1


def _details(request: BatchRequest) -> dict[str, object]:
    return {
        "sources": [str(source) for source in request.sources],
        "output": os.path.abspath(request.output),
        "include": request.wanted.include,
        "exclude": request.wanted.exclude,
        "year": request.options.year,
        "select": str(request.select) if request.select else None,
        "strict": request.strict,
        "enrolments": str(request.enrolments) if request.enrolments else None,
    }
