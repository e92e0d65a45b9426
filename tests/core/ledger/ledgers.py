"""Ledgers and jobs for tests; import as `tukscal.tests.core.ledger.ledgers`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection, connect
from typing import Any

from tukscal.core.ledger import Done, Failure, Job, Ledger, NewJob
from tukscal.tests.clock import Clock

START = 1_790_000_000.0  # 2026


@dataclass
class Place:
    """Where a ledger lies, and the clock it goes by."""

    path: Path
    clock: Clock = field(default_factory=Clock)

    @contextmanager
    def open(self, **choices: Any) -> Iterator[Ledger]:
        """Open the ledger that lies here."""
        with Ledger.open(self.path, clock=self.clock.now, ticks=self.clock.ticks, **choices) as ledger:
            yield ledger

    @contextmanager
    def raw(self) -> Iterator[Connection]:
        """Open the file as any program can."""
        with raw(self.path) as connection:
            yield connection


@contextmanager
def raw(path: Path) -> Iterator[Connection]:
    """Open a ledger's file as any program can."""
    with closing(connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


def new_job(number: int = 1, **changes: Any) -> NewJob:
    """Return a job to be queued: number N reads /in/N.pdf and writes /out/N.ics."""
    values: dict[str, Any] = {
        "source": Path(f"/in/{number}.pdf"),
        "output": Path(f"/out/{number}.ics"),
        "sha256": sha256(str(number).encode()).hexdigest(),
        "size": 1_000 + number,
        "queue": "queue",
        "options": "options",
        "parser": "1",
    }
    return NewJob(**{**values, **changes})


def queued(ledger: Ledger, *jobs: NewJob, batch: int | None = None) -> tuple[int, ...]:
    """Queue jobs in a batch and return their numbers."""
    return ledger.queue.enqueue(ledger.history.begin("test") if batch is None else batch, jobs).ids


def done(job: Job | int, **changes: Any) -> Done:
    """Return the good end of a job."""
    number = job if isinstance(job, int) else job.id
    values: dict[str, Any] = {
        "job": number,
        "worker": 4711,
        "duration": 0.5,
        "peak": 50_000_000,
        "kind": "lectures",
        "entries": 20,
        "problems": 1,
        "output_sha256": sha256(f"output of {number}".encode()).hexdigest(),
        "output_stamp": "stamp",
    }
    return Done(**{**values, **changes})


def failure(job: Job | int, cause: str, **changes: Any) -> Failure:
    """Return the bad end of an attempt."""
    values: dict[str, Any] = {"job": job if isinstance(job, int) else job.id, "worker": 4711, "duration": 0.25}
    return Failure(**{**values, "cause": cause, "message": f"It failed: {cause}.", **changes})


def finish_all(ledger: Ledger, queue: str = "queue") -> list[Job]:
    """Claim and finish all that waits in a queue."""
    jobs = ledger.queue.claim(queue, 10_000)
    assert ledger.queue.record([done(job) for job in jobs]) == []
    return jobs
