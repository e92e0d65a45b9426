"""From files that stand still to jobs, and from jobs that ended to what becomes of their files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePath
from threading import Event

from ..batch import assign, digests, make_folder, share
from ..batch_queue import Digests, sort
from ..beside import warnings_path
from ..discover import Found
from ..errors import InputOutput, NotWritable, TukscalError
from ..files import FileChange, change_files
from ..fingerprint import Seen, look
from ..ledger import Job, Ledger, NewJob, State
from ..mirror import Places
from ..pool import Executor
from ..results import Finished, May, Results
from ..runner import Pace, Runner
from . import sweep
from .fates import no_error, notes
from .leaving import Leaving, Tell
from .request import WatchRequest
from .settle import Settled
from .stamp import Stamp

_AGAIN = 600.0  # seconds until what failed for a reason outside is tried again
_PROBE = 2**20  # bytes: more than a calendar has


class Desk:
    """The jobs of one folder under one set of options."""

    def __init__(
        self,
        request: WatchRequest,
        ledger: Ledger,
        pool: Executor,
        *,
        may: May,
        ticks: Callable[[], float],
        wake: Event,
        tell: Tell,
    ) -> None:
        self._request = request
        self._ledger = ledger
        self._may = may
        self._ticks = ticks
        self.digests: Digests = digests(request.batch)
        self.batch = sweep.begin(ledger, request)
        self.results = Results(ledger, beside=notes, may=may, push=request.batch.push)
        self.runner = Runner(
            ledger, self.digests.queue, pool, self.results,
            assign=assign(request.batch), share=share, pace=Pace(grace=request.grace), wake=wake,
        )  # fmt: skip
        self._places = Places(str(request.output), ".ics", self._owner)
        self._leaving = Leaving(request, ticks, gone=lambda path: self._places.forget(str(path)), tell=tell)
        self._open: dict[Path, tuple[Stamp, float]] = {}  # PDFs with a job, in the order they came
        self._revivable: list[Job] = []  # jobs that failed because of something outside
        self._revive_at = 0.0
        self.quarantined: list[Path] = []
        """PDFs seen that ended their worker twice: they are not tried again until they change."""

    @property
    def oldest(self) -> float | None:
        """The seconds the PDF has waited that waits longest, None if none does."""
        return next((self._ticks() - since for _, since in self._open.values()), None)

    def take(self, settled: Iterable[Settled]) -> list[str]:
        """Put files into the queue that are not converted yet; return those that changed under our hands.

        Raises InputOutput or NotWritable if the ledger or the output folder cannot be written.
        """
        again, wanted, stamps = list[str](), list[tuple[NewJob, str]](), dict[Path, Stamp]()
        for one in settled:
            source, output, seen = self._look(one.path)
            if not one.stamp.is_text(seen.stamp) if seen.stamp else not os.path.lexists(source):
                again.append(one.path)
                continue
            stamps[source] = one.stamp
            wanted.append((self._job(source, output, seen), seen.output_sha256))
        sorts = sort(wanted, self._ledger)
        self._ledger.enqueue(self.batch, sorts.new)
        now = self._ticks()
        self._open.update({job.source: (stamps[job.source], now) for job in sorts.new})
        for job in sorts.unchanged:
            change_files(no_error(job.output), self._may)
            self._leave(job.source, stamps[job.source], done=True)
        for job in sorts.quarantined:
            self.quarantined.append(job.source)
            self._leave(job.source, stamps[job.source], done=False)
        return again

    def ended(self, finished: Finished) -> None:
        """Do with a PDF what is asked for when its job has ended."""
        if finished.state is State.FAILED:
            return
        if _is_outside(finished):  # it is not done with
            self._revive_at = self._revive_at if self._revivable else self._ticks() + _AGAIN
            self._revivable.append(finished.job)
        elif opened := self._open.pop(finished.job.source, None):
            self._leave(finished.job.source, opened[0], done=finished.made is not None)

    def sweep(self, seen: Collection[str]) -> list[Path]:
        """Return the PDFs that were removed while no daemon ran, to be forgotten like those that go now."""
        return [job.source for job in sweep.swept(self._ledger, self._request, seen) if self._is_at_home(job)]

    def gone(self, path: Path) -> tuple[Path | None, str]:
        """Forget a PDF that is not there any more, with the note about it.

        Return its calendar if that went too, and why something could not be removed.
        """
        self._open.pop(path, None)
        given = self._places.output_of(str(path))
        if given is None:
            return None, ""
        output = Path(given)
        changes = no_error(output)
        mirrored = self._request.mirror and self._is_result(output, path)
        if mirrored:
            changes += [FileChange(output, None), FileChange(warnings_path(output), None)]
        self._places.forget(str(path))
        errors = change_files(changes, self._may)
        return (output if mirrored and not errors else None), next((error.message for error in errors.values()), "")

    def tidy(self) -> None:
        """Try again, now and then, what could not be done. Raises InputOutput if the ledger cannot be written."""
        self._leaving.again()
        if self._revivable and self._ticks() >= self._revive_at:
            self.revive()

    def revive(self) -> int:
        """Queue again what failed for good because of something outside; return how many."""
        for job in self._revivable:
            _make_folder(job.output.parent)
        count = self._ledger.replay(job.id for job in self._revivable)
        self._revivable.clear()
        return count

    def writable(self) -> TukscalError | None:
        """Return why the output folder cannot be written into, None if it can."""
        path = self._request.output / ".tukscal-probe"
        for data in (b"x" * _PROBE, None):
            for error in change_files([FileChange(path, data)]).values():
                return error
        return None

    # ---- parts

    def _look(self, path: str) -> tuple[Path, Path, Seen]:
        source = Path(path)
        output = Path(self._places.output(self._found(source)))
        _make_folder(output.parent)
        batch = self._request.batch
        (seen,) = look([(source, output)], batch.opening.limits.bytes, batch.select is None)
        return source, output, seen

    def _found(self, source: Path) -> Found:
        return Found(str(source), PurePath(os.path.relpath(source, self._request.source)).as_posix())

    def _is_at_home(self, job: Job) -> bool:
        """Tell whether a PDF would have the output it had."""
        return self._places.output(self._found(job.source)) == str(job.output)

    def _job(self, source: Path, output: Path, seen: Seen) -> NewJob:
        common = self.digests
        return NewJob(
            source=source, output=output, sha256=seen.sha256, size=seen.size, queue=common.queue,
            options=common.options, selection=common.selection or seen.selection, term=common.term,
            parser=common.parser, source_stamp=seen.stamp,
        )  # fmt: skip

    def _leave(self, source: Path, stamp: Stamp, *, done: bool) -> None:
        """Do with a PDF what is asked for, if it is still ours to do."""
        if self._may() is None:
            self._leaving.leave(source, stamp, done=done)

    def _owner(self, output: str) -> str | None:
        path = Path(output)
        job = self._ledger.results([path]).get(path) or self._ledger.unfinished([path]).get(path)
        return str(job.source) if job else None

    def _is_result(self, output: Path, source: Path) -> bool:
        job = self._ledger.results([output]).get(output)
        return job is not None and job.source == source


def _make_folder(folder: Path) -> None:
    """Make a folder for calendars; where that cannot be, the job says so."""
    with contextlib.suppress(NotWritable):
        make_folder(folder)


def _is_outside(finished: Finished) -> bool:
    """Tell whether a job failed because of a disk or a share: something that may go away without the PDF changing."""
    error = finished.error
    return error is not None and (isinstance(error, InputOutput) or finished.outcome.error is None)
