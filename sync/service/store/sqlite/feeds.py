"""Feeds: secret addresses, what they show, the selections they show it by, and the bytes that were made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..model import Feed, FeedParts, FeedState, Rendering, StoredSelection
from . import calendars
from .family import SqliteFamily, reads, writes

_COLUMNS = "id, account, name, selection, created, rotated, hits, unchanged, read"
_COUNT = "SELECT count(*) FROM feeds WHERE account = ?"
_ADD = "INSERT INTO feeds (id, hash, account, name, selection, created, rotated) VALUES (?, ?, ?, ?, ?, ?, ?)"
_ADD_CALENDAR = "INSERT INTO feed_calendars (feed, place, calendar) VALUES (?, ?, ?)"
_GET = f"SELECT {_COLUMNS} FROM feeds WHERE account = ? AND id = ?"
_PAGE = f"SELECT {_COLUMNS} FROM feeds WHERE account = ? AND id > ? ORDER BY id LIMIT ?"
_KEYS = "SELECT key FROM feed_calendars JOIN calendars ON calendars.id = calendar WHERE feed = ? ORDER BY place"
_ROTATE = "UPDATE feeds SET hash = ?, rotated = ? WHERE account = ? AND id = ?"
_REMOVE = "DELETE FROM feeds WHERE account = ? AND id = ?"
_STATE = """
    SELECT feeds.id, feeds.account, coalesce(content, '') FROM feeds LEFT JOIN selections ON selections.id = selection
    WHERE hash = ?
    """
_SHOWN = """
    SELECT calendars.id, revision FROM feed_calendars JOIN calendars ON calendars.id = calendar
    WHERE feed = ? ORDER BY place
    """
_RENDERING = "SELECT fingerprint, etag, packed, made, until FROM renderings WHERE fingerprint = ?"
_KEEP = """
    INSERT OR REPLACE INTO renderings (fingerprint, etag, packed, made, used, until) VALUES (?, ?, ?, ?, ?, ?)
    """
_BODY = """
    SELECT packed FROM revisions JOIN calendars ON id = calendar AND calendars.revision = revisions.revision
    WHERE calendar = ? AND revisions.revision = ?
    """
_CANCELLED = "SELECT uid, since, packed FROM cancellations WHERE calendar = ?"
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
        found = [calendars.find(connection, feed.account, key) for key in feed.keys]
        numbers = [calendar.id for calendar in found if calendar is not None]
        if len(numbers) < len(found) or (feed.selection and not _own(connection, feed.account, feed.selection)):
            return None
        if connection.execute(_COUNT, (feed.account,)).fetchone()[0] >= most:
            return False
        values = (feed.id, hashed, feed.account, feed.name, feed.selection, feed.created, feed.rotated)
        connection.execute(_ADD, values)
        connection.executemany(_ADD_CALENDAR, [(feed.id, place, number) for place, number in enumerate(numbers)])
        return True

    @reads
    def get(self, connection: Connection, account: str, feed: str) -> Feed | None:
        row = connection.execute(_GET, (account, feed)).fetchone()
        return None if row is None else _feed(connection, row)

    @reads
    def page(self, connection: Connection, account: str, after: str, limit: int) -> Sequence[Feed]:
        return [_feed(connection, row) for row in connection.execute(_PAGE, (account, after, limit)).fetchall()]

    @writes
    def rotate(self, connection: Connection, account: str, feed: str, hashed: bytes, now: float) -> bool:
        return connection.execute(_ROTATE, (hashed, now, account, feed)).rowcount > 0

    @writes
    def remove(self, connection: Connection, account: str, feed: str) -> bool:
        return connection.execute(_REMOVE, (account, feed)).rowcount > 0

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
        bodies = [connection.execute(_BODY, pair).fetchone() for pair in shown]
        if None in bodies:
            return None
        cancelled = [
            {uid: (since, packed) for uid, since, packed in connection.execute(_CANCELLED, (number,))}
            for number, _ in shown
        ]
        return FeedParts(bodies=tuple(packed for (packed,) in bodies), cancelled=tuple(cancelled))

    @writes
    def keep(self, connection: Connection, made: Rendering, calendars: Iterable[int]) -> None:
        numbers = set(calendars)
        ((there,),) = connection.execute(_THERE, (json.dumps(sorted(numbers)),)).fetchall()
        if there == len(numbers):
            values = (made.fingerprint, made.etag, made.packed, made.made, made.made, made.until)
            connection.execute(_KEEP, values)
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
        unchanged=unchanged, read=read, keys=keys,
    )  # fmt: skip
