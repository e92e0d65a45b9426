"""What `tukscal show` draws, without its words: files -> the chosen sessions -> the plan of a week or a month.

A calendar holds dates where a timetable holds sessions: the events of one identity are one session. What the file does
not say (the kind of a group, the module's campus) stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..calendar.event import Calendar, Event, Status
from ..calendar.identity import session_id
from ..errors import NotWritable
from ..model import Entry, Kind, Timetable
from ..pictures.month import MonthPlan, plan_month
from ..pictures.week import WeekPlan, plan_week
from ..pool import Executor
from ..selection.file import Chosen, choose_entries
from ..selection.select import Choice, Selected, Selection, choices
from ..system.files import check_folder, read_if_there, write_file
from ..wording import clean
from .inputs import Opening, is_calendar, read_calendar_file, read_timetable_file

_HEAD = 1_000_000  # bytes within which our pictures say who made them: a long description may stand before
MARKS = (b'<meta name="generator" content="tukscal ', b"<metadata>generator: tukscal ")
_PLACE = re.compile(r"(?P<venues>.*) \((?P<campus>[^()]*)\)")
_PROGRAMME = "Study programme: "


class CalendarSession(NamedTuple):
    """A session of a calendar, and its events."""

    entry: Entry
    events: tuple[Event, ...]
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRequest:
    """What a person asked for."""

    files: tuple[Path, ...]
    options: convert.CalendarOptions
    """The exam length counts for every picture, year and term for a month only."""
    typed: Selection = field(default_factory=Selection)
    select: Path | None = None
    opening: Opening = field(default_factory=Opening)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The chosen sessions of all files together."""

    names: tuple[str, ...]
    """Of the files."""
    chosen: tuple[Chosen, ...]
    """The PDFs, then the calendars by kind of session."""
    sessions: tuple[CalendarSession, ...]
    """Chosen sessions of the calendars."""
    plan: WeekPlan
    open: tuple[Choice, ...]
    """Decisions not made."""

    @property
    def dropped(self) -> int:
        """Sessions that were not chosen."""
        return sum(part.selected.dropped for part in self.chosen)

    @property
    def problems(self) -> int:
        """Rows and texts of the PDFs that could not be used."""
        return sum(len(part.selected.timetable.problems) for part in self.chosen)

    @property
    def sources(self) -> tuple[str, ...]:
        """The selection files that were used."""
        return tuple(dict.fromkeys(part.source for part in self.chosen if part.source))


def gather(request: PictureRequest, pool: Executor) -> Overview:
    """Return the chosen sessions of all files and their plan; the first file that cannot be read is an error."""
    calendars = [file for file in request.files if is_calendar(file)]
    pdfs = [file for file in request.files if not is_calendar(file)]
    timetables = [read_timetable_file(file, request.opening, pool) for file in pdfs]
    read_back = [session for file in calendars for session in sessions_of(read_calendar_file(file, pool))]
    remembered = _as_timetables(read_back)
    chosen = _chosen(request, list(zip(pdfs, timetables, strict=True)), remembered)
    kept = {id(entry) for part in chosen for entry in part.selected.timetable.entries}
    sessions = tuple(session for session in read_back if id(session.entry) in kept)
    cancelled = [session.entry for session in sessions if session.cancelled]
    gone = {id(entry) for entry in cancelled}
    live = [entry for part in chosen for entry in part.selected.timetable.entries if id(entry) not in gone]
    return Overview(
        names=tuple(clean(file.name) for file in request.files),
        chosen=tuple(chosen),
        sessions=sessions,
        plan=plan_week(live, cancelled=cancelled, exam_length=request.options.plan.exam_length),
        open=choices(live),
    )


def month_of(overview: Overview, request: PictureRequest, first: date, pool: Executor) -> MonthPlan:
    """Return the plan of the month that begins with a day.

    Raises NoTerm when a lecture's year or period has no teaching dates.
    """
    from_pdfs = [part.selected.timetable for part in overview.chosen if part.selected.timetable.sha256]
    options = request.options
    if options.year is None and options.term.start is None:
        options = replace(options, year=first.year, year_source="the month's")
    events: list[Event] = [event for session in overview.sessions for event in session.events]
    if any(timetable.entries for timetable in from_pdfs):
        events += pool.call(convert.make_calendar, from_pdfs, options).calendar.events
    # A PDF may be shown together with its calendar: a UID is one event, and the PDF says it better.
    return plan_month(without_replaced({event.uid: event for event in events}.values()), first)


