"""Made sessions and their calendars; import as `tukscal.tests.core.sessions`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from tukscal.core.calendar.convert import CalendarOptions, Conversion, make_calendar
from tukscal.core.calendar.event import Calendar
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.model import Entry, Kind, Timetable

TODAY = date(2026, 7, 1)

_LECTURE = Entry(
    kind=Kind.LECTURES,
    module="COS 214",
    offered="S2",
    group="G01",
    language="E",
    block="L",
    activity="L1",
    day=0,
    start=time(8, 30),
    end=time(9, 20),
    venues=("IT 4-4",),
    campus="HATFIELD",
    study_programme="r3",
)
_TEST = Entry(
    kind=Kind.TESTS,
    module="COS 214",
    activity="Test1",
    date=date(2026, 8, 24),
    start=time(15, 0),
    end=time(16, 30),
    venues=("Thuto 1-1", "Thuto 1-2"),
    campus="HATFIELD",
)
_EXAM = Entry(
    kind=Kind.EXAMS,
    module="COS 214",
    activity="Exam Written",
    paper="1",
    status="FINAL",
    date=date(2026, 11, 12),
    start=time(7, 30),
    end=None,
    venues=("IT Building CBT Labs 1,2,3",),
    campus="HATFIELD",
    module_campus="HATFIELD",
)


def lecture(**changes: Any) -> Entry:
    """Return a Monday lecture of COS 214, with changes."""
    return replace(_LECTURE, **changes)


def semester_test(**changes: Any) -> Entry:
    """Return a test of COS 214, with changes."""
    return replace(_TEST, **changes)


def exam(**changes: Any) -> Entry:
    """Return a final exam of COS 214, with changes."""
    return replace(_EXAM, **changes)


def timetable(entries: Iterable[Entry], *, name: str = "") -> Timetable:
    """Return a timetable that lists entries of one kind; its digest depends on them, as a PDF's does."""
    entries = tuple(entries)
    digest = hashlib.sha256(repr((name, entries)).encode("utf-8", "backslashreplace")).hexdigest()
    return Timetable(
        kind=entries[0].kind if entries else Kind.LECTURES,
        entries=entries,
        problems=(),
        words=0,
        accounted=0,
        pages=1,
        sha256=digest,
        name=name,
    )


def converted(
    entries: Sequence[Entry], previous: Calendar | None = None, *, today: date = TODAY, **plan: Any
) -> Conversion:
    """Return what entries are converted to in 2026, each kind from a timetable of its own."""
    kinds = dict.fromkeys(entry.kind for entry in entries) or [Kind.LECTURES]
    timetables = [timetable(entry for entry in entries if entry.kind is kind) for kind in kinds]
    return make_calendar(timetables, CalendarOptions(today=today, plan=PlanOptions(**plan)), previous)
