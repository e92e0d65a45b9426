"""Calendar values <-> iCalendar bytes (RFC 5545, RFC 7986), the only module that imports icalendar.

icalendar folds a line character by character and encodes each; 98 in 100 lines of the examples are short ASCII and need
neither, so our lines take a short way with the same result. What many events share is written once: the time zone, a
module's name, a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import icalendar
from icalendar.parser import Contentline, Parameters
from icalendar.prop import vDatetime, vDDDLists, vDuration, vRecur, vText, vUnknown, vUTCOffset

from ..wording import clean
from .event import Calendar, Event, Status

ZONE = "Africa/Johannesburg"
_OFFSET = timedelta(hours=2)  # no daylight saving since 1944
_PRODID = "-//tukscal//University of Pretoria timetables//EN"
_REFRESH = timedelta(hours=12)
_SHORT = 74  # octets a line may have before icalendar folds it
_SPECIAL = re.compile(r"[\\;,\n]")
_LOCAL = Parameters({"TZID": ZONE})
_NO_PARAMETERS = Parameters()
_BEGIN, _END = b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"
_MOST_REVISIONS = 1_000_000  # a minute each; a file that says more was not written by us


class NotOurs(Exception):
    """An iCalendar file that tukscal did not write, or that was damaged since."""


# ---- writing


class _Plain(vText):
    """Text that is read back as it is: icalendar takes a backslash before a capital N for a line break."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return _escaped(self).encode()


def write(calendar: Calendar, *, method: str | None = None) -> bytes:
    """Return a calendar as the bytes of an .ics file."""
    head, end = _head(calendar, method).to_ical().rsplit(b"END:", 1)
    lines = [line for event in calendar.events for line in _event_lines(event)]
    return b"".join([head, _zone_lines(), *lines, b"END:", end])


def _head(calendar: Calendar, method: str | None) -> icalendar.Calendar:
    """Return a calendar without its time zone and its events."""
    root = icalendar.Calendar()
    root["PRODID"], root["VERSION"], root["CALSCALE"] = _Plain(_PRODID), _Plain("2.0"), _Plain("GREGORIAN")
    if method:
        root["METHOD"] = _Plain(method)
    root["NAME"] = root["X-WR-CALNAME"] = _Plain(calendar.name)
    root["X-WR-TIMEZONE"] = _Plain(ZONE)
    root["REFRESH-INTERVAL"] = vDuration(_REFRESH, params={"VALUE": "DURATION"})
    root["X-PUBLISHED-TTL"] = vDuration(_REFRESH)
    root["X-TUKSCAL-VERSION"], root["X-TUKSCAL-YEAR"] = _Plain(calendar.version), _Plain(str(calendar.year))
    root["X-TUKSCAL-SOURCE"] = [_Plain(source) for source in calendar.sources]
    if calendar.term:
        root["X-TUKSCAL-TERM"] = _Plain(calendar.term)
    if calendar.gone:
        root["X-TUKSCAL-GONE"] = [_Plain(f"{uid} {sequence}") for uid, sequence in calendar.gone.items()]
    return root


@lru_cache(maxsize=1)
def _zone_lines() -> bytes:
    standard = icalendar.TimezoneStandard()
    standard["DTSTART"] = vDatetime(datetime(1970, 1, 1))
    standard["TZOFFSETFROM"] = standard["TZOFFSETTO"] = vUTCOffset(_OFFSET)
    standard["TZNAME"] = _Plain("SAST")
    zone = icalendar.Timezone()
    zone["TZID"] = _Plain(ZONE)
    zone.add_component(standard)
    return bytes(zone.to_ical())


def _event_lines(event: Event) -> list[bytes]:
    """Return the lines of a VEVENT in icalendar's own order, so that the file reads as any of its files does."""
    stamp = event.stamp
    lines = [
        _BEGIN,
        _shared("SUMMARY", event.summary),
        _local("DTSTART", event.start),
        _local("DTEND", event.end),
        _utc("DTSTAMP", stamp),
        _text("UID", event.uid),
        _shared("SEQUENCE", str(event.sequence)),
    ]
    if event.last is not None:
        lines.append(_rule(event.last))
    if event.except_on:
        lines.append(_exceptions(event.except_on, event.start.time()))
    lines += (_shared("CATEGORIES", event.category), _shared("COLOR", event.color))
    if event.description:
        lines.append(_shared("DESCRIPTION", event.description))
    lines.append(_utc("LAST-MODIFIED", stamp))
    if event.location:
        lines.append(_shared("LOCATION", event.location))
    lines += (_shared("STATUS", event.status), _text("X-TUKSCAL-SESSION", event.identity))
    if event.alarm is not None:
        lines.append(_alarm(event.alarm, event.summary))
    lines.append(_END)
    return lines


def _text(name: str, text: str) -> bytes:
    return _folded(f"{name}:{_escaped(text)}")


