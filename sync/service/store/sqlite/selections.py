"""Selections: which events feeds show."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from ..model import StoredSelection
from .database import Database

_COLUMNS = "id, account, name, content, sha256, created, updated"
_COUNT = "SELECT count(*) FROM selections WHERE account = ?"
_ADD = f"INSERT INTO selections ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_GET = f"SELECT {_COLUMNS} FROM selections WHERE account = ? AND id = ?"
_PAGE = f"SELECT {_COLUMNS} FROM selections WHERE account = ? AND id > ? ORDER BY id LIMIT ?"
_CHANGE = "UPDATE selections SET name = ?, content = ?, sha256 = ?, updated = ? WHERE account = ? AND id = ?"
_USERS = "SELECT count(*) FROM feeds WHERE selection = ?"
_REMOVE = "DELETE FROM selections WHERE id = ?"


class SqliteSelections:
    """The selections of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, selection: StoredSelection, most: int) -> bool:
        """Add a selection; False if the account has as many as it may."""
        return await self._database.write(lambda c: _add(c, selection, most))

    async def get(self, account: str, selection: str) -> StoredSelection | None:
        """Return a selection."""
        return await self._database.read(lambda c: get(c, account, selection))

    async def page(self, account: str, after: str, limit: int) -> Sequence[StoredSelection]:
        """Return selections, ordered by id."""
        values = (account, after, limit)
        return await self._database.read(lambda c: [_selection_of(row) for row in c.execute(_PAGE, values)])

    async def change(self, changed: StoredSelection) -> bool:
        """Replace name and content."""
        values = (changed.name, changed.content, changed.sha256, changed.updated, changed.account, changed.id)
        return await self._database.write(lambda c: c.execute(_CHANGE, values).rowcount > 0)

    async def remove(self, account: str, selection: str) -> bool | None:
        """Remove a selection; False if a feed uses it, None if there is none."""
        return await self._database.write(lambda c: _remove(c, account, selection))


def get(connection: Connection, account: str, selection: str) -> StoredSelection | None:
    """Return a selection of an account."""
    row = connection.execute(_GET, (account, selection)).fetchone()
    return None if row is None else _selection_of(row)


def _add(connection: Connection, new: StoredSelection, most: int) -> bool:
    ((count,),) = connection.execute(_COUNT, (new.account,)).fetchall()
    if count >= most:
        return False
    connection.execute(_ADD, (new.id, new.account, new.name, new.content, new.sha256, new.created, new.updated))
    return True


def _remove(connection: Connection, account: str, selection: str) -> bool | None:
    if get(connection, account, selection) is None:
        return None
    ((users,),) = connection.execute(_USERS, (selection,)).fetchall()
    return not users and connection.execute(_REMOVE, (selection,)).rowcount > 0


def _selection_of(row: Sequence[Any]) -> StoredSelection:
    number, account, name, content, sha256, created, updated = row
    return StoredSelection(
        id=number, account=account, name=name, content=content, sha256=sha256, created=created, updated=updated
    )
