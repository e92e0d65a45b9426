"""Calendars: the newest revision of each, its bytes, what was cancelled when, and the answers kept for repeats."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..conditions import matches, none_matches
from ..model import CalendarRecord, Condition, NewPut, NewRevision, Put, PutState
from .family import SqliteFamily, reads, writes

_KEPT = 3  # revisions of a calendar
_CANCELLED_MOST = 500  # cancelled events of a calendar, the newest: a feed shows them for some weeks
_REPLAY = 200

_COLUMNS = "id, account, key, revision, sha256, size, name, events, created, updated"
_GET = f"SELECT {_COLUMNS} FROM calendars WHERE account = ? AND key = ?"
_PAGE = f"SELECT {_COLUMNS} FROM calendars WHERE account = ? AND key > ? ORDER BY key LIMIT ?"
_BODY = "SELECT packed FROM revisions WHERE calendar = ? AND revision = ?"
_TOTALS = "SELECT count(*), coalesce(sum(size), 0) FROM calendars WHERE account = ?"
_UPSERT = """
    INSERT INTO calendars (account, key, revision, sha256, size, name, events, created, updated)
    VALUES (:account, :key, :revision, :sha256, :size, :name, :events, :now, :now)
    ON CONFLICT (account, key) DO UPDATE SET revision = excluded.revision, sha256 = excluded.sha256,
        size = excluded.size, name = excluded.name, events = excluded.events, updated = excluded.updated
    RETURNING id
    """
_ADD_REVISION = "INSERT OR REPLACE INTO revisions (calendar, revision, sha256, stored, packed) VALUES (?, ?, ?, ?, ?)"
_PRUNE = """
    DELETE FROM revisions WHERE calendar = :id AND revision <
        (SELECT min(revision) FROM
            (SELECT revision FROM revisions WHERE calendar = :id ORDER BY revision DESC LIMIT :kept))
    """
_CANCELLED = "SELECT uid FROM cancellations WHERE calendar = ?"
_CANCEL = """
    INSERT INTO cancellations (calendar, uid, since, packed) VALUES (?, ?, ?, ?)
    ON CONFLICT (calendar, uid) DO UPDATE SET packed = excluded.packed
    """
_UNCANCEL = "DELETE FROM cancellations WHERE calendar = ? AND uid = ?"
_FORGET = "DELETE FROM cancellations WHERE calendar = ? AND since < ?"
_BOUND = """
    DELETE FROM cancellations WHERE calendar = :id AND uid NOT IN
        (SELECT uid FROM cancellations WHERE calendar = :id ORDER BY since DESC, uid LIMIT :most)
    """
_ANSWER = "SELECT body FROM answers WHERE account = ? AND key = ?"
_KEEP_ANSWER = "INSERT INTO answers (account, key, calendar, status, body, created) VALUES (?, ?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM calendars WHERE id = ?"
_YEAR = 366 * 86_400.0  # a cancellation in a calendar nobody changes is remembered as long as its year


class SqliteCalendars(SqliteFamily, interface.CalendarStore):
    """The calendars of a database."""

    @writes
    def put(self, connection: Connection, new: NewPut) -> Put:
        there = find(connection, new.account, new.key)
        kept = _answered(connection, new.account, new.idempotency)
        if kept is not None:
            return Put(state=PutState.REPLAYED, status=_REPLAY, body=kept)
        refused = _refusal(connection, new, there)
        if refused:
            return refused
        state, status = (PutState.UPDATED, 200) if there else (PutState.CREATED, 201)
        number = put_row(connection, new.account, new.key, new.revision, new.now)
        values = (new.account, new.idempotency, number, status, new.answer, new.now)
        connection.execute(_KEEP_ANSWER, values)
        return Put(state=state, status=status, body=new.answer, revision=new.revision.revision)

    @reads
    def answer(self, connection: Connection, account: str, idempotency: str) -> bytes | None:
        return _answered(connection, account, idempotency)

    @reads
    def get(self, connection: Connection, account: str, key: str) -> CalendarRecord | None:
        return find(connection, account, key)

    @reads
    def body(self, connection: Connection, account: str, key: str) -> tuple[CalendarRecord, bytes] | None:
        found = find(connection, account, key)
        if found is None:
            return None
        ((packed,),) = connection.execute(_BODY, (found.id, found.revision)).fetchall()
        return found, packed

    @reads
    def page(self, connection: Connection, account: str, after: str, limit: int) -> Sequence[CalendarRecord]:
        return [_calendar(row) for row in connection.execute(_PAGE, (account, after, limit))]

    @writes
    def remove(self, connection: Connection, account: str, key: str, condition: Condition) -> bool | None:
        there = find(connection, account, key)
        if there is None:
            return None
        return _holds(condition, there) and connection.execute(_REMOVE, (there.id,)).rowcount > 0


def find(connection: Connection, account: str, key: str) -> CalendarRecord | None:
    """Return a calendar."""
    row = connection.execute(_GET, (account, key)).fetchone()
    return None if row is None else _calendar(row)


def put_row(connection: Connection, account: str, key: str, new: NewRevision, now: float) -> int:
    """Make a revision the newest of a calendar, whatever there was; return the calendar's number."""
    values = {"account": account, "key": key, "revision": new.revision, "sha256": new.sha256, "size": new.size}
    values |= {"name": new.name, "events": len(new.live), "now": now}
    ((number,),) = connection.execute(_UPSERT, values).fetchall()
    connection.execute(_ADD_REVISION, (number, new.revision, new.sha256, now, new.packed))
    connection.execute(_PRUNE, {"id": number, "kept": _KEPT})
    _note_cancelled(connection, number, new, now)
    return int(number)


