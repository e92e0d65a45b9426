"""Sessions: browsers that are signed in."""

from __future__ import annotations

from sqlite3 import Connection

from ..model import Account, Session
from . import account_rows
from .database import Database

_COLUMNS = "hash, account, sessions.created, sessions.seen, expires"
_ADD = "INSERT INTO sessions (hash, account, created, seen, expires) VALUES (?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM sessions WHERE hash = ?"
_REMOVE_ALL = "DELETE FROM sessions WHERE account = ?"
_TOUCH = "UPDATE sessions SET seen = ?, expires = ? WHERE hash = ?"
_SEEN = "UPDATE accounts SET seen = ? WHERE id = (SELECT account FROM sessions WHERE hash = ?)"


class SqliteSessions:
    """The sessions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: Session) -> None:
        """Add a session."""
        await self._database.write(lambda c: add(c, session))

    async def get(self, hashed: bytes, now: float) -> tuple[Session, Account] | None:
        """Return a session that has not expired, with its account."""
        return await self._database.read(lambda c: get(c, hashed, now))

    async def touch(self, hashed: bytes, now: float, expires: float) -> None:
        """Write down a visit."""

        def touch(connection: Connection) -> None:
            connection.execute(_TOUCH, (now, expires, hashed))
            connection.execute(_SEEN, (now, hashed))

        await self._database.write(touch)

    async def remove(self, hashed: bytes) -> bool:
        """End a session."""
        return await self._database.write(lambda c: c.execute(_REMOVE, (hashed,)).rowcount > 0)

    async def remove_all(self, account: str) -> int:
        """End all sessions of an account."""
        return await self._database.write(lambda c: remove_all(c, account))


def add(connection: Connection, session: Session) -> None:
    """Add a session."""
    values = (session.hash, session.account, session.created, session.seen, session.expires)
    connection.execute(_ADD, values)


def get(connection: Connection, hashed: bytes, now: float) -> tuple[Session, Account] | None:
    """Return a session that has not expired, with its account."""
    question = (
        f"SELECT {account_rows.COLUMNS}, {_COLUMNS} FROM sessions JOIN accounts ON accounts.id = account "
        "WHERE hash = ? AND expires > ?"
    )
    row = connection.execute(question, (hashed, now)).fetchone()
    if row is None:
        return None
    found, account, created, seen, expires = row[account_rows.WIDTH :]
    session = Session(hash=found, account=account, created=created, seen=seen, expires=expires)
    return session, account_rows.account_of(row)


def remove_all(connection: Connection, account: str) -> int:
    """End all sessions of an account."""
    return connection.execute(_REMOVE_ALL, (account,)).rowcount
