"""Accounts, what they sign in with (sessions, tokens), who is blocked, and the uploads that count against limits.

Uploads are rows, so that neither a restart nor a race gives more than is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from .. import interface
from ..model import AccessBlock, Account, AccountKind, Allowance, BrowserSession, Counts, Rule, Spent, Token, standing
from .database import SqliteFamily, reads, writes

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


HOUR = 3600
MINUTE = 60

_UPLOAD_TIMES = "SELECT at FROM uploads WHERE account = ? AND at > ? ORDER BY at"
_COUNT_UPLOAD = "INSERT INTO uploads (account, at) VALUES (?, ?)"
_NETWORK = "SELECT count(*) FROM networks WHERE network = ? AND at > ?"
_COUNT_NETWORK = "INSERT INTO networks (network, at) VALUES (?, ?)"
_SPEND = "INSERT OR IGNORE INTO spent (id, expires) VALUES (?, ?)"
_FORGET_COUNTS = (
    "DELETE FROM uploads WHERE rowid IN (SELECT rowid FROM uploads WHERE at <= :hour LIMIT 5000)",
    "DELETE FROM networks WHERE rowid IN (SELECT rowid FROM networks WHERE at <= :hour LIMIT 5000)",
    "DELETE FROM spent WHERE expires < :now",
    "DELETE FROM blocks WHERE until <= :now",
)
_BLOCK = """
    INSERT INTO blocks (who, until, reason, made) VALUES (?, ?, ?, ?)
    ON CONFLICT (who) DO UPDATE SET until = excluded.until, reason = excluded.reason, made = excluded.made
    """
_LIFT = "DELETE FROM blocks WHERE who = ?"
_BLOCKS = "SELECT who, until, reason, made FROM blocks WHERE until IS NULL OR until > ? ORDER BY made"


class SqliteBlocks(SqliteFamily, interface.BlockStore):
    """The blocks of a database."""

    @writes
    def put(self, connection: Connection, block: AccessBlock) -> None:
        connection.execute(_BLOCK, (block.who, block.until, block.reason, block.made))

    @writes
    def remove(self, connection: Connection, who: str) -> bool:
        return connection.execute(_LIFT, (who,)).rowcount > 0

    @reads
    def all(self, connection: Connection, now: float) -> Sequence[AccessBlock]:
        rows = connection.execute(_BLOCKS, (now,))
        return [AccessBlock(who=who, until=until, reason=reason, made=made) for who, until, reason, made in rows]


def upload_standings(connection: Connection, account: str, minute: int, hour: int, now: float) -> tuple[Allowance, ...]:
    """Return where an account stands with its uploads in a minute and an hour; 0 is no limit."""
    times = [at for (at,) in connection.execute(_UPLOAD_TIMES, (account, now - HOUR))]
    found = []
    if minute:
        rule = Rule(name="uploads-minute", amount=minute, seconds=MINUTE)
        found.append(standing(rule, [at for at in times if at > now - MINUTE], now))
    if hour:
        found.append(standing(Rule(name="uploads-hour", amount=hour, seconds=HOUR), times, now))
    return tuple(found)


def count_upload(connection: Connection, account: str, network: str | None, now: float) -> None:
    """Count an upload of an account, and of a network if there is one."""
    connection.execute(_COUNT_UPLOAD, (account, now))
    if network is not None:
        connection.execute(_COUNT_NETWORK, (network, now))


def uploads_of(connection: Connection, network: str | None, now: float) -> int:
    """Return how many uploads of the last hour came from a network."""
    if network is None:
        return 0
    ((number,),) = connection.execute(_NETWORK, (network, now - HOUR)).fetchall()
    return int(number)


def spend(connection: Connection, spent: Spent) -> bool:
    """Use a proof of work up; False if it was before."""
    return connection.execute(_SPEND, (spent.id, spent.expires)).rowcount > 0


def forget_counts(connection: Connection, now: float) -> None:
    """Delete what no longer counts."""
    for statement in _FORGET_COUNTS:
        connection.execute(statement, {"hour": now - HOUR, "now": now})
