"""What is remembered of a result beside its figures, for lists and reports: as JSON in the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ..calendar.diff import Difference, Snapshot
from ..decode import from_json
from ..errors import TukscalError
from ..model import Problem
from .task import Made


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
    """Of a calendar; of a failure only `advice`. The lists hold the first ones, the counts all."""

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


def load_details(text: str | None) -> Details:
    """Return what `dump` wrote; nothing special for None."""
    return from_json(Details, text or "{}")


def details_of(result: Made | TukscalError) -> Details:
    """Return what is remembered of a calendar or a failure."""
    if isinstance(result, TukscalError):
        return Details(advice=result.advice)
    return Details(
        events=result.events,
        first=result.first,
        problems=tuple(_row(problem) for problem in result.problems),
        changes=tuple(_moved(change) for change in result.changes),
        change_count=result.change_count,
        uncovered=result.uncovered,
        left_out=result.left_out,
        undecided=result.undecided,
    )


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
