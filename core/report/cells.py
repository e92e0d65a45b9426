"""The report as CSV (RFC 4180, UTF-8 with a byte-order mark, which Excel needs): one row a job, the newest first.

Column        what it holds
------        -------------
batch, job    their numbers in the ledger
state         done, dead, quarantined (both: no calendar), failed (will be tried again), queued, running
outcome       the same in words
cause         named cause of a failure, such as not_a_timetable; the list is closed
message       the sentence that goes with it
advice        what to do about it
source        the PDF, or for a list of students LIST#STUDENT
output        the calendar
kind          lectures, tests or exams
entries       sessions read from the PDF
events        events in the calendar
new           yes for a calendar that was not there before
changes       how many sessions moved, are new or gone since the calendar before
moved         the first of them in words, one after the other with " | " between
problems      rows or texts of the PDF that could not be used
problem_rows  the first of them: "page 2, row 3: TEXT: REASON", " | " between
undecided     choices between groups that nobody made
left_out      lectures without a teaching day
uncovered     events of the calendar before that the PDF does not speak of; they are gone
before        calendar (a failed PDF's calendar of before still stands), failed (failed in the run before), or empty
size          bytes of the PDF; of a student, modules
seconds       time of all attempts
peak          bytes of memory
attempts      how often it was tried
created, completed    ISO 8601, UTC
sha256, output_sha256 of the PDF and of the calendar
source_address, output_address    file: addresses, exact for any name; empty for a student's source

No cell is a formula (see `export.harmless`), and what cannot be seen is escaped, as \\x1b. No cell is longer than a
spreadsheet can hold; the JSON has everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from ..jobs.task import ProblemRow, moved_words
from ..timetable.export import csv_text
from ..wording import place, visible
from . import words
from .batch import Run, Told
from .values import job_value

COLUMNS = (
    "batch", "job", "state", "outcome", "cause", "message", "advice", "source", "output", "kind", "entries", "events",
    "new", "changes", "moved", "problems", "problem_rows", "undecided", "left_out", "uncovered", "before", "size",
    "seconds", "peak", "attempts", "created", "completed", "sha256", "output_sha256", "source_address",
    "output_address",
)  # fmt: skip
_LONGEST = 32_000  # characters; Excel holds 32,767
_TOGETHER = 500


def csv_pieces(run: Run, jobs: Iterable[Told]) -> Iterator[bytes]:
    """Yield the file, some hundred rows at a time."""
    yield csv_text([COLUMNS]).encode("utf-8-sig")
    waiting = iter(jobs)
    while some := list(islice(waiting, _TOGETHER)):
        yield csv_text(_row(run, told) for told in some).encode()


def _row(run: Run, told: Told) -> list[object]:
    values = {
        **job_value(run, told),
        "batch": told.job.batch,
        "job": told.job.id,
        "outcome": words.STATES[told.job.state],
        "new": ("yes" if told.details.first else "no") if told.known else None,
        "moved": " | ".join(map(moved_words, told.details.changes)),
        "problem_rows": " | ".join(map(_problem, told.details.problems)),
    }
    return [_cell(values[column]) for column in COLUMNS]


def _problem(row: ProblemRow) -> str:
    return f"{place(row.page, row.row)}: {row.text}: {row.reason}"


def _cell(value: object) -> object:
    """Return text that can be seen and is no longer than a cell can hold."""
    text = visible(value) if isinstance(value, str) else value
    return f"{text[:_LONGEST]} …" if isinstance(text, str) and len(text) > _LONGEST else text
