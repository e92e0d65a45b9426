"""What the contract suite needs; import as `tukscal.tests.sync.service.store.stores`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tukscal.sync.service.access import secrets
from tukscal.sync.service.conversion import checked
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.model import Account, AccountKind, BrowserSession, Condition, Feed, NewPut, Put, Token

T = TypeVar("T")
NOW = 1_000_000.0


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what comes of something asynchronous."""
    return asyncio.run(work)


def account(name: str = "", kind: AccountKind = AccountKind.STUDENT, *, now: float = NOW) -> Account:
    """Return a new account."""
    return Account(id=secrets.new_id(), kind=kind, name=name, created=now, seen=now)


def session(of: Account, *, now: float = NOW, expires: float = NOW + 100) -> BrowserSession:
    """Return a new session."""
    return BrowserSession(
        hash=secrets.hashed(secrets.new_secret()), account=of.id, created=now, seen=now, expires=expires
    )


def token(of: Account, name: str = "a token", *, expires: float | None = None) -> Token:
    """Return a new token."""
    secret = secrets.hashed(secrets.new_secret())
    return Token(
        id=secrets.new_id(), hash=secret, account=of.id, name=name, scopes=("feeds",), created=NOW, expires=expires
    )


def a_put(of: Account, key: str, revision: int, body: bytes, **given: Any) -> NewPut:
    """Return a revision to be stored."""
    values: dict[str, Any] = {
        "account": of.id, "key": key, "revision": checked(body, revision), "condition": Condition(), "now": NOW,
        "idempotency": f"{key}/{revision}/{hash(body)}", "answer": f"{key} {revision}".encode(), "most_calendars": 10,
    }  # fmt: skip
    return NewPut(**(values | given))


async def put(store: ServiceStore, of: Account, key: str, revision: int, body: bytes, **given: Any) -> Put:
    """Store a revision."""
    return await store.calendars.put(a_put(of, key, revision, body, **given))


def feed(of: Account, *keys: str, selection: str | None = None) -> Feed:
    """Return a new feed."""
    return Feed(
        id=secrets.new_id(), account=of.id, name="", selection=selection, created=NOW, rotated=NOW, calendars=keys
    )


async def added(store: ServiceStore, *accounts: Account) -> None:
    """Add accounts."""
    for one in accounts:
        assert await store.accounts.add(one)
