"""A family's methods: each is handed a connection in a transaction of its own, and awaited without one.

What a method promises stands in store/interface.py, once for every store.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from sqlite3 import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar

from .database import Database

F = TypeVar("F", bound="SqliteFamily")
P = ParamSpec("P")
T = TypeVar("T")


class SqliteFamily:
    """Rows of a database that belong together."""

    def __init__(self, database: Database) -> None:
        self.database = database


def reads(
    work: Callable[Concatenate[F, Connection, P], T],
) -> Callable[Concatenate[F, P], Coroutine[Any, Any, T]]:
    """Make a method read in a transaction."""
    return _transacted(work, Database.read)


def writes(
    work: Callable[Concatenate[F, Connection, P], T],
) -> Callable[Concatenate[F, P], Coroutine[Any, Any, T]]:
    """Make a method write in a transaction; it returns when that is on the disk."""
    return _transacted(work, Database.write)


def _transacted(work: Callable[..., T], transact: Any) -> Callable[..., Coroutine[Any, Any, T]]:
    @functools.wraps(work)
    async def method(family: SqliteFamily, *values: object, **named: object) -> T:
        def call(connection: Connection) -> T:
            return work(family, connection, *values, **named)

        call.__qualname__ = work.__qualname__  # the name under which a slow query is counted
        result: T = await transact(family.database, call)
        return result

    return method
