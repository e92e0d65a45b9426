"""Accounts: who has calendars, and how many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial
from sqlite3 import Connection

from ..model import Account, AccountKind, Counts, Session
from . import sessions
from .account_rows import COLUMNS, account_of
from .database import Database

_DAY = 86_400.0

_ADD = f"INSERT INTO accounts ({COLUMNS.replace('accounts.', '')}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_GET = f"SELECT {COLUMNS} FROM accounts WHERE id = ?"
_NAMED = f"SELECT {COLUMNS} FROM accounts WHERE kind = ? AND name = ? AND name <> ''"
_RECOVERED = f"SELECT {COLUMNS} FROM accounts WHERE recovery = ?"
_PAGE = f"SELECT {COLUMNS} FROM accounts WHERE id > ? ORDER BY id LIMIT ?"
_SET_RECOVERY = "UPDATE accounts SET recovery = ? WHERE id = ?"
_SET_PREMIUM = "UPDATE accounts SET premium = ? WHERE id = ?"
_SET_PASSWORD = "UPDATE accounts SET password = ? WHERE id = ?"  # noqa: S105 - a statement
_REMOVE = "DELETE FROM accounts WHERE id = ?"
_FREE_SELECTIONS = "UPDATE feeds SET selection = NULL WHERE account = ?"
_KINDS = "SELECT kind, count(*) FROM accounts GROUP BY kind"
_ACTIVE = "SELECT count(*), count(*) FILTER (WHERE created < :since) FROM accounts WHERE seen >= :since"
_SESSIONS = "SELECT count(*) FROM sessions WHERE expires > :now"
_CALENDARS = "SELECT count(*), coalesce(sum(size), 0) FROM calendars"
_FEEDS = "SELECT count(*) FROM feeds"


class SqliteAccounts:
    """The accounts of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account, session: Session | None = None) -> bool:
        """Add an account, and a session of it; False if one of that kind has the name."""
        return await self._database.write(partial(add, account=account, session=session))

    async def get(self, account: str) -> Account | None:
        """Return an account."""
        return await self._database.read(lambda c: _one(c, _GET, account))

    async def named(self, kind: AccountKind, name: str) -> Account | None:
        """Return the account with a name."""
        return await self._database.read(lambda c: _one(c, _NAMED, kind, name))

    async def recovered(self, hashed: bytes) -> Account | None:
        """Return the account a recovery link is for."""
        return await self._database.read(lambda c: _one(c, _RECOVERED, hashed))

    async def page(self, after: str, limit: int) -> Sequence[Account]:
        """Return accounts, ordered by id."""
        return await self._database.read(lambda c: [account_of(row) for row in c.execute(_PAGE, (after, limit))])

    async def set_recovery(self, account: str, hashed: bytes) -> bool:
        """Replace the recovery link."""
        return await self._change(_SET_RECOVERY, hashed, account)

    async def set_premium(self, account: str, premium: bool) -> bool:
        """Change what an account pays for."""
        return await self._change(_SET_PREMIUM, int(premium), account)

    async def set_password(self, account: str, password: str) -> bool:
        """Change an admin's password and end all sessions."""

        def change(connection: Connection) -> bool:
            sessions.remove_all(connection, account)
            return connection.execute(_SET_PASSWORD, (password, account)).rowcount > 0

        return await self._database.write(change)

    async def remove(self, account: str) -> bool:
        """Remove an account and all that is its own."""

        def remove(connection: Connection) -> bool:
            connection.execute(_FREE_SELECTIONS, (account,))
            return connection.execute(_REMOVE, (account,)).rowcount > 0

        return await self._database.write(remove)

    async def counts(self, now: float) -> Counts:
        """Return figures."""
        return await self._database.read(lambda c: counts(c, now))

    async def _change(self, statement: str, value: object, account: str) -> bool:
        return await self._database.write(lambda c: c.execute(statement, (value, account)).rowcount > 0)


def add(connection: Connection, account: Account, session: Session | None = None) -> bool:
    """Add an account, and a session of it; False if one of that kind has the name."""
    if account.name and _one(connection, _NAMED, account.kind, account.name):
        return False
    password, recovery = account.password, account.recovery
    values = (account.id, account.kind, account.name, account.created, account.seen, int(account.premium))
    connection.execute(_ADD, (*values, recovery, password))
    if session is not None:
        sessions.add(connection, session)
    return True


def counts(connection: Connection, now: float) -> Counts:
    """Return figures of accounts, sessions, calendars and feeds."""
    active, returning = connection.execute(_ACTIVE, {"since": now - _DAY}).fetchone()
    calendars, stored = connection.execute(_CALENDARS).fetchone()
    return Counts(
        accounts=dict(connection.execute(_KINDS).fetchall()),
        sessions=_number(connection, _SESSIONS, {"now": now}),
        active=active,
        returning=returning,
        calendars=calendars,
        feeds=_number(connection, _FEEDS, {}),
        stored=stored,
    )


def _number(connection: Connection, question: str, values: dict[str, float]) -> int:
    ((number,),) = connection.execute(question, values).fetchall()
    return int(number)


def _one(connection: sqlite3.Connection, question: str, *values: object) -> Account | None:
    row = connection.execute(question, values).fetchone()
    return None if row is None else account_of(row)
