"""Between rows and values: paths are kept as the bytes the system knows them by, whatever they are."""

from __future__ import annotations

import os
from pathlib import Path

from .model import Attempt, Delivery, Done, Failure, Job, NewJob, Outgoing, Standing, State
from .sql import ATTEMPT_COLUMNS, GIVEN, JOB_COLUMNS, OUTGOING_COLUMNS
from .store import Row

_MESSAGE = 2_000  # characters


def path_bytes(path: Path) -> bytes:
    """Return a path as the ledger keeps it."""
    return os.fsencode(path)


def path_of(stored: bytes) -> Path:
    """Return the path the ledger kept."""
    return Path(os.fsdecode(stored))


def text(value: str | None) -> str | None:
    """Return text SQLite can keep: bytes of odd file names in it become visible escapes, and none is endless."""
    return None if value is None else _encodable(value[:_MESSAGE])


def _encodable(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "backslashreplace").decode("utf-8")


def job_of(row: Row) -> Job:
    """Return the job of a row."""
    found = dict(zip(JOB_COLUMNS, row, strict=True))
    found["source"], found["output"] = path_of(found["source"]), path_of(found["output"])
    found["state"] = State(found["state"])
    return Job(**found)


def standing_of(row: Row) -> tuple[str, Standing]:
    """Return an output and what its current result was made of."""
    output, source, *rest = row
    return os.fsdecode(output), Standing(os.fsdecode(source), *rest)


def attempt_of(row: Row) -> Attempt:
    """Return the attempt of a row."""
    return Attempt(**dict(zip(ATTEMPT_COLUMNS, row, strict=True)))


def outgoing_of(row: Row) -> Outgoing:
    """Return the outbox entry of a row."""
    found = dict(zip(OUTGOING_COLUMNS, row, strict=True))
    found["output"], found["state"] = path_of(found["output"]), Delivery(found["state"])
    return Outgoing(**found)


def given(job: NewJob) -> dict[str, object]:
    """Return the columns a new job brings."""
    values: dict[str, object] = {name: getattr(job, name) for name in GIVEN}
    return values | {"source": path_bytes(job.source), "output": path_bytes(job.output)}


def attempt_values(outcome: Done | Failure, now: float) -> dict[str, object]:
    """Return the columns of an outcome's attempt."""
    failure = outcome if isinstance(outcome, Failure) else None
    return {
        "job": outcome.job,
        "worker": outcome.worker,
        "started": outcome.started,
        "now": now,
        "cause": failure.cause if failure else None,
        "message": text(failure.message) if failure else None,
        "took": float(outcome.duration),
        "used": outcome.peak,
        "details": _encodable(outcome.details),
    }
