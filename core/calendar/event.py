"""What a calendar file holds, as values: the same whether just planned or read back from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from .identity import session_id

_SWAP = re.compile(r"-[0-9]{8}@")


class Status(StrEnum):
    """RFC 5545, 3.8.1.11."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT; times are local, Africa/Johannesburg, without a zone."""

    uid: str
    identity: str
    """Readable identity (core/calendar/identity.py), ordinal included."""
    summary: str
    start: datetime
    end: datetime
    location: str = ""
    description: str = ""
    category: str
    """The module."""
    color: str
    """A CSS3 colour name (RFC 7986, 5.9)."""
    status: Status
    last: date | None = None
    """Day of the last weekly occurrence; None for a single event."""
    except_on: tuple[date, ...] = ()
    """Days between the first and last on which a weekly event does not take place."""
    alarm: timedelta | None = None
    """How long before the start."""
    sequence: int = 0

    @property
    def year(self) -> int:
        """The timetable's year."""
        return session_id(self.identity).year

    @property
    def is_swap(self) -> bool:
        """Whether it stands for a swap day, which says nothing about the session's usual weekday."""
        return _SWAP.search(self.uid) is not None

    @property
    def last_day(self) -> date:
        """The day of the last occurrence."""
        return self.last or self.start.date()

    @property
    def stamp(self) -> datetime:
        """DTSTAMP and LAST-MODIFIED: the PDFs carry no creation date, and "now" would make every run differ."""
        return datetime(self.year, 1, 1, tzinfo=UTC) + timedelta(minutes=self.sequence)

    def days(self) -> tuple[date, ...]:
        """Return every day on which the event takes place."""
        first = self.start.date()
        if self.last is None:
            return (first,)
        weeks = (self.last - first).days // 7 + 1
        days = (first + timedelta(weeks=week) for week in range(weeks))
        return tuple(day for day in days if day not in self.except_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One calendar file."""

    name: str
    year: int
    term: str
    """Name and digest of the teaching calendar used; empty for tests and exams."""
    sources: tuple[str, ...]
    """sha256 of each PDF, sorted."""
    events: tuple[Event, ...]
    gone: Mapping[str, int] = field(default_factory=dict)
    """UID -> SEQUENCE of events of earlier revisions that are no longer written; one that comes back must go on."""
    version: str = ""
    """The tukscal that wrote it."""
