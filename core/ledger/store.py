"""The open file: one connection, its transactions, its patience, and SQLite's errors in our words.

Every write begins IMMEDIATE, so that nobody finds out half-way that another was first. Waiting for others happens in
short pieces, between which Ctrl-C is heard.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .. import host
from ..errors import InputOutput, NotWritable, TukscalError
from .journal import best_mode

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Mapping[str, object]
Clock = Callable[[], float]

_PIECE = 1.0  # seconds SQLite waits by itself
_CACHE = 16  # MiB: a chunk of a thousand jobs touches so much
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_SHUT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_BROKEN = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a store behaves: the wall clock, the clock that only goes forward, seconds it waits for others."""

    clock: Clock
    ticks: Clock
    patience: float


class Store:
    """A ledger's file, open in one process."""

    def __init__(self, path: Path, habits: Habits) -> None:
        self.path = path
        self.local = host.is_local(path)
        self._habits = habits
        self._process = os.getpid()
        self._open: sqlite3.Connection | None = self._connect()
        self._identity = self._file()

    def now(self) -> float:
        """Return the wall clock's unix seconds."""
        return float(self._habits.clock())

    def ticks(self) -> float:
        """Return seconds that only go forward."""
        return self._habits.ticks()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for the process that opened it only."""
        if self._open is None:
            raise ValueError("This ledger is closed.")
        if os.getpid() != self._process:
            raise ValueError("A ledger belongs to the process that opened it.")
        return self._open

    def close(self) -> None:
        """Close the file; in a forked process nothing but forget it."""
        connection, self._open = self._open, None
        if connection is not None and os.getpid() == self._process:
            connection.close()

    def rows(self, sql: str, values: Values | None = None) -> list[Row]:
        """Return all rows of a statement."""
        connection = self.connection
        return self.patiently(lambda: connection.execute(sql, values or {}).fetchall())

    def run(self, sql: str, values: Values | None = None) -> int:
        """Run a statement that changes something and return how many rows it changed."""
        connection = self.connection
        return self.patiently(lambda: connection.execute(sql, values or {}).rowcount)

    def insert(self, sql: str, values: Values) -> int:
        """Insert a row and return its number."""
        connection = self.connection
        return self.patiently(lambda: connection.execute(sql, values).lastrowid or 0)

    def each(self, sql: str, values: Iterable[Values]) -> int:
        """Run a statement for each of several values and return how many rows changed altogether."""
        return sum(self.run(sql, value) for value in values)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Let several questions see one state of the ledger."""
        with self._transaction("BEGIN"):
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the ledger for changes, which come true all or not at all.

        Raises InputOutput or NotWritable.
        """
        self._check_file()
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        connection = self.connection
        self.run(begin)
        try:
            yield
            self.run("COMMIT")
        finally:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    def wait(self, call: Callable[[], T]) -> T:
        """Return what a call to SQLite returns, once no other program holds the file. Raises sqlite3.Error."""
        deadline = time.monotonic() + self._habits.patience
        while True:
            try:
                return call()
            except sqlite3.Error as error:
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what a call to SQLite returns, once no other program holds the file.

        Raises InputOutput or NotWritable for what SQLite reports.
        """
        with self.translating():
            return self.wait(call)

    @contextlib.contextmanager
    def translating(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.path) from None
        except UnicodeDecodeError:  # SQLite quotes what it cannot read
            raise _damaged(self.path) from None

    def replace_by(self, source: sqlite3.Connection) -> None:
        """Make the file what another database holds, in one transaction. Raises sqlite3.Error or InputOutput."""
        deadline = time.monotonic() + self._habits.patience

        def progress(status: int, _remaining: int, _pages: int) -> None:
            if status in _BUSY and time.monotonic() >= deadline:  # by itself it would wait for ever
                raise in_use(self.path)

        self._check_file()
        source.backup(self.connection, progress=progress)

    def choose_journal(self) -> str:
        """Choose the journal and return its name; while others have the file open it stays as they have it."""
        connection, mode = self.connection, best_mode(self.path)
        try:
            ((found,),) = connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise translated(error, self.path) from None
            ((found,),) = self.rows("PRAGMA journal_mode")
        self.run("PRAGMA synchronous = FULL")
        self.run("PRAGMA fullfsync = ON")  # on macOS a plain fsync stops at the disk's own memory
        self.run(f"PRAGMA cache_size = -{_CACHE * 1024}")
        return str(found)

    def _connect(self) -> sqlite3.Connection:
        try:
            # Statements begin and end transactions, never the driver.
            opened = sqlite3.connect(self.path, timeout=min(_PIECE, self._habits.patience), isolation_level=None)
        except sqlite3.Error as error:
            raise translated(error, self.path) from None
        opened.text_factory = _text  # no check of SQLite's looks whether text is text
        return opened

    def _file(self) -> tuple[int, int] | None:
        """Return which file bears the ledger's name; shares of other computers may number files anew."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if self.local else (0, 0)

    def _check_file(self) -> None:
        """Refuse to write into a file that was removed or replaced: nobody would ever read it.

        Raises InputOutput.
        """
        identity = self._file()
        self._identity = self._identity or identity  # a new file has its name only after the first write
        if self._identity is not None and identity != self._identity:
            raise InputOutput(
                f"The ledger {self.path} was removed or replaced while it was in use.",
                advice="Run the same command again; it goes on with the ledger that is there.",
                file=str(self.path),
            )


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


def suspicion(path: Path) -> Path:
    """Return the file whose presence says that a ledger was found damaged while in use."""
    return path.with_name(f"{path.name}.suspect")


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another program holds the file."""
    return _code(error) in _BUSY


def is_read_only(error: sqlite3.Error) -> bool:
    """Return whether an error says that nobody may write the file, for no other reason than that."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY


def is_broken(error: sqlite3.Error) -> bool:
    """Return whether the disk is full or failed, or the memory did."""
    return _code(error) in _BROKEN


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error of a statement that is right says that the file is not."""
    code = _code(error)
    return code is not None and code not in (*_BUSY, *_SHUT, *_BROKEN, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_INTERRUPT)


def in_use(path: Path) -> InputOutput:
    """Return the error for a ledger somebody else does not let go."""
    advice = "Wait until the other program has finished, or name another ledger with --ledger."
    return InputOutput(f"The ledger {path} is in use by another program.", advice=advice, file=str(path))


def translated(error: sqlite3.Error, path: Path) -> Exception:
    """Return SQLite's error in our words; a fault of our own statements stays what it is."""
    code, where = _code(error), str(path)
    if code in _BUSY:
        return in_use(path)
    if code in _SHUT:
        advice = "Change its permissions, or name another ledger with --ledger."
        return NotWritable(f"The ledger {path} cannot be opened or written.", advice=advice, file=where)
    if code in _BROKEN:
        reason = "the disk is full" if code == sqlite3.SQLITE_FULL else "the disk or the memory failed"
        return InputOutput(f"The ledger {path} cannot be read or written: {reason}.", file=where)
    return _damaged(path) if code in _DAMAGE else error


def _damaged(path: Path) -> TukscalError:
    with contextlib.suppress(OSError):
        suspicion(path).touch()
    return InputOutput(
        f"The ledger {path} is damaged.",
        advice="Run the same command again: the damaged ledger is moved aside and a new one begun.",
        file=str(path),
    )


def _code(error: sqlite3.Error) -> int | None:
    """Return SQLite's primary result code, None for what the driver itself refuses."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
