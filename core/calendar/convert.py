"""The conversion as a table of contents: PDF bytes -> timetable -> calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ... import __version__
from ..errors import BadRows, Damaged, NotATimetable, NoTerm
from ..model import PERIODS, Entry, Kind, Page, PageTables, Problem, Timetable
from ..pdf.checksums import check_streams
from ..pdf.limits import Limits, Screen, screen_file, whole
from ..pdf.page_tree import check_pages
from ..pdf.producer import advise, maker
from ..pdf.tables import page_tables
from ..system.files import sha256
from ..terms import Term, bare_term, load_term
from ..timetable import has_heading, read_timetable
from .event import Calendar, Event, Status
from .identity import identity
from .revision import Revision, assign_colors, cancel, known_times, revise
from .schedule import PlanOptions, number_sessions, plan_events

# Bytes a page, unpacked, from which the second reader is not asked: real pages have 2 to 13 KB, what it needs 18 s for
# has a megabyte.
_HEAVY = 200_000
_NO_TABLE = "The PDF has the heading of a timetable, but no table."


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChoice:
    """Where the teaching dates come from: first and last day by hand, a file, a folder of files, or the package."""

    start: date | None = None
    until: date | None = None
    file: Path | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOptions:
    """What a person may choose about a calendar."""

    today: date
    """Its year is the last resort for a lecture timetable, which prints none; cancelled events stay until then."""
    year: int | None = None
    year_source: str = "--year"
    """Who chose `year`, for the summary."""
    term: TermChoice = field(default_factory=TermChoice)
    plan: PlanOptions = field(default_factory=PlanOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An event that two timetables describe differently; the later one's is written."""

    event: Event
    name: str
    """Of the later timetable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A calendar and everything a person should know about how it came to be."""

    calendar: Calendar
    ics: bytes
    revision: Revision
    left_out: tuple[Entry, ...]
    """Lectures whose period has no day on which they take place."""
    overrides: tuple[Override, ...]
    term: Term | None
    """None when no lecture asked for one."""
    year_source: str
    """How the year was decided."""
    skip_test_weeks: bool


def read_pdf(data: bytes, *, name: str = "", password: str | None = None, limits: Limits | None = None) -> Timetable:
    """Return what a timetable PDF says.

    Raises NotATimetable, Encrypted, Damaged, TooLarge or BadRows. Runs in this process: a hostile PDF can make PDFium
    loop or abort, so use a Child for PDFs from strangers.
    """
    from ..pdf.readers import pdfium  # only the child may hold a PDF library

    limits = limits or Limits()
    screen_file(data, limits)
    readable = whole(data)
    seen = check_streams(readable)
    pages = pdfium.read_pages(readable, password=password, screen=Screen(limits), layers=seen.layers)
    check_pages(readable, len(pages))
    tables = [page_tables(page) for page in pages]
    reader = "pdfium"
    try:
        if not any(page.tables for page in tables) and has_heading(pages[0]):
            if seen.size > _HEAVY * len(pages):
                raise NotATimetable(_NO_TABLE)
            pages, tables = _second_opinion(readable, password, limits, pages)
            reader = "pdfplumber"
        reading = read_timetable(pages, tables)
    except (NotATimetable, BadRows, Damaged) as error:
        if any(map(has_heading, pages)) or not any(page.words for page in pages):
            advise(error, maker(*pdfium.made_with(readable, password=password)))
        raise
    doubts = [Problem(page=1, row=None, text="", reason=doubt) for doubt in seen.doubts]
    return Timetable(
        kind=reading.kind,
        entries=reading.entries,
        problems=(*reading.problems, *doubts),
        notes=reading.notes,
        words=reading.words,
        accounted=reading.accounted,
        pages=len(pages),
        sha256=sha256(data),
        reader=reader,
        name=name,
    )


def _second_opinion(
    data: bytes, password: str | None, limits: Limits, pages: Sequence[Page]
) -> tuple[tuple[Page, ...], list[PageTables]]:
    """Ask the reference reader when the first found a timetable's heading and no table."""
    from ..pdf.readers import plumber  # it takes longer to import than a conversion

    second = plumber.read_pages(data, password=password, screen=Screen(limits))
    if len(second) != len(pages):
        raise Damaged(f"The PDF is damaged: it seems to have {len(pages)} pages or {len(second)}.")
    tables = [page_tables(page) for page in second]
    if not any(page.tables for page in tables):
        raise NotATimetable(_NO_TABLE)
    return second, tables


def make_calendar(
    timetables: Sequence[Timetable], options: CalendarOptions, previous: Calendar | None = None
) -> Conversion:
    """Return the calendar of one or more timetables, as the next revision of a previous one.

    Raises NoTerm when a lecture's year or period has no teaching dates.
    """
    entries = [entry for timetable in timetables for entry in timetable.entries]
    year, year_source = _year(entries, options, previous)
    term = _term(entries, year, options.term)
    events, left_out, overrides = _merge(timetables, year, term, options.plan, previous)
    sources = sorted({timetable.sha256 for timetable in timetables})
    also = (identity(entry, year) for timetable in timetables for entry in (*timetable.entries, *timetable.unchosen))
    revision = revise(events, sources, previous, also, today=options.today)
    calendar = Calendar(
        name=_name(timetables, year, entries),
        year=year,
        term=f"{term.name} {term.digest}" if term else "",
        sources=tuple(sources),
        events=revision.events,
        gone=revision.gone,
        version=__version__,
    )
    return Conversion(
        calendar=calendar,
        ics=_write(calendar),
        revision=revision,
        left_out=tuple(left_out),
        overrides=tuple(overrides),
        term=term,
        year_source=year_source,
        skip_test_weeks=options.plan.skip_test_weeks,
    )


