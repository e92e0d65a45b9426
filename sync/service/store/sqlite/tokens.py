"""Tokens: what programs sign in with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from ..model import Account, Token
from . import account_rows
from .database import Database

_COLUMNS = "tokens.id, hash, account, tokens.name, scopes, tokens.created, expires, revoked, used"
_ADD = f"INSERT INTO tokens ({_COLUMNS.replace('tokens.', '')}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PAGE = f"SELECT {_COLUMNS} FROM tokens WHERE tokens.id > :after ORDER BY tokens.id LIMIT :limit"
_PAGE_OF = (
    f"SELECT {_COLUMNS} FROM tokens WHERE account = :account AND tokens.id > :after ORDER BY tokens.id LIMIT :limit"
)
_REVOKE = "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?"
_USED = "UPDATE tokens SET used = max(coalesce(used, 0), :time) WHERE id = :id"
_SEEN = "UPDATE accounts SET seen = max(seen, :time) WHERE id = (SELECT account FROM tokens WHERE id = :id)"
_GET = (
    f"SELECT {account_rows.COLUMNS}, {_COLUMNS} FROM tokens JOIN accounts ON accounts.id = account "
    "WHERE hash = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)"
)


class SqliteTokens:
    """The tokens of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: Token) -> None:
        """Add a token."""
        await self._database.write(lambda c: _add(c, token))

    async def get(self, hashed: bytes, now: float) -> tuple[Token, Account] | None:
        """Return a token that is neither expired nor revoked, with its account."""
        return await self._database.read(lambda c: _get(c, hashed, now))

    async def page(self, account: str | None, after: str, limit: int) -> Sequence[Token]:
        """Return tokens, of an account or of all, ordered by id."""
        values = {"account": account, "after": after, "limit": limit}
        question = _PAGE if account is None else _PAGE_OF
        return await self._database.read(lambda c: [_token_of(row) for row in c.execute(question, values)])

    async def revoke(self, token: str, now: float) -> bool:
        """Make a token worthless; False if there is none."""
        return await self._database.write(lambda c: c.execute(_REVOKE, (now, token)).rowcount > 0)

    async def used(self, times: Mapping[str, float]) -> None:
        """Write down when tokens were last used."""
        values = [{"id": token, "time": time} for token, time in times.items()]

        def write(connection: Connection) -> None:
            for statement in (_USED, _SEEN):
                connection.executemany(statement, values)

        await self._database.write(write)


def _add(connection: Connection, token: Token) -> None:
    scopes = " ".join(token.scopes)
    values = (token.id, token.hash, token.account, token.name, scopes, token.created)
    connection.execute(_ADD, (*values, token.expires, token.revoked, token.used))


def _get(connection: Connection, hashed: bytes, now: float) -> tuple[Token, Account] | None:
    row = connection.execute(_GET, (hashed, now)).fetchone()
    return None if row is None else (_token_of(row[account_rows.WIDTH :]), account_rows.account_of(row))


def _token_of(row: Sequence[Any]) -> Token:
    number, hashed, account, name, scopes, created, expires, revoked, used = row
    return Token(
        id=number, hash=hashed, account=account, name=name, scopes=tuple(scopes.split()), created=created,
        expires=expires, revoked=revoked, used=used,
    )  # fmt: skip
