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

from ..errors import InputOutput
from ..system import machine, sqlite
from ..system.sqlite import LEDGER, best_mode, is_busy, is_damage

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Mapping[str, object]
Clock = Callable[[], float]

_PIECE = 1.0  # seconds SQLite waits by itself
_MENDED = "Run the same command again: the damaged ledger is moved aside and a new one begun."
_LEFT = "The next `tukscal batch` moves it aside and begins a new one; calendars that were written stay."


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """A store's wall clock, its clock that only goes forward, and the seconds it waits for other programs."""

    clock: Clock
    ticks: Clock
    patience: float


class Store:
    """A ledger's file, open in one process."""

    def __init__(self, path: Path, habits: Habits, *, asking: bool = False) -> None:
        self.path = path
        self.asking = asking  # nothing is made, changed, mended or noted
        self.local = machine.is_local(path)
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
        with sqlite.transaction(self.connection, "BEGIN", self.run):
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the ledger for changes, which come true all or not at all.

        Raises InputOutput or NotWritable.
        """
        self._check_file()
        with sqlite.transaction(self.connection, "BEGIN IMMEDIATE", self.run):
            yield

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
        """Turn SQLite's errors into ours; damage is noted beside the file for the next start."""
        try:
            yield
        except sqlite3.Error as error:
            ours = self.translated(error)
            if is_damage(error) and isinstance(ours, InputOutput):
                self._suspect()
            raise ours from None
        except UnicodeDecodeError:  # SQLite quotes what it cannot read
            self._suspect()
            raise self.damaged() from None

    def translated(self, error: sqlite3.Error) -> Exception:
        """Return SQLite's error in our words; a fault of our own statements stays what it is."""
        return sqlite.translated(error, LEDGER, self.path, self._advice())

    def damaged(self) -> InputOutput:
        """Return the error for a file that cannot be trusted."""
        return sqlite.damaged(LEDGER, self.path, self._advice())

    def _advice(self) -> str:
        return _LEFT if self.asking else _MENDED

    def _suspect(self) -> None:
        if not self.asking:
            with contextlib.suppress(OSError):
                suspicion(self.path).touch()

    def replace_by(self, source: sqlite3.Connection) -> None:
        """Make the file what another database holds, in one transaction. Raises sqlite3.Error or InputOutput."""
        deadline = time.monotonic() + self._habits.patience

        def progress(status: int, _remaining: int, _pages: int) -> None:
            if (
                status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() >= deadline
            ):  # by itself it would wait for ever
                raise sqlite.in_use(LEDGER, self.path)

        self._check_file()
        source.backup(self.connection, progress=progress)

    def choose_journal(self) -> str:
        """Choose the journal and return its name; while others have the file open it stays as they have it."""
        connection, mode = self.connection, best_mode(self.path)
        return self.patiently(lambda: sqlite.keep_durably(connection, mode))

    def work_on_copy(self, copy: sqlite3.Connection) -> None:
        """Use a copy of the file from here on, which is gone when it is closed."""
        self.connection.close()
        self._open = copy

    def _connect(self) -> sqlite3.Connection:
        try:
            opened = sqlite.connect(self.path, timeout=min(_PIECE, self._habits.patience), asking=self.asking)
        except sqlite3.Error as error:
            raise self.translated(error) from None
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


def translated(error: sqlite3.Error, path: Path) -> Exception:
    """Return SQLite's error in our words; a fault of our own statements stays what it is."""
    return sqlite.translated(error, LEDGER, path, _MENDED)
