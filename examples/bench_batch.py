"""What whole folders cost: rates of `tukscal batch`, memory of its parent, a rerun with nothing to do.

    python examples/bench_batch.py [--counts 1000,100000]

The PDFs are made: tests, exams and lectures of 1 to 8 pages, as many of each, 1,000 different ones; beyond that these
with a comment of their own behind the end, so that no two have the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pdfplumber
from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import PRELOAD, BatchRun
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.ledger import Ledger
from tukscal.core.pool import Pool
from tukscal.examples.generator import content
from tukscal.examples.generator.rows import Kind

DIFFERENT = 1_000
LOOPED = 60  # PDFs of the plain loop
KINDS: tuple[Kind, ...] = ("tests", "exams", "lectures")
FOLDERS = 1_000  # PDFs in one folder


def made() -> list[bytes]:
    """Return the different PDFs."""
    return [
        content.made(KINDS[number % 3], number, pages=1 + number // 3 % 8 if KINDS[number % 3] == "lectures" else 1).pdf
        for number in range(DIFFERENT)
    ]


def fill(folder: Path, pdfs: list[bytes], count: int) -> None:
    """Write so many PDFs into folders of a thousand."""
    for number in range(count):
        place = folder / f"{number // FOLDERS:03}"
        if number % FOLDERS == 0:
            place.mkdir(parents=True)
        comment = b"" if number < len(pdfs) else b"\n%% %d\n" % number
        (place / f"{number:06}.pdf").write_bytes(pdfs[number % len(pdfs)] + comment)


def one(source: Path, out: Path, ledger: Path, workers: int) -> None:
    """Do one batch in this process and print its figures as JSON."""
    request = BatchRequest(
        sources=(source,), output=out, options=CalendarOptions(today=date(2026, 7, 1), year=2026)
    )  # fmt: skip
    with Ledger.open(ledger) as opened, Pool(workers, preload=PRELOAD) as pool:
        run = BatchRun(request, opened, pool)
        for _ in run:
            pass
    print(json.dumps({**run.summary.plain(), "peak": peak()}))


def peak() -> float:
    """Return the most memory this process had resident so far, MiB.

    Not that of getrusage where there is another: it begins with what the process had that started this one.
    """
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def batch(folder: Path, workers: int = 2) -> dict[str, float]:
    """Return the figures of a batch in a process of its own."""
    line = [sys.executable, __file__, "--one", str(folder), "--workers", str(workers)]
    done = subprocess.run(line, check=True, capture_output=True, text=True)  # noqa: S603 - this file
    found: dict[str, float] = json.loads(done.stdout)
    return found


def loop(pdfs: list[bytes]) -> float:
    """Return the PDFs a second of a plain loop over pdfplumber's tables."""
    step = len(pdfs) // LOOPED
    start = time.perf_counter()
    for data in pdfs[::step][:LOOPED]:
        with pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages:
                page.extract_tables()
    return LOOPED / (time.perf_counter() - start)


def rows(counts: list[int]) -> Iterator[str]:
    """Yield the lines of the table."""
    pdfs = made()
    plain = loop(pdfs)
    yield f"A plain loop over pdfplumber's tables, one process: {plain:.1f} PDFs a second."
    yield ""
    yield "| PDFs | workers | PDFs a second | against the loop | parent's peak MiB | again, nothing to do, s |"
    yield "|---|---|---|---|---|---|"
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fill(folder / "in", pdfs, count)
            first = batch(folder)
            assert first["done"] == count, first
            again = batch(folder)
            assert again["unchanged"] == count, again
            rate = count / first["seconds"]
            most = max(first["peak"], again["peak"])
            yield f"| {count:,} | 2 | {rate:.0f} | {rate / plain:.0f} x | {most:.0f} | {again['seconds']:.1f} |"


def main() -> None:
    """Print the table, or do one batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1000")
    parser.add_argument("--one", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.one:
        one(given.one / "in", given.one / "out", given.one / "ledger.db", given.workers)
        return
    print(f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for line in rows([int(count) for count in given.counts.split(",")]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
