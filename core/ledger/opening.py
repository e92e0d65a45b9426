"""From a path to an open, sound, migrated ledger file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import NotWritable
from ..files import is_no_file
from . import mending, schema
from .journal import OLDEST
from .store import Habits, Store, is_busy, translated


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
    _check_sqlite()
    _make_folder(path)
    moved = None
    try:
        store = _examined(path, habits)
    except mending.DamageFound:
        moved = _mend(path, habits)
        store = _examined(path, habits)
    with closed_on_error(store):
        journal = store.choose_journal()
        _migrate(store)
        mending.note_reading(store)
    return store, Opened(journal=journal, moved_aside=moved)


def _examined(path: Path, habits: Habits) -> Store:
    store = Store(path, habits)
    with closed_on_error(store):
        mending.examine(store)
    return store


def _mend(path: Path, habits: Habits) -> Path | None:
    """Move a damaged ledger aside unless another process just did."""
    with mending.alone(path, habits.patience):
        with contextlib.suppress(mending.DamageFound):
            _examined(path, habits).close()
            return None
        _check_unused(path, habits)
        return mending.move_aside(path, habits.clock())


def _check_unused(path: Path, habits: Habits) -> None:
    """Wait until nobody writes into a damaged ledger. Raises InputOutput."""
    with contextlib.closing(Store(path, habits)) as store:
        try:
            store.wait(lambda: store.connection.execute("BEGIN EXCLUSIVE"))
        except sqlite3.Error as error:
            if is_busy(error):
                raise translated(error, path) from None


def _migrate(store: Store) -> None:
    """Make the migrations that are missing, each with its note in one transaction."""
    missing = True
    while missing:
        with store.writing(), store.translating():
            missing = schema.migrate_once(store.connection)


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST[:2]))
        advice = "Use a Python with a newer SQLite; every Python of python.org has one."
        raise NotWritable(f"SQLite {sqlite3.sqlite_version} is too old: {oldest} is needed.", advice=advice)


def _make_folder(path: Path) -> None:
    """Make the folder of a ledger; what stands in the file's place must be a file.

    Raises NotWritable.
    """
    advice = "Name another ledger with --ledger."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_no_file(path):
            raise NotWritable(f"{path} is not an ordinary file.", advice=advice, file=str(path))
    except OSError as error:
        message = f"The folder of the ledger {path} cannot be made: {error.strerror}."
        raise NotWritable(message, advice=advice, file=str(path)) from None


@contextlib.contextmanager
def closed_on_error(store: Store) -> Iterator[None]:
    """Close a file that turned out to be unusable."""
    try:
        yield
    except BaseException:
        store.close()
        raise
