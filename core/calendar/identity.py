"""What makes a session the same session from one timetable to the next.

FROZEN: calendars out there hold these UIDs; any change here duplicates every user's calendar. A session is known by
institution, year, period and its place in the faculty's own numbering, never by venue, time, row order or file name, so
that a session that moves is updated and not doubled.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ..model import HALVES, Entry, Kind, half_of, quarters
from ..wording import clean

INSTITUTION = "UP"
_DOMAIN = "tukscal"
_ORDINAL = re.compile("[2-9]|[1-9][0-9]{1,5}")
_MARKS = str.maketrans("/#", "__")  # they separate the parts of an identity and its ordinal
_PARTS = {
    Kind.LECTURES: ("module", "language", "group", "activity"),
    Kind.TESTS: ("module", "activity"),
    Kind.EXAMS: ("module", "paper", "activity"),
}


class SessionId(NamedTuple):
    """An identity taken apart, without its ordinal; what its kind does not have is empty."""

    kind: Kind
    year: int
    period: str
    module: str = ""
    language: str = ""
    group: str = ""
    paper: str = ""
    activity: str = ""


def identity(entry: Entry, year: int) -> str:
    """Return the readable identity of a session; `year` is that of a lecture, tests and exams bring their own."""
    year, period = (entry.date.year, half_of(entry.date)) if entry.date else (year, entry.offered)
    parts = [str(year), period, *[getattr(entry, name) for name in _PARTS[entry.kind]]]
    return "/".join([INSTITUTION, entry.kind, *[_part(part or "") for part in parts]])


@lru_cache(maxsize=4096)
def _part(text: str) -> str:
    return clean(text).translate(_MARKS)


def numbered(name: str, ordinal: int) -> str:
    """Return the identity of the n-th session of one identity; the first keeps the bare name."""
    return name if ordinal == 1 else f"{name}#{ordinal}"


def split_number(name: str) -> tuple[str, int]:
    """Return the identity and ordinal that `numbered` made a name of."""
    bare, _, ordinal = name.partition("#")
    return (bare, int(ordinal)) if _ORDINAL.fullmatch(ordinal) else (name, 1)


@lru_cache(maxsize=4096)
def session_id(name: str) -> SessionId:
    """Return the parts of an identity."""
    _, kind, year, period, *parts = split_number(name)[0].split("/")
    return SessionId(Kind(kind), int(year), period, **dict(zip(_PARTS[Kind(kind)], parts, strict=False)))


@lru_cache(maxsize=65536)
def uid(name: str, occurrence: str = "") -> str:
    """Return the UID of an identity, or of one occurrence of it: a swapped date or an ISO week."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{digest}-{occurrence}@{_DOMAIN}" if occurrence else f"{digest}@{_DOMAIN}"


def swap_mark(day: date) -> str:
    """Return what marks the event of a swap day: its date."""
    return day.strftime("%Y%m%d")


def week_mark(day: date) -> str:
    """Return what marks one date of an expanded session: its ISO week."""
    year, week, _ = day.isocalendar()
    return f"{year}W{week:02d}"


def scope(name: str) -> tuple[Kind, int, int]:
    """Return the kind, year and half-year (1, 2, or 0 for a whole year) an identity belongs to."""
    known = session_id(name)
    half = next((number for number, half in enumerate(HALVES, 1) if quarters(known.period) <= quarters(half)), 0)
    return known.kind, known.year, half
