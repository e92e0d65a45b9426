"""Convert the example timetables into the folder out/, as a student would: one command for each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "out"
TUKSCAL = Path(sys.executable).with_name("tukscal")


def main() -> int:
    """Copy the PDFs to out/, convert each there, and return the worst exit code."""
    OUT.mkdir(exist_ok=True)
    worst = 0
    for pdf in sorted((HERE / "timetables").glob("*.pdf")):
        shutil.copy(pdf, OUT)
        command = [str(TUKSCAL), "convert", f"{OUT.name}/{pdf.name}", "--year", "2026"]
        print(f"\n$ {' '.join(['tukscal', *command[1:]])}", flush=True)
        worst = max(worst, subprocess.run(command, cwd=OUT.parent, check=False).returncode)  # noqa: S603 - our own
    print(f"\nThe calendars are in {OUT.name}/: open one, or import it into your calendar program.")
    return worst


if __name__ == "__main__":
    sys.exit(main())
