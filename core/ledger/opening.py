"""From a path to an open, sound, migrated ledger; what is damaged is moved aside, what is no ledger is left alone.

A damaged ledger is moved with its journals and never thrown away: what it knew of finished work is found again in the
outputs.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputOutput, NoSuchFile, NotWritable
from ..system import sqlite
from ..system.files import is_no_file
from ..system.sqlite import LEDGER, is_broken, is_damage, is_read_only
from . import schema, sql
from .store import Habits, Store, suspicion, translated

_ALWAYS = 8 * 2**20  # bytes up to which a file is read through with its indexes at each start (0.15 s)
_DAY = 86_400.0  # seconds after which a larger one is
_HEAD = 4_096
_OTHERS = (b"%PDF", b"PK\x03\x04", b"BEGIN:VCALENDAR")
_SIDES = ("-wal", "-shm", "-journal")


class DamageFound(Exception):
    """The file is a ledger that cannot be trusted, or was one."""


def examine(store: Store) -> int | None:
    """Look whether a file can be used as it is or after migrations; return how many it has, None for an empty file.

    Raises DamageFound, or NotWritable for a newer ledger and for what is no ledger, or InputOutput.
    """
    try:
        return _examine(store)
    except UnicodeDecodeError:  # SQLite quotes what it cannot read
        raise DamageFound from None
    except sqlite3.Error as error:
        if is_damage(error):
            _refuse_others(store.path)
            raise DamageFound from None
        raise store.translated(error) from None


def _examine(store: Store) -> int | None:
    connection = store.connection
    names = store.wait(lambda: _applied(store))
    if names is None:
        return None
    ours = tuple(migration.name for migration in schema.MIGRATIONS)
    if names[: len(ours)] == ours and len(names) > len(ours):
        raise sqlite.newer(LEDGER, store.path, schema.needs(connection))
    if names != ours[: len(names)] or (names == ours and not schema.is_as_made(connection)):
        raise DamageFound
    _read_through(store)
    if not store.asking:
        suspicion(store.path).unlink(missing_ok=True)
        _try_writing(store)
    return len(names)


def _try_writing(store: Store) -> None:
    """Find a header that says that nobody may write a file that everybody may; a full disk is no matter yet.

    The file is not read for that as it lies: closing it would let go of all locks this process has on it.
    """
    connection = store.connection
    try:
        store.wait(lambda: connection.execute("BEGIN IMMEDIATE"))
        connection.execute(sql.TOUCH)
    except sqlite3.OperationalError as error:
        if not is_broken(error):
            allowed = os.access(store.path, os.W_OK) and os.access(store.path.parent, os.W_OK)
            raise (DamageFound if is_read_only(error) and allowed else error) from None
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _applied(store: Store) -> tuple[str, ...] | None:
    """Return the migrations a ledger has behind it, None for an empty file; all is read of one state of the file.

    Another process may be making its tables at this moment. Raises sqlite3.Error, DamageFound or NotWritable.
    """
    connection = store.connection
    with sqlite.transaction(connection, "BEGIN"):
        kind = sqlite.kind_of(connection)
        if kind is LEDGER:
            names = sqlite.applied(connection, LEDGER)
            if not names:  # one of ours that lost its tables
                raise DamageFound
            return names
        ((objects,),) = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        if kind or objects:
            raise sqlite.refusal(LEDGER, store.path, kind)
        return None


def _read_through(store: Store) -> None:
    """Read the whole file; what its indexes say only if it is small, or if damage was met while in use."""
    suspected = suspicion(store.path).exists()
    if not suspected and not _is_due(store):
        return
    whole = suspected or store.path.stat().st_size <= _ALWAYS
    question = "PRAGMA integrity_check" if whole else "PRAGMA quick_check"
    if store.wait(lambda: store.connection.execute(question).fetchall()) != [("ok",)]:
        raise DamageFound


def _is_due(store: Store) -> bool:
    """Return whether a file is to be read through: a small one at each start, a large one once a day."""
    if store.path.stat().st_size <= _ALWAYS:
        return True
    noted = store.connection.execute(sql.ABOUT, {"name": "checked"}).fetchone()
    return noted is None or not 0 <= store.now() - _number(noted[0]) < _DAY


def note_reading(store: Store) -> None:
    """Write down when a large file was read through."""
    if store.path.stat().st_size > _ALWAYS and _is_due(store):
        with store.writing():
            store.run(sql.NOTE, {"name": "checked", "value": str(store.now())})


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _refuse_others(path: Path) -> None:
    """Refuse what looks like another program's, or like a document: it was named by mistake, and is not to be renamed.

    Raises NotWritable.
    """
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD)
        kind = sqlite.header_kind(head)
        if kind not in (None, LEDGER) or head.startswith(_OTHERS) or _is_text(head):
            raise sqlite.refusal(LEDGER, path, kind)


def _is_text(head: bytes) -> bool:
    if not head:  # the new file of one who mended it meanwhile
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n" for character in text)


# ---- moving aside


@contextlib.contextmanager
def alone(path: Path, patience: float) -> Iterator[None]:
    """Let one process after the other mend a ledger: the second finds it mended.

    The lock is an empty database beside it, because a dead process's lock on that is nobody's. Raises InputOutput.
    """
    lock = path.with_name(f"{path.name}.mending")
    try:
        with contextlib.closing(sqlite3.connect(lock, timeout=patience, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
    except sqlite3.Error as error:
        raise translated(error, path) from None


def move_aside(path: Path, now: float) -> Path:
    """Rename a damaged ledger with its journals, which go first so that a new one never meets them."""
    target = unused_name(path, "damaged", now)
    try:
        for side in _SIDES:
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{path}{side}", f"{target}{side}")
        os.rename(path, target)
        suspicion(path).unlink(missing_ok=True)
    except OSError as error:
        advice = "Close the programs that use it, and run the same command again."
        message = f"The ledger {path} is damaged and cannot be moved aside: {error.strerror}."
        raise InputOutput(message, advice=advice, file=str(path)) from None
    return target


def unused_name(path: Path, what: str, now: float) -> Path:
    """Return a name beside a ledger that nothing has, with what is kept under it and the time."""
    name = f"{path.name}.{what}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}"
    names = (f"{name}{end}" for end in ("", *(f"-{number}" for number in range(2, 1000))))
    return next(place for one in names if not os.path.lexists(place := path.with_name(one)))


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
    except DamageFound:
        moved = _mend(path, habits)
        store = _examined(path, habits)
    with closed_on_error(store):
        journal = store.choose_journal()
        _migrate(store)
        note_reading(store)
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
            version = examine(store)
        except DamageFound:
            raise store.damaged() from None
        if version is None:
            raise NoSuchFile(f"{path} is empty: it is no ledger yet.", file=str(path))
        if version < len(schema.MIGRATIONS):
            _work_on_copy(store)
        ((journal,),) = store.rows("PRAGMA journal_mode")
    return store, Opened(journal=journal, moved_aside=None)


def _work_on_copy(store: Store) -> None:
    with contextlib.ExitStack() as on_error, store.translating():
        # A file without a name, gone when it is closed.
        copy = on_error.enter_context(contextlib.closing(sqlite3.connect("", isolation_level=None)))
        store.wait(lambda: store.connection.backup(copy))
        on_error.pop_all()  # from here on the store closes it
        store.work_on_copy(copy)
        while migrate_once(copy):
            pass


def _examined(path: Path, habits: Habits) -> Store:
    store = Store(path, habits)
    with closed_on_error(store):
        examine(store)
    return store


def _mend(path: Path, habits: Habits) -> Path | None:
    """Move a damaged ledger aside unless another process just did."""
    with alone(path, habits.patience):
        with contextlib.suppress(DamageFound):
            _examined(path, habits).close()
            return None
        _check_unused(path, habits)
        return move_aside(path, habits.clock())


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
