"""The batch a report is about, and its jobs one after the other: the only module that asks the ledger."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import CONVERSION_ERRORS
from ..jobs.task import Details, load_details
from ..ledger import INTERRUPTED, LETTERS, Batch, Filter, Job, Ledger, State

_PAGE = 1_000
_NEWEST = 100  # batches looked at first
_MOST_QUARANTINED = 300
_ADVICE = {error.cause: error.default_advice for error in CONVERSION_ERRORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A batch with what it wrote down; empty where it wrote nothing."""

    batch: Batch
    asked: Mapping[str, object]
    summary: Mapping[str, object]
    before: Run | None = None
    """The last run of the same command into the same folder that came to its end."""

    @property
    def students(self) -> bool:
        """Whether its jobs are students of an enrolment list and not PDFs."""
        return bool(self.asked.get("enrolments"))

    @property
    def output(self) -> Path:
        """The folder of its calendars."""
        return Path(os.path.abspath(str(self.asked.get("output", "."))))

    @property
    def took(self) -> float | None:
        """How many seconds it ran."""
        if isinstance(took := self.summary.get("seconds"), int | float):
            return took
        took = math.inf if self.batch.ended is None else self.batch.ended - self.batch.created
        return took if math.isfinite(took) and took >= 0 else None  # the wall clock may have been set meanwhile

    def count(self, name: str) -> int:
        """Return a number of its summary, 0 if it is not there."""
        found = self.summary.get(name)
        return found if isinstance(found, int) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A job with what is remembered beside its figures."""

    job: Job
    details: Details
    known: bool = True
    """Whether the details of a calendar were remembered; an older tukscal's are not."""
    earlier: Job | None = None
    """The calendar that stands at the output of a job that failed."""
    failed_before: str | None = None
    """Of a calendar: the sentence of the failure that stood there when the batch began."""

    @property
    def failed(self) -> bool:
        """Whether it ended without a calendar."""
        return self.job.state in LETTERS

    @property
    def moved(self) -> bool:
        """Whether it changed a calendar that was there before."""
        return self.job.state is State.DONE and self.known and not self.details.first and self.details.change_count > 0

    @property
    def advice(self) -> str:
        """What to do about a failure."""
        return self.details.advice or _ADVICE.get(self.job.cause or "", "")


def find_run(ledger: Ledger, number: int) -> Run:
    """Return a batch and the run before it. Raises LookupError for a number the ledger does not know."""
    limit, found = _NEWEST, ledger.history.batches(_NEWEST)
    while len(found) == limit and found[-1].id > number:
        limit, found = limit * 10, ledger.history.batches(limit * 10)
    batch = next((one for one in found if one.id == number), None)
    if batch is None:
        raise LookupError(f"The ledger has no batch {number}.")
    run = _run(batch)
    before = (_run(one) for one in found if one.id < number)
    return Run(
        batch=batch,
        asked=run.asked,
        summary=run.summary,
        before=next((one for one in before if one.summary and _same_work(one, run)), None),
    )


def _run(batch: Batch) -> Run:
    asked, summary = batch.details, batch.summary
    return Run(
        batch=batch,
        asked=asked if isinstance(asked, dict) else {},
        summary=summary if isinstance(summary, dict) else {},
    )


def _same_work(one: Run, other: Run) -> bool:
    return one.batch.command == other.batch.command and one.output == other.output and one.students == other.students


def told_jobs(ledger: Ledger, run: Run) -> Iterator[Told]:
    """Yield the jobs of a batch, the newest first, a page at a time in memory."""
    after: int | None = None
    while page := ledger.history.jobs(Filter(batch=run.batch.id, limit=_PAGE, after=after)):
        for job in page:
            yield _told(ledger, run, job)
        after = page[-1].id


def left_alone(ledger: Ledger, run: Run) -> list[Told]:
    """Return dead letters that a batch did not try again, since they ended their worker twice: the newest of them."""
    if not run.count("quarantined"):
        return []
    wanted = Filter(state=State.QUARANTINED, part=str(run.output), limit=_MOST_QUARANTINED)
    found = [
        job for job in ledger.history.jobs(wanted) if job.batch < run.batch.id and job.output.is_relative_to(run.output)
    ]
    return [_told(ledger, run, job) for job in found]


def _told(ledger: Ledger, run: Run, job: Job) -> Told:
    details = load_details(job.details)
    if job.state is State.DONE:
        before = _failed_before(ledger, run, job)
        return Told(job=job, details=details, known=job.details is not None, failed_before=before)
    return Told(job=job, details=details, known=False, earlier=ledger.history.results([job.output]).get(job.output))


def _failed_before(ledger: Ledger, run: Run, job: Job) -> str | None:
    """Return the sentence of the last attempt at a job before the batch, if that one failed."""
    tried = [
        one for one in ledger.history.attempts(job.id) if one.cause != INTERRUPTED and one.ended < run.batch.created
    ]
    return (tried[-1].message or tried[-1].cause) if tried and tried[-1].cause else None
