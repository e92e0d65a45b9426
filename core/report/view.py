"""What the page of a report shows of jobs: names with links, the rows of each table, what was asked for."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ... import __version__
from ..jobs.task import Moved
from ..ledger import State
from ..wording import counted, place, visible
from . import batch
from .batch import Roots, Run, Told, link, shown
from .findings import MOST, Findings


class Link(NamedTuple):
    """A link to a file."""

    name: str
    href: str
    title: str


Cell = str | tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A run, what was found, and the folder of the page."""

    run: Run
    found: Findings
    folder: Path
    sources: Roots
    outputs: Roots

    @property
    def one(self) -> str:
        """What a job is about."""
        return "student" if self.run.students else "PDF"

    @property
    def name(self) -> str:
        """The same as a heading."""
        return "Student" if self.run.students else "PDF"

    def count(self, number: int) -> str:
        """Return "3 PDFs" or "3 students"."""
        return counted(number, self.one)

    def source(self, told: Told, page: int | None = None) -> str | Link:
        """Return the name of a job's PDF, linked, or of its student."""
        path = told.job.source
        if self.run.students:
            return self.outputs.short(told.job.output).removesuffix(told.job.output.suffix)
        return self.file(path, self.sources.short(path), f"#page={page}" if page else "")

    def output(self, told: Told) -> Link:
        """Return the name of a job's calendar, which is there, linked."""
        return self.file(told.job.output, self.outputs.short(told.job.output))

    def file(self, path: Path, name: str, place: str = "") -> Link:
        """Return a link to a file."""
        return Link(name, f"{link(path, self.folder)}{place}", shown(path))


_OF_ONE = 10  # rows or changes of one calendar

Rows = Sequence[Sequence[Cell]]


class Code(NamedTuple):
    """A word of the program."""

    code: str


class Movement(NamedTuple):
    """What became of a session."""

    title: str
    text: str


class Movements(NamedTuple):
    """What moved in a calendar, and how much more."""

    moved: Sequence[Movement]
    more: int


def lists(view: ReportView) -> Mapping[str, Rows]:
    """Return the rows of each table by its name."""
    found = view.found
    return {
        "causes": [*_causes(view)],
        "failed": [(view.source(told), _sentence(told), visible(told.advice)) for told in found.failed.first],
        "waiting": [
            (view.source(told), batch.STATES[told.job.state], visible(told.job.message or ""))
            for told in found.waiting.first
        ],
        "lost": [(view.source(told), _sentence(told), view.output(told)) for told in found.lost.first],
        "recovered": [
            (view.source(told), visible(told.failed_before or ""), view.output(told)) for told in found.recovered.first
        ],
        "moved": [*_moved(view)],
        "problems": [row for told in found.problems.first for row in _problem_rows(view, told)][:MOST],
        "doubts": [(view.output(told), *(f"{number:,}" for number in _doubts(told))) for told in found.doubtful.first],
    }


def _causes(view: ReportView) -> Iterator[Sequence[Cell]]:
    for cause, count in view.found.causes.most_common():
        yield batch.cause_words(cause), Code(cause), f"{count:,}"
    for name, cause, text in (
        ("quarantined", "quarantined", "Not tried: ended the converter twice before"),
        ("no_place", "not_writable", "No place of its own for the calendar"),
        ("bad_skipped", "no_such_file", "A named file or folder could not be read"),
    ):
        if count := view.run.count(name):
            yield text, Code(cause), f"{count:,}"


def _sentence(told: Told) -> str:
    twice = " It ended the converter twice and is not tried again by itself."
    said = visible(told.job.message or batch.cause_words(told.job.cause))
    return f"{said}{twice if told.job.state is State.QUARANTINED else ''}"


def _moved(view: ReportView) -> Iterator[Sequence[Cell]]:
    room = MOST
    for told in view.found.moved.first:
        some = told.details.changes[: min(_OF_ONE, room)]
        if not some:
            return
        room -= len(some)
        yield view.output(told), Movements([_change(one) for one in some], told.details.change_count - len(some))


def _change(moved: Moved) -> Movement:
    before, after = visible(moved.before or ""), visible(moved.after or "")
    if moved.before is None:
        text = f" is new: {after}"
    else:
        text = f" is gone: {before}" if moved.after is None else f" moved: {before} → {after}"
    return Movement(visible(moved.title), text)


def _problem_rows(view: ReportView, told: Told) -> list[Sequence[Cell]]:
    return [
        (view.source(told, row.page), place(row.page, row.row), visible(row.text), visible(row.reason))
        for row in told.details.problems[:_OF_ONE]
    ]


def _doubts(told: Told) -> tuple[int, int, int]:
    return told.details.undecided, told.details.left_out, told.details.uncovered


_SHOWN = 20  # sources
_NAMES = {
    "sources": "Sources",
    "output": "Calendars in",
    "enrolments": "List of students",
    "select": "Selection file",
    "include": "Files taken",
    "exclude": "Left out",
    "year": "Year",
    "strict": "Fail on any row that cannot be used",
}


def asked(view: ReportView) -> Iterator[tuple[str, list[str]]]:
    """Yield the options of the command with their values."""
    run = view.run
    yield "Command", [f"tukscal {visible(run.batch.command)}"]
    for key, value in sorted(run.asked.items(), key=lambda item: [*_NAMES, item[0]].index(item[0])):
        if value not in (None, [], "", False):
            yield _NAMES.get(key, visible(key).replace("_", " ")), _values(value)


def _values(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    some = [visible("yes" if one is True else str(one)) for one in found[:_SHOWN]]
    return [*some, f"and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else some


def versions(view: ReportView) -> Iterator[str]:
    """Yield the programs that read the PDFs."""
    parsers = sorted(parser for parser in view.found.parsers if parser) or [f"tukscal {__version__}"]
    yield from (visible(parser) for parser in parsers)
    yield f"Python {platform.python_version()}"
