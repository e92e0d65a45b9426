"""Jobs as their owners see them: taken, looked at, deleted, tried again. What the conveyor asks is in queue.py."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from .. import interface
from ..job_model import Admission, JobRecord, JobState, Newcomer, Quotas, Refusal, Replay, SealedUpload, Sender
from . import limits
from .accounts import add_account
from .family import reads, writes
from .queue import COLUMNS, SqliteQueue, find, job_in, place

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
_STATE = "SELECT state, pdf FROM jobs WHERE id = :id AND (:account IS NULL OR account = :account)"
_AGAIN = """
    UPDATE jobs SET state = 'queued', due = ?, attempts = 0, deaths = 0, duration = 0, cause = NULL, message = NULL,
        advice = NULL, completed = NULL, lease = NULL WHERE id = ?
    """
_RESULT = """
    SELECT revisions.packed FROM revisions JOIN calendars ON calendars.id = revisions.calendar
    WHERE calendars.account = ? AND calendars.key = ? AND revisions.revision = ?
    """


class SqliteJobs(SqliteQueue, interface.JobStore):
    """The jobs of a database."""

    @writes
    def admit(
        self,
        connection: Connection,
        new: SealedUpload,
        sender: Sender,
        quotas: Quotas,
        now: float,
        newcomer: Newcomer | None = None,
    ) -> Admission:
        standings = limits.standings(connection, new.account, quotas.minute, quotas.hour, now)
        refusal = (
            Refusal.RATE
            if not all(one.allowed for one in standings)
            else _refusal(connection, new, sender, quotas, now)
        )
        if refusal is not None:
            return Admission(refusal=refusal, standings=standings)
        if newcomer is not None:
            add_account(connection, newcomer.account, newcomer.session)
        values = {"id": new.id, "account": new.account, "name": new.name, "size": new.size, "sha256": new.sha256}
        connection.execute(
            _ADD, {**values, "premium": new.premium, "calendar": new.calendar, "network": sender.network, "now": now}
        )
        connection.execute(_ADD_PDF, (new.id, now, new.sealed))
        limits.count(connection, new.account, sender.network, now)
        standings = limits.standings(connection, new.account, quotas.minute, quotas.hour, now)
        return Admission(place=place(connection, new.id, new.premium, new.size, now), standings=standings)

    @reads
    def crowded(self, connection: Connection, network: str | None, now: float) -> tuple[int, int]:
        return _one(connection, _OPEN), limits.uploads_of(connection, network, now)

    @reads
    def get(self, connection: Connection, account: str, job: str) -> JobRecord | None:
        return find(connection, account, job)

    @reads
    def find(self, connection: Connection, job: str) -> JobRecord | None:
        return find(connection, None, job)

    @reads
    def page(self, connection: Connection, account: str, before: float, limit: int) -> Sequence[JobRecord]:
        return [job_in(row) for row in connection.execute(_PAGE, (account, before, limit))]

    @writes
    def remove(self, connection: Connection, account: str, job: str) -> bool:
        return connection.execute(_REMOVE, (job, account)).rowcount > 0

    @writes
    def replay(self, connection: Connection, account: str | None, job: str, now: float) -> Replay | None:
        row = connection.execute(_STATE, {"id": job, "account": account}).fetchone()
        if row is None:
            return None
        state, pdf = row
        if state in (JobState.FAILED, JobState.DEAD) and not pdf:
            return Replay.NO_PDF
        if state != JobState.DEAD:
            return Replay.NOT_NOW
        connection.execute(_AGAIN, (now, job))
        return Replay.QUEUED

    @reads
    def letters(self, connection: Connection, limit: int) -> Sequence[JobRecord]:
        return [job_in(row) for row in connection.execute(_LETTERS, (limit,))]

    @reads
    def result(self, connection: Connection, account: str, job: str) -> tuple[JobRecord, bytes | None] | None:
        found = find(connection, account, job)
        if found is None:
            return None
        row = connection.execute(_RESULT, (account, found.calendar, found.revision)).fetchone()
        return found, None if row is None else row[0]


def _refusal(connection: Connection, new: SealedUpload, sender: Sender, quotas: Quotas, now: float) -> Refusal | None:
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


def _one(connection: Connection, statement: str, *values: object) -> int:
    ((number,),) = connection.execute(statement, values).fetchall()
    return int(number)