def without_replaced(events: Iterable[Event]) -> list[Event]:
    """Leave out cancelled events whose session takes place at the same times by other events, as after --expand."""
    events = list(events)
    live = {
        (event.identity, day, event.start.time())
        for event in events
        if event.status is not Status.CANCELLED
        for day in event.days()
    }
    return [
        event
        for event in events
        if event.status is not Status.CANCELLED
        or not live.issuperset((event.identity, day, event.start.time()) for day in event.days())
    ]


def _as_timetables(sessions: Iterable[CalendarSession]) -> list[Timetable]:
    """Return the sessions of calendars as timetables, one for each kind."""
    by_kind: dict[Kind, list[Entry]] = {}
    for session in sessions:
        by_kind.setdefault(session.entry.kind, []).append(session.entry)
    return [
        Timetable(
            kind=kind, entries=tuple(entries), problems=(), words=0, accounted=0, pages=0, sha256="", name="calendar"
        )
        for kind, entries in by_kind.items()
    ]


def _chosen(
    request: PictureRequest, pdfs: Sequence[tuple[Path, Timetable]], remembered: Sequence[Timetable]
) -> Sequence[Chosen]:
    """Return the chosen sessions; a calendar holds a choice already, so only what was typed applies to it."""
    files, timetables = [file for file, _ in pdfs], [timetable for _, timetable in pdfs]
    if request.typed or request.select:
        calendar = next((file for file in request.files if is_calendar(file)), Path("calendar.ics"))
        files += [calendar] * len(remembered)
        timetables += remembered
        return choose_entries(files, timetables, request.typed, request.select)
    as_they_are = [Chosen(Selected(timetable, 0, choices(timetable.entries)), "") for timetable in remembered]
    return [*(choose_entries(files, timetables, request.typed, None) if files else ()), *as_they_are]


# ---- calendars read back


def sessions_of(calendar: Calendar) -> tuple[CalendarSession, ...]:
    """Return the sessions of a calendar; one that moved in the course of the year is there once for each place."""
    by_identity: dict[str, list[Event]] = {}
    for event in calendar.events:
        by_identity.setdefault(event.identity, []).append(event)
    return tuple(session for events in by_identity.values() for session in _sessions(events))


def _sessions(events: Sequence[Event]) -> Iterable[CalendarSession]:
    regular = [event for event in events if not event.is_swap] or list(events)
    live = [event for event in regular if event.status is not Status.CANCELLED]
    by_place: dict[tuple[object, ...], list[Event]] = {}
    for event in live or regular:  # dates that were taken out of a session do not cancel the session
        moment = event.start.weekday() if session_id(event.identity).kind is Kind.LECTURES else event.start.date()
        key = (moment, event.start.time(), event.end.time(), event.location, event.status)
        by_place.setdefault(key, []).append(event)
    rest = tuple(event for event in events if not any(event is other for other in live or regular))
    for number, same in enumerate(by_place.values()):
        yield CalendarSession(_entry(same[0]), (*same, *(rest if number == 0 else ())), not live)


def _entry(event: Event) -> Entry:
    """Return the session an event was made from, as far as its identity and its texts say."""
    session = session_id(event.identity)
    place = _PLACE.fullmatch(event.location)
    venues, campus = (place["venues"], place["campus"]) if place else (event.location, "")
    lectures = session.kind is Kind.LECTURES
    return Entry(
        kind=session.kind,
        module=event.category,
        activity=session.activity,
        start=event.start.time(),
        end=event.end.time(),
        day=event.start.weekday() if lectures else None,
        date=None if lectures else event.start.date(),
        group=session.group or None,
        offered=session.period if lectures else None,
        language=session.language or None,
        venues=tuple(venue for venue in venues.split("; ") if venue),
        campus=campus or None,
        status=_status(event, session.kind),
        paper=session.paper or None,
        study_programme=_programme(event.description),
    )


def _status(event: Event, kind: Kind) -> str | None:
    if event.status is Status.TENTATIVE:
        return "PRELIM"
    return "FINAL" if kind is Kind.EXAMS else None


def _programme(description: str) -> str | None:
    lines = [line for line in description.split("\n") if line.startswith(_PROGRAMME)]
    return lines[0].removeprefix(_PROGRAMME) if lines else None


# ---- writing pictures


def write_picture(path: Path, data: bytes) -> None:
    """Write a page or picture; a file that tukscal did not write is never replaced.

    Raises NotWritable or InputOutput.
    """
    check_folder(path)
    there = read_if_there(path, _HEAD)
    if there and not any(mark in there for mark in MARKS):
        raise NotWritable(
            f"{path} is there already, and tukscal did not write it.",
            advice="Choose another name, or move that file away.",
            file=str(path),
        )
    write_file(path, data)
