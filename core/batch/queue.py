"""From the PDFs of a batch to its queue: what is new, what is there already, what is somebody else's.

What was converted before is not converted again if the PDF, the options, the groups, the teaching dates and the
versions are those of a recorded result whose calendar is still there unchanged.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..jobs.fingerprint import file_digest
from ..jobs.queue import Assign, Share, share_nothing
from ..jobs.sidecar import is_missing
from ..ledger import Enqueued, Job, Ledger, NewJob, State
from .discover import Skipped
from .placement import is_there


class Digests(NamedTuple):
    """What all results of a request depend on."""

    queue: str
    options: str
    selection: str
    """Of the file chosen for all; empty if each PDF may have its own."""
    term: str
    parser: str


def is_anothers(there: Job, new: NewJob) -> bool:
    """Tell whether an output is the calendar of another PDF, or of a student of a list, that is there."""
    anothers = there.source != new.source and is_there(str(there.source), str(there.output))
    return anothers and os.path.lexists(new.output)


@dataclass(slots=True, kw_only=True)
class BatchPlan:
    """What is to be done."""

    batch: int
    digests: Digests
    assign: Assign
    share: Share = share_nothing
    anothers: Callable[[Job, NewJob], bool] = is_anothers
    """Tells whether an output is the calendar of something else than what a new job is about."""
    queued: int = 0
    ids: array[int] = field(default_factory=lambda: array("q"))
    """The jobs that were put into the queue: eight bytes each."""
    unchanged: int = 0
    elsewhere: list[NewJob] = field(default_factory=list)
    """Jobs whose output another process is at."""
    quarantined: list[Path] = field(default_factory=list)
    """PDFs that ended their worker twice, unchanged since: not tried again unless a person says so."""
    skipped: list[Skipped] = field(default_factory=list)


def enqueue(made: BatchPlan, wanted: Sequence[tuple[NewJob, str]], ledger: Ledger) -> set[Path]:
    """Put jobs into the queue whose result is not there yet; each comes with the hash of what is at its output.

    Return the outputs that are there.
    """
    sorts = sort(wanted, ledger)
    made.unchanged += len(sorts.unchanged)
    made.quarantined += [job.source for job in sorts.quarantined]
    # Another run may have given an output to its PDF since it was looked whose it is.
    owners = ledger.history.results([job.output for job in sorts.new])
    new = list[NewJob]()
    for job in sorts.new:
        there = owners.get(job.output)
        (made.elsewhere if there and made.anothers(there, job) else new).append(job)
    seen = {output: there.id for output, there in sorts.results.items()}
    entered: Enqueued = ledger.queue.enqueue(made.batch, new, seen)
    made.queued += entered.added + entered.renewed
    made.unchanged += len(entered.done)
    running, done = set(entered.running), set(entered.done)
    made.ids.extend(number for number in entered.ids if number not in running | done)
    made.elsewhere += [job for number, job in zip(entered.ids, new, strict=True) if number in running]
    return {job.output for job in sorts.unchanged}


class Sorts(NamedTuple):
    """Jobs by what is to be done with them."""

    new: list[NewJob]
    unchanged: list[NewJob]
    quarantined: list[NewJob]
    results: dict[Path, Job]
    """Of each output that had one."""


def sort(wanted: Sequence[tuple[NewJob, str]], ledger: Ledger) -> Sorts:
    """Tell jobs whose result is there from those to be converted and those that ended their worker twice."""
    results = ledger.history.results([job.output for job, _ in wanted])
    sorts = Sorts([], [], [], results)
    open_ones: list[NewJob] = []
    for job, at_output in wanted:
        there = results.get(job.output)
        same = there is not None and _same(there, job) and _stands(there, at_output)
        same = same and not (there and is_missing(job.output, there.problems))
        (sorts.unchanged if same else open_ones).append(job)
    unfinished = ledger.history.unfinished([job.output for job in open_ones])
    for job in open_ones:
        before = unfinished.get(job.output)
        stopped = before is not None and before.state is State.QUARANTINED and before.queue == job.queue
        (sorts.quarantined if before and stopped and _same(before, job) else sorts.new).append(job)
    return sorts


def _stands(there: Job, at_output: str) -> bool:
    """Tell whether a result is at its output, as it was found, or as another run has made it since."""
    return there.output_sha256 == at_output or there.output_sha256 == file_digest(there.output)


def _same(job: Job, new: NewJob) -> bool:
    """Tell whether a job's result depends on the same things as a new one's."""
    old: Iterable[str] = (job.sha256, job.options, job.selection, job.term, job.parser)
    return bool(new.sha256) and tuple(old) == (new.sha256, new.options, new.selection, new.term, new.parser)
