"""The small good tables that each malformation starts from."""

from __future__ import annotations

from .rows import ExamRow, LectureRow, Session, TestRow


def lecture(module: str, group: str, *lines: str) -> LectureRow:
    """A lecture row from lines like 'L1, Monday, 08:30 - 09:20, Centenary 6'."""
    parts = [line.split(", ") for line in lines]
    return LectureRow(
        module=module,
        offered="S2",
        group=group,
        language="E",
        block={"G": "L"}.get(group[0], group[0]),
        sessions=tuple(Session(activity=a, day=d, time=t, venue=v) for a, d, t, v in parts),
    )


def semester_test(module: str, name: str, day: str, date: str, time: str, *venues: str) -> TestRow:
    """A semester test."""
    return TestRow(module=module, test=name, day=day, date=date, time=time, venues=venues)


def exam(module: str, date: str, start: str, venue: str) -> ExamRow:
    """A written exam that is final."""
    return ExamRow(
        status="FINAL", module=module, paper="1", activity="Exam Written", date=date, start=start, venues=(venue,)
    )


# 2 + 1 + 2 + 1 = 6 entries.
LECTURES = (
    lecture("COS 214", "G01", "L1, Monday, 08:30 - 09:20, Centenary 6", "L2, Friday, 12:30 - 13:20, IT 4-4"),
    lecture("COS 214", "P01", "P1, Tuesday, 11:30 - 14:20, Informatorium Grey Lab"),
    lecture("STK 220", "G01", "L1, Tuesday, 08:30 - 09:20, EMS 4-152", "L2, Friday, 09:30 - 10:20, IT 2-23"),
    lecture("WTW 285", "T02", "T1, Wednesday, 14:30 - 15:50, HB 4-1"),
)

TESTS = (
    semester_test("COS 284", "Test1", "Saturday", "23 Aug 2025", "10:00 - 11:30", "Informatorium Red Lab"),
    semester_test("STK 220", "Test1", "Monday", "25 Aug 2025", "12:30 - 14:00", "AE du Toit Auditorium", "AE Annex"),
    semester_test("STK 220", "PTest 1", "Wednesday", "27 Aug 2025", "15:00 - 17:00", "IT Open Gold Lab"),
    semester_test("COS 226", "Test1", "Thursday", "28 Aug 2025", "07:30 - 09:00", "Informatorium Brown Lab"),
)

EXAMS = (
    exam("COS 284", "12 NOV 2025", "07:30", "IT Building CBT Labs 1,2,3"),
    exam("COS 214", "13 NOV 2025", "15:00", "Thuto 3-1"),
    exam("STK 220", "14 NOV 2025", "07:30", "IT 4-4"),
    exam("WTW 285", "17 NOV 2025", "11:15", "Eng III - 7"),
)