def _escaped(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Return a content line as bytes; only a long one needs folding, which icalendar does character by character."""
    if len(line) <= _SHORT and line.isascii():
        return f"{line}\r\n".encode()
    return bytes(Contentline(line).to_ical()) + b"\r\n"  # type: ignore[no-untyped-call]


def _value(name: str, value: Any, parameters: Parameters = _NO_PARAMETERS) -> bytes:
    return _folded(Contentline.from_parts(name, parameters, value))


# What many events of a faculty share is written once.
_shared = lru_cache(maxsize=8192)(_text)


@lru_cache(maxsize=4096)
def _local(name: str, moment: datetime) -> bytes:
    return _value(name, vDatetime(moment), _LOCAL)


@lru_cache(maxsize=256)
def _utc(name: str, moment: datetime) -> bytes:
    return _value(name, vDatetime(moment))


@lru_cache(maxsize=256)
def _rule(last: date) -> bytes:
    """Return the weekly rule that ends with the last local day, in UTC as RFC 5545, 3.3.10 asks."""
    end = datetime.combine(last, time(23, 59, 59)) - _OFFSET
    return _value("RRULE", vRecur({"FREQ": ["WEEKLY"], "UNTIL": [end.replace(tzinfo=UTC)]}))


@lru_cache(maxsize=1024)
def _exceptions(days: tuple[date, ...], start: time) -> bytes:
    return _value("EXDATE", vDDDLists([datetime.combine(day, start) for day in days]), _LOCAL)


@lru_cache(maxsize=256)
def _alarm(before: timedelta, text: str) -> bytes:
    alarm = icalendar.Alarm()
    alarm["ACTION"], alarm["DESCRIPTION"], alarm["TRIGGER"] = _Plain("DISPLAY"), _Plain(text), vDuration(-before)
    return bytes(alarm.to_ical())


# ---- reading


def read(data: bytes) -> Calendar:
    """Return a calendar that tukscal wrote earlier.

    Raises NotOurs for anything else.
    """
    try:
        root = icalendar.Calendar.from_ical(data)
        sources = tuple(sorted(_texts(root, "X-TUKSCAL-SOURCE")))
        if not sources:
            raise NotOurs
        return Calendar(
            name=_said(root["X-WR-CALNAME"]),
            year=int(str(root["X-TUKSCAL-YEAR"])),
            term=_said(root.get("X-TUKSCAL-TERM", "")),
            sources=sources,
            events=tuple(_event(component) for component in root.walk("VEVENT")),
            gone={uid: _sequence(sequence) for uid, sequence in map(str.split, _texts(root, "X-TUKSCAL-GONE"))},
            version=_said(root.get("X-TUKSCAL-VERSION", "")),
        )
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        # icalendar answers broken files with any of these.
        raise NotOurs from error


def _texts(root: Mapping[str, Any], name: str) -> list[str]:
    found = root.get(name, [])
    return [_said(value) for value in (found if isinstance(found, list) else [found])]


def _said(value: object) -> str:
    """Return a text as it was before it was escaped: icalendar leaves what it does not know (X-...) as it stands."""
    return clean(_ESCAPED.sub(_unescaped, value) if isinstance(value, vUnknown) else str(value))


_ESCAPED = re.compile(r"\\([\\;,nN])")


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


_IDENTITY = re.compile(r"[^/]+/(lectures|tests|exams)/[12][0-9]{3}/[^/]*/.*", re.DOTALL)


def _event(component: Any) -> Event:
    start = _naive(component["DTSTART"].dt)
    identity = _said(component["X-TUKSCAL-SESSION"])
    if not _IDENTITY.fullmatch(identity):
        raise ValueError
    alarms = component.walk("VALARM")
    return Event(
        uid=_said(component["UID"]),
        identity=identity,
        summary=_said(component["SUMMARY"]),
        start=start,
        end=_naive(component["DTEND"].dt),
        location=_said(component.get("LOCATION", "")),
        description="\n".join(map(clean, str(component.get("DESCRIPTION", "")).split("\n"))),
        category=_category(component),
        color=_said(component["COLOR"]),
        status=Status(str(component["STATUS"])),
        last=_last(component, start),
        except_on=tuple(_except_on(component)),
        alarm=-alarms[0]["TRIGGER"].dt if alarms else None,
        sequence=_sequence(component["SEQUENCE"]),
    )


def _sequence(value: int | str) -> int:
    if not 0 <= int(value) < _MOST_REVISIONS:
        raise ValueError
    return int(value)


def _category(component: Any) -> str:
    return clean(",".join(str(value) for value in component["CATEGORIES"].cats))


def _last(component: Any, start: datetime) -> date | None:
    if "RRULE" not in component:
        return None
    until = component["RRULE"]["UNTIL"][0]
    days = (_naive(until).date() - start.date()).days
    return start.date() + timedelta(days=days - days % 7)


def _except_on(component: Any) -> Iterable[date]:
    found = component.get("EXDATE", [])
    for value in found if isinstance(found, list) else [found]:
        yield from (_naive(item.dt).date() for item in value.dts)


def _naive(moment: datetime) -> datetime:
    """Return a moment as local time without a zone."""
    if moment.tzinfo is not None:
        moment = (moment.astimezone(UTC) + _OFFSET).replace(tzinfo=None)
    return moment