def _note_cancelled(connection: Connection, number: int, new: NewRevision, now: float) -> None:
    """Write down since when events are cancelled: the next revision no longer names them, feeds still do."""
    known = {uid for (uid,) in connection.execute(_CANCELLED, (number,))}
    connection.executemany(_UNCANCEL, [(number, uid) for uid in known & new.live])
    connection.executemany(_CANCEL, [(number, uid, now, packed) for uid, packed in new.cancelled.items()])
    connection.execute(_FORGET, (number, now - _YEAR))
    connection.execute(_BOUND, {"id": number, "most": _CANCELLED_MOST})


def _answered(connection: Connection, account: str, idempotency: str) -> bytes | None:
    row = connection.execute(_ANSWER, (account, idempotency)).fetchone()
    return None if row is None else row[0]


def _refusal(connection: Connection, new: NewPut, there: CalendarRecord | None) -> Put | None:
    """Return why a revision is not stored; one that is stored already is answered as the first time."""
    if there and there.sha256 == new.revision.sha256 and there.revision >= new.revision.revision:
        return Put(state=PutState.REPLAYED, status=_REPLAY, body=new.answer)
    if not _holds(new.condition, there):
        return Put(state=PutState.CONDITION)
    if there and there.revision >= new.revision.revision:
        return Put(state=PutState.SUPERSEDED, revision=there.revision)
    count, stored = connection.execute(_TOTALS, (new.account,)).fetchone()
    if there is None and count >= new.most_calendars:
        return Put(state=PutState.TOO_MANY)
    if new.most_bytes and stored - (there.size if there else 0) + new.revision.size > new.most_bytes:
        return Put(state=PutState.NO_ROOM)
    return None


def _holds(condition: Condition, there: CalendarRecord | None) -> bool:
    etag = f'"{there.sha256}"' if there else None
    return matches(condition.match, etag) and none_matches(condition.none_match, etag)


def _calendar(row: Sequence[Any]) -> CalendarRecord:
    number, account, key, revision, sha256, size, name, events, created, updated = row
    return CalendarRecord(
        id=number, account=account, key=key, revision=revision, sha256=sha256, size=size, name=name, events=events,
        created=created, updated=updated,
    )  # fmt: skip
