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

from .model import Entry, Kind
from .text import clean

INSTITUTION = "UP"
_DOMAIN = "tukscal"
_ORDINAL = re.compile("[2-9]|[1-9][0-9]{1,5}")
_MARKS = str.maketrans("/#", "__")  # they separate the parts of an identity and its ordinal


def identity(entry: Entry, year: int) -> str:
    """Return the readable identity of a session; `year` is that of a lecture, tests and exams bring their own."""
    if entry.kind is Kind.LECTURES:
        parts = [str(year), entry.offered, entry.module, entry.language, entry.group, entry.activity]
    else:
        assert entry.date is not None
        period = "S1" if entry.date.month <= 6 else "S2"
        parts = [str(entry.date.year), period, entry.module, entry.paper, entry.activity]
        if entry.kind is Kind.TESTS:
            del parts[3]
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


def scope(name: str) -> tuple[str, str, int]:
    """Return the kind, year and half-year (1, 2, or 0 for a whole year) an identity belongs to."""
    _, kind, year, period, *_ = name.split("/")
    return kind, year, {"S1": 1, "Q1": 1, "Q2": 1, "S2": 2, "Q3": 2, "Q4": 2}.get(period, 0)
