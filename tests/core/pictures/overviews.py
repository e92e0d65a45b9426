"""A made student's week with everything a picture must show; import as `tukscal.tests.core.pictures.overviews`."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from xml.etree import ElementTree

from tukscal.core.model import Entry
from tukscal.core.pictures.week import WeekPlan, plan_week
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&amp;"


def student() -> list[Entry]:
    """Return lectures of both semesters, tests and exams: some clash, one is preliminary."""
    return [
        lecture(),
        lecture(activity="L2", day=1, start=time(7, 30), end=time(8, 20), venues=("Centenary 6",)),
        lecture(module="COS 226", group="G02", start=time(9, 0), end=time(10, 20), venues=("EMS 4-152",)),
        lecture(module="WTW 285", activity="T1", group="T01", day=2, start=time(14, 30), end=time(15, 50)),
        lecture(module="STK 110", offered="Q1", day=3, start=time(11, 30), end=time(12, 20), venues=()),
        lecture(module="STK 110", offered="Q2", day=3, start=time(11, 30), end=time(12, 20), campus="GROENKLOOF"),
        lecture(module="FST 110", offered="Y", activity="P1", group="P01", day=4, start=time(13, 30), end=time(16, 20)),
        semester_test(),
        semester_test(module="WTW 285", date=date(2026, 8, 26), start=time(14, 0), end=time(15, 30), venues=("AE 1",)),
        exam(),
        exam(module="COS 226", start=time(9, 0), status="PRELIM", venues=(), campus=None),
    ]


def gone() -> list[Entry]:
    """Return what a calendar has as cancelled."""
    return [
        lecture(module="STK 220", activity="P1", group="P03", day=3, start=time(13, 30), end=time(16, 20)),
        semester_test(module="STK 220", date=date(2026, 8, 29)),
    ]


def student_plan() -> WeekPlan:
    """Return the plan of that student."""
    return plan_week(student(), cancelled=gone())


def write_calendar(path: Path) -> None:
    """Write that student's calendar, in which two sessions were cancelled."""
    before = converted([*student(), *gone()])
    path.write_bytes(converted(student(), before.calendar).ics)


def parse_drawing(svg: bytes) -> ElementTree.Element:
    """Return the root of a drawing; what is no valid XML raises."""
    return ElementTree.fromstring(svg)  # noqa: S314 - we wrote it a moment ago
