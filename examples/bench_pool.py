"""What the pool and the ledger cost a job, and what a second worker brings.

    python examples/bench_pool.py

A job goes the whole way round: claimed from the ledger, given to a worker, which logs a line and answers, recorded with
others in one transaction. The cost is compared with the conversion of a made lecture timetable in the same run.
"""

from __future__ import annotations

import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tukscal.core.calendar.convert import CalendarOptions, make_calendar, read_pdf
from tukscal.core.ledger import Done, Ledger, NewJob
from tukscal.core.pool import Pool
from tukscal.examples.generator import content

JOBS, ROUNDS, AHEAD = 1_000, 5, 16
OPTIONS = CalendarOptions(today=date(2026, 7, 1), year=2026)
PRELOAD = ("tukscal.core.calendar.convert", "tukscal.core.pdf.readers.pdfium", "tukscal.core.calendar.ics")


def nothing() -> int:
    """Log a line and answer."""
    logging.getLogger(__name__).info("a line about a job")
    return 1


def convert(data: bytes) -> int:
    """Convert a timetable."""
    return len(make_calendar([read_pdf(data)], OPTIONS).ics)


def rate(pool: Pool, function: Callable[..., int], *args: bytes) -> float:
    """Return the seconds a call takes when all workers are kept busy."""
    left, start = JOBS if not args else JOBS // 5, time.perf_counter()
    count = left
    while left or pool.running:
        while left and pool.free:
            pool.start(left, function, *args)
            left -= 1
        for outcome in pool.wait():
            assert outcome.error is None
    return (time.perf_counter() - start) / count


def ledger_cost(folder: Path) -> float:
    """Return the seconds that claiming and recording take a job."""
    with Ledger.open(folder / "ledger.db") as ledger:
        batch = ledger.history.begin("bench")
        ledger.queue.enqueue(
            batch,
            [NewJob(source=Path(f"/in/{n}.pdf"), output=Path(f"/out/{n}.ics"), sha256=f"{n:064x}", size=n, queue="q")
             for n in range(JOBS)],
        )  # fmt: skip
        start = time.perf_counter()
        while jobs := ledger.queue.claim("q", AHEAD):
            ledger.queue.record(
                [Done(job=job.id, kind="tests", entries=9, problems=0, output_sha256="0" * 64) for job in jobs]
            )
        return (time.perf_counter() - start) / JOBS


def main() -> None:
    """Print the figures, each a median of rounds taken in turn."""
    logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
    data = content.made("lectures", 1, pages=2).pdf
    found: dict[str, list[float]] = {"dispatch": [], "ledger": [], "one": [], "two": []}
    with Pool(1, preload=PRELOAD) as single, Pool(2, preload=PRELOAD) as double:
        for pool in (single, double):
            rate(pool, convert, data)  # warm
        for _ in range(ROUNDS):
            found["dispatch"].append(rate(single, nothing))
            with tempfile.TemporaryDirectory() as name:
                found["ledger"].append(ledger_cost(Path(name)))
            found["one"].append(rate(single, convert, data))
            found["two"].append(rate(double, convert, data))
    ms = {name: statistics.median(values) * 1000 for name, values in found.items()}
    cost = ms["dispatch"] + ms["ledger"]
    print(f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| a job | ms |\n|---|---|")
    print(f"| dispatch, one log line | {ms['dispatch']:.2f} |")
    print(f"| ledger: claim and record, {AHEAD} together | {ms['ledger']:.2f} |")
    print(f"| both, of a lecture's conversion ({ms['one']:.2f} ms) | {cost / ms['one']:.0%} |")
    print(f"| two workers, of twice one | {ms['one'] / ms['two'] / 2:.0%} |")


if __name__ == "__main__":
    main()
