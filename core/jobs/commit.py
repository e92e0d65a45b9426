"""One queue of the ledger as a source of jobs, and the crash-proof end of each.

Outputs are written under temporary names, flushed, renamed, and their folders flushed; only then one transaction
records the whole group. A death between any two steps leaves old or new files, never half ones, and jobs that are done
again. Of jobs with the same content, options and dates one is converted, the others get what came of it.
"""

from __future__ import annotations

import copy
import logging
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import BadRows, Crashed, InputOutput, NoSuchFile, NotWritable, OutOfMemory, TimedOut, TukscalError
from ..ledger import INTERRUPTED, Done, Failure, Job, Ledger, State
from ..pool import Executor, Outcome
from ..system.files import FileChange, FolderGone, NoRoom, change_files, read_stamped, remove_left_behind, sha256
from .fingerprint import warnings_path
from .task import Details, Made

MOST = 64
"""Jobs in one group."""
LONGEST = 0.05
"""Seconds the first of a group may wait for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job whose attempt has ended, and where it stands now."""

    job: Job
    state: State
    made: Made | None
    error: TukscalError | None
    outcome: Outcome


Beside = Callable[[Job, Made | TukscalError], list[FileChange]]
May = Callable[[], TukscalError | None]
"""Asked before each file takes its name; returns why it must not."""


class Push(NamedTuple):
    """That results go into the outbox: under which name each, and whose they are (empty: of whoever is logged in)."""

    name: Callable[[Path], str]
    account: str = ""


def nothing_beside(job: Job, result: Made | TukscalError) -> list[FileChange]:
    """Write the output alone."""
    return []


class TakenOver(InputOutput):
    """Another process does this work now: what we made of it is not written."""


_AHEAD = 8  # jobs claimed for each worker at a time: a claim is a transaction
_BREATH = 0.1  # seconds, at least, between two turns without anything to do
_LOG = logging.getLogger(__name__)

Assign = Callable[[Job], Callable[[], Made]]
"""Tells what a worker does for a job: a module-level function, with functools.partial and its arguments."""
Share = Callable[[Job], Hashable]
"""Tells what a job's result depends on, if another job's would be the same; None for a job like no other."""


def share_nothing(job: Job) -> Hashable:
    """Let no two jobs share a result."""
    return None


_KEPT = 8  # outcomes; jobs are done in the order of their size, so that twins come one after the other
# What happened to one path or names it says nothing about another; what killed a worker is tried again, alone.
_ITS_OWN = (BadRows, InputOutput, NoSuchFile, NotWritable, Crashed, OutOfMemory, TimedOut)


class Twins:
    """Jobs whose result would be the same: the first is converted, the others wait for it."""

    def __init__(self, share: Callable[[Job], Hashable]) -> None:
        self._share = share
        self._keys: dict[int, Hashable] = {}
        self._waiting: defaultdict[Hashable, list[Job]] = defaultdict(list)
        self._ended: OrderedDict[Hashable, Outcome] = OrderedDict()

    def begin(self, job: Job) -> Outcome | Literal["waits"] | None:
        """Return None if a job is to be converted, the outcome if it is known, "waits" while its twin is at it."""
        key = self._share(job)
        if key is None:
            return None
        if key in self._ended:
            return self._ended[key]
        if key in self._keys.values():
            self._waiting[key].append(job)
            return "waits"
        self._keys[job.id] = key
        return None

    def end(self, job: Job, outcome: Outcome) -> list[Job]:
        """Return the jobs that get the same outcome; those that must be converted after all are begun again."""
        key = self._keys.pop(job.id, None)
        if key is None or isinstance(outcome.error, _ITS_OWN) or _is_other(outcome, job):
            return []
        self._ended[key] = outcome
        while len(self._ended) > _KEPT:
            self._ended.popitem(last=False)
        return self._waiting.pop(key, [])

    def stranded(self) -> list[Job]:
        """Return and forget the jobs whose twin ended in a way that says nothing about them."""
        orphaned = [key for key in self._waiting if key not in self._keys.values()]
        return [job for key in orphaned for job in self._waiting.pop(key)]

    def forget(self) -> list[Job]:
        """Return all jobs that wait, and forget everything."""
        waiting = [job for jobs in self._waiting.values() for job in jobs]
        self._waiting.clear()
        self._keys.clear()
        return waiting


def _is_other(outcome: Outcome, job: Job) -> bool:
    """Tell whether another content was converted than the job was queued for: the file changed since."""
    made = outcome.value
    return isinstance(made, Made) and made.sha256 != job.sha256


def again(outcome: Outcome, job: Job) -> Outcome:
    """Return an outcome as that of another job, which took no time of its own."""
    error = copy.copy(outcome.error)
    if error is not None:
        error.file = None
    value = replace(outcome.value, source_stamp="") if isinstance(outcome.value, Made) else outcome.value
    return replace(outcome, key=job.id, value=value, error=error, died=False, duration=0.0, peak=0)


class _End(NamedTuple):
    """How an attempt ended, with the error of writing its files."""

    job: Job
    outcome: Outcome
    unwritten: TukscalError | None

    @property
    def result(self) -> Made | TukscalError:
        """What the attempt comes to."""
        ended = self.outcome.error or self.unwritten or self.outcome.value
        assert isinstance(ended, Made | TukscalError), "what makes an output returns Made"
        if isinstance(ended, TukscalError):
            ended.file = ended.file or self.job.origin
        return ended

    def row(self, push: Push | None) -> Done | Failure:
        """Return what the ledger is to keep of it."""
        outcome, result = self.outcome, self.result
        common: dict[str, Any] = {
            "job": self.job.id,
            "worker": outcome.worker,
            "started": outcome.started,
            "duration": outcome.duration,
            "peak": outcome.peak,
            "details": (Details(advice=result.advice) if isinstance(result, TukscalError) else result.details).dump(),
        }
        if isinstance(result, TukscalError):
            return Failure(**common, cause=result.cause, message=result.message)
        return Done(
            **common,
            sha256=result.sha256 or None,
            source_stamp=result.source_stamp or None,
            kind=result.kind,
            entries=result.entries,
            problems=result.problem_count,
            output_sha256=result.output_sha256,
            output_stamp=_stamp_of(self.job.output, result.output_sha256),
            push=push is not None,
            calendar=push.name(self.job.output) if push else "",
            account=push.account if push else "",
        )