def convert(
    data: bytes,
    options: CalendarOptions,
    *,
    name: str = "",
    password: str | None = None,
    limits: Limits | None = None,
    previous: bytes | None = None,
) -> tuple[Timetable, Conversion]:
    """Return what one PDF says and its calendar; the whole conversion in this process."""
    timetable = read_pdf(data, name=name, password=password, limits=limits)
    return timetable, make_calendar([timetable], options, read_calendar(previous) if previous is not None else None)


def read_calendar(data: bytes) -> Calendar:
    """Return a calendar tukscal wrote earlier.

    Raises Damaged for anything else.
    """
    from . import ics

    try:
        return ics.read(data)
    except ics.NotOurs:
        raise Damaged("This calendar was not written by tukscal, or was changed since.", advice="") from None


def cancellation(calendar: Calendar) -> tuple[int, bytes]:
    """Return the calendar that takes every event of another back, and how many it takes back.

    RFC 5546 asks for METHOD:CANCEL; a program that ignores it still sees STATUS:CANCELLED and the SEQUENCE.
    """
    from . import ics

    live = [cancel(event) for event in calendar.events if event.status is not Status.CANCELLED]
    taken_back = replace(calendar, events=tuple(live), version=__version__)
    return len(live), ics.write(taken_back, method="CANCEL")


def _write(calendar: Calendar) -> bytes:
    from . import ics  # not needed by those who only read timetables

    return ics.write(calendar)


def _merge(
    timetables: Iterable[Timetable], year: int, term: Term | None, options: PlanOptions, previous: Calendar | None
) -> tuple[list[Event], list[Entry], list[Override]]:
    """Return the events of all timetables; of two with one UID the later timetable's."""
    timetables = list(timetables)
    known = known_times(previous)
    colors = assign_colors((entry.module for timetable in timetables for entry in timetable.entries), previous)
    merged: dict[str, Event] = {}
    left_out: list[Entry] = []
    overrides: dict[str, Override] = {}
    for timetable in timetables:
        plan = plan_events(number_sessions(timetable.entries, year, known), term, options, colors)
        left_out += plan.left_out
        for event in plan.events:
            if (other := merged.get(event.uid)) is not None and other != event:
                overrides[event.uid] = Override(event=event, name=timetable.name)
            merged[event.uid] = event
    return sorted(merged.values(), key=lambda event: (event.start, event.uid)), left_out, list(overrides.values())


def _year(entries: Iterable[Entry], options: CalendarOptions, previous: Calendar | None) -> tuple[int, str]:
    """Return the calendar's year and how it was decided: lectures print none, tests and exams do."""
    dates = [entry.date for entry in entries if entry.date is not None]
    lectures = any(entry.kind is Kind.LECTURES for entry in entries)
    if dates and not lectures:
        return min(dates).year, "printed in the PDF"
    if options.year is not None:
        return options.year, options.year_source
    if options.term.start is not None:
        return options.term.start.year, "that of --from"
    if previous is not None:
        return previous.year, "from the calendar that is there already"
    if dates:
        return min(dates).year, "printed in the other PDF"
    return options.today.year, "this year; --year chooses another"


def _term(entries: Iterable[Entry], year: int, choice: TermChoice) -> Term | None:
    """Return the teaching calendar the lectures need, if any."""
    periods = sorted({entry.offered for entry in entries if entry.offered is not None})
    if not periods:
        return None
    if choice.start is None or choice.until is None:
        return load_term(year, file=choice.file, folder=choice.folder)
    if len(periods) > 1:
        raise NoTerm(
            f"The timetable has lectures of several periods ({', '.join(periods)}); one --from and --until cannot "
            "be right for all of them.",
            advice=f"Write down the dates of each period once: tukscal term new {year}",
        )
    return bare_term(year, choice.start, choice.until, periods)


_KIND_NAMES = {Kind.LECTURES: "lectures", Kind.TESTS: "semester tests", Kind.EXAMS: "exams"}


def _name(timetables: Sequence[Timetable], year: int, entries: Sequence[Entry]) -> str:
    """Return the calendar's name, as calendar programs show it: "UP lectures 2026 S2", "UP timetable 2026"."""
    kinds = {kind for timetable in timetables for kind in timetable.kinds}
    if len(kinds) > 1:
        return f"UP timetable {year}"
    name = f"UP {_KIND_NAMES[kinds.pop()]} {year}"
    periods = [period for period in PERIODS if any(entry.offered == period for entry in entries)]
    shown = [period for period in periods if period.startswith("S")] or [p for p in periods if p != "Y"] or periods
    return " ".join([name, *shown])
