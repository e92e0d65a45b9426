"""Jobs as their owners see them: taken, looked at, deleted, tried again. What the conveyor asks is in queue.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from sqlite3 import Connection

from ..job_model import (
    Admission,
    Claimed,
    Converted,
    Failed,
    Job,
    JobState,
    Newcomer,
    NewJob,
    QueueFigures,
    Quotas,
    Refusal,
    Replay,
    Sender,
)
from . import accounts, limits, queue
from .database import Database
from .job_rows import COLUMNS, get, job_of, place_of

_ADD = """
    INSERT INTO jobs (id, account, name, size, sha256, premium, network, state, created, due, calendar, pdf)
    VALUES (:id, :account, :name, :size, :sha256, :premium, :network, 'queued', :now, :now, :calendar, 1)
    """
_ADD_PDF = "INSERT INTO pdfs (job, stored, sealed) VALUES (?, ?, ?)"
_PAGE = f"SELECT {COLUMNS} FROM jobs WHERE account = ? AND created < ? ORDER BY created DESC LIMIT ?"
_LETTERS = f"SELECT {COLUMNS} FROM jobs WHERE state = 'dead' ORDER BY completed DESC LIMIT ?"
_OPEN = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'waiting')"
_OPEN_AT = "SELECT count(*) FROM jobs WHERE network = ? AND state IN ('queued', 'running', 'waiting')"
_OPEN_OF = "SELECT count(*) FROM jobs WHERE account = ? AND state IN ('queued', 'running', 'waiting')"
_PDFS_OF = "SELECT coalesce(sum(size), 0) FROM jobs WHERE account = ? AND pdf = 1"
_CALENDARS_OF = """
    SELECT coalesce(sum(calendars.size), 0) FROM calendars JOIN accounts ON accounts.id = calendars.account
    WHERE calendars.account = ? AND accounts.kind = 'student'
    """
_REMOVE = "DELETE FROM jobs WHERE id = ? AND account = ?"
_FIND = "SELECT state, pdf FROM jobs WHERE id = :id AND (:account IS NULL OR account = :account)"
_AGAIN = """
    UPDATE jobs SET state = 'queued', due = ?, attempts = 0, deaths = 0, duration = 0, cause = NULL, message = NULL,
        advice = NULL, completed = NULL, lease = NULL WHERE id = ?
    """
_RESULT = """
    SELECT revisions.packed FROM revisions JOIN calendars ON calendars.id = revisions.calendar
    WHERE calendars.account = ? AND calendars.key = ? AND revisions.revision = ?
    """


class SqliteJobs:
    """The jobs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(
        self, new: NewJob, sender: Sender, quotas: Quotas, now: float, newcomer: Newcomer | None = None
    ) -> Admission:
        """Take an upload with its job, or refuse it and leave no trace."""
        return await self._database.write(
            partial(admit, new=new, sender=sender, quotas=quotas, now=now, newcomer=newcomer)
        )

    async def crowded(self, network: str | None, now: float) -> tuple[int, int]:
        """Return the open jobs of all, and a network's uploads in the last hour."""
        return await self._database.read(lambda c: (_one(c, _OPEN), limits.uploads_of(c, network, now)))

    async def get(self, account: str, job: str) -> Job | None:
        """Return a job with its place."""
        return await self._database.read(partial(get, account=account, job=job))

    async def find(self, job: str) -> Job | None:
        """Return anybody's job."""
        return await self._database.read(partial(get, account=None, job=job))

    async def page(self, account: str, before: float, limit: int) -> Sequence[Job]:
        """Return an account's jobs, the newest first, made before a moment."""
        values = (account, before, limit)
        return await self._database.read(lambda c: [job_of(row) for row in c.execute(_PAGE, values)])

    async def remove(self, account: str, job: str) -> bool:
        """Delete a job and its PDF."""
        return await self._database.write(lambda c: c.execute(_REMOVE, (job, account)).rowcount) > 0

    async def replay(self, account: str | None, job: str, now: float) -> Replay | None:
        """Queue a dead letter again, of an account or of anybody."""
        return await self._database.write(partial(replay, account=account, job=job, now=now))

    async def letters(self, limit: int) -> Sequence[Job]:
        """Return dead letters, the newest first."""
        return await self._database.read(lambda c: [job_of(row) for row in c.execute(_LETTERS, (limit,))])

    async def result(self, account: str, job: str) -> tuple[Job, bytes | None] | None:
        """Return a job and its calendar, compressed."""
        return await self._database.read(partial(result, account=account, job=job))

    async def claim(self, lease: str, count: int, now: float, patience: float) -> Sequence[Claimed]:
        """Take jobs that are due."""
        return await self._database.write(partial(queue.claim, lease=lease, count=count, now=now, patience=patience))

    async def finish(self, lease: str, ended: Sequence[Converted | Failed], now: float) -> None:
        """Record how attempts ended."""
        await self._database.write(partial(queue.finish, lease=lease, ended=ended, now=now))

    async def release(self, lease: str) -> int:
        """Queue again what a lease holds."""
        return await self._database.write(partial(queue.release, lease=lease))

    async def leases(self) -> Mapping[str, int]:
        """Return who holds jobs, and their beats."""
        return await self._database.read(queue.leases)

    async def beat(self, lease: str) -> None:
        """Raise the counter that shows a holder lives."""
        await self._database.write(partial(queue.beat, lease=lease))

    async def figures(self, now: float) -> QueueFigures:
        """Return figures."""
        return await self._database.read(partial(queue.figures, now=now))

    async def heads(self, length: int) -> Sequence[bytes]:
        """Return how the stored PDFs begin, each beginning once."""
        return await self._database.read(partial(queue.heads, length=length))

    async def sweep(self, now: float, *, pdfs: float, jobs: float) -> Mapping[str, int]:
        """Delete PDFs and finished jobs older than so many seconds, and counters that are over."""
        return await self._database.write(partial(queue.sweep, now=now, pdfs=pdfs, jobs=jobs))

    async def stored(self, limit: int) -> Sequence[tuple[str, int]]:
        """Return the accounts that store most, with their bytes of PDFs and calendars."""
        return await self._database.read(partial(queue.stored, limit=limit))


