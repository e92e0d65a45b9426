"""From files that stand still to jobs, and from jobs that ended to what becomes of their files."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from threading import Event

from ..backoff import Backoff, Pause
from ..batch.discover import Found, Places, Skipped
from ..batch.plan import Digests, assign, digests, make_folder, new_job, share, sort
from ..errors import InputOutput, NotWritable, TukscalError
from ..jobs.commit import Finished, May, QueueSource
from ..jobs.fingerprint import PdfSnapshot, file_digest, look, no_warnings
from ..jobs.loop import Loop, Pace
from ..ledger import Job, Ledger, NewJob, Stamps, State
from ..pool import Executor
from ..system.files import FileChange, Stamp, change_files, is_no_file, leads_out
from . import earlier
from .archive import Archive
from .notes import Fate, no_error, notes
from .reporters import Reporters
from .request import WatchRequest
from .scan import Home
from .stability import Settled

_BACKOFF = Backoff(first=600.0, factor=1.0)  # until what failed for a reason outside is tried again
_PROBE = 2**20  # bytes: more than a calendar has


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchContext:
    """What the work on one request needs."""

    request: WatchRequest
    ledger: Ledger
    pool: Executor
    reporters: Reporters
    may: May
    """Tells whether files may be written now."""
    ticks: Callable[[], float]
    wake: Event
    breathe: Callable[[], object]
    """Called again and again while a look takes long."""


class Intake:
    """The jobs of one folder under one set of options."""

    def __init__(self, context: WatchContext) -> None:
        request, ledger = context.request, context.ledger
        self._request, self._ledger, self._reporters = request, ledger, context.reporters
        self._may, self._ticks = context.may, context.ticks
        self.digests: Digests = digests(request.batch)  # a batch over the same folders shares its work with us
        self.home: Home | None = None
        """Where the folder was when its work began."""
        self.batch: int | None = None
        """The ledger's batch of this work, once it began."""
        self.orphaned = False
        """Whether another daemon's jobs were found since: then everything is to be looked at anew."""
        self.results = QueueSource(
            ledger, self.digests.queue, assign(request.batch), share=share, beside=notes, may=context.may,
            push=request.batch.push, taken_over=self._hear_of_orphans,
        )  # fmt: skip
        self.loop = Loop(self.results, context.pool, pace=Pace(grace=request.grace), wake=context.wake)
        self._places = Places(str(request.output), ".ics", self._owner)
        self._archive = Archive(
            request, context.ticks, gone=lambda path: self._places.forget(str(path)), tell=self._reporters.not_put_away
        )
        self._open: dict[Path, tuple[Stamp, float]] = {}  # PDFs with a job, in the order they came
        self._revivable: list[Job] = []  # jobs that failed because of something outside
        self._pause = Pause(context.ticks, _BACKOFF)
        self._done_with: list[tuple[Job | NewJob, Stamp, bool]] = []  # their PDFs are to be put away
        self.refused: set[Path] = set()
        """PDFs whose calendar would be written elsewhere."""
        self.quarantined: list[Path] = []
        """PDFs seen that ended their worker twice: they are not tried again until they change."""

    @property
    def oldest(self) -> float | None:
        """The seconds the PDF has waited that waits longest, None if none does."""
        return next((self._ticks() - since for _, since in self._open.values()), None)

    def begin(self, home: Home, mounts: Sequence[str]) -> None:
        """Begin with a folder that is at `home`, with `mounts` in it. Raises InputOutput or NotWritable."""
        self.batch = earlier.begin(self._ledger, self._request, home, mounts)
        if count := self._ledger.queue.take_over():
            self._reporters.orphans(count)
        self._park(self.batch)
        self.home = home

    def _hear_of_orphans(self, count: int) -> None:
        self._reporters.orphans(count)
        if self.batch is not None:
            self.orphaned = self._park(self.batch) > 0

    def _park(self, batch: int) -> int:
        """Let jobs other daemons left wait until their PDFs are seen to stand still; return how many did not yet."""
        count, gone = earlier.park(self._ledger, self._request, batch)
        change_files([change for job in gone for change in no_error(job.output)], self._may)
        return count

    def take(self, settled: Iterable[Settled]) -> list[str]:
        """Put files into the queue that are not converted yet; return those that changed under our hands.

        Raises InputOutput or NotWritable if the ledger or the output folder cannot be written.
        """
        again, wanted, stamps = list[str](), list[tuple[NewJob, str]](), dict[Path, Stamp]()
        for one in settled:
            source = Path(one.path)
            output = Path(self._places.output(self._found(source)))
            if leads_out(str(output.parent), str(self._request.output)):
                self._refuse(source, f"{output.parent} leads out of {self._request.output} by a link")
                continue
            self.refused.discard(source)
            seen = self._look(source, output)
            if not one.stamp.is_text(seen.stamp) if seen.stamp else not os.path.lexists(source):
                again.append(one.path)
                continue
            stamps[source] = one.stamp
            wanted.append((new_job(source, output, seen, self.digests), seen.output_sha256))
        assert self.batch is not None, "begun"
        sorts = sort(wanted, self._ledger)
        entered = self._ledger.queue.enqueue(self.batch, sorts.new)
        # Where the PDF before it is still being converted, the new one is taken when that has ended.
        running, now = set(entered.running), self._ticks()
        for number, job in zip(entered.ids, sorts.new, strict=True):
            if number in running:
                again.append(str(job.source))
            else:
                self._open[job.source] = (stamps[job.source], now)
        for job in sorts.unchanged:
            change_files(no_error(job.output), self._may)
        earlier.forget_waiting(self._ledger, [job.output for job in sorts.unchanged], self.digests.queue)
        self._stay([(job, sorts.results[job.output]) for job in sorts.unchanged])
        self._done_with += [(job, stamps[job.source], True) for job in sorts.unchanged]
        for job in sorts.quarantined:
            self.quarantined.append(job.source)
            level, why = logging.WARNING, "It ended its worker twice."
            self._reporters.log("put_aside", level=level, file=job.source, reason=why)
        self._done_with += [(job, stamps[job.source], False) for job in sorts.quarantined]
        self.put_away()
        return again

    def _refuse(self, source: Path, why: str) -> None:
        if source not in self.refused:
            self._reporters.skipped(Skipped(source, f"its calendar has no place: {why}", bad=True))
        self.refused.add(source)

    def _stay(self, there: Sequence[tuple[NewJob, Job]]) -> None:
        """Note that PDFs that were put away are back, and stay now."""
        if self._request.on_success is Fate.KEEP:
            self._ledger.retention.restamp(
                Stamps(job.output, was.sha256, was.output_sha256 or "", job.source_stamp, was.output_stamp or "")
                for job, was in there
                if was.put_away
            )

    def ended(self, finished: Finished) -> None:
        """Do with a PDF what is asked for when its job has ended."""
        if finished.state is State.FAILED:
            return
        if _is_outside(finished):  # it is not done with
            if not self._revivable:
                self._pause.begin()
            self._revivable.append(finished.job)
        elif opened := self._open.pop(finished.job.source, None):
            self._done_with.append((finished.job, opened[0], finished.made is not None))

    def is_open(self, path: Path) -> bool:
        """Tell whether a PDF has a job that has not ended."""
        return path in self._open

    def put_away(self) -> None:
        """Do with the PDFs whose jobs ended what is asked for. Raises InputOutput if the ledger cannot be told."""
        leaving = [one for one in self._done_with if self._archive.fate(done=one[2]) is not Fate.KEEP]
        if leaving and self._may() is None:  # if it is still ours to do
            self._ledger.retention.put_away(job.output for job, _, _ in leaving)
            for job, stamp, done in leaving:
                self._archive.leave(job.source, stamp, done=done)
        self._done_with.clear()

    def sweep(self, seen: Collection[str]) -> list[Path]:
        """Return the PDFs that were removed while no daemon ran, to be forgotten like those that go now."""
        assert self.home is not None, "begun"
        found = earlier.removed(self._ledger, self._request, seen, self.home)
        # Only PDFs that would have the output they had.
        return [job.source for job in found if self._places.output(self._found(job.source)) == str(job.output)]

    def gone(self, path: Path) -> tuple[Path | None, str]:
        """Forget a PDF that is not there any more, with the note about it.

        Return its calendar if that went too, and why something could not be removed: then it is not forgotten.
        """
        given = self._places.output_of(str(path))
        if given is None:
            return None, ""
        output = Path(given)
        changes = no_error(output)
        mirrored = self._request.mirror and self._is_result(output, path)
        if mirrored:
            changes += [FileChange(output, None), *no_warnings(output)]
        for error in change_files(changes, self._may).values():
            return None, error.message
        self._places.forget(str(path))
        return (output if mirrored else None), ""

    def tidy(self) -> None:
        """Try again, now and then, what could not be done. Raises InputOutput if the ledger cannot be written."""
        self.put_away()
        self._archive.again()
        if self._revivable and not self._pause.left:
            self.revive()

    def revive(self) -> int:
        """Queue again what failed for good because of something outside; return how many."""
        for job in self._revivable:
            _make_folder(job.output.parent)
        count = self._ledger.queue.replay(job.id for job in self._revivable)
        self._revivable.clear()
        return count

    def writable(self) -> TukscalError | None:
        """Return why the output folder cannot be written into, None if it can."""
        path = self._request.output / ".tukscal-probe"
        if is_no_file(path):  # somebody's
            path = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        for data in (b"x" * _PROBE, None):
            for error in change_files([FileChange(path, data)]).values():
                return error
        return None

    # ---- parts

    def _look(self, source: Path, output: Path) -> PdfSnapshot:
        _make_folder(output.parent)
        batch = self._request.batch
        (seen,) = look([(source, output)], batch.opening.limits.bytes, batch.select is None)
        return seen

    def _found(self, source: Path) -> Found:
        return Found(str(source), PurePath(os.path.relpath(source, self._request.source)).as_posix())

    def _owner(self, output: str) -> str | None:
        path = Path(output)
        job = self._ledger.history.results([path]).get(path) or self._ledger.history.unfinished([path]).get(path)
        return str(job.source) if job else None

    def _is_result(self, output: Path, source: Path) -> bool:
        """Tell whether what is at an output is the calendar of a PDF, as it was written."""
        job = self._ledger.history.results([output]).get(output)
        return job is not None and job.source == source and job.output_sha256 == file_digest(output)


def _make_folder(folder: Path) -> None:
    """Make a folder for calendars; where that cannot be, the job says so."""
    with contextlib.suppress(NotWritable):
        make_folder(folder)


def _is_outside(finished: Finished) -> bool:
    """Tell whether a job failed because of a disk or a share: something that may go away without the PDF changing."""
    error = finished.error
    return error is not None and (isinstance(error, InputOutput) or finished.outcome.error is None)
