"""Records of tests and exams -> entries on a date; of an exam the timetable prints the start, never the end."""

from __future__ import annotations

from ..model import Entry, Kind, Problem
from . import values
from .fields import Fields, goes_on_if_rest, goes_on_unless_alike
from .records import Record


def read_test(record: Record, *, anew: bool = False) -> tuple[list[Entry], list[Problem]]:
    """Return the test of one record; `anew` tells that another program wrapped the venues.

    Raises Unreadable if the record cannot be used.
    """
    fields = Fields(record.cells())
    date = values.day_of_year(fields.text("date"))
    if day := fields.text("day"):
        values.agree(date, day)
    start, end = values.span(fields.text("time"))
    activity = fields.text("activity")
    if not activity:
        raise values.Unreadable("the test is missing")
    entry = Entry(
        kind=Kind.TESTS,
        module=values.module(fields.text("module")),
        activity=activity,
        date=date,
        start=start,
        end=end,
        campus=fields.expect("campus", values.is_campus, "campus"),
        venues=fields.items("venue", goes_on_if_rest, anew=anew),
        comments=fields.extras() or None,
        rows=tuple((row.page, row.number) for row in record.rows),
        sources=fields.sources,
    )
    return [entry], fields.doubts + fields.unknown


def read_exam(record: Record) -> tuple[list[Entry], list[Problem]]:
    """Return the exam of one record.

    Raises Unreadable if the record cannot be used.
    """
    fields = Fields(record.cells())
    status, activity = fields.expect("status", values.is_status, "status"), fields.text("activity")
    if not status or not activity:
        raise values.Unreadable("the activity is missing" if status else "the status is missing")
    comments = [text for text in (fields.text("comments"), fields.extras()) if text]
    entry = Entry(
        kind=Kind.EXAMS,
        status=status.upper(),
        module=values.module(fields.text("module")),
        paper=fields.text("paper") or None,
        activity=activity,
        date=values.day_of_year(fields.text("date")),
        start=values.exam_start(fields.text("start")),
        end=None,
        module_campus=fields.expect("module_campus", values.is_campus, "campus"),
        campus=fields.expect("campus", values.is_campus, "campus"),
        venues=fields.items("venue", goes_on_unless_alike),
        comments="; ".join(comments) or None,
        rows=tuple((row.page, row.number) for row in record.rows),
        sources=fields.sources,
    )
    return [entry], fields.doubts + fields.unknown
