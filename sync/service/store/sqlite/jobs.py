"""Jobs: taken, looked at, deleted and tried again by their owners; claimed, recorded and swept by the conveyor."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..model import (
    Admission,
    Claimed,
    Converted,
    Failed,
    JobRecord,
    JobState,
    Newcomer,
    QueueFigures,
    Quotas,
    Refusal,
    Replay,
    SealedUpload,
    Sender,
)
from . import accounts, calendars
from .accounts import add_account
from .database import SqliteFamily, reads, writes

_MOST = 500  # rows of one kind a sweep deletes at a time

COLUMNS = (
    "id, account, name, size, sha256, premium, state, created, due, attempts, deaths, duration, cpu, cause, message, "
    "advice, completed, kind, calendar, revision, entries, events, problems, pdf"
)
_FIND = f"SELECT {COLUMNS} FROM jobs WHERE id = :id AND (:account IS NULL OR account = :account)"
_BEFORE = """
    SELECT count(*) FROM jobs WHERE state = 'queued' AND id <> :id
    AND (premium > :premium OR (premium = :premium AND (size, created, id) < (:size, :created, :id)))
    """
_DUE = """
    SELECT id, account FROM jobs
    WHERE state IN ('queued', 'waiting') AND due <= :now
        AND account NOT IN (SELECT account FROM jobs WHERE state = 'running')
    ORDER BY created > :old, premium DESC, size, created, id
    """
_CLAIM = "UPDATE jobs SET state = 'running', lease = ?, started = ? WHERE id = ?"
_HELD = """
    SELECT jobs.account FROM jobs WHERE jobs.id = ? AND jobs.lease = ? AND jobs.state = 'running'
    """
_SEALED = "SELECT sealed FROM pdfs WHERE job = ?"
_PREVIOUS = """
    SELECT calendars.key, revisions.packed FROM calendars
    JOIN revisions ON revisions.calendar = calendars.id AND revisions.revision = calendars.revision
    WHERE calendars.account = :account
        AND (calendars.key = :wished
            OR (:wished IS NULL AND calendars.key >= 'uploads/' AND calendars.key < 'uploads0'))
    """
_DONE = """
    UPDATE jobs SET state = 'done', lease = NULL, completed = :now, attempts = attempts + 1, cause = NULL,
        message = NULL, advice = NULL, duration = duration + :duration, cpu = :cpu, kind = :kind, calendar = :calendar,
        revision = :revision, entries = :entries, events = :events, problems = :problems, pdf = 0, network = NULL
    WHERE id = :id
    """
_FAILED = """
    UPDATE jobs SET state = :state, lease = NULL, due = :due, attempts = attempts + 1, deaths = deaths + :died,
        duration = duration + :duration, cause = :cause, message = :message, advice = :advice, completed = :completed,
        pdf = pdf AND :keep
    WHERE id = :id
    """
_LOSE = """
    UPDATE jobs SET state = 'dead', completed = ?, pdf = 0, lease = NULL, cause = 'io', message = ?, advice = ?
    WHERE id = ?
    """
_DROP = "DELETE FROM pdfs WHERE job = ?"
_RELEASE = "UPDATE jobs SET state = 'queued', lease = NULL WHERE state = 'running' AND lease = ?"
_LEASES = """
    SELECT jobs.lease, coalesce(max(beats.beat), 0) FROM jobs LEFT JOIN beats ON beats.lease = jobs.lease
    WHERE jobs.state = 'running' GROUP BY jobs.lease
    """
_BEAT = "INSERT INTO beats (lease, beat) VALUES (?, 1) ON CONFLICT (lease) DO UPDATE SET beat = beat + 1"
_FORGET_BEATS = "DELETE FROM beats WHERE lease NOT IN (SELECT lease FROM jobs WHERE state = 'running')"
_STATES = """
    SELECT state, count(*), min(created) FROM jobs WHERE state IN ('queued', 'waiting', 'running', 'dead')
    GROUP BY state
    """
_UPLOADS = "SELECT count(*) FROM uploads WHERE at > ?"
_BYTES = "SELECT coalesce(sum(size), 0) FROM jobs WHERE pdf = 1"
_HEADS = "SELECT DISTINCT substr(sealed, 1, ?) FROM pdfs"
_OLD_PDFS = "SELECT job FROM pdfs WHERE stored <= ? LIMIT ?"
_EXPIRE = """
    UPDATE jobs SET pdf = 0, lease = NULL, completed = coalesce(completed, :now),
        cause = coalesce(cause, 'io'), message = coalesce(message, 'The PDF was not converted within its time.'),
        advice = CASE WHEN state IN ('done', 'failed', 'dead') THEN advice ELSE 'Upload the PDF again.' END,
        state = CASE WHEN state IN ('done', 'failed', 'dead') THEN state ELSE 'dead' END
    WHERE id = :id
    """
_OLD_JOBS = """
    DELETE FROM jobs WHERE id IN
        (SELECT id FROM jobs WHERE completed <= ? AND state IN ('done', 'failed', 'dead') LIMIT ?)
    """
_STORED = """
    SELECT account, sum(bytes) AS bytes FROM (
        SELECT account, size AS bytes FROM calendars UNION ALL SELECT account, size FROM jobs WHERE pdf = 1
    ) GROUP BY account ORDER BY bytes DESC, account LIMIT ?
    """


class SqliteQueue(SqliteFamily):
    """The jobs of a database as the conveyor sees them."""

    @writes
    def claim(self, connection: Connection, lease: str, count: int, now: float, patience: float) -> Sequence[Claimed]:
        taken: dict[str, str] = {}
        for job, account in connection.execute(_DUE, {"now": now, "old": now - patience}):
            if len(taken) == count:
                break
            taken.setdefault(account, job)
        claimed = [_claim(connection, lease, account, job, now) for account, job in taken.items()]
        return [one for one in claimed if one is not None]

    @writes
    def finish(self, connection: Connection, lease: str, ended: Sequence[Converted | Failed], now: float) -> None:
        for one in ended:
            row = connection.execute(_HELD, (one.id, lease)).fetchone()
            if row is None:
                continue
            if isinstance(one, Converted):
                _done(connection, one, row[0], now)
            else:
                _failed(connection, one, now)

    @writes
    def release(self, connection: Connection, lease: str) -> int:
        return connection.execute(_RELEASE, (lease,)).rowcount

    @reads
    def leases(self, connection: Connection) -> Mapping[str, int]:
        return dict(connection.execute(_LEASES).fetchall())

    @writes
    def beat(self, connection: Connection, lease: str) -> None:
        connection.execute(_BEAT, (lease,))

    @reads
    def figures(self, connection: Connection, now: float) -> QueueFigures:
        states = {state: (number, oldest) for state, number, oldest in connection.execute(_STATES)}
        waiting = [oldest for state, (_, oldest) in states.items() if state in (JobState.QUEUED, JobState.WAITING)]
        ((uploads,),) = connection.execute(_UPLOADS, (now - accounts.HOUR,)).fetchall()
        ((size,),) = connection.execute(_BYTES).fetchall()
        numbers = {state.value: states.get(state, (0, None))[0] for state in JobState}
        return QueueFigures(
            queued=numbers["queued"],
            waiting=numbers["waiting"],
            running=numbers["running"],
            dead=numbers["dead"],
            oldest=min(waiting, default=None),
            uploads_hour=uploads,
            pdf_bytes=size,
        )

    @reads
    def heads(self, connection: Connection, length: int) -> Sequence[bytes]:
        return [head for (head,) in connection.execute(_HEADS, (length,))]

    @writes
    def sweep(self, connection: Connection, now: float, *, pdfs: float, jobs: float) -> Mapping[str, int]:
        old = [job for (job,) in connection.execute(_OLD_PDFS, (now - pdfs, _MOST))]
        for job in old:
            connection.execute(_DROP, (job,))
            connection.execute(_EXPIRE, {"id": job, "now": now})
        gone = connection.execute(_OLD_JOBS, (now - jobs, _MOST)).rowcount
        connection.execute(_FORGET_BEATS)
        accounts.forget_counts(connection, now)
        return {"pdfs": len(old), "jobs": gone}

    @reads
    def stored(self, connection: Connection, limit: int) -> Sequence[tuple[str, int]]:
        return [(account, size) for account, size in connection.execute(_STORED, (limit,))]


def _claim(connection: Connection, lease: str, account: str, job: str, now: float) -> Claimed | None:
    row = connection.execute(_SEALED, (job,)).fetchone()
    found = find(connection, account, job)
    assert found is not None, "it was just seen in the same transaction"
    if row is None:
        connection.execute(_LOSE, (now, "The PDF is no longer there.", "Upload the PDF again.", job))
        return None
    connection.execute(_CLAIM, (lease, now, job))
    previous = connection.execute(_PREVIOUS, {"account": account, "wished": found.calendar}).fetchall()
    return Claimed(job=replace(found, state=JobState.RUNNING, place=None), sealed=row[0], previous=dict(previous))


def _done(connection: Connection, done: Converted, account: str, now: float) -> None:
    key = done.calendar
    there = calendars.find(connection, account, key)
    revision = max(done.new.revision, there.revision + 1 if there else 1)
    calendars.put_row(connection, account, key, replace(done.new, revision=revision), now)
    values = {"id": done.id, "kind": done.kind, "calendar": key, "revision": revision, "entries": done.entries}
    values |= {"events": len(done.new.live), "problems": json.dumps(done.problems), "now": now}
    connection.execute(_DONE, values | {"duration": done.duration, "cpu": done.cpu})
    connection.execute(_DROP, (done.id,))


def _failed(connection: Connection, failed: Failed, now: float) -> None:
    over = failed.state is not JobState.WAITING
    values = {"id": failed.id, "state": failed.state, "due": failed.due, "died": failed.died, "keep": failed.keep}
    values |= {"duration": failed.duration, "cause": failed.cause, "message": failed.message, "advice": failed.advice}
    connection.execute(_FAILED, values | {"completed": now if over else None})
    if not failed.keep:
        connection.execute(_DROP, (failed.id,))


def find(connection: Connection, account: str | None, job: str) -> JobRecord | None:
    """Return a job with its place, of an account or of anybody."""
    row = connection.execute(_FIND, {"id": job, "account": account}).fetchone()
    if row is None:
        return None
    found = job_in(row)
    if found.state is not JobState.QUEUED:
        return found
    return job_in(row, place(connection, found.id, found.premium, found.size, found.created))


def job_in(row: Sequence[Any], before: int | None = None) -> JobRecord:
    """Return the job in a row."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["state"] = JobState(values["state"])
    values["problems"] = tuple(json.loads(values["problems"]))
    values["premium"], values["pdf"] = bool(values["premium"]), bool(values["pdf"])
    return JobRecord(**values, place=before)


def place(connection: Connection, job: str, premium: bool, size: int, created: float) -> int:
    """Return how many jobs go before one, and one more."""
    values = {"id": job, "premium": premium, "size": size, "created": created}
    ((before,),) = connection.execute(_BEFORE, values).fetchall()
    return int(before) + 1


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
        standings = accounts.upload_standings(connection, new.account, quotas.minute, quotas.hour, now)
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
        accounts.count_upload(connection, new.account, sender.network, now)
        standings = accounts.upload_standings(connection, new.account, quotas.minute, quotas.hour, now)
        return Admission(place=place(connection, new.id, new.premium, new.size, now), standings=standings)

    @reads
    def crowded(self, connection: Connection, network: str | None, now: float) -> tuple[int, int]:
        return _one(connection, _OPEN), accounts.uploads_of(connection, network, now)

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
    if quotas.address and accounts.uploads_of(connection, sender.network, now) >= quotas.address:
        if sender.spent is None:
            return Refusal.ADDRESS
        if not accounts.spend(connection, sender.spent):
            return Refusal.CHALLENGE
    return None


def _one(connection: Connection, statement: str, *values: object) -> int:
    ((number,),) = connection.execute(statement, values).fetchall()
    return int(number)
