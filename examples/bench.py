"""The table of BENCHMARKS.md: what each part of a conversion costs, everything measured in turn in one run.

    python examples/bench.py [FOLDER]

FOLDER holds timetable PDFs; without it the real samples are taken if they lie beside the repository, else made ones.
"""

from __future__ import annotations

import ctypes
import io
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pdfplumber
import pypdfium2.raw as pdfium
from tukscal.core.calendar import ics
from tukscal.core.calendar.convert import CalendarOptions, make_calendar, read_pdf
from tukscal.core.pdf.checksums import check_streams
from tukscal.core.pdf.limits import Limits, Screen, screen_file
from tukscal.core.pdf.page_tree import check_pages
from tukscal.core.pdf.readers.pdfium import read_pages
from tukscal.core.pdf.tables import page_tables
from tukscal.core.timetable import read_timetable

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = CalendarOptions(today=date(2026, 7, 1), year=2026)
ROUNDS, SLOW_ROUNDS, STARTS = 60, 4, 15
COLUMNS = ("floor", "reading", "extract_tables", "else", "write", "whole")


def floor(data: bytes) -> None:
    """Open a PDF and take the text and the objects of every page with nothing but PDFium's own calls."""
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    for index in range(pdfium.FPDF_GetPageCount(document)):
        page = pdfium.FPDF_LoadPage(document, index)
        text = pdfium.FPDFText_LoadPage(page)
        count = pdfium.FPDFText_CountChars(text)
        pdfium.FPDFText_GetText(text, 0, count, (ctypes.c_ushort * (count + 1))())
        for number in range(pdfium.FPDFPage_CountObjects(page)):
            pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, number))
        pdfium.FPDFText_ClosePage(text)
        pdfium.FPDF_ClosePage(page)
    pdfium.FPDF_CloseDocument(document)


def extract_tables(data: bytes) -> None:
    """Do what most programs do: pdfplumber's tables of every page."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_tables()


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def measure(data: bytes) -> dict[str, float]:
    """Return the median milliseconds of each part, the parts taken in turn."""
    limits = Limits()
    pages = read_pages(data, password=None, screen=Screen(limits))
    timetable = read_pdf(data)
    calendar = make_calendar([timetable], OPTIONS).calendar

    def everything_else() -> None:
        screen_file(data, limits)
        check_streams(data)
        check_pages(data, len(pages))
        read_timetable(pages, [page_tables(page) for page in pages])
        make_calendar([timetable], OPTIONS)

    works: dict[str, Callable[[], object]] = {
        "floor": lambda: floor(data),
        "reading": lambda: read_pages(data, password=None, screen=Screen(limits)),
        "else": everything_else,
        "write": lambda: ics.write(calendar),
        "whole": lambda: make_calendar([read_pdf(data)], OPTIONS),
    }
    found: dict[str, list[float]] = {name: [] for name in (*works, "extract_tables")}
    for turn in range(ROUNDS):
        for name, work in works.items():
            found[name].append(timed(work))
        if turn < SLOW_ROUNDS:
            found["extract_tables"].append(timed(lambda: extract_tables(data)))
    return {name: statistics.median(values) for name, values in found.items()}


def starts() -> dict[str, float]:
    """Return the median milliseconds of starting the command and of importing click, in turn."""
    python, command = sys.executable, str(Path(sys.executable).with_name("tukscal"))
    commands = {"import click": [python, "-c", "import click"], "tukscal --help": [command, "--help"]}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, line in commands.items():
            found[name].append(timed(lambda line=line: subprocess.run(line, stdout=subprocess.DEVNULL, check=True)))  # type: ignore[misc] # noqa: S603
    return {name: statistics.median(values) for name, values in found.items()}


def pdfs() -> dict[str, bytes]:
    """Return the PDFs to measure by name."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        folder = ROOT / "examples" / "timetables"
    found = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.pdf"))}
    from tukscal.examples.generator import content

    return {**found, "made, 8 pages": content.made("lectures", 1, pages=8).pdf}


def main() -> None:
    """Print the tables."""
    print(f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}; median ms\n")
    print("| PDF | " + " | ".join(COLUMNS) + " | reading / floor | extract_tables / reading | else / floor |")
    print("|---" * (len(COLUMNS) + 4) + "|")
    speedups = []
    for name, data in pdfs().items():
        found = measure(data)
        ratios = (found["reading"] / found["floor"], found["extract_tables"] / found["reading"])
        speedups.append(ratios[1])
        cells = [f"{found[column]:.2f}" for column in COLUMNS]
        cells += [f"{ratios[0]:.2f}", f"{ratios[1]:.1f}", f"{found['else'] / found['floor']:.2f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nReading is {statistics.median(speedups):.1f} times as fast as extract_tables in the median.")
    start = starts()
    ratio = start["tukscal --help"] / start["import click"]
    print(f"tukscal --help {start['tukscal --help']:.0f} ms, import click {start['import click']:.0f} ms: {ratio:.2f}")


if __name__ == "__main__":
    main()
