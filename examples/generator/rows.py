"""Rows of the three tables, as printed by the portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["lectures", "tests", "exams"]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One line of a lecture row: a weekly session in one venue."""

    activity: str
    day: str
    time: str
    venue: str


@dataclass(frozen=True, kw_only=True)
class LectureRow:
    """One group of a module with its weekly sessions."""

    module: str
    offered: str
    group: str
    language: str
    block: str
    sessions: tuple[Session, ...]
    campus: str = "HATFIELD"
    study_programme: str = ""


@dataclass(frozen=True, kw_only=True)
class TestRow:
    """One semester test, spread over its venues."""

    __test__ = False  # pytest would collect the class for its name

    module: str
    test: str
    day: str
    date: str
    time: str
    campus: str = "HATFIELD"
    venues: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExamRow:
    """One exam paper; a PRELIM one has neither venue nor exam campus."""

    status: str
    module: str
    paper: str
    activity: str
    date: str
    start: str
    module_campus: str = "HATF"
    exam_campus: str = "HATFIELD"
    venues: tuple[str, ...] = ()
    comments: str = ""


Row = LectureRow | TestRow | ExamRow

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def iso_date(printed: str) -> str:
    """'12 NOV 2025' as '2025-11-12'."""
    day, month, year = printed.split()
    return date(int(year), MONTHS.index(month.title()) + 1, int(day)).isoformat()


def portal_order(row: Row) -> tuple[str, ...]:
    """What ascends from row to row over the whole of a portal's timetable."""
    if isinstance(row, LectureRow):
        return row.module, row.offered, row.group
    return iso_date(row.date), row.time[:5] if isinstance(row, TestRow) else row.start


def kind_of(rows: Sequence[Row], default: Kind = "lectures") -> Kind:
    """The kind of table the rows belong to (an empty table is of the default kind)."""
    if not rows:
        return default
    if isinstance(rows[0], LectureRow):
        return "lectures"
    return "tests" if isinstance(rows[0], TestRow) else "exams"
