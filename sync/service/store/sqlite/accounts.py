"""Accounts, and what they sign in with: sessions of browsers, tokens of programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..model import Account, AccountKind, BrowserSession, Counts, Token
from .family import SqliteFamily, reads, writes

_DAY = 86_400.0

_COLUMNS = "accounts.id, kind, accounts.name, accounts.created, accounts.seen, premium, recovery, password"
_WIDTH = 8
_ADD = f"INSERT INTO accounts ({_COLUMNS.replace('accounts.', '')}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_GET = f"SELECT {_COLUMNS} FROM accounts WHERE id = ?"
_NAMED = f"SELECT {_COLUMNS} FROM accounts WHERE kind = ? AND name = ? AND name <> ''"
_RECOVERED = f"SELECT {_COLUMNS} FROM accounts WHERE recovery = ?"
_PAGE = f"SELECT {_COLUMNS} FROM accounts WHERE id > ? ORDER BY id LIMIT ?"
_SET_RECOVERY = "UPDATE accounts SET recovery = ? WHERE id = ?"
_SET_PREMIUM = "UPDATE accounts SET premium = ? WHERE id = ?"
_SET_PASSWORD = "UPDATE accounts SET password = ? WHERE id = ?"  # noqa: S105 - a statement
_REMOVE = "DELETE FROM accounts WHERE id = ?"
_FREE_SELECTIONS = "UPDATE feeds SET selection = NULL WHERE account = ?"
_KINDS = "SELECT kind, count(*) FROM accounts GROUP BY kind"
_ACTIVE = "SELECT count(*), count(*) FILTER (WHERE created < :since) FROM accounts WHERE seen >= :since"
_SESSIONS = "SELECT count(*) FROM sessions WHERE expires > ?"
_CALENDARS = "SELECT count(*), coalesce(sum(size), 0) FROM calendars"
_FEEDS = "SELECT count(*) FROM feeds"

_ADD_SESSION = "INSERT INTO sessions (hash, account, created, seen, expires) VALUES (?, ?, ?, ?, ?)"
_GET_SESSION = f"""
    SELECT {_COLUMNS}, hash, account, sessions.created, sessions.seen, expires
    FROM sessions JOIN accounts ON accounts.id = account WHERE hash = ? AND expires > ?
    """
_REMOVE_SESSION = "DELETE FROM sessions WHERE hash = ?"
_REMOVE_SESSIONS = "DELETE FROM sessions WHERE account = ?"
_TOUCH = "UPDATE sessions SET seen = ?, expires = ? WHERE hash = ?"
_TOUCH_ACCOUNT = "UPDATE accounts SET seen = ? WHERE id = (SELECT account FROM sessions WHERE hash = ?)"

_TOKEN = "tokens.id, hash, account, tokens.name, scopes, tokens.created, expires, revoked, used"  # noqa: S105 - columns
_ADD_TOKEN = f"INSERT INTO tokens ({_TOKEN.replace('tokens.', '')}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TOKENS = f"SELECT {_TOKEN} FROM tokens WHERE id > :after ORDER BY id LIMIT :limit"
_TOKENS_OF = f"SELECT {_TOKEN} FROM tokens WHERE account = :account AND id > :after ORDER BY id LIMIT :limit"
_REVOKE = "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?"
_USED = "UPDATE tokens SET used = max(coalesce(used, 0), :time) WHERE id = :id"
_SEEN = "UPDATE accounts SET seen = max(seen, :time) WHERE id = (SELECT account FROM tokens WHERE id = :id)"
_GET_TOKEN = f"""
    SELECT {_COLUMNS}, {_TOKEN} FROM tokens JOIN accounts ON accounts.id = account
    WHERE hash = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)
    """


class SqliteAccounts(SqliteFamily, interface.AccountStore):
    """The accounts of a database."""

    @writes
    def add(self, connection: Connection, account: Account, session: BrowserSession | None = None) -> bool:
        return add_account(connection, account, session)

    @reads
    def get(self, connection: Connection, account: str) -> Account | None:
        return _one(connection, _GET, account)

    @reads
    def named(self, connection: Connection, kind: AccountKind, name: str) -> Account | None:
        return _one(connection, _NAMED, kind, name)

    @reads
    def recovered(self, connection: Connection, hashed: bytes) -> Account | None:
        return _one(connection, _RECOVERED, hashed)

    @reads
    def page(self, connection: Connection, after: str, limit: int) -> Sequence[Account]:
        return [_account(row) for row in connection.execute(_PAGE, (after, limit))]

    @writes
    def set_recovery(self, connection: Connection, account: str, hashed: bytes) -> bool:
        return connection.execute(_SET_RECOVERY, (hashed, account)).rowcount > 0

    @writes
    def set_premium(self, connection: Connection, account: str, premium: bool) -> bool:
        return connection.execute(_SET_PREMIUM, (int(premium), account)).rowcount > 0

    @writes
    def set_password(self, connection: Connection, account: str, password: str) -> bool:
        connection.execute(_REMOVE_SESSIONS, (account,))
        return connection.execute(_SET_PASSWORD, (password, account)).rowcount > 0

    @writes
    def remove(self, connection: Connection, account: str) -> bool:
        connection.execute(_FREE_SELECTIONS, (account,))
        return connection.execute(_REMOVE, (account,)).rowcount > 0

    @reads
    def counts(self, connection: Connection, now: float) -> Counts:
        active, returning = connection.execute(_ACTIVE, {"since": now - _DAY}).fetchone()
        calendars, stored = connection.execute(_CALENDARS).fetchone()
        ((sessions,),) = connection.execute(_SESSIONS, (now,)).fetchall()
        ((feeds,),) = connection.execute(_FEEDS).fetchall()
        return Counts(
            accounts=dict(connection.execute(_KINDS).fetchall()), sessions=sessions, active=active,
            returning=returning, calendars=calendars, feeds=feeds, stored=stored,
        )  # fmt: skip


class SqliteSessions(SqliteFamily, interface.SessionStore):
    """The sessions of a database."""

    @writes
    def add(self, connection: Connection, session: BrowserSession) -> None:
        _add_session(connection, session)

    @reads
    def get(self, connection: Connection, hashed: bytes, now: float) -> tuple[BrowserSession, Account] | None:
        row = connection.execute(_GET_SESSION, (hashed, now)).fetchone()
        if row is None:
            return None
        found, account, created, seen, expires = row[_WIDTH:]
        return BrowserSession(hash=found, account=account, created=created, seen=seen, expires=expires), _account(row)

    @writes
    def touch(self, connection: Connection, hashed: bytes, now: float, expires: float) -> None:
        connection.execute(_TOUCH, (now, expires, hashed))
        connection.execute(_TOUCH_ACCOUNT, (now, hashed))

    @writes
    def remove(self, connection: Connection, hashed: bytes) -> bool:
        return connection.execute(_REMOVE_SESSION, (hashed,)).rowcount > 0

    @writes
    def remove_all(self, connection: Connection, account: str) -> int:
        return connection.execute(_REMOVE_SESSIONS, (account,)).rowcount


class SqliteTokens(SqliteFamily, interface.TokenStore):
    """The tokens of a database."""

    @writes
    def add(self, connection: Connection, token: Token) -> None:
        values = (token.id, token.hash, token.account, token.name, " ".join(token.scopes), token.created)
        connection.execute(_ADD_TOKEN, (*values, token.expires, token.revoked, token.used))

    @reads
    def get(self, connection: Connection, hashed: bytes, now: float) -> tuple[Token, Account] | None:
        row = connection.execute(_GET_TOKEN, (hashed, now)).fetchone()
        return None if row is None else (_token(row[_WIDTH:]), _account(row))

    @reads
    def page(self, connection: Connection, account: str | None, after: str, limit: int) -> Sequence[Token]:
        values = {"account": account, "after": after, "limit": limit}
        return [_token(row) for row in connection.execute(_TOKENS if account is None else _TOKENS_OF, values)]

    @writes
    def revoke(self, connection: Connection, token: str, now: float) -> bool:
        return connection.execute(_REVOKE, (now, token)).rowcount > 0

    @writes
    def used(self, connection: Connection, times: Mapping[str, float]) -> None:
        values = [{"id": token, "time": time} for token, time in times.items()]
        for statement in (_USED, _SEEN):
            connection.executemany(statement, values)


def add_account(connection: Connection, account: Account, session: BrowserSession | None = None) -> bool:
    """Add an account, and a session of it; False if one of that kind has the name."""
    if account.name and _one(connection, _NAMED, account.kind, account.name):
        return False
    values = (account.id, account.kind, account.name, account.created, account.seen, int(account.premium))
    connection.execute(_ADD, (*values, account.recovery, account.password))
    if session is not None:
        _add_session(connection, session)
    return True


def _add_session(connection: Connection, session: BrowserSession) -> None:
    values = (session.hash, session.account, session.created, session.seen, session.expires)
    connection.execute(_ADD_SESSION, values)


def _one(connection: Connection, question: str, *values: object) -> Account | None:
    row = connection.execute(question, values).fetchone()
    return None if row is None else _account(row)


def _account(row: Sequence[Any]) -> Account:
    """Return the account in the first columns of a row."""
    number, kind, name, created, seen, premium, recovery, password = row[:_WIDTH]
    return Account(
        id=number, kind=AccountKind(kind), name=name, created=created, seen=seen, premium=bool(premium),
        recovery=recovery, password=password,
    )  # fmt: skip


def _token(row: Sequence[Any]) -> Token:
    number, hashed, account, name, scopes, created, expires, revoked, used = row
    return Token(
        id=number, hash=hashed, account=account, name=name, scopes=tuple(scopes.split()), created=created,
        expires=expires, revoked=revoked, used=used,
    )  # fmt: skip
