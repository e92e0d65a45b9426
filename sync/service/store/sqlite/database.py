"""The store's file: one thread that writes, a few that read, and nobody else waits for the disk.

Writes that wait at the same moment share one transaction, each in a savepoint of its own, and so share the one fsync
that makes them durable; what a write returns is handed out after the commit. One connection alone writes and empties
the write-ahead log, which is why SQLite's WAL-reset bug (core/system/sqlite.py) cannot be met here. A store in memory
has one thread for both.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

from .....core.errors import InputOutput
from .....core.system import machine, sqlite
from .....core.system.sqlite import STORE, Migration, transaction
from .schema import MIGRATIONS, check, migrate

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Side = Literal["read", "write"]

_MOST = 200  # writes in one transaction
_BUSY = 30.0  # seconds another process (an admin's command) may hold the file
_DAMAGED = "End the service and put a backup in its place, or name another store with --store."


class Timing(NamedTuple):
    """How long one piece of work waited for its thread and took there, seconds; `name` is its function's."""

    side: Side
    name: str
    waited: float
    took: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the store is at."""

    connections: int
    busy: int
    reads_waiting: int
    writes_waiting: int


@dataclass(frozen=True, slots=True)
class _Item:
    work: Work
    name: str
    since: float
    future: Future[Any]


class Database:
    """An open file; `watchers` are told every Timing, in the thread that did the work.

    Raises InputOutput or NotWritable.
    """

    def __init__(self, path: Path | None, *, readers: int = 3, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self.path = path
        self.watchers: list[Callable[[Timing], None]] = []
        self._writes: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Item | None] = self._writes if path is None else queue.SimpleQueue()
        self._busy = 0
        self._closed = False
        self._lock = threading.Lock()
        self._writer = _prepared(path, migrations)
        self._threads = [threading.Thread(target=self._write_all, name="store-writer", daemon=True)]
        if path is not None:
            names = [f"store-reader-{number}" for number in range(readers)]
            self._threads += [threading.Thread(target=self._read_all, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` returns when it is on the disk; if it raises, nothing of it is."""
        return await asyncio.wrap_future(self.submit_write(work))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` reads of one state of the file."""
        return await asyncio.wrap_future(self.submit_read(work))

    def submit_write(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Hand a write in from any thread."""
        return self._submit(self._writes, work)

    def submit_read(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Hand a read in from any thread."""
        return self._submit(self._reads, work)

    def load(self) -> Load:
        """Return what the store is at."""
        reads = 0 if self._reads is self._writes else self._reads.qsize()
        return Load(
            connections=len(self._threads), busy=self._busy, reads_waiting=reads, writes_waiting=self._writes.qsize()
        )

    def close(self) -> None:
        """Finish what was handed in and close the file; further work is refused."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        writer, *readers = self._threads
        for _ in readers:
            self._reads.put(None)
        for thread in readers:
            thread.join()
        self._writes.put(None)  # its connection is the last one, which empties the log and removes it
        writer.join()

    def _submit(self, line: queue.SimpleQueue[_Item | None], work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise InputOutput("The store is closed.", advice="Start the service again.")
            line.put(_Item(work, _name(work), time.monotonic(), future))
        return future

    # ---- the threads

    def _read_all(self) -> None:
        with contextlib.closing(_connect(self.path, asking=True)) as connection:
            while item := self._reads.get():
                if item.future.set_running_or_notify_cancel():
                    self._read_one(connection, item)

    def _read_one(self, connection: sqlite3.Connection, item: _Item) -> None:
        try:
            with self._timed("read", item), _translated(self.path), transaction(connection, "BEGIN"):
                result = item.work(connection)
        except BaseException as error:  # whatever it is, somebody waits for it
            item.future.set_exception(error)
        else:
            item.future.set_result(result)

    def _write_all(self) -> None:
        with contextlib.closing(self._writer) as connection:
            while item := self._writes.get():
                items, ended = self._waiting(item)
                self._commit(connection, [item for item in items if item.future.set_running_or_notify_cancel()])
                if ended:
                    return

    def _waiting(self, first: _Item) -> tuple[list[_Item], bool]:
        """Return all that waits at this moment, and whether the end is among it."""
        items = [first]
        while len(items) < _MOST:
            try:
                item = self._writes.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return items, True
            items.append(item)
        return items, False

    def _commit(self, connection: sqlite3.Connection, items: list[_Item]) -> None:
        """Do the work of all in one transaction, then hand out what came of it."""
        results: list[tuple[_Item, Any, BaseException | None]] = []
        try:
            with _translated(self.path), transaction(connection, "BEGIN IMMEDIATE"):
                for item in items:
                    with self._timed("write", item):
                        results.append((item, *_in_savepoint(connection, item.work)))
        except BaseException as error:  # no disk: nothing of it happened, for nobody
            results = [(item, None, error) for item in items]
        for item, result, fault in results:
            if fault is None:
                item.future.set_result(result)
            else:
                item.future.set_exception(fault)

    @contextlib.contextmanager
    def _timed(self, side: Side, item: _Item) -> Iterator[None]:
        begun = time.monotonic()
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            timing = Timing(side, item.name, begun - item.since, time.monotonic() - begun)
            for watcher in self.watchers:
                watcher(timing)


def _in_savepoint(connection: sqlite3.Connection, work: Work) -> tuple[Any, BaseException | None]:
    """Return what a write returns, or why nothing of it is left; raises what ends the whole transaction."""
    connection.execute("SAVEPOINT one")
    try:
        result = work(connection)
    except BaseException as error:
        if not connection.in_transaction or sqlite.is_broken(error):
            raise
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        return None, error
    connection.execute("RELEASE one")
    return result, None


def _prepared(path: Path | None, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """Return the connection that writes, to a file that was looked at before anything of it was changed."""
    if path is not None:
        _keep_private(path)
    connection = _connect(path)
    try:
        with _translated(path):
            check(connection, path, migrations)
            if path is not None:
                sqlite.keep_durably(connection, "wal" if machine.is_local(path) else "truncate")
            migrate(connection, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_private(path: Path) -> None:
    """Make a new store a file its owner alone may read; the files SQLite puts beside it get the same rights."""
    with contextlib.suppress(OSError):  # it is there, or cannot be made: opening it says which
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _connect(path: Path | None, *, asking: bool = False) -> sqlite3.Connection:
    with _translated(path):
        connection = sqlite.connect(path, timeout=_BUSY, asking=asking, any_thread=True)
        try:
            sqlite.keep_pages(connection)
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    """Raise SQLite's errors that are the computer's as ours; those of our own statements stay what they are."""
    try:
        yield
    except sqlite3.Error as error:
        ours = sqlite.translated(error, STORE, path, _DAMAGED)
        if ours is error:
            raise
        raise ours from error


def _name(work: object) -> str:
    """Return the name of the function some work is, of the outer one for a lambda."""
    name: str = getattr(getattr(work, "func", work), "__qualname__", type(work).__name__)
    return name.removesuffix(".<locals>.<lambda>").rpartition(".<locals>.")[2]


F = TypeVar("F", bound="SqliteFamily")
P = ParamSpec("P")


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
