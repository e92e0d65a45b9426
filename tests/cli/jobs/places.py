"""Folders with a ledger that a real batch made; import as `tukscal.tests.cli.jobs.places`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tukscal.core.ledger import Failure, Filter, Ledger, NewJob
from tukscal.examples.generator import near_misses
from tukscal.examples.generator.rows import Kind
from tukscal.tests.running import tukscal

GOOD: Mapping[bytes, tuple[Kind, int]] = {
    b"tests-1.pdf": ("tests", 1),
    b"tests-2.pdf": ("tests", 2),
    b"exams-1.pdf": ("exams", 3),
    b"exams-2.pdf": ("exams", 4),
    b"law/lectures.pdf": ("lectures", 5),
    b"law/tests-3.pdf": ("tests", 6),
    b"esc\x1b[31mred.pdf": ("tests", 7),
    b"two\nlines.pdf": ("tests", 8),
    b"caf\xe9.pdf": ("tests", 9),
}
BAD = {
    "letter.pdf": near_misses.letter(),
    "cut.pdf": b"%PDF-1.7 cut off",
    "locked.pdf": near_misses.unknown_encryption(),
}


@dataclass(frozen=True, slots=True)
class Place:
    """PDFs, calendars and a ledger below one folder."""

    root: Path

    @property
    def ledger(self) -> Path:
        """Where the ledger is."""
        return self.root / "ledger.db"

    @property
    def out(self) -> Path:
        """Where the calendars are."""
        return self.root / "out"

    def put(self, name: bytes | str, data: bytes) -> Path:
        """Put a file among the PDFs."""
        path = self.root / "in" / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def batch(self) -> subprocess.CompletedProcess[bytes]:
        """Convert all."""
        return self.run("batch", "in", "-o", "out", "--year", "2026", "--workers", "1", "--ledger", self.ledger)

    def jobs(self, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `tukscal jobs` on the ledger."""
        return self.run("jobs", *arguments, "--ledger", self.ledger, stdin=stdin)

    def json(self, *arguments: str | Path) -> Any:
        """Return what `tukscal jobs ... --json` prints."""
        return json.loads(self.jobs(*arguments, "--json").stdout)

    def json_of_failing_verify(self) -> Any:
        """Return what `tukscal jobs verify --json` prints where ledger and disk do not agree."""
        ended = self.jobs("verify", "--json")
        assert ended.returncode == 12
        return json.loads(ended.stdout)

    def text(self, *arguments: str | Path, stdin: bytes = b"") -> str:
        """Return what `tukscal jobs` prints when it goes well."""
        ended = self.jobs(*arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.decode()

    def run(self, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run the command; nothing of the person's own is in reach."""
        return tukscal(*arguments, cwd=self.root, env={"TUKSCAL_STATE_DIR": str(self.root / "state")}, stdin=stdin)


def number_of(place: Place, part: str) -> int:
    """Return the number of the job whose path has this in it."""
    with Ledger.open(place.ledger) as ledger:
        (job,) = ledger.history.jobs(Filter(part=part))
        return job.id


def fail(place: Place, name: str, cause: str, times: int) -> int:
    """Put a job into the ledger that failed so many times for a cause, and return its number."""
    source, output = place.root / "in" / f"{name}.pdf", place.out / f"{name}.ics"
    new = NewJob(source=source, output=output, sha256="0" * 64, size=1, queue=name)
    with Ledger.open(place.ledger) as ledger:
        (number,) = ledger.queue.enqueue(ledger.history.begin("batch"), [new]).ids
    for _ in range(times):
        with Ledger.open(place.ledger) as ledger:  # a new holder looks at once for what is due
            (job,) = ledger.queue.claim(name)
            ledger.queue.record([Failure(job=job.id, cause=cause, message=f"It was the {cause}.", duration=1.5)])
    return number
