"""The batch a report is about, its jobs one after the other, and how jobs, files and times are called.

Only this module asks the ledger. A name may hold a line break, a terminal's commands, letters that turn a line around,
or bytes that are no text. Shown, all of these are visible escapes; a link is percent-encoded and leads to the bytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_from_bytes

from ..errors import CONVERSION_ERRORS
from ..jobs.task import Details, load_details
from ..ledger import INTERRUPTED, LETTERS, Batch, Filter, Job, Ledger, State
from ..wording import visible

_PAGE = 1_000
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
    if (batch := ledger.history.batch(number)) is None:
        raise LookupError(f"The ledger has no batch {number}.")
    run = _run(batch)
    before = map(_run, ledger.history.before(number, run.output))
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


def shown(path: Path) -> str:
    """Return a path that can be shown."""
    return visible(str(path))


def link(path: Path, folder: Path) -> str:
    """Return the address of a file for a page in a folder: relative, so that both may be moved together.

    A file on another drive of Windows has an absolute one.
    """
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:
        return address(path)
    return quote_from_bytes(os.fsencode(relative.replace(os.sep, "/")))  # a colon too: no name is a scheme


def address(path: Path) -> str:
    """Return the file: address of a file."""
    return (path if path.is_absolute() else Path(os.path.abspath(path))).as_uri()


class Roots:
    """The folders and files a person named: what lies below them is shown without the way there."""

    def __init__(self, named: list[str]) -> None:
        self._named = frozenset(Path(os.path.abspath(name)) for name in named)
        self._several = len(self._named) > 1

    def short(self, path: Path) -> str:
        """Return a path below a named one, with the named one's name if there are several."""
        for parent in path.parents:
            if parent in self._named:
                return shown(path.relative_to(parent.parent if self._several else parent))
        return visible(path.name) if path in self._named else shown(path)


CAUSES = {
    "not_a_timetable": "Not a UP timetable",
    "encrypted": "Needs a password",
    "damaged": "Damaged or incomplete file",
    "too_large": "Larger than any timetable",
    "timeout": "Took too long",
    "memory": "Needed too much memory",
    "crash": "Stopped the converter",
    "bad_rows": "No row or choice could be used",
    "no_term": "Teaching dates are not known",
    "no_such_file": "Not there, or may not be read",
    "not_writable": "The calendar may not be written",
    "io": "Reading or writing failed",
}
STATES = {
    State.DONE: "has its calendar",
    State.DEAD: "has no calendar",
    State.QUARANTINED: "has no calendar: it ended the converter twice",
    State.FAILED: "will be tried again",
    State.QUEUED: "not done yet",
    State.RUNNING: "being converted",
}


def cause_words(cause: str | None) -> str:
    """Return what went wrong in a few words."""
    return CAUSES.get(cause or "", cause or "Not known")


def iso(moment: float | None) -> str:
    """Return unix seconds as ISO 8601 in UTC, empty for none and for what is no time of a calendar."""
    try:
        return "" if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return ""


def local(moment: float | None) -> str:
    """Return "Mon 3 Aug 2026, 14:05 (UTC+02:00)" in the time of this computer; "unknown" for none."""
    try:
        if moment is None:
            return "unknown"
        when = datetime.fromtimestamp(moment, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return "unknown"
    return f"{when:%a} {when.day} {when:%b %Y, %H:%M} (UTC{when.isoformat()[-6:]})"
