"""Make the example PDFs again: one student's lectures, tests and exams of the second semester of 2026.

    python examples/timetables/make.py

The calendars beside them are made by `tukscal convert`; a test compares.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tukscal.examples.generator import content, draw
from tukscal.examples.generator.rows import ExamRow, TestRow

HERE = Path(__file__).parent
MODULES = ("AFR 451", "BEM 152", "FRK 479", "IMY 325", "LEK 196")
LABS = tuple(f"Informatorium {name} Lab" for name in ("Blue", "Brown", "Green", "Grey", "Maroon", "Orange", "Purple"))
HALLS = ("AE du Toit Auditorium", "AE Annex", "Thuto 1-1", "Centenary 4", "Roos hall")
TIMES = ("10:00 - 11:30", "07:30 - 09:00", "12:30 - 14:00", "15:00 - 17:00", "10:00 - 12:00")
DAYS = (0, 3, 5, 9, 12)
EXAMS = ("07:30", "15:00", "11:15", "07:30", "11:15")


def tests() -> list[TestRow]:
    """Return two tests a module in the two test weeks, one spread over seven laboratories."""
    rows = []
    for number, first in ((1, date(2026, 8, 22)), (2, date(2026, 10, 12))):
        for index, module in enumerate(MODULES):
            day = first + timedelta(days=index + (index > 0 and number == 1))
            venues = LABS if module == "IMY 325" else (HALLS[index], HALLS[(index + number) % 5])
            name = f"PTest {number}" if module == "IMY 325" else f"Test{number}"
            printed, time = f"{day:%d %b %Y}", TIMES[(index + number) % 5]
            rows.append(
                TestRow(module=module, test=name, day=f"{day:%A}", date=printed, time=time, venues=tuple(venues))
            )
    return rows


def exams() -> list[ExamRow]:
    """Return an exam a module; the last is preliminary and has no venue yet."""
    rows = []
    for index, (module, start) in enumerate(zip(MODULES, EXAMS, strict=True)):
        day = f"{date(2026, 11, 9) + timedelta(days=DAYS[index]):%d %b %Y}".upper()
        final = index < len(MODULES) - 1
        venues = ("IT Building CBT Labs 1,2,3",) if module == "IMY 325" else (HALLS[index],)
        rows.append(
            ExamRow(
                status="FINAL" if final else "PRELIM",
                module=module,
                paper="1",
                activity="Exam Written",
                date=day,
                start=start,
                exam_campus="HATFIELD" if final else "",
                venues=venues if final else (),
            )
        )
    return rows


def main() -> None:
    """Write the three PDFs; the lectures are encrypted as the portal's are, so their bytes differ each time."""
    (HERE / "lectures.pdf").write_bytes(content.made("lectures", 330, pages=2, encrypted=True).pdf)
    (HERE / "tests.pdf").write_bytes(draw.timetable_pdf(tests()))
    (HERE / "exams.pdf").write_bytes(draw.timetable_pdf(exams()))


if __name__ == "__main__":
    main()
