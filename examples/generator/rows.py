"""Rows of the three tables, as printed by the portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def kind_of(rows: Sequence[Row], default: Kind = "lectures") -> Kind:
    """The kind of table the rows belong to (an empty table is of the default kind)."""
    if not rows:
        return default
    if isinstance(rows[0], LectureRow):
        return "lectures"
    return "tests" if isinstance(rows[0], TestRow) else "exams"
