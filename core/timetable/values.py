"""The text of a cell or line -> a value, or Unreadable with a reason; nothing is guessed."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from ..model import MONTHS, PERIODS, WEEKDAYS

_MODULE = re.compile(r"([A-Z]{3}) ?([0-9]{3})")
_LABEL = re.compile(r"[A-Za-z]{1,4}[0-9]{1,3}")
_PROGRAMME = re.compile(r"([A-Za-z][0-9])+|[A-Z]{3}[0-9]|B[A-Z]{3}")
_LANGUAGE = re.compile(r"[EAB]( [A-Z]{1,6})?")
_CAMPUSES = ("HATFIELD", "GROENKLOOF", "MAMELODI", "PRINSHOF", "ONDERSTEPOORT", "HILLCREST", "GIBS")
_DATE = re.compile(r"([0-9]{1,2}) ([A-Za-z]+) ([0-9]{4})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_SPAN = re.compile(r"([0-9]{1,2}:[0-9]{2}) ?[-\u2013] ?([0-9]{1,2}:[0-9]{2})")
_LAST_EXAM = time(20, 0)  # starts seen: 07:30, 11:15, 15:00
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class Unreadable(Exception):
    """A text is not a value of its column; the message is the reason."""


@lru_cache(maxsize=4096)
def module(text: str) -> str:
    """Return a module code as "COS 214"."""
    if not (match := _MODULE.fullmatch(text)):
        raise Unreadable(f"'{text}' is not a module code" if text else "the module is missing")
    return f"{match[1]} {match[2]}"


def is_module(text: str) -> bool:
    """Tell whether a text is a module code."""
    return _MODULE.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Tell whether a text is a weekday or a date."""
    return text.capitalize() in WEEKDAYS or _DATE.fullmatch(text) is not None


def period(text: str) -> str:
    """Return S1, S2, Y or Q1 to Q4."""
    if text not in PERIODS:
        raise Unreadable(f"'{text}' is not a period (S1, S2, Y, Q1 to Q4)" if text else "the period is missing")
    return text


@lru_cache(maxsize=4096)
def label(text: str, what: str) -> str:
    """Return a group or activity like "G01" or "L1"."""
    if not _LABEL.fullmatch(text):
        raise Unreadable(f"'{text}' is not {what}" if text else f"{what} is missing")
    return text


def is_language(text: str) -> bool:
    """Tell whether a text is a language and the kinds of sessions of a group: "E LPT"."""
    return _LANGUAGE.fullmatch(text) is not None


def is_campus(text: str) -> bool:
    """Tell whether a text is the name of a campus or its first four letters."""
    return any(name == text.upper() or name[:4] == text.upper() for name in _CAMPUSES)


def is_status(text: str) -> bool:
    """Tell whether a text is the status of an exam timetable: preliminary or final."""
    return text.upper() in ("FINAL", "PRELIM")


def is_programme(text: str) -> bool:
    """Tell whether a text is one or more codes of study programmes: "r3", "E3R3Z3", "BDV1 BTH1", "BCOM"."""
    return all(_PROGRAMME.fullmatch(code) for code in text.split())


@lru_cache(maxsize=256)
def weekday(text: str) -> int:
    """Return a weekday, Monday = 0."""
    if text.capitalize() not in WEEKDAYS:
        raise Unreadable(f"'{text}' is not a weekday" if text else "the day is missing")
    return WEEKDAYS.index(text.capitalize())


@lru_cache(maxsize=4096)
def clock(text: str) -> time:
    """Return a time of day."""
    match = _TIME.fullmatch(text)
    if not match:
        raise Unreadable(f"'{text}' is not a time" if text else "the time is missing")
    if int(match[1]) > 23 or int(match[2]) > 59:
        raise Unreadable(f"there is no time '{text}'")
    return time(int(match[1]), int(match[2]))


def exam_start(text: str) -> time:
    """Return an exam's start, refusing one late at night: no printed end would contradict a wrong time."""
    start = clock(text)
    if start > _LAST_EXAM:
        raise Unreadable(f"an exam cannot start at '{text}'")
    return start


@lru_cache(maxsize=4096)
def span(text: str) -> tuple[time, time]:
    """Return start and end of "08:30 - 09:20"."""
    match = _SPAN.fullmatch(text)
    if not match:
        raise Unreadable(f"'{text}' is not a start and end time" if text else "the time is missing")
    start, end = clock(match[1]), clock(match[2])
    if end <= start:
        raise Unreadable(f"'{text}' ends before it starts")
    return start, end


def is_span(text: str) -> bool:
    """Tell whether a text has the form of a start and an end, whether or not they are possible."""
    return _SPAN.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def day_of_year(text: str) -> date:
    """Return the date of "12 NOV 2025" or "22 Mar 2025"."""
    match = _DATE.fullmatch(text)
    if not match:
        raise Unreadable(f"'{text}' is not a date" if text else "the date is missing")
    name = match[2].lower()
    months = [number for number, month in enumerate(MONTHS, 1) if name in (month.lower(), month[:3].lower())]
    if not months:
        raise Unreadable(f"'{match[2]}' in '{text}' is not a month")
    if not _FIRST_YEAR <= int(match[3]) <= _LAST_YEAR:
        raise Unreadable(f"the year of '{text}' is not possible")
    try:
        return date(int(match[3]), months[0], int(match[1]))
    except ValueError:
        raise Unreadable(f"there is no date '{text}'") from None


def agree(day: date, text: str) -> None:
    """Check that a printed weekday is the date's weekday."""
    if weekday(text) != day.weekday():
        raise Unreadable(f"{day.day} {day:%B %Y} is a {WEEKDAYS[day.weekday()]}, not a {text}")
