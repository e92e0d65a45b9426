"""What a worker does for a job: a PDF's bytes in, a calendar's out; and whether bytes are a calendar of ours.

It has no store, no key and no network, and is work for a processor: never done on the event loop.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ...core.calendar import convert, ics
from ...core.calendar.convert import CalendarOptions, TermChoice, read_calendar
from ...core.calendar.event import Calendar, Event, Status
from ...core.calendar.identity import identity, scope
from ...core.commands.inputs import Opening, read_timetable
from ...core.errors import Damaged
from ...core.model import Problem, Timetable
from ...core.pdf.limits import Limits
from ...core.system import process
from ...core.system.files import sha256
from ...core.wording import clean
from .store.model import NewRevision

_HEAD = b"BEGIN:VCALENDAR\r\n"
_END = b"END:VCALENDAR\r\n"
_OURS = b"\r\nX-TUKSCAL-SOURCE:"
_LEVEL = 6


def checked(body: bytes, revision: int) -> NewRevision:
    """Return a calendar's bytes with what is known of them. Raises Damaged for what tukscal did not write."""
    check_cheaply(body)
    calendar = read_calendar(body)
    live = frozenset(event.uid for event in calendar.events if event.status is not Status.CANCELLED)
    return NewRevision(
        revision=revision,
        sha256=sha256(body),
        size=len(body),
        name=calendar.name,
        live=live,
        cancelled={
            event.uid: _alone(calendar, event)
            for event in calendar.events
            if event.status is Status.CANCELLED and event.uid not in live
        },
        packed=pack(body),
    )


def check_cheaply(body: bytes) -> None:
    """Refuse what cannot be one of our calendars, without reading it. Raises Damaged."""
    if not (body.startswith(_HEAD) and body.endswith(_END) and _OURS in body) or body.count(_HEAD) != 1:
        raise Damaged("This is not a calendar that tukscal wrote.", advice="Send the .ics file as it was written.")


def pack(body: bytes) -> bytes:
    """Return bytes as the store keeps them."""
    return zlib.compress(body, _LEVEL)


def unpack(packed: bytes) -> bytes:
    """Return the bytes that were packed."""
    return zlib.decompress(packed)


def _alone(calendar: Calendar, event: Event) -> bytes:
    return pack(ics.write(replace(calendar, events=(event,), gone={})))


UPLOADS = "uploads/"
"""What the keys of calendars made here begin with."""
MOST_TOLD = 50
"""Problems that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionInput:
    """A PDF to be converted; `previous` is key -> compressed calendar, of which the one that fits is gone on from."""

    data: bytes = field(repr=False)
    name: str
    calendar: str | None  # the key the calendar will have; None for `uploads` and its kind and half-year
    previous: Mapping[str, bytes] = field(repr=False)
    today: date
    revision: int
    limits: Limits
    terms: Path | None  # folder of teaching dates, None for those of the package


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A calendar, and what is told about it; `cpu` is the worker's CPU-seconds."""

    new: NewRevision
    calendar: str  # its key
    kind: str
    entries: int
    problems: tuple[str, ...]
    cpu: float


def convert_behind(work: ConversionInput) -> Result:
    """Do the same in a worker that lets others go first: people wait for pages and feeds, a conversion may wait."""
    process.step_back()
    return convert_upload(work)


def convert_upload(work: ConversionInput) -> Result:
    """Return the calendar of a PDF as the next revision of the one there is. Raises what a conversion raises."""
    begun = time.process_time()
    timetable = read_timetable(work.data, work.name, Opening(limits=work.limits))
    key = work.calendar or key_of(timetable, work.today.year)
    packed = work.previous.get(key)
    previous = convert.read_calendar(unpack(packed)) if packed is not None else None
    # Lectures print no year. A calendar that is there does not decide it either: it may be last year's.
    options = CalendarOptions(today=work.today, year=work.today.year, term=TermChoice(folder=work.terms))
    conversion = convert.make_calendar([timetable], options, previous)
    told = [sentence(problem) for problem in timetable.problems[:MOST_TOLD]]
    if more := len(timetable.problems) - len(told):
        told.append(f"and {more} more")
    if gone := len(conversion.revision.uncovered):
        told.append(f"{gone} events that were in this calendar before are of another period: they are no longer in it")
    return Result(
        new=checked(conversion.ics, work.revision),
        calendar=key,
        kind=str(timetable.kind),
        entries=len(timetable.entries),
        problems=tuple(told),
        cpu=time.process_time() - begun,
    )


def key_of(timetable: Timetable, year: int) -> str:
    """Return the key of a timetable's calendar, one for each kind, year and half-year; `year` is that of lectures."""
    halves = {scope(identity(entry, year))[1:] for entry in timetable.entries}
    years = sorted({there for there, _ in halves})
    named = [half for half in (1, 2) if any(there == half for _, there in halves)]
    period = f"-S{named[0]}" if len(named) == 1 and len(years) == 1 else ""
    return f"{UPLOADS}{timetable.kind}-{years[0]}{period}"


def sentence(problem: Problem) -> str:
    """Return a problem for a person."""
    where = f"page {problem.page}" + (f", row {problem.row}" if problem.row is not None else "")
    return clean(f"{where}: {problem.reason}: {problem.text}")[:500]
