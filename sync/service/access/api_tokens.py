"""Tokens of faculties: how one is made, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..store.interface import ServiceStore
from ..store.model import Account, AccountKind, Token
from . import secrets

_DAY = 86_400.0
_PREFIX = "tuks_"  # so that a token is known for one wherever it turns up


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A token to be made: whose, what it is called, what it may do, for how many days (None: until revoked)."""

    faculty: str
    name: str
    scopes: Sequence[str]
    days: float | None


async def new_token(store: ServiceStore, wanted: TokenRequest, now: float) -> tuple[str, Token] | None:
    """Add a token for a faculty, which is made if it is not there; return the secret and the token.

    None if the faculty was removed at this very moment.
    """
    account = await _faculty(store, wanted.faculty, now)
    if account is None:
        return None
    secret = _PREFIX + secrets.new_secret()
    token = Token(
        id=secrets.new_id(), hash=secrets.hashed(secret), account=account.id, name=wanted.name,
        scopes=tuple(dict.fromkeys(wanted.scopes)), created=now,
        expires=None if wanted.days is None else now + wanted.days * _DAY,
    )  # fmt: skip
    await store.tokens.add(token)
    return secret, token


async def _faculty(store: ServiceStore, name: str, now: float) -> Account | None:
    """Return the account of a faculty; two who make it at the same moment make one."""
    new = Account(id=secrets.new_id(), kind=AccountKind.FACULTY, name=name, created=now, seen=now)
    return new if await store.accounts.add(new) else await store.accounts.named(AccountKind.FACULTY, name)
