"""How an account stands in a row, alone or before what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model import Account, AccountKind

COLUMNS = "accounts.id, kind, accounts.name, accounts.created, accounts.seen, premium, recovery, password"
WIDTH = 8


def account_of(row: Sequence[Any]) -> Account:
    """Return the account in the first columns of a row."""
    number, kind, name, created, seen, premium, recovery, password = row[:WIDTH]
    return Account(
        id=number, kind=AccountKind(kind), name=name, created=created, seen=seen, premium=bool(premium),
        recovery=recovery, password=password,
    )  # fmt: skip
