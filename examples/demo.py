"""Do with the example timetables, in the folder out/, what a student would: convert, choose, look."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "out"
TUKSCAL = Path(sys.executable).with_name("tukscal")


STEPS = (
    "convert lectures.pdf --year 2026",
    "convert tests.pdf",
    "convert exams.pdf",
    "choose lectures.pdf --propose --anew",
    "convert lectures.pdf tests.pdf exams.pdf --year 2026 -o my-calendar.ics",
    "show lectures.pdf",
    "show lectures.pdf tests.pdf exams.pdf --html week.html",
)


def main() -> int:
    """Copy the PDFs to out/, take the steps there, and return the worst exit code."""
    OUT.mkdir(exist_ok=True)
    for pdf in (HERE / "timetables").glob("*.pdf"):
        shutil.copy(pdf, OUT)
    worst = 0
    for step in STEPS:
        print(f"\n$ tukscal {step}", flush=True)
        command = [str(TUKSCAL), *step.split()]
        worst = max(worst, subprocess.run(command, cwd=OUT, check=False).returncode)  # noqa: S603 - our own
    print(f"\nThe calendars and week.html are in {OUT.name}/: open them, or import a calendar into your program.")
    return worst


if __name__ == "__main__":
    sys.exit(main())
