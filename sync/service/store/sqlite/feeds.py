"""Feeds: secret addresses, what they show, and the bytes that were made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from ..model import Feed, FeedParts, FeedState, Rendering
from . import calendars, selections
from .database import Database

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


class SqliteFeeds:
    """The feeds of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, feed: Feed, hashed: bytes, most: int) -> bool | None:
        """Add a feed; None if a calendar or the selection is not there, False if there are as many as may be."""
        return await self._database.write(lambda c: _add(c, feed, hashed, most))

    async def get(self, account: str, feed: str) -> Feed | None:
        """Return a feed."""
        return await self._database.read(lambda c: _get(c, account, feed))

    async def page(self, account: str, after: str, limit: int) -> Sequence[Feed]:
        """Return feeds, ordered by id."""
        values = (account, after, limit)
        return await self._database.read(lambda c: [_feed_of(c, row) for row in c.execute(_PAGE, values).fetchall()])

    async def rotate(self, account: str, feed: str, hashed: bytes, now: float) -> bool:
        """Give a feed another secret."""
        return await self._database.write(lambda c: c.execute(_ROTATE, (hashed, now, account, feed)).rowcount > 0)

    async def remove(self, account: str, feed: str) -> bool:
        """Remove a feed."""
        return await self._database.write(lambda c: c.execute(_REMOVE, (account, feed)).rowcount > 0)

    async def look(
        self, hashed: bytes, fingerprint: Callable[[FeedState], bytes]
    ) -> tuple[FeedState, Rendering | None] | None:
        """Return what the feed with a secret shows, and its bytes if they are stored."""
        return await self._database.read(lambda c: _look(c, hashed, fingerprint))

    async def parts(self, shown: Sequence[tuple[int, int]]) -> FeedParts | None:
        """Return what a feed is rendered from, None if one of the revisions is no longer the newest."""
        return await self._database.read(lambda c: _parts(c, shown))

    async def keep(self, made: Rendering, calendars: Iterable[int]) -> None:
        """Store bytes made of these calendars, if all of them are still there."""
        await self._database.write(lambda c: _keep(c, made, set(calendars)))

    async def count(self, hits: Mapping[str, tuple[int, int]], used: Iterable[bytes], now: float) -> None:
        """Add to feeds' hits and unchanged, and write down which renderings were used."""

        def write(connection: Connection) -> None:
            connection.executemany(_HIT, [(*numbers, now, feed) for feed, numbers in hits.items()])
            connection.executemany(_USED, [(now, fingerprint) for fingerprint in used])

        await self._database.write(write)


def _add(connection: Connection, feed: Feed, hashed: bytes, most: int) -> bool | None:
    found = [calendars.get(connection, feed.account, key) for key in feed.keys]
    if feed.selection and selections.get(connection, feed.account, feed.selection) is None:
        return None
    numbers = [calendar.id for calendar in found if calendar is not None]
    if len(numbers) < len(found):
        return None
    if connection.execute(_COUNT, (feed.account,)).fetchone()[0] >= most:
        return False
    values = (feed.id, hashed, feed.account, feed.name, feed.selection, feed.created, feed.rotated)
    connection.execute(_ADD, values)
    connection.executemany(_ADD_CALENDAR, [(feed.id, place, number) for place, number in enumerate(numbers)])
    return True


def _get(connection: Connection, account: str, feed: str) -> Feed | None:
    row = connection.execute(_GET, (account, feed)).fetchone()
    return None if row is None else _feed_of(connection, row)


def _look(
    connection: Connection, hashed: bytes, fingerprint: Callable[[FeedState], bytes]
) -> tuple[FeedState, Rendering | None] | None:
    row = connection.execute(_STATE, (hashed,)).fetchone()
    if row is None:
        return None
    feed, account, selection = row
    shown = tuple(connection.execute(_SHOWN, (feed,)).fetchall())
    state = FeedState(id=feed, account=account, calendars=shown, selection=selection)
    return state, _rendering(connection, fingerprint(state))


def _rendering(connection: Connection, fingerprint: bytes) -> Rendering | None:
    row = connection.execute(_RENDERING, (fingerprint,)).fetchone()
    if row is None:
        return None
    _, etag, packed, made, until = row
    return Rendering(fingerprint=fingerprint, etag=etag, packed=packed, made=made, until=until)


def _keep(connection: Connection, made: Rendering, calendars: Collection[int]) -> None:
    ((there,),) = connection.execute(_THERE, (json.dumps(sorted(calendars)),)).fetchall()
    if there < len(calendars):
        return
    values = (made.fingerprint, made.etag, made.packed, made.made, made.made, made.until)
    connection.execute(_KEEP, values)
    connection.executemany(_KEEP_RENDERED, [(number, made.fingerprint) for number in calendars])


def _parts(connection: Connection, shown: Sequence[tuple[int, int]]) -> FeedParts | None:
    bodies = [connection.execute(_BODY, pair).fetchone() for pair in shown]
    if None in bodies:
        return None
    cancelled = [
        {uid: (since, packed) for uid, since, packed in connection.execute(_CANCELLED, (number,))}
        for number, _ in shown
    ]
    return FeedParts(bodies=tuple(packed for (packed,) in bodies), cancelled=tuple(cancelled))


def _feed_of(connection: Connection, row: Sequence[Any]) -> Feed:
    number, account, name, selection, created, rotated, hits, unchanged, read = row
    keys = tuple(key for (key,) in connection.execute(_KEYS, (number,)))
    return Feed(
        id=number, account=account, name=name, selection=selection, created=created, rotated=rotated, hits=hits,
        unchanged=unchanged, read=read, keys=keys,
    )  # fmt: skip
