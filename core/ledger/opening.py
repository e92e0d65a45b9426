"""From a path to an open, sound, migrated ledger file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import NoSuchFile, NotWritable
from ..system import sqlite
from ..system.files import is_no_file
from ..system.sqlite import LEDGER
from . import recovery, schema
from .store import Habits, Store, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How the file was found: its journal mode, and where a damaged one went that stood there."""

    journal: str
    moved_aside: Path | None


def open_store(path: Path, habits: Habits) -> tuple[Store, Opened]:
    """Open a ledger's file, new or old; a damaged one is moved aside for a new one.

    SQLite puts its journals beside the file itself, not beside a link to it, and so is all that is done here. Raises
    InputOutput or NotWritable.
    """
    path = Path(os.path.realpath(path))
    sqlite.check_version()
    _make_folder(path)
    moved = None
    try:
        store = _examined(path, habits)
    except recovery.DamageFound:
        moved = _mend(path, habits)
        store = _examined(path, habits)
    with closed_on_error(store):
        journal = store.choose_journal()
        _migrate(store)
        recovery.note_reading(store)
    return store, Opened(journal=journal, moved_aside=moved)


def ask_store(path: Path, habits: Habits) -> tuple[Store, Opened]:
    """Open a ledger's file to read what it says: nothing is made, changed, mended or moved.

    An older ledger is read from a copy that is brought up to date. Raises NoSuchFile, InputOutput or NotWritable.
    """
    path = Path(os.path.realpath(path))
    sqlite.check_version()
    _check_ordinary(path)
    store = Store(path, habits, asking=True)
    with closed_on_error(store):
        try:
            version = recovery.examine(store)
        except recovery.DamageFound:
            raise store.damaged() from None
        if version is None:
            raise NoSuchFile(f"{path} is empty: it is no ledger yet.", file=str(path))
        if version < len(schema.MIGRATIONS):
            _work_on_copy(store)
        ((journal,),) = store.rows("PRAGMA journal_mode")
    return store, Opened(journal=journal, moved_aside=None)


def _work_on_copy(store: Store) -> None:
    copy = sqlite3.connect("", isolation_level=None)  # a file without a name, gone when it is closed
    with store.translating():
        store.wait(lambda: store.connection.backup(copy))
        store.work_on_copy(copy)
        while migrate_once(copy):
            pass


def _examined(path: Path, habits: Habits) -> Store:
    store = Store(path, habits)
    with closed_on_error(store):
        recovery.examine(store)
    return store


def _mend(path: Path, habits: Habits) -> Path | None:
    """Move a damaged ledger aside unless another process just did."""
    with recovery.alone(path, habits.patience):
        with contextlib.suppress(recovery.DamageFound):
            _examined(path, habits).close()
            return None
        _check_unused(path, habits)
        return recovery.move_aside(path, habits.clock())


def _check_unused(path: Path, habits: Habits) -> None:
    """Wait until nobody writes into a damaged ledger. Raises InputOutput."""
    with contextlib.closing(Store(path, habits)) as store:
        try:
            store.wait(lambda: store.connection.execute("BEGIN EXCLUSIVE"))
        except sqlite3.Error as error:
            if sqlite.is_busy(error):
                raise translated(error, path) from None


def _migrate(store: Store) -> None:
    """Make the migrations that are missing, each with its note in one transaction."""
    missing = True
    while missing:
        with store.writing(), store.translating():
            missing = migrate_once(store.connection)


def migrate_once(connection: sqlite3.Connection) -> bool:
    """Make the ledger's next migration inside the transaction that is open; return False if there was none left."""
    return sqlite.migrate_once(connection, LEDGER, schema.MIGRATIONS)


def _make_folder(path: Path) -> None:
    """Make the folder of a ledger; what stands in the file's place must be a file.

    Raises NotWritable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_ordinary(path)
    except OSError as error:
        message = f"The folder of the ledger {path} cannot be made: {error.strerror}."
        raise NotWritable(message, advice="Name another ledger with --ledger.", file=str(path)) from None


def _check_ordinary(path: Path) -> None:
    if is_no_file(path):
        advice = "Name another ledger with --ledger."
        raise NotWritable(f"{path} is not an ordinary file.", advice=advice, file=str(path))


@contextlib.contextmanager
def closed_on_error(store: Store) -> Iterator[None]:
    """Close a file that turned out to be unusable."""
    try:
        yield
    except BaseException:
        store.close()
        raise
