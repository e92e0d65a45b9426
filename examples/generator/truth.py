"""What a reader must find in a PDF of these rows, worked out without any PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .rows import ExamRow, LectureRow, Row, TestRow, iso_date

Entry = dict[str, Any]  # the JSON interface: open on purpose

KEYS = (
    "module", "activity", "group", "offered", "language", "day", "date", "start", "end",
    "venues", "campus", "status", "paper", "study_programme", "comments",
)  # fmt: skip


def expected(rows: Sequence[Row]) -> list[Entry]:
    """The entries of the rows, in the order of their first line."""
    entries: list[Entry] = []
    seen: dict[tuple[Any, ...], Entry] = {}
    for row in rows:
        for entry in _entries(row):
            key = tuple(value for name, value in entry.items() if name in _IDENTITY)
            if not isinstance(row, LectureRow) or key not in seen:
                seen[key] = entry
                entries.append(entry)
            else:
                _add_venues(seen[key], entry)
    return entries


_IDENTITY = frozenset({"module", "activity", "group", "offered", "language", "day", "start", "end"})


def _add_venues(entry: Entry, other: Entry) -> None:
    entry["venues"] += [venue for venue in other["venues"] if venue not in entry["venues"]]


def _entries(row: Row) -> Iterator[Entry]:
    if isinstance(row, LectureRow):
        yield from _of_lecture(row)
    elif isinstance(row, TestRow):
        yield _of_test(row)
    else:
        yield _of_exam(row)


def _of_lecture(row: LectureRow) -> Iterator[Entry]:
    for session in row.sessions:
        start, end = session.time.split(" - ")
        yield _entry(
            module=row.module, activity=session.activity, group=row.group, offered=row.offered,
            language=row.language, day=session.day, start=start, end=end,
            venues=[session.venue] if session.venue else [], campus=row.campus,
            study_programme=row.study_programme,
        )  # fmt: skip


def _of_test(row: TestRow) -> Entry:
    start, end = row.time.split(" - ")
    return _entry(
        module=row.module, activity=row.test, date=iso_date(row.date), start=start, end=end,
        venues=list(row.venues), campus=row.campus,
    )  # fmt: skip


def _of_exam(row: ExamRow) -> Entry:
    return _entry(
        module=row.module, activity=row.activity, date=iso_date(row.date), start=row.start,
        venues=list(row.venues), campus=row.exam_campus or None, status=row.status,
        paper=row.paper, comments=row.comments,
    )  # fmt: skip


def _entry(**known: object) -> Entry:
    return {key: known.get(key) for key in KEYS}
