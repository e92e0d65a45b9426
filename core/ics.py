"""Calendar values <-> iCalendar bytes (RFC 5545, RFC 7986), the only module that imports icalendar.

icalendar folds a line character by character and encodes each; 98 in 100 lines of the examples are short ASCII and need
neither, so our lines take a short way with the same result. The time zone is written once in the life of a process.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import icalendar
from icalendar.parser import Contentline, Contentlines, Parameters
from icalendar.prop import vDatetime, vDuration, vRecur, vText, vUnknown, vUTCOffset

from .event import Calendar, Event, Status
from .text import clean

ZONE = "Africa/Johannesburg"
_OFFSET = timedelta(hours=2)  # no daylight saving since 1944
_PRODID = "-//tukscal//University of Pretoria timetables//EN"
_REFRESH = timedelta(hours=12)
_SHORT = 74  # octets a line may have before icalendar folds it
_LOCAL = Parameters({"TZID": ZONE})
_NO_PARAMETERS = Parameters()
_MOST_REVISIONS = 1_000_000  # a minute each; a file that says more was not written by us


class NotOurs(Exception):
    """An iCalendar file that tukscal did not write, or that was damaged since."""


# ---- writing


class _Line(Contentline):
    """A content line that is folded only if it is long, and encoded once."""

    __slots__ = ("octets",)

    def to_ical(self) -> bytes:
        try:
            return self.octets
        except AttributeError:
            short = self.isascii() and len(self) <= _SHORT
            self.octets: bytes = self.encode() if short else bytes(super().to_ical())  # type: ignore[no-untyped-call]
            return self.octets


class _Plain(vText):
    """Text that is read back as it is: icalendar takes a backslash before a capital N for a line break."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n").encode()


class _Text(_Plain):
    """Text that many events share; being no slotted class, it can remember its lines."""


_BEGIN, _END = _Line("BEGIN:VEVENT"), _Line("END:VEVENT")  # type: ignore[no-untyped-call]


class _Event(icalendar.Event):
    """A VEVENT whose values remember the lines they were written as; they stand in the order they were set."""

    def content_lines(self, sorted: bool = True) -> Contentlines:  # noqa: A002 - theirs
        lines: list[Contentline] = [_BEGIN]
        lines += [_remembered(name, value) for name, value in self.items()]
        lines += [line for alarm in self.subcomponents for line in alarm.content_lines() if line]
        lines.append(_END)
        return Contentlines(lines)


class _Calendar(icalendar.Calendar):
    """A VCALENDAR whose time zone is not written anew each time."""

    def content_lines(self, sorted: bool = True) -> Contentlines:  # noqa: A002 - theirs
        lines = [_line(name, value) for name, value in self.property_items(recursive=False)]
        inner = [line for component in self.subcomponents for line in _component_lines(component)]
        return Contentlines([*lines[:-1], *inner, lines[-1]])


def _component_lines(component: Any) -> list[Contentline]:
    return _zone_lines() if component.name == "VTIMEZONE" else component.content_lines()


@lru_cache(maxsize=1)
def _zone_lines() -> list[Contentline]:
    return [line for line in _zone().content_lines() if line]


def _remembered(name: str, value: Any) -> Contentline:
    if type(value) is _Plain:
        return _line(name, value)
    lines: dict[str, Contentline] = value.__dict__.setdefault("lines", {})
    if name not in lines:
        lines[name] = _line(name, value)
    return lines[name]


def _line(name: str, value: Any) -> Contentline:
    line: Contentline = _Line.from_parts(name, getattr(value, "params", None) or _NO_PARAMETERS, value)
    return line


@lru_cache(maxsize=1)
def _zone() -> icalendar.Timezone:
    standard = icalendar.TimezoneStandard()
    standard["DTSTART"] = vDatetime(datetime(1970, 1, 1))
    standard["TZOFFSETFROM"] = standard["TZOFFSETTO"] = vUTCOffset(_OFFSET)
    standard["TZNAME"] = _Plain("SAST")
    zone = icalendar.Timezone()
    zone["TZID"] = _Plain(ZONE)
    zone.add_component(standard)
    return zone


def build(calendar: Calendar, *, method: str | None = None) -> icalendar.Calendar:
    """Return a calendar as an icalendar component, ready for its to_ical()."""
    root = _Calendar()
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
    root.subcomponents = [_zone(), *(_component(event) for event in calendar.events)]
    return root


def write(calendar: Calendar, *, method: str | None = None) -> bytes:
    """Return a calendar as the bytes of an .ics file."""
    return bytes(build(calendar, method=method).to_ical())


def _component(event: Event) -> _Event:
    item = _Event()
    for name, value in _properties(event).items():
        # The names are in upper case already: this spares the library's conversion of each.
        OrderedDict.__setitem__(item, name, value)
    if event.alarm is not None:
        item.subcomponents = [_alarm(event.alarm, event.summary)]
    return item


def _properties(event: Event) -> dict[str, object]:
    """Return the properties in icalendar's own order, so that the file reads as any of its files does."""
    stamp = _utc(event.stamp)
    found: dict[str, object] = {
        "SUMMARY": _text(event.summary),
        "DTSTART": _local(event.start),
        "DTEND": _local(event.end),
        "DTSTAMP": stamp,
        "UID": _Plain(event.uid),
        "SEQUENCE": _text(str(event.sequence)),
    }
    if event.last is not None:
        found["RRULE"] = _rule(event.last)
    if event.except_on:
        found["EXDATE"] = _exceptions(event.except_on, event.start.time())
    found["CATEGORIES"] = _text(event.category)
    found["COLOR"] = _text(event.color)
    if event.description:
        found["DESCRIPTION"] = _text(event.description)
    found["LAST-MODIFIED"] = stamp
    if event.location:
        found["LOCATION"] = _text(event.location)
    found["STATUS"] = _text(event.status.value)
    found["X-TUKSCAL-SESSION"] = _Plain(event.identity)
    return found


@lru_cache(maxsize=4096)
def _text(value: str) -> _Text:
    return _Text(value)


@lru_cache(maxsize=4096)
def _local(moment: datetime) -> vDatetime:
    value = vDatetime(moment)
    value.params = _LOCAL
    return value


@lru_cache(maxsize=256)
def _utc(moment: datetime) -> vDatetime:
    return vDatetime(moment)


@lru_cache(maxsize=256)
def _rule(last: date) -> vRecur:
    """Return the weekly rule that ends with the last local day, in UTC as RFC 5545, 3.3.10 asks."""
    end = datetime.combine(last, time(23, 59, 59)) - _OFFSET
    return vRecur({"FREQ": ["WEEKLY"], "UNTIL": [end.replace(tzinfo=UTC)]})


@lru_cache(maxsize=1024)
def _exceptions(days: tuple[date, ...], start: time) -> icalendar.prop.vDDDLists:
    value = icalendar.prop.vDDDLists([datetime.combine(day, start) for day in days])
    value.params = _LOCAL
    return value


@lru_cache(maxsize=256)
def _alarm(before: timedelta, text: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm["ACTION"], alarm["DESCRIPTION"], alarm["TRIGGER"] = _Plain("DISPLAY"), _Plain(text), vDuration(-before)
    return alarm


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
