"""One job in a worker: PDFs in, a calendar's bytes out; and what is told of it, in the ledger and beside the calendar.

A worker reads and computes; only the parent writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..calendar import convert
from ..calendar.event import Calendar
from ..commands.compare import Difference, Snapshot, differences
from ..commands.inputs import Opening, calendar_at, ours, read_timetable
from ..decode import from_json
from ..errors import InputOutput, TukscalError
from ..ledger import Job
from ..model import Problem, Timetable
from ..selection.file import choose_entries
from ..selection.select import Selection, choices
from ..system.files import FileChange, read_stamped, sha256
from ..wording import clean, place
from .fingerprint import WARNINGS_HEAD, selection_of, term_digest, warnings_path

MOST_TOLD = 100
"""Problems and changes of one job that are told one by one; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to make, and of what."""

    source: Path
    output: Path
    options: convert.CalendarOptions
    opening: Opening = field(default_factory=Opening)
    typed: Selection = field(default_factory=Selection)
    """Groups chosen for all."""
    select: Path | None = None
    """A selection file, instead of the one found beside a PDF or above it."""
    strict: bool = False
    selection: str | None = None
    """The hash of the selection file the result is recorded under; None for whatever is there."""
    term: str | None = None
    """The hash of the teaching dates, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """A row or text of a PDF that could not be used."""

    page: int
    row: int | None
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A session before and after, as a person sees it; None for a new one or one that is gone."""

    title: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is told about a calendar; of a failure only `advice`. The lists hold the first ones, the counts all."""

    events: int = 0
    first: bool = True
    """Whether there was no calendar before."""
    problems: tuple[ProblemRow, ...] = ()
    changes: tuple[Moved, ...] = ()
    change_count: int = 0
    uncovered: int = 0
    """Events of the calendar before that the PDF does not speak of."""
    left_out: int = 0
    """Lectures whose period has no teaching day on which they take place."""
    undecided: int = 0
    """Choices between groups that nobody made: the calendar holds all of them."""
    advice: str = ""

    def dump(self) -> str:
        """Return it as JSON, without what is as usual."""
        usual = asdict(Details())
        return json.dumps({key: value for key, value in asdict(self).items() if value != usual[key]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A calendar to be written, and what is told about it."""

    data: bytes
    sha256: str
    """Of the PDF's bytes that were read."""
    source_stamp: str
    """Of the file they were read from."""
    output_sha256: str
    kind: str
    entries: int
    problem_count: int
    details: Details


def convert_task(task: Task) -> Made:
    """Return the calendar of a task's PDF as the next revision of the one at its output.

    Raises what a conversion raises, and NotWritable if what is at the output is not ours.
    """
    data, stamp = read_stamped(task.source, task.opening.limits.bytes)
    timetable = read_timetable(data, task.source.name, task.opening, strict=task.strict)
    (chosen,) = choose_entries([task.source], [timetable], task.typed, task.select)
    previous = continued(task.output)
    conversion = convert.make_calendar([chosen.selected.timetable], task.options, previous)
    _check_still(task)
    return describe([chosen.selected.timetable], stamp, conversion, previous)


def _check_still(task: Task) -> None:
    """Refuse a result of another selection or other teaching dates than it would be recorded under.

    Raises InputOutput; it is tried again, and the next run asks anew.
    """
    if task.selection not in (None, selection_of(task.source, task.select)):
        raise InputOutput(f"The selection for {task.source} changed while it was used.", file=str(task.source))
    check_term(task.term, task.options)


def check_term(expected: str | None, options: convert.CalendarOptions) -> None:
    """Raise InputOutput if the teaching dates are others than a result would be recorded under."""
    if expected not in (None, term_digest(options.term)):
        raise InputOutput("The teaching dates changed while they were used.")


def describe(
    timetables: Sequence[Timetable], stamp: str, conversion: convert.Conversion, previous: Calendar | None
) -> Made:
    """Return a calendar with what is told about it."""
    problems = [problem for timetable in timetables for problem in timetable.problems]
    moved = differences(previous, conversion.calendar) if previous is not None else ()
    return Made(
        data=conversion.ics,
        sha256=timetables[0].sha256,
        source_stamp=stamp,
        output_sha256=sha256(conversion.ics),
        kind=timetables[0].kind.value,
        entries=sum(len(timetable.entries) for timetable in timetables),
        problem_count=len(problems),
        details=Details(
            events=len(conversion.calendar.events),
            first=previous is None,
            problems=tuple(map(_row, problems[:MOST_TOLD])),
            changes=tuple(map(_moved, moved[:MOST_TOLD])),
            change_count=len(moved),
            uncovered=len(conversion.revision.uncovered),
            left_out=len(conversion.left_out),
            undecided=sum(len(choices(timetable.entries)) for timetable in timetables),
        ),
    )


def continued(output: Path) -> Calendar | None:
    """Return the calendar at an output, which the new one continues, None if there is none.

    Raises NotWritable if what is there is not ours.
    """
    data = calendar_at(output)
    return None if data is None else ours(data, output)


def load_details(text: str | None) -> Details:
    """Return what `dump` wrote; nothing special for None."""
    return from_json(Details, text or "{}")


def moved_words(moved: Moved) -> str:
    """Return what happened to one session, as a sentence's part."""
    if moved.before is None:
        return f"new: {moved.title}, {moved.after}"
    if moved.after is None:
        return f"gone: {moved.title}, {moved.before}"
    return f"moved: {moved.title}, {moved.before} -> {moved.after}"


def _row(problem: Problem) -> ProblemRow:
    return ProblemRow(page=problem.page, row=problem.row, text=problem.text, reason=problem.reason)


def _moved(change: Difference) -> Moved:
    either = change.after or change.before
    assert either is not None, "one side of a difference is there"
    return Moved(title=either.title, before=_place(change.before), after=_place(change.after))


def _place(snapshot: Snapshot | None) -> str | None:
    if snapshot is None:
        return None
    return ", ".join(part for part in (snapshot.when, snapshot.where, snapshot.status) if part)


def beside(job: Job, result: Made | TukscalError) -> list[FileChange]:
    """Return the change of NAME.warnings.txt: written where rows had problems, removed where none has any more."""
    if not isinstance(result, Made):
        return []
    path = warnings_path(job.output)
    if result.problem_count:
        return [FileChange(path, warnings_text(os.path.basename(job.origin), result))]
    return [FileChange(path, None)] if os.path.lexists(path) else []


def warnings_text(name: str, made: Made) -> bytes:
    """Return the text of a warnings file."""
    told = made.details.problems
    lines = [WARNINGS_HEAD, "", clean(name), *(f"- {_line(problem)}" for problem in told)]
    if made.problem_count > len(told):
        lines.append(f"- and {made.problem_count - len(told)} more")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _line(problem: ProblemRow) -> str:
    return clean(f"{place(problem.page, problem.row)}: {problem.reason}: {problem.text}")
