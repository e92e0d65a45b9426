"""Admins' passwords: argon2id, one at a time, because each takes 64 MiB and a core."""

from __future__ import annotations

import asyncio
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ....core.errors import BadRows
from ..clock import Clock
from ..store.interface import ServiceStore
from ..store.model import Account, AccountKind
from . import secrets

LEAST = 12  # characters
_MOST = 1_000  # characters: more is nobody's password, but somebody's attack
_HASHER = PasswordHasher()
_DECOY = _HASHER.hash("nobody has this")
_ONE = threading.Lock()


async def make_admin(store: ServiceStore, name: str, password: str, clock: Clock) -> Account:
    """Return a new admin, or the one of that name with this password and all sessions ended.

    Raises BadRows for a password that is too short or a name that is empty.
    """
    _check(name, password)
    hashed = await asyncio.to_thread(_hash, password)
    there = await store.accounts.named(AccountKind.ADMIN, name)
    if there is not None:
        await store.accounts.set_password(there.id, hashed)
        return there
    now = clock.now()
    account = Account(id=secrets.new_id(), kind=AccountKind.ADMIN, name=name, created=now, seen=now, password=hashed)
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


def _hash(password: str) -> str:
    with _ONE:
        return _HASHER.hash(password)


def _verify(hashed: str, password: str) -> bool:
    with _ONE:
        try:
            return _HASHER.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
