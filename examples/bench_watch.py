"""How fast the watched folder answers, and what it costs to watch: the real command on a folder of made timetables.

    python examples/bench_watch.py --counts 1000

prints a Markdown table. With --counts 1000,10000 the second is dropped at once as well, which takes minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psutil
from tukscal.examples.bench_batch import batch, made

SETTLE = 2.0  # seconds
ALONE = 10  # files dropped one after the other
IDLE = 60.0  # seconds over which the cost of doing nothing is measured
FILES = 10_000  # that lie there meanwhile


class Daemon:
    """The command in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.source, self.out, self.log = folder / "in", folder / "out", folder / "log.jsonl"
        self.source.mkdir(exist_ok=True)
        given = ["--settle", str(SETTLE), "--year", "2026", "--workers", "2", "--log", str(self.log)]
        line = [
            str(Path(sys.executable).with_name("tukscal")),
            "watch",
            str(self.source),
            "-o",
            str(self.out),
            *given,
            *options,
        ]
        environment = {**os.environ, "TUKSCAL_STATE_DIR": str(folder / "state"), "TUKSCAL_CONFIG_DIR": str(folder)}
        self.process = subprocess.Popen(line, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603 - this package
        self.wait_for("works", 1)

    def count(self, event: str) -> int:
        """Return how often something was logged."""
        files = sorted(self.log.parent.glob(f"{self.log.name}*"))
        word = f'"event": "{event}"'.encode()
        return sum(file.read_bytes().count(word) for file in files)

    def wait_for(self, event: str, count: int) -> None:
        """Wait until something was logged so often."""
        while self.count(event) < count:
            if self.process.poll() is not None:
                raise SystemExit(f"the daemon ended with {self.process.returncode}")
            time.sleep(0.02)

    def cpu(self) -> float:
        """Return the seconds of processor time it and its workers took so far."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in family)

    def memory(self) -> float:
        """Return its resident memory in MiB, without its workers'."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20


def fill(place: Path, pdfs: list[bytes], count: int) -> None:
    """Write so many PDFs, each with a comment of its own before its end: no two have the same bytes."""
    place.mkdir(parents=True)
    for number in range(count):
        whole = pdfs[number % len(pdfs)].removesuffix(b"%%EOF\n")
        (place / f"{number:06}.pdf").write_bytes(whole + b"%%%d\n%%%%EOF\n" % number)


@contextmanager
def daemon(*options: str) -> Iterator[Daemon]:
    """Give a daemon in a folder of its own, and end it."""
    with tempfile.TemporaryDirectory() as name:
        one = Daemon(Path(name), *options)
        try:
            yield one
        finally:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait()


def one_by_one(pdfs: list[bytes]) -> list[float]:
    """Return the seconds from the dropping of a file to its calendar, for some files on an idle daemon."""
    times = []
    with daemon() as one:
        for number, data in enumerate(pdfs[:ALONE]):
            part = one.source / f"{number}.part"
            part.write_bytes(data)
            start = time.monotonic()
            part.rename(one.source / f"{number}.pdf")
            while not (one.out / f"{number}.ics").exists():
                time.sleep(0.005)
            times.append(time.monotonic() - start)
    return sorted(times)


def at_once(pdfs: list[bytes], count: int) -> tuple[float, float]:
    """Return the seconds until the last of so many files moved in at once has its calendar, and the memory in MiB."""
    with daemon() as one:
        elsewhere = one.source.parent / "made"
        fill(elsewhere, pdfs, count)
        start = time.monotonic()
        for path in elsewhere.iterdir():
            path.rename(one.source / path.name)
        one.wait_for("done", count)
        seconds = time.monotonic() - start
        assert len(list(one.out.rglob("*.ics"))) == count
        assert one.count("done") == count, "a file was done twice"
        return seconds, one.memory()


def idle(*options: str) -> float:
    """Return the share of a core, in percent, that an idle daemon takes that watches many files."""
    with daemon(*options) as one:
        for number in range(FILES):
            (one.source / f"{number}.pdf").write_bytes(b"%%PDF %d" % number)
        # Files that never become PDFs are judged after a minute; only then the daemon is idle.
        one.wait_for("dead", FILES)
        before, start = one.cpu(), time.monotonic()
        time.sleep(IDLE)
        return 100 * (one.cpu() - before) / (time.monotonic() - start)


def rows(counts: list[int]) -> Iterator[str]:
    """Yield the lines of the table."""
    pdfs = made()
    yield "| what | figure | goal |"
    yield "|---|---|---|"
    times = [seconds - SETTLE for seconds in one_by_one(pdfs)]
    answer = f"median {times[len(times) // 2]:.2f} s, worst {times[-1]:.2f} s"
    yield f"| one file on an idle daemon, beyond --settle | {answer} | 1 s |"
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            fill(Path(name) / "in", pdfs, count)
            alone = batch(Path(name))["seconds"]
        seconds, memory = at_once(pdfs, count)
        last = (
            f"{seconds - SETTLE:.1f} s, {(seconds - SETTLE) / alone:.2f} x the batch's {alone:.1f} s; {memory:.0f} MiB"
        )
        yield f"| {count:,} files at once, the last one, beyond --settle | {last} | 1.2 x |"
    for name, options in (("events", ()), ("polled every 10 s", ("--poll",))):
        yield f"| idle with {FILES:,} files, {name} | {idle(*options):.2f} % of a core | 2 % |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1000")
    given = parser.parse_args()
    print(f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for line in rows([int(count) for count in given.counts.split(",")]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
