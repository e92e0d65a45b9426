"""Calendars with their revisions and cancellations; the feeds that show them, by selections, and the bytes made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..model import (
    CalendarRecord,
    Condition,
    Feed,
    FeedParts,
    FeedState,
    NewPut,
    NewRevision,
    Put,
    PutState,
    Rendering,
    StoredSelection,
    matches,
    none_matches,
)
from .database import SqliteFamily, reads, writes

_KEPT = 3  # revisions of a calendar
_CANCELLED_MOST = 500  # cancelled events that a calendar no longer names, the newest: a feed shows them for some weeks
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
    DELETE FROM cancellations WHERE calendar = :id AND uid NOT IN (SELECT value FROM json_each(:named)) AND uid NOT IN
        (SELECT uid FROM cancellations WHERE calendar = :id AND uid NOT IN (SELECT value FROM json_each(:named))
            ORDER BY since DESC, uid LIMIT :most)
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
    """Record since when events are cancelled: when revisions no longer name them, feeds do for some weeks."""
    known = {uid for (uid,) in connection.execute(_CANCELLED, (number,))}
    connection.executemany(_UNCANCEL, [(number, uid) for uid in known & new.live])
    connection.executemany(_CANCEL, [(number, uid, now, packed) for uid, packed in new.cancelled.items()])
    connection.execute(_FORGET, (number, now - _YEAR))
    connection.execute(_BOUND, {"id": number, "most": _CANCELLED_MOST, "named": json.dumps([*new.cancelled])})


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
    etag = there.etag if there else None
    return matches(condition.match, etag) and none_matches(condition.none_match, etag)


def _calendar(row: Sequence[Any]) -> CalendarRecord:
    number, account, key, revision, sha256, size, name, events, created, updated = row
    return CalendarRecord(
        id=number, account=account, key=key, revision=revision, sha256=sha256, size=size, name=name, events=events,
        created=created, updated=updated,
    )  # fmt: skip


_FEED = "id, account, name, selection, created, rotated, hits, unchanged, read"
_COUNT_FEEDS = "SELECT count(*) FROM feeds WHERE account = ?"
_ADD_FEED = "INSERT INTO feeds (id, hash, account, name, selection, created, rotated) VALUES (?, ?, ?, ?, ?, ?, ?)"
_ADD_CALENDAR = "INSERT INTO feed_calendars (feed, place, calendar) VALUES (?, ?, ?)"
_GET_FEED = f"SELECT {_FEED} FROM feeds WHERE account = ? AND id = ?"
_FEEDS = f"SELECT {_FEED} FROM feeds WHERE account = ? AND id > ? ORDER BY id LIMIT ?"
_KEYS = "SELECT key FROM feed_calendars JOIN calendars ON calendars.id = calendar WHERE feed = ? ORDER BY place"
_ROTATE = "UPDATE feeds SET hash = ?, rotated = ? WHERE account = ? AND id = ?"
_REMOVE_FEED = "DELETE FROM feeds WHERE account = ? AND id = ?"
_STATE = """
    SELECT feeds.id, feeds.account, coalesce(content, '') FROM feeds LEFT JOIN selections ON selections.id = selection
    WHERE hash = ?
    """
_SHOWN = """
    SELECT calendars.id, revision FROM feed_calendars JOIN calendars ON calendars.id = calendar
    WHERE feed = ? ORDER BY place
    """
_RENDERING = "SELECT fingerprint, etag, packed, made, until FROM renderings WHERE fingerprint = ?"
_KEEP_RENDERING = """
    INSERT OR REPLACE INTO renderings (fingerprint, etag, packed, made, used, until) VALUES (?, ?, ?, ?, ?, ?)
    """
_NEWEST = """
    SELECT packed FROM revisions JOIN calendars ON id = calendar AND calendars.revision = revisions.revision
    WHERE calendar = ? AND revisions.revision = ?
    """
_CANCELLED_SINCE = "SELECT uid, since, packed FROM cancellations WHERE calendar = ?"
_THERE = "SELECT count(*) FROM calendars WHERE id IN (SELECT value FROM json_each(?))"
_KEEP_RENDERED = "INSERT INTO rendered (calendar, fingerprint) VALUES (?, ?)"
_HIT = "UPDATE feeds SET hits = hits + ?, unchanged = unchanged + ?, read = ? WHERE id = ?"
_USED = "UPDATE renderings SET used = ? WHERE fingerprint = ?"

_SELECTION = "id, account, name, content, sha256, created, updated"
_COUNT_SELECTIONS = "SELECT count(*) FROM selections WHERE account = ?"
_ADD_SELECTION = f"INSERT INTO selections ({_SELECTION}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_GET_SELECTION = f"SELECT {_SELECTION} FROM selections WHERE account = ? AND id = ?"
_SELECTIONS = f"SELECT {_SELECTION} FROM selections WHERE account = ? AND id > ? ORDER BY id LIMIT ?"
_CHANGE_SELECTION = "UPDATE selections SET name = ?, content = ?, sha256 = ?, updated = ? WHERE account = ? AND id = ?"
_USERS = "SELECT count(*) FROM feeds WHERE selection = ?"
_REMOVE_SELECTION = "DELETE FROM selections WHERE id = ?"


class SqliteFeeds(SqliteFamily, interface.FeedStore):
    """The feeds of a database."""

    @writes
    def add(self, connection: Connection, feed: Feed, hashed: bytes, most: int) -> bool | None:
        found = [find(connection, feed.account, key) for key in feed.calendars]
        numbers = [calendar.id for calendar in found if calendar is not None]
        if len(numbers) < len(found) or (feed.selection and not _own(connection, feed.account, feed.selection)):
            return None
        if connection.execute(_COUNT_FEEDS, (feed.account,)).fetchone()[0] >= most:
            return False
        values = (feed.id, hashed, feed.account, feed.name, feed.selection, feed.created, feed.rotated)
        connection.execute(_ADD_FEED, values)
        connection.executemany(_ADD_CALENDAR, [(feed.id, place, number) for place, number in enumerate(numbers)])
        return True

    @reads
    def get(self, connection: Connection, account: str, feed: str) -> Feed | None:
        row = connection.execute(_GET_FEED, (account, feed)).fetchone()
        return None if row is None else _feed(connection, row)

    @reads
    def page(self, connection: Connection, account: str, after: str, limit: int) -> Sequence[Feed]:
        return [_feed(connection, row) for row in connection.execute(_FEEDS, (account, after, limit)).fetchall()]

    @writes
    def rotate(self, connection: Connection, account: str, feed: str, hashed: bytes, now: float) -> bool:
        return connection.execute(_ROTATE, (hashed, now, account, feed)).rowcount > 0

    @writes
    def remove(self, connection: Connection, account: str, feed: str) -> bool:
        return connection.execute(_REMOVE_FEED, (account, feed)).rowcount > 0

    @reads
    def look(
        self, connection: Connection, hashed: bytes, fingerprint: Callable[[FeedState], bytes]
    ) -> tuple[FeedState, Rendering | None] | None:
        row = connection.execute(_STATE, (hashed,)).fetchone()
        if row is None:
            return None
        feed, account, selection = row
        shown = tuple(connection.execute(_SHOWN, (feed,)).fetchall())
        state = FeedState(id=feed, account=account, calendars=shown, selection=selection)
        return state, _rendering(connection, fingerprint(state))

    @reads
    def parts(self, connection: Connection, shown: Sequence[tuple[int, int]]) -> FeedParts | None:
        bodies = [connection.execute(_NEWEST, pair).fetchone() for pair in shown]
        if None in bodies:
            return None
        cancelled = [
            {uid: (since, packed) for uid, since, packed in connection.execute(_CANCELLED_SINCE, (number,))}
            for number, _ in shown
        ]
        return FeedParts(bodies=tuple(packed for (packed,) in bodies), cancelled=tuple(cancelled))

    @writes
    def keep(self, connection: Connection, made: Rendering, calendars: Iterable[int]) -> None:
        numbers = set(calendars)
        ((there,),) = connection.execute(_THERE, (json.dumps(sorted(numbers)),)).fetchall()
        if there == len(numbers):
            values = (made.fingerprint, made.etag, made.packed, made.made, made.made, made.until)
            connection.execute(_KEEP_RENDERING, values)
            connection.executemany(_KEEP_RENDERED, [(number, made.fingerprint) for number in numbers])

    @writes
    def count(
        self, connection: Connection, hits: Mapping[str, tuple[int, int]], used: Iterable[bytes], now: float
    ) -> None:
        connection.executemany(_HIT, [(*numbers, now, feed) for feed, numbers in hits.items()])
        connection.executemany(_USED, [(now, fingerprint) for fingerprint in used])


class SqliteSelections(SqliteFamily, interface.SelectionStore):
    """The selections of a database."""

    @writes
    def add(self, connection: Connection, selection: StoredSelection, most: int) -> bool:
        if connection.execute(_COUNT_SELECTIONS, (selection.account,)).fetchone()[0] >= most:
            return False
        values = (selection.id, selection.account, selection.name, selection.content, selection.sha256)
        connection.execute(_ADD_SELECTION, (*values, selection.created, selection.updated))
        return True

    @reads
    def get(self, connection: Connection, account: str, selection: str) -> StoredSelection | None:
        return _own(connection, account, selection)

    @reads
    def page(self, connection: Connection, account: str, after: str, limit: int) -> Sequence[StoredSelection]:
        return [_selection(row) for row in connection.execute(_SELECTIONS, (account, after, limit))]

    @writes
    def change(self, connection: Connection, changed: StoredSelection) -> bool:
        values = (changed.name, changed.content, changed.sha256, changed.updated, changed.account, changed.id)
        return connection.execute(_CHANGE_SELECTION, values).rowcount > 0

    @writes
    def remove(self, connection: Connection, account: str, selection: str) -> bool | None:
        if _own(connection, account, selection) is None:
            return None
        ((users,),) = connection.execute(_USERS, (selection,)).fetchall()
        return not users and connection.execute(_REMOVE_SELECTION, (selection,)).rowcount > 0


def _own(connection: Connection, account: str, selection: str) -> StoredSelection | None:
    """Return a selection of an account."""
    row = connection.execute(_GET_SELECTION, (account, selection)).fetchone()
    return None if row is None else _selection(row)


def _selection(row: Sequence[Any]) -> StoredSelection:
    number, account, name, content, sha256, created, updated = row
    return StoredSelection(
        id=number, account=account, name=name, content=content, sha256=sha256, created=created, updated=updated
    )


def _rendering(connection: Connection, fingerprint: bytes) -> Rendering | None:
    row = connection.execute(_RENDERING, (fingerprint,)).fetchone()
    if row is None:
        return None
    _, etag, packed, made, until = row
    return Rendering(fingerprint=fingerprint, etag=etag, packed=packed, made=made, until=until)


def _feed(connection: Connection, row: Sequence[Any]) -> Feed:
    number, account, name, selection, created, rotated, hits, unchanged, read = row
    keys = tuple(key for (key,) in connection.execute(_KEYS, (number,)))
    return Feed(
        id=number, account=account, name=name, selection=selection, created=created, rotated=rotated, hits=hits,
        unchanged=unchanged, read=read, calendars=keys,
    )  # fmt: skip
