"""How a job stands in a row, with its place in the queue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from ..job_model import Job, JobState

COLUMNS = (
    "id, account, name, size, sha256, premium, state, created, due, attempts, deaths, duration, cpu, cause, message, "
    "advice, completed, kind, calendar, revision, entries, events, problems, pdf"
)
_GET = f"SELECT {COLUMNS} FROM jobs WHERE id = :id AND (:account IS NULL OR account = :account)"
_BEFORE = """
    SELECT count(*) FROM jobs WHERE state = 'queued' AND id <> :id
    AND (premium > :premium OR (premium = :premium AND (size, created, id) < (:size, :created, :id)))
    """


def get(connection: Connection, account: str | None, job: str) -> Job | None:
    """Return a job with its place, of an account or of anybody."""
    row = connection.execute(_GET, {"id": job, "account": account}).fetchone()
    if row is None:
        return None
    found = job_of(row)
    if found.state is not JobState.QUEUED:
        return found
    return job_of(row, place_of(connection, found.id, found.premium, found.size, found.created))


def job_of(row: Sequence[Any], place: int | None = None) -> Job:
    """Return the job in a row."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["state"] = JobState(values["state"])
    values["problems"] = tuple(json.loads(values["problems"]))
    values["premium"], values["pdf"] = bool(values["premium"]), bool(values["pdf"])
    return Job(**values, place=place)


def place_of(connection: Connection, job: str, premium: bool, size: int, created: float) -> int:
    """Return how many jobs go before one, and one more."""
    values = {"id": job, "premium": premium, "size": size, "created": created}
    ((before,),) = connection.execute(_BEFORE, values).fetchall()
    return int(before) + 1
