"""What a conversion did, in the words a student reads."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from ...core.calendar.convert import Conversion
from ...core.calendar.event import Event, Status
from ...core.calendar.identity import session_id
from ...core.calendar.revision import Change, Revision
from ...core.commands.convert import STDOUT, Output
from ...core.model import WEEKDAYS, Entry, Kind, Problem, Timetable
from ...core.selection.file import Chosen
from ...core.terms import Span, Term, closed_by_holiday
from ...core.wording import counted, listed, place
from ..common.terminal import Shown

_MOST_PROBLEMS = 20
_KINDS = {Kind.LECTURES: "lectures", Kind.TESTS: "semester tests", Kind.EXAMS: "exams"}
_THINGS = {Kind.LECTURES: "weekly session", Kind.TESTS: "semester test", Kind.EXAMS: "exam"}


def summary_lines(output: Output) -> Iterator[Shown]:
    """Yield the summary of one output: what was read, how dates were decided, what was left out, what is wrong."""
    for file, chosen in zip(output.files, output.chosen, strict=True):
        yield from _read(chosen.selected.timetable, output.conversion)
        yield from _chosen(file, chosen)
    if output.conversion:
        yield from _decided(output.conversion)
        yield from _revised(output.conversion)
    for timetable in output.timetables:
        yield from _problems(timetable, named=len(output.timetables) > 1)
        for note in timetable.notes:
            yield Shown(note, 2)
    yield _written(output)


def _read(timetable: Timetable, conversion: Conversion | None) -> Iterator[Shown]:
    """Yield what a timetable lists, a line for each kind where one PDF has several."""
    entries, kinds = timetable.entries, timetable.kinds
    if len(kinds) == 1:
        yield Shown(f"{timetable.name}: {_KINDS[kinds[0]]}{_when(entries, conversion)}", style="bold")
    else:
        yield Shown(f"{timetable.name}: {listed([_KINDS[kind] for kind in kinds])}", style="bold")
    for kind in kinds:
        mine = [entry for entry in entries if entry.kind is kind]
        modules = {entry.module for entry in mine}
        when = _when(mine, conversion) if len(kinds) > 1 else ""
        yield Shown(f"{counted(len(mine), _THINGS[kind])} of {counted(len(modules), 'module')}{when}.", 2)
    if timetable.reader != "pdfium":
        yield Shown("Read with the slower reader, because the usual one found no table.", 2)
    tentative = sum(entry.status not in (None, "FINAL") for entry in entries)
    if tentative:
        yield Shown(f"{counted(tentative, 'exam')} preliminary: written as tentative.", 2)
    if conversion and any(entry.kind is Kind.EXAMS for entry in entries):
        yield Shown("The end of exams is an estimate, since the PDF prints none; --exam-length changes it.", 2)


def _chosen(file: Path, chosen: Chosen) -> Iterator[Shown]:
    """Yield which groups were left out by whose choice, and which modules still need one."""
    selected = chosen.selected
    if selected.dropped:
        source = f" by {chosen.source}" if chosen.source else ""
        yield Shown(f"Your choice{source}: {counted(selected.dropped, 'session')} left out.", 2)
    if selected.emptied:
        yield Shown(f"Your choice leaves out everything in {', '.join(selected.emptied)}.", 2, "bold yellow")
    if not selected.open:
        return
    if not selected.dropped:
        yield Shown("Every group is in the calendar; you attend one of each kind.", 2, "yellow")
    kinds = [f"{choice.module} {' or '.join(choice.groups)}" for choice in selected.open[:_MOST_PROBLEMS]]
    rest = len(selected.open) - len(kinds)
    yield Shown(f"Still to choose: {'; '.join([*kinds, *([f'{rest} more'] if rest else [])])}.", 2, "yellow")
    yield Shown(f"Choose yours: tukscal choose {shlex.quote(str(file))}", 2, "yellow")


def _when(entries: Sequence[Entry], conversion: Conversion | None) -> str:
    """Return the dates or periods of entries of one kind."""
    if not entries:  # together with other PDFs, a choice may leave nothing of one
        return ""
    if entries[0].kind is not Kind.LECTURES:
        dates = sorted(entry.date for entry in entries if entry.date)
        return f", {span(dates[0], dates[-1])} (printed in the PDF)"
    periods = " ".join(sorted({entry.offered or "" for entry in entries}, key=_period_order))
    return f", {periods}" + (f" {conversion.calendar.year} ({conversion.year_source})" if conversion else "")


def _period_order(period: str) -> int:
    return ["S1", "Q1", "Q2", "S2", "Q3", "Q4", "Y"].index(period)


# ---- dates


def _decided(conversion: Conversion) -> Iterator[Shown]:
    term = conversion.term
    if term is None:
        return
    live = [event for event in conversion.calendar.events if event.status is not Status.CANCELLED]
    sessions = [session_id(event.identity) for event in live]
    used = {session.period for session in sessions if session.kind is Kind.LECTURES}
    spans = [span for period in sorted(used) for span in term.periods.get(period, ())]
    if not spans:
        return
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    source = "" if term.source == "packaged" else f" ({term.source})"
    yield Shown(f"Teaching from {span(first, last)}{source}.", 2)
    yield from _left_out(term, spans)
    yield from _test_weeks(term, spans, conversion)
    for entry in conversion.left_out:
        yield Shown(f"{entry.module} {entry.group} {entry.activity} never takes place on these dates.", 2, "yellow")


def _left_out(term: Term, spans: Sequence[Span]) -> Iterator[Shown]:
    holidays = [f"{name} ({short(day)})" for day, name in closed_by_holiday(term).items() if _within(day, spans)]
    recess = [span(item.start, item.end) for item in term.recess if _meet(item, spans)]
    days = [f"{item.name} ({span(item.start, item.end)})" for item in term.no_lectures if _meet(item, spans)]
    if not term.recess_known and term.source.endswith(".toml"):
        yield Shown(f"{term.source} has no recess: lectures are written for every week of the period.", 2, "yellow")
    elif not term.recess_known:
        yield Shown(
            "With --from and --until, recess, test weeks and swap days are not known; only holidays are left out.",
            2,
            "yellow",
        )
    if recess:
        yield Shown(f"No lectures in the recess: {'; '.join(recess)}.", 2)
    if holidays or days:
        yield Shown(f"No lectures on: {'; '.join([*holidays, *days])}.", 2)
    swaps = [f"{short(swap.date)} as a {_weekday(swap.follows)}" for swap in term.swaps if _within(swap.date, spans)]
    if swaps:
        yield Shown(f"Swap days, which follow another day's timetable: {'; '.join(swaps)}.", 2)


def _test_weeks(term: Term, spans: Sequence[Span], conversion: Conversion) -> Iterator[Shown]:
    weeks = [span(item.start, item.end) for item in term.test_weeks if _meet(item, spans)]
    if not weeks:
        return
    skipped = conversion.skip_test_weeks
    rest = "left out; --test-weeks keep puts them back" if skipped else "kept; --test-weeks skip leaves them out"
    yield Shown(f"Lectures in the test weeks ({'; '.join(weeks)}) are {rest}.", 2)


def _within(day: date, spans: Iterable[Span]) -> bool:
    return any(day in item for item in spans)


def _meet(item: Span, spans: Iterable[Span]) -> bool:
    """Tell whether a span lies in or between others."""
    spans = list(spans)
    return min(span.start for span in spans) <= item.end and item.start <= max(span.end for span in spans)


# ---- what changed


def _revised(conversion: Conversion) -> Iterator[Shown]:
    revision = conversion.revision
    for override in conversion.overrides:
        yield Shown(
            f"{_event(override.event)} differs between the PDFs: {override.name} is used, since it is newer.",
            2,
            "yellow",
        )
    if revision.previous:
        changed, gone, new = len(revision.changed), len(revision.cancelled), len(revision.added)
        what = [
            f"{number} {word}" for number, word in ((new, "new"), (changed, "changed"), (gone, "cancelled")) if number
        ]
        yield Shown(f"Compared with the previous calendar: {', '.join(what) or 'no change'}.", 2)
    for change in revision.changed[:_MOST_PROBLEMS]:
        yield Shown(_changed(change), 4)
    for event in revision.cancelled[:_MOST_PROBLEMS]:
        yield Shown(f"Cancelled: {_event(event)}", 4)
    yield from _uncovered(revision)


def warning_lines(output: Output) -> Iterator[Shown]:
    """Yield what a person must know even if they asked for errors only: what is missing from the output."""
    for timetable in output.timetables:
        if timetable.problems:
            yield Shown(
                f"{timetable.name}: {counted(len(timetable.problems), 'problem')}; run without --quiet to list them."
            )
    for chosen in output.chosen:
        if chosen.selected.emptied:
            yield Shown(f"The choice leaves out everything in {', '.join(chosen.selected.emptied)}.")
    if output.conversion:
        yield from _uncovered(output.conversion.revision)


def _uncovered(revision: Revision) -> Iterator[Shown]:
    if revision.uncovered:
        yield Shown(
            f"The previous calendar also held {counted(len(revision.uncovered), 'event')} that these PDFs do not "
            f"cover, such as {_event(revision.uncovered[0])}. They are no longer in the file and were not cancelled; "
            "to keep them, convert all PDFs in one command.",
            2,
            "yellow",
        )


_ASPECTS = {
    "summary": "title", "description": "description", "alarm": "reminder", "status": "status", "color": "colour",
    "last": "dates", "except_on": "dates", "end": "end",
}  # fmt: skip


def _changed(change: Change) -> str:
    """Return what changed about an event: its time and place, or, if neither did, the rest by name."""
    after, before = _event(change.after), _event(change.before, with_title=False)
    if before != _event(change.after, with_title=False):
        return f"Changed: {after}, was {before}"
    aspects = [
        name for field, name in _ASPECTS.items() if getattr(change.before, field) != getattr(change.after, field)
    ]
    return f"Changed: {after} ({', '.join(dict.fromkeys(aspects))})"


def _event(event: Event, *, with_title: bool = True) -> str:
    when = f"{event.start:%a %d %b %H:%M}" if event.last is None else f"{event.start:%A} {event.start:%H:%M}"
    return " ".join(part for part in (event.summary if with_title else "", when, event.location) if part)


# ---- what is wrong


def _problems(timetable: Timetable, *, named: bool) -> Iterator[Shown]:
    if not timetable.problems:
        return
    name = f" of {timetable.name}" if named else ""
    yield Shown(f"{counted(len(timetable.problems), 'problem')}{name}:", 2, "bold yellow")
    for problem in timetable.problems[:_MOST_PROBLEMS]:
        yield Shown(_problem(problem), 4)
    rest = len(timetable.problems) - _MOST_PROBLEMS
    if rest > 0:
        yield Shown(f"and {rest} more; --format json lists all.", 4)


def _problem(problem: Problem) -> str:
    text = problem.text if len(problem.text) <= 90 else f"{problem.text[:87]}..."
    return f"{place(problem.page, problem.row)}: {problem.reason}" + (f" [{text}]" if text else "")


def _written(output: Output) -> Shown:
    if output.path == STDOUT:
        return Shown("Written to standard output." if output.written else "Nothing was written.", 2)
    return Shown(f"Written: {output.path}" if output.written else f"Would be written: {output.path}", 2, "green")


# ---- words


def short(day: date) -> str:
    """Return a day as "24 September"."""
    return f"{day.day} {day:%B}"


def span(first: date, last: date) -> str:
    """Return two days as "20 July to 6 November 2026", or one."""
    if first == last:
        return f"{short(first)} {first.year}"
    start = short(first) if first.year == last.year else f"{short(first)} {first.year}"
    return f"{start} to {short(last)} {last.year}"


def _weekday(number: int) -> str:
    return WEEKDAYS[number]
