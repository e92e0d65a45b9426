"""A calendar that tukscal wrote -> the sessions it was made from, to be drawn again.

A calendar holds dates where a timetable holds sessions: the events of one identity are one session. What the file does
not say (the kind of a group, the module's campus) stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..model import Entry, Kind
from .event import Calendar, Event, Status
from .identity import session_id

_PLACE = re.compile(r"(?P<venues>.*) \((?P<campus>[^()]*)\)")
_PROGRAMME = "Study programme: "


class Recalled(NamedTuple):
    """A session of a calendar, and its events."""

    entry: Entry
    events: tuple[Event, ...]
    cancelled: bool


def recall(calendar: Calendar) -> tuple[Recalled, ...]:
    """Return the sessions of a calendar; one that moved in the course of the year is there once for each place."""
    by_identity: dict[str, list[Event]] = {}
    for event in calendar.events:
        by_identity.setdefault(event.identity, []).append(event)
    return tuple(session for events in by_identity.values() for session in _sessions(events))


def _sessions(events: Sequence[Event]) -> Iterable[Recalled]:
    regular = [event for event in events if not event.is_swap] or list(events)
    live = [event for event in regular if event.status is not Status.CANCELLED]
    by_place: dict[tuple[object, ...], list[Event]] = {}
    for event in live or regular:  # dates that were taken out of a session do not cancel the session
        moment = event.start.weekday() if session_id(event.identity).kind is Kind.LECTURES else event.start.date()
        key = (moment, event.start.time(), event.end.time(), event.location, event.status)
        by_place.setdefault(key, []).append(event)
    rest = tuple(event for event in events if not any(event is other for other in live or regular))
    for number, same in enumerate(by_place.values()):
        yield Recalled(_entry(same[0]), (*same, *(rest if number == 0 else ())), not live)


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
