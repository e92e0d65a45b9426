"""The lists of the page: who has no calendar and why, what moved for whom, which rows could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from ..details import Moved
from ..jobs.task import MOST_TOLD
from ..ledger import State
from ..pictures.markup import Child, element
from ..text import visible
from ..wording import counted, place
from . import words
from .batch import Told
from .findings import MOST
from .tables import NUMBER, Cell, Column, table
from .view import CARDS, View, more, section

_OF_ONE = 10  # rows or changes of one calendar


# ---- without a calendar


def failure_section(view: View) -> Element | None:
    """Return why some have no calendar; None if all have."""
    causes = [*_causes(view)]
    if not (causes or view.found.waiting.count):
        return None
    titles = [Column("What is wrong"), Column("Cause"), Column(f"{view.name}s", NUMBER)]
    return section(
        "failed",
        "Without a calendar",
        table("Causes", titles, causes) if causes else None,
        *_failed(view),
        *_waiting(view),
        kind=CARDS,
    )


def _causes(view: View) -> Iterator[Sequence[Cell]]:
    for cause, count in view.found.causes.most_common():
        yield words.cause_words(cause), element("code", cause), words.number(count)
    if twice := view.run.count("quarantined"):
        yield "Not tried: ended the converter twice before", element("code", "quarantined"), words.number(twice)
    if placeless := view.run.count("no_place"):
        yield "No place of its own for the calendar", element("code", "not_writable"), words.number(placeless)
    if unread := view.run.count("bad_skipped"):
        yield "A named file or folder could not be read", element("code", "no_such_file"), words.number(unread)


def _failed(view: View) -> Iterator[Child | None]:
    failed = view.found.failed
    if failed.count:
        titles = [Column(view.name), Column("What is wrong"), Column("What to do")]
        yield element("h3", f"Each {view.one}")
        yield table(f"{view.name}s without a calendar", titles, [_failure(view, told) for told in failed.first])
        yield more(failed.more, view.one)


def _failure(view: View, told: Told) -> Sequence[Cell]:
    return (view.source(told), _sentence(told), visible(told.advice))


def _sentence(told: Told) -> str:
    twice = " It ended the converter twice and is not tried again by itself."
    said = visible(told.job.message or words.cause_words(told.job.cause))
    return f"{said}{twice if told.job.state is State.QUARANTINED else ''}"


def _waiting(view: View) -> Iterator[Child | None]:
    waiting = view.found.waiting
    if waiting.count:
        titles = [Column(view.name), Column("Where it stands"), Column("What happened")]
        rows = [
            (view.source(told), words.STATES[told.job.state], visible(told.job.message or "")) for told in waiting.first
        ]
        yield element("h3", "Not done yet")
        yield table("Not done yet", titles, rows)
        yield more(waiting.more, view.one)


# ---- since the last run


def change_section(view: View) -> Element | None:
    """Return what is not as it was; None if nothing was there before."""
    parts = [*_compared(view), *_lost(view), *_recovered(view), *_moved(view)]
    if not parts:
        return None
    if view.run.before is not None and len(parts) == 1:
        parts.append(element("p", "No session moved in any calendar."))
    return section("changes", "Changes since the last run", *parts, kind=CARDS)


def _compared(view: View) -> Iterator[Child | None]:
    run, before = view.run, view.run.before
    if before is not None:
        yield element(
            "p",
            f"The last run, batch {before.batch.id}, was on ",
            element("time", words.local(before.batch.created), datetime=words.iso(before.batch.created)),
            f": {words.number(before.count('failures'))} without a calendar then, "
            f"{words.number(run.count('failures'))} now.",
        )


def _lost(view: View) -> Iterator[Child | None]:
    lost = view.found.lost
    if lost.count:
        titles = [Column(view.name), Column("What is wrong now"), Column("Calendar of before, as it was")]
        yield element("h3", f"Failed, had a calendar before ({words.number(lost.count)})")
        yield table(
            "Failed, had a calendar before",
            titles,
            [(view.source(told), _sentence(told), view.output(told)) for told in lost.first],
        )
        yield more(lost.more, view.one)


def _recovered(view: View) -> Iterator[Child | None]:
    recovered = view.found.recovered
    if recovered.count:
        titles = [Column(view.name), Column("What was wrong before"), Column("Calendar")]
        yield element("h3", f"Failed before, now with a calendar ({words.number(recovered.count)})")
        yield table(
            "Failed before, now with a calendar",
            titles,
            [(view.source(told), visible(told.failed_before or ""), view.output(told)) for told in recovered.first],
        )
        yield more(recovered.more, view.one)


def _moved(view: View) -> Iterator[Child | None]:
    moved, totals = view.found.moved, view.found.totals
    if not moved.count:
        return
    rows: list[Sequence[Cell]] = []
    room = MOST
    for told in moved.first:
        some = told.details.changes[: min(_OF_ONE, room)]
        if not some:
            break
        room -= len(some)
        rows.append((view.output(told), _changes(some, told.details.change_count)))
    sessions = counted(totals.changes, "session")
    calendars = counted(moved.count, "calendar")
    yield element("h3", f"What moved: {sessions} in {calendars}")
    yield table("What moved", [Column("Calendar"), Column("Sessions")], rows)
    yield more(moved.count - len(rows), "calendar")


def _changes(some: Sequence[Moved], count: int) -> Element:
    items = [element("li", *_change(one)) for one in some]
    if count > len(some):
        items.append(element("li", f"and {words.number(count - len(some))} more", class_="soft"))
    return element("ul", *items, role="list")


def _change(moved: Moved) -> Sequence[Child]:
    title = element("strong", visible(moved.title))
    before, after = visible(moved.before or ""), visible(moved.after or "")
    if moved.before is None:
        return title, f" is new: {after}"
    if moved.after is None:
        return title, f" is gone: {before}"
    return title, f" moved: {before} → {after}"


# ---- rows


def problem_section(view: View) -> Element | None:
    """Return the rows that could not be used; None if all could."""
    problems, totals = view.found.problems, view.found.totals
    if not problems.count:
        return None
    rows: list[Sequence[Cell]] = []
    for told in problems.first:
        rows += _problem_rows(view, told)[: max(0, MOST - len(rows))]
    return section(
        "problems",
        "Rows that could not be used",
        element(
            "p",
            f"{counted(totals.problems, 'row or text', 'rows or texts')} in "
            f"{counted(problems.count, 'calendar')}. Compare them with the PDF: what they say is in no calendar.",
        ),
        table("Rows that could not be used", [Column(view.name), Column("Where"), Column("Text"), Column("Why")], rows)
        if rows
        else None,
        more(totals.problems - len(rows), "row", f"the first {MOST_TOLD} of each {view.one}"),
        kind=CARDS,
    )


def _problem_rows(view: View, told: Told) -> list[Sequence[Cell]]:
    return [
        (view.source(told, row.page), place(row.page, row.row), visible(row.text), visible(row.reason))
        for row in told.details.problems[:_OF_ONE]
    ]


# ---- doubts


def doubt_section(view: View) -> Element | None:
    """Return calendars with something a person should decide or know; None if there is none."""
    doubtful, totals = view.found.doubtful, view.found.totals
    if not doubtful.count:
        return None
    rows = [
        (
            view.output(told),
            *(words.number(number) for number in _doubts(told)),
        )
        for told in doubtful.first
    ]
    titles = [Column("Calendar"), *(Column(title, NUMBER) for title in ("Undecided", "Left out", "Gone"))]
    explained = (
        (totals.undecided, "undecided: choices between groups that nobody made; the calendar holds all of them."),
        (totals.left_out, "left out: lectures whose period has no teaching day on which they take place."),
        (totals.uncovered, "gone: events of the calendar before that the PDF does not speak of."),
    )
    return section(
        "doubts",
        "To look at",
        element("ul", *(element("li", f"{words.number(number)} {text}") for number, text in explained if number)),
        table("To look at", titles, rows),
        more(doubtful.more, "calendar"),
    )


def _doubts(told: Told) -> tuple[int, int, int]:
    return told.details.undecided, told.details.left_out, told.details.uncovered
