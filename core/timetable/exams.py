"""Exam records -> exams on a date; the timetable prints when they start and never when they end."""

from __future__ import annotations

from ..model import Entry, Kind, Problem
from . import values
from .fields import Fields, goes_on_unless_alike
from .records import Record


def read_record(record: Record) -> tuple[list[Entry], list[Problem]]:
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
