"""Secrets: ids nobody can guess, links, faculties' tokens with their scopes, admins' passwords; what is stored of each.

A secret is 128 random bits or more in letters and digits that survive paper and a telephone. Only its sha256 is stored:
so many bits need no salt and no slow hash, and a row is found by the hash, in an index, not by comparing secrets.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ....core.errors import BadRows
from ..store.interface import ServiceStore
from ..store.model import Account, AccountKind, Token

SECRET_BITS = 128
SECRET = re.compile(r"[a-z2-7]{26}")


def new_id() -> str:
    """Return an id of 80 random bits: 16 letters and digits."""
    return _letters(secrets.token_bytes(10))


def new_secret() -> str:
    """Return a secret of 128 random bits: 26 letters and digits, as `SECRET` has them."""
    return _letters(secrets.token_bytes(SECRET_BITS // 8))


def hashed(secret: str) -> bytes:
    """Return what is stored of a secret: its sha256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(one: bytes, other: bytes) -> bool:
    """Compare two hashes in a time that tells nothing."""
    return hmac.compare_digest(one, other)


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


class Scope(StrEnum):
    """What a token may do."""

    CALENDARS_READ = "calendars:read"
    CALENDARS_WRITE = "calendars:write"
    FEEDS = "feeds"
    SELECTIONS = "selections"
    JOBS = "jobs"
    ADMIN = "admin"


OWN_SCOPES = tuple(scope for scope in Scope if scope is not Scope.ADMIN)
"""What a student, and a faculty by default, may do."""

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
    secret = _PREFIX + new_secret()
    token = Token(
        id=new_id(), hash=hashed(secret), account=account.id, name=wanted.name,
        scopes=tuple(dict.fromkeys(wanted.scopes)), created=now,
        expires=None if wanted.days is None else now + wanted.days * _DAY,
    )  # fmt: skip
    await store.tokens.add(token)
    return secret, token


async def _faculty(store: ServiceStore, name: str, now: float) -> Account | None:
    """Return the account of a faculty; two who make it at the same moment make one."""
    new = Account(id=new_id(), kind=AccountKind.FACULTY, name=name, created=now, seen=now)
    return new if await store.accounts.add(new) else await store.accounts.named(AccountKind.FACULTY, name)


LEAST = 12  # characters
_MOST = 1_000  # characters: more is nobody's password, but somebody's attack
_HASHER = PasswordHasher()
_DECOY = _HASHER.hash("nobody has this")
_ONE = threading.Lock()


async def make_admin(store: ServiceStore, name: str, password: str, now: float) -> Account:
    """Return a new admin, or the one of that name with this password and all sessions ended.

    Raises BadRows for a password that is too short or a name that is empty.
    """
    _check(name, password)
    hashed = await asyncio.to_thread(_hash_password, password)
    there = await store.accounts.named(AccountKind.ADMIN, name)
    if there is not None:
        await store.accounts.set_password(there.id, hashed)
        return there
    account = Account(id=new_id(), kind=AccountKind.ADMIN, name=name, created=now, seen=now, password=hashed)
    await store.accounts.add(account)
    return account


async def is_right(account: Account | None, password: str) -> bool:
    """Tell whether a password is an admin's; nobody's takes as long."""
    hashed = account.password if account and account.password else _DECOY
    right = await asyncio.to_thread(_verify, hashed, password[:_MOST])
    return right and account is not None and account.password is not None


def _check(name: str, password: str) -> None:
    if not name or not name.isprintable():
        raise BadRows("An admin needs a name.", advice="Give a name of letters.")
    if not LEAST <= len(password) <= _MOST:
        raise BadRows(f"The password is too short: {LEAST} characters are the least.", advice="Choose a longer one.")


def _hash_password(password: str) -> str:
    with _ONE:
        return _HASHER.hash(password)


def _verify(hashed: str, password: str) -> bool:
    with _ONE:
        try:
            return _HASHER.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
