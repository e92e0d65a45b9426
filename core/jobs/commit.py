"""The crash-proof end of a job: the output lasts on the disk before the ledger says done.

Files are written under temporary names, flushed, renamed, and their folders flushed; only then one transaction records
the whole group. A death between any two steps leaves old or new files, never half ones, and jobs that are done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import InputOutput, TukscalError
from ..ledger import Done, Failure, Job, Ledger, State
from ..pool import Outcome
from ..system.files import FileChange, FolderGone, NoRoom, change_files, read_stamped, sha256
from .details import details_of
from .task import Made

MOST = 64
"""Jobs in one group."""
LONGEST = 0.05
"""Seconds the first of a group may wait for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a job for now."""

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


class Results:
    """Outcomes that wait to be written and recorded together."""

    def __init__(
        self, ledger: Ledger, *, beside: Beside = nothing_beside, may: May | None = None, push: Push | None = None
    ) -> None:
        self._ledger = ledger
        self._beside = beside
        self._may = may
        self._push = push
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
        group = list(self._waiting)
        changes = [self._changes(job, outcome) for job, outcome in group]
        errors = change_files([change for part in changes for change in part], self._may)
        failed = [_first(part, errors) for part in changes]
        self._tell_unwritten(group, failed)
        self.full = next(filter(_is_full, reversed(failed)), self.full)
        ended = [_ended(job, outcome, error) for (job, outcome), error in zip(group, failed, strict=True)]
        rows = [
            _row(job, outcome, result, push=self._push) for (job, outcome), result in zip(group, ended, strict=True)
        ]
        lost = {job.id for (job, _), error in zip(group, failed, strict=True) if isinstance(error, TakenOver)}
        if lost:
            self._ledger.queue.release(lost)
        refused = lost | set(self._ledger.queue.record([row for row in rows if row.job not in lost]))
        del self._waiting[: len(group)]
        return [
            self._finished(job, outcome, result)
            for (job, outcome), result in zip(group, ended, strict=True)
            if job.id not in refused
        ]

    def drop(self) -> list[Job]:
        """Forget what waits and return its jobs: somebody else does them."""
        jobs = [job for job, _ in self._waiting]
        self._waiting.clear()
        return jobs

    def _changes(self, job: Job, outcome: Outcome) -> list[FileChange]:
        result = outcome.error or outcome.value
        if not isinstance(result, Made):
            return self._beside(job, result) if isinstance(result, TukscalError) else []
        return [FileChange(job.output, result.data), *self._beside(job, result)]

    def _tell_unwritten(self, group: list[tuple[Job, Outcome]], failed: list[TukscalError | None]) -> None:
        """Write beside an output that could not be written why, where at least that can be done."""
        unwritten = [
            change
            for (job, outcome), error in zip(group, failed, strict=True)
            if error is not None and outcome.error is None and not isinstance(error, TakenOver)
            for change in self._beside(job, error)
        ]
        change_files(unwritten, self._may)

    def _finished(self, job: Job, outcome: Outcome, result: Made | TukscalError) -> Finished:
        if isinstance(result, Made):
            return Finished(job=job, state=State.DONE, made=result, error=None, outcome=outcome)
        now = self._ledger.history.job(job.id)
        return Finished(job=job, state=now.state if now else State.DEAD, made=None, error=result, outcome=outcome)


def _is_full(error: TukscalError | None) -> bool:
    return isinstance(error, NoRoom | FolderGone)


def _first(changes: list[FileChange], errors: dict[FileChange, TukscalError]) -> TukscalError | None:
    """Return the error that counts: the calendar's, or a full disk; a note beside it fails nothing else."""
    found = [errors[change] for change in changes if change in errors]
    if changes and changes[0] in errors:
        return errors[changes[0]]
    return next(filter(_is_full, found), None)


def _ended(job: Job, outcome: Outcome, error: TukscalError | None) -> Made | TukscalError:
    """Return how a job ended, with the writing of its files."""
    ended = outcome.error or error or outcome.value
    assert isinstance(ended, Made | TukscalError), "what makes an output returns Made"
    if isinstance(ended, TukscalError):
        ended.file = ended.file or str(job.source)
    return ended


def _stamp_of(output: Path, expected: str) -> str:
    """Return the stamp of a calendar, empty if somebody has changed it since it was written: it is to be read again."""
    try:
        data, stamp = read_stamped(output)
    except TukscalError:
        return ""
    return stamp if sha256(data) == expected else ""


def _row(job: Job, outcome: Outcome, result: Made | TukscalError, *, push: Push | None) -> Done | Failure:
    if isinstance(result, TukscalError):
        return Failure(
            job=job.id,
            worker=outcome.worker,
            started=outcome.started,
            duration=outcome.duration,
            peak=outcome.peak,
            cause=result.cause,
            message=result.message,
            details=details_of(result).dump(),
        )
    return Done(
        job=job.id,
        worker=outcome.worker,
        started=outcome.started,
        duration=outcome.duration,
        peak=outcome.peak,
        details=details_of(result).dump(),
        sha256=result.sha256 or None,
        source_stamp=result.source_stamp or None,
        kind=result.kind,
        entries=result.entries,
        problems=result.problem_count,
        output_sha256=result.output_sha256,
        output_stamp=_stamp_of(job.output, result.output_sha256),
        push=push is not None,
        calendar=push.name(job.output) if push else "",
        account=push.account if push else "",
    )