def admit(
    connection: Connection, new: NewJob, sender: Sender, quotas: Quotas, now: float, newcomer: Newcomer | None = None
) -> Admission:
    """Take an upload with its job, or say why not."""
    standings = limits.standings(connection, new.account, quotas.minute, quotas.hour, now)
    refusal = (
        Refusal.RATE if not all(one.allowed for one in standings) else _refusal(connection, new, sender, quotas, now)
    )
    if refusal is not None:
        return Admission(refusal=refusal, standings=standings)
    if newcomer is not None:
        accounts.add(connection, newcomer.account, newcomer.session)
    values = {"id": new.id, "account": new.account, "name": new.name, "size": new.size, "sha256": new.sha256}
    connection.execute(
        _ADD, {**values, "premium": new.premium, "calendar": new.calendar, "network": sender.network, "now": now}
    )
    connection.execute(_ADD_PDF, (new.id, now, new.sealed))
    limits.count(connection, new.account, sender.network, now)
    standings = limits.standings(connection, new.account, quotas.minute, quotas.hour, now)
    place = place_of(connection, new.id, new.premium, new.size, now)
    return Admission(place=place, standings=standings)


def _refusal(connection: Connection, new: NewJob, sender: Sender, quotas: Quotas, now: float) -> Refusal | None:
    if quotas.at_once and _one(connection, _OPEN_OF, new.account) >= quotas.at_once:
        return Refusal.AT_ONCE
    if quotas.stored:
        stored = _one(connection, _PDFS_OF, new.account) + _one(connection, _CALENDARS_OF, new.account)
        if stored + new.size > quotas.stored:
            return Refusal.STORED
    if quotas.queue and _one(connection, _OPEN) >= quotas.queue:
        return Refusal.QUEUE
    if quotas.network and sender.network and _one(connection, _OPEN_AT, sender.network) >= quotas.network:
        return Refusal.QUEUE
    if quotas.address and limits.uploads_of(connection, sender.network, now) >= quotas.address:
        if sender.spent is None:
            return Refusal.ADDRESS
        if not limits.spend(connection, sender.spent):
            return Refusal.CHALLENGE
    return None


def replay(connection: Connection, account: str | None, job: str, now: float) -> Replay | None:
    """Queue a dead letter again."""
    row = connection.execute(_FIND, {"id": job, "account": account}).fetchone()
    if row is None:
        return None
    state, pdf = row
    if state in (JobState.FAILED, JobState.DEAD) and not pdf:
        return Replay.NO_PDF
    if state != JobState.DEAD:
        return Replay.NOT_NOW
    connection.execute(_AGAIN, (now, job))
    return Replay.QUEUED


def result(connection: Connection, account: str, job: str) -> tuple[Job, bytes | None] | None:
    """Return a job and its calendar, compressed."""
    found = get(connection, account, job)
    if found is None:
        return None
    row = connection.execute(_RESULT, (account, found.calendar, found.revision)).fetchone()
    return found, None if row is None else row[0]


def _one(connection: Connection, statement: str, *values: object) -> int:
    ((number,),) = connection.execute(statement, values).fetchall()
    return int(number)