def _is_full(error: TukscalError | None) -> bool:
    return isinstance(error, NoRoom | FolderGone)


def _first(changes: list[FileChange], errors: dict[FileChange, TukscalError]) -> TukscalError | None:
    """Return the error that counts: the calendar's, or a full disk; a note beside it fails nothing else."""
    found = [errors[change] for change in changes if change in errors]
    if changes and changes[0] in errors:
        return errors[changes[0]]
    return next(filter(_is_full, found), None)


def _stamp_of(output: Path, expected: str) -> str:
    """Return the stamp of a calendar, empty if somebody has changed it since it was written: it is to be read again."""
    try:
        data, stamp = read_stamped(output)
    except TukscalError:
        return ""
    return stamp if sha256(data) == expected else ""


class QueueSource:
    """The jobs of a queue, of which those with the same content are converted once; ends are recorded in groups."""

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        assign: Assign,
        *,
        share: Share = share_nothing,
        beside: Beside = nothing_beside,
        may: May | None = None,
        push: Push | None = None,
        taken_over: Callable[[int], object] | None = None,
    ) -> None:
        """Work with what `assign` and `share` tell of a job, and write `beside` each output.

        `taken_over` hears how many jobs of dead processes were put back into the queue, before any is claimed.
        """
        self._ledger = ledger
        self._name = name
        self._assign = assign
        self._twins = Twins(share)
        self._beside = beside
        self._may = may
        self._push = push
        self._tell_taken_over = taken_over or _note_taken_over
        self._waiting: list[tuple[Job, Outcome]] = []
        self._since = 0.0
        self.full: TukscalError | None = None
        """The error of the last output that could not be written: the next ones will fail for the same reason."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def due(self) -> bool:
        """Whether the group is to be committed now."""
        return len(self._waiting) >= MOST or (bool(self._waiting) and time.monotonic() >= self._since + LONGEST)

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
                self.add(job, again(known, job))
            return False
        pool.start(job.id, self._assign(job))
        return True

    def end(self, job: Job, outcome: Outcome) -> list[Job]:
        """Put an outcome into the group, and the same one for every job that waited for it."""
        self.add(job, outcome)
        for twin in self._twins.end(job, outcome):
            self.add(twin, again(outcome, twin))
        return self._twins.stranded()

    def add(self, job: Job, outcome: Outcome) -> None:
        """Put an outcome into the group."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((job, outcome))

    def commit(self) -> list[Finished]:
        """Write the group's files, then record it; return what became of each job still held by this process.

        Raises InputOutput if the ledger cannot be written: then nothing is recorded, and the group waits for the next
        time.
        """
        if not self._waiting:
            return []
        # Whoever took a job over, because this process seemed dead, writes what it made itself.
        held = self._ledger.queue.held()
        self._waiting = [(job, outcome) for job, outcome in self._waiting if job.id in held]
        changes = [self._changes(job, outcome) for job, outcome in self._waiting]
        errors = change_files([change for part in changes for change in part], self._may)
        group = [_End(*one, _first(part, errors)) for one, part in zip(self._waiting, changes, strict=True)]
        self._tell_unwritten(group)
        self.full = next((end.unwritten for end in reversed(group) if _is_full(end.unwritten)), self.full)
        lost = {end.job.id for end in group if isinstance(end.unwritten, TakenOver)}
        rows = [end.row(self._push) for end in group if end.job.id not in lost]
        if lost:
            self._ledger.queue.release(lost)
        refused = lost | set(self._ledger.queue.record(rows))
        self._waiting.clear()
        return [self._finished(end) for end in group if end.job.id not in refused]

    def drop(self) -> list[Job]:
        """Forget what waits for a twin or for the group, and return its jobs: somebody else does them."""
        jobs = [*self._twins.forget(), *(job for job, _ in self._waiting)]
        self._waiting.clear()
        return jobs

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

    def _changes(self, job: Job, outcome: Outcome) -> list[FileChange]:
        result = outcome.error or outcome.value
        if not isinstance(result, Made):
            return self._beside(job, result) if isinstance(result, TukscalError) else []
        return [FileChange(job.output, result.data), *self._beside(job, result)]

    def _tell_unwritten(self, group: Sequence[_End]) -> None:
        """Write beside an output that could not be written why, where at least that can be done."""
        unwritten = [
            change
            for job, outcome, error in group
            if error is not None and outcome.error is None and not isinstance(error, TakenOver)
            for change in self._beside(job, error)
        ]
        change_files(unwritten, self._may)

    def _finished(self, end: _End) -> Finished:
        if isinstance(result := end.result, Made):
            return Finished(job=end.job, state=State.DONE, made=result, error=None, outcome=end.outcome)
        now = self._ledger.history.job(end.job.id)
        state = now.state if now else State.DEAD
        return Finished(job=end.job, state=state, made=None, error=result, outcome=end.outcome)


def _note_taken_over(count: int) -> None:
    jobs = "1 job of a process that is gone was" if count == 1 else f"{count} jobs of a process that is gone were"
    _LOG.warning("%s taken over", jobs)
