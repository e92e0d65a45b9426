"""The lists of the page: who has no calendar and why, what moved for whom, which rows could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..jobs.task import Moved
from ..ledger import State
from ..wording import place, visible
from . import words
from .batch import Told
from .findings import MOST
from .view import Cell, ReportView

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
            (view.source(told), words.STATES[told.job.state], visible(told.job.message or ""))
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
        yield words.cause_words(cause), Code(cause), f"{count:,}"
    for name, cause, text in (
        ("quarantined", "quarantined", "Not tried: ended the converter twice before"),
        ("no_place", "not_writable", "No place of its own for the calendar"),
        ("bad_skipped", "no_such_file", "A named file or folder could not be read"),
    ):
        if count := view.run.count(name):
            yield text, Code(cause), f"{count:,}"


def _sentence(told: Told) -> str:
    twice = " It ended the converter twice and is not tried again by itself."
    said = visible(told.job.message or words.cause_words(told.job.cause))
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
