"""SQLite for the ledger and the service's store; the one module that imports sqlite-utils.

An application id in the header tells which of them a file is. Each migration is one transaction with the note that it
was made; a file with unknown migrations was written by a newer tukscal.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import InputOutput, NotWritable
from . import machine

if TYPE_CHECKING:
    from sqlite_utils import Database

Version = tuple[int, ...]
OLDEST: Version = (3, 35, 0)  # UPDATE ... RETURNING
_REPAIRED: Version = (3, 51, 3)
_REPAIRED_TOO: tuple[tuple[Version, Version], ...] = (((3, 44, 6), (3, 45, 0)), ((3, 50, 7), (3, 51, 0)))
_CACHE = 16  # MiB a connection: a chunk of a thousand jobs touches so much
_MAGIC = b"SQLite format 3\0"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_SHUT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_BROKEN = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM)


class DiskFailed(InputOutput):
    """The disk of a database is full, or fails."""


# ---- whose file it is


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """A kind of database: its noun, the description of its file, the option that names it, and its application id."""

    noun: str
    title: str
    option: str
    application: int


LEDGER = DatabaseKind(
    noun="ledger", title="a ledger of `tukscal batch` or `tukscal watch`", option="--ledger", application=0x74756B73
)
STORE = DatabaseKind(noun="store", title="the store of `tukscal serve`", option="--store", application=0x74756B76)
_OLD_STORE = frozenset({"migrations", "accounts"})  # tables of a store from when both kinds had the ledger's id


def kind_of(connection: sqlite3.Connection) -> DatabaseKind | None:
    """Return which kind of database a file is, None for an empty file or another program's. Raises sqlite3.Error."""
    ((application,),) = connection.execute("PRAGMA application_id").fetchall()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    noted = set[str]()
    if "_sqlite_migrations" in tables:
        noted = {name for (name,) in connection.execute("SELECT DISTINCT migration_set FROM _sqlite_migrations")}
    elif application == LEDGER.application and tables >= _OLD_STORE:
        return STORE
    for kind in (STORE, LEDGER):
        if kind.noun in noted or (application == kind.application and not noted):
            return kind
    return None


def header_kind(head: bytes) -> DatabaseKind | None:
    """Return which kind of database the first bytes of a file say it is."""
    application = int.from_bytes(head[68:72], "big") if head.startswith(_MAGIC) else 0
    return next((kind for kind in (STORE, LEDGER) if application == kind.application), None)


def refusal(wanted: DatabaseKind, path: Path | None, found: DatabaseKind | None) -> NotWritable:
    """Return the error for a file that is tukscal's other kind of database or not tukscal's at all."""
    what = f"{found.title}, not a {wanted.noun}" if found else f"not a {wanted.noun} of tukscal"
    advice = f"Name another file with {wanted.option}. Nothing was changed."
    return NotWritable(f"{path} is {what}.", advice=advice, file=str(path))


def newer(kind: DatabaseKind, path: Path | None, version: str = "") -> NotWritable:
    """Return the error for a file with unknown migrations; `version` is the tukscal that wrote it."""
    return NotWritable(
        f"The {kind.noun} {path} was written by a newer tukscal{f' ({version})' if version else ''}.",
        advice=f"Install {f'tukscal {version} or newer' if version else 'that one'}, or name another {kind.noun} with "
        f"{kind.option}. Nothing was changed.",
        file=str(path),
    )


# ---- connections


def connect(path: Path | None, *, timeout: float, asking: bool = False, any_thread: bool = False) -> sqlite3.Connection:
    """Open a file, or a database in memory for None; statements begin and end transactions, never the driver.

    `asking` neither creates nor changes a file. Where there is a write-ahead log its last reader may not empty it, and
    is read-only; where there is none a read-only one would leave an empty log behind. Raises sqlite3.Error.
    """
    if path is None:
        name = ":memory:"
    elif asking:
        name = f"{path.absolute().as_uri()}?mode={'ro' if os.path.lexists(f'{path}-wal') else 'rw'}"
    else:
        name = str(path)
    connection = sqlite3.connect(
        name, timeout=timeout, isolation_level=None, check_same_thread=not any_thread, uri=asking and path is not None
    )
    if asking:
        connection.execute("PRAGMA query_only = ON")
    return connection


def has_wal_bug(version: Version = sqlite3.sqlite_version_info) -> bool:
    """Return whether this version of SQLite can lose pages in WAL mode; a distribution's backport does not show in it.

    Before 3.51.3 a checkpoint could race with a restart of the log and skip pages (the WAL-reset bug; 3.44.6 and 3.50.7
    have the repair too).
    """
    return version < _REPAIRED and not any(first <= version < end for first, end in _REPAIRED_TOO)


def best_mode(path: Path) -> str:
    """Return the journal mode for a file that several processes write: `wal` or `truncate`.

    The write-ahead log is faster, but needs memory shared between processes, which no share of another computer offers.
    Elsewhere the rollback journal is cut to length zero at each commit.
    """
    return "wal" if not has_wal_bug() and machine.is_local(path) else "truncate"


def keep_durably(connection: sqlite3.Connection, mode: str) -> str:
    """Set the journal mode and return it; while other processes have the file open, theirs stays.

    Committed transactions survive a power cut. Raises sqlite3.Error.
    """
    try:
        ((found,),) = connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        ((found,),) = connection.execute("PRAGMA journal_mode").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync stops at the disk's own memory
    keep_pages(connection)
    return str(found)


def keep_pages(connection: sqlite3.Connection) -> None:
    """Enlarge a connection's page cache to what a large change touches. Raises sqlite3.Error."""
    connection.execute(f"PRAGMA cache_size = -{_CACHE * 1024}")


@contextlib.contextmanager
def transaction(
    connection: sqlite3.Connection, begin: str, run: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Begin a transaction and commit it, or roll it back; `run` executes the statements."""
    run = run or connection.execute
    run(begin)
    try:
        yield
        run("COMMIT")
    finally:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


# ---- migrations


class Migration(NamedTuple):
    """One change of the schema: its name, which never changes, and its statements."""

    name: str
    statements: tuple[str, ...]


def applied(connection: sqlite3.Connection, kind: DatabaseKind) -> tuple[str, ...]:
    """Return the names of the migrations applied to a file. Raises sqlite3.Error."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    question = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
    return tuple(name for (name,) in connection.execute(question, (kind.noun,))) if tables else ()


def migrate_once(connection: sqlite3.Connection, kind: DatabaseKind, migrations: Sequence[Migration]) -> bool:
    """Apply the next migration inside the open transaction; return False if there is none left."""
    done = len(applied(connection, kind))
    if done >= len(migrations):
        return False
    from sqlite_utils import Migrations  # 50 ms, needed once in a file's life

    steps, db = Migrations(kind.noun), _database(connection)
    for migration in migrations[: done + 1]:
        steps(name=migration.name)(_step(kind, migration))
    steps.apply(db)
    return True


def _step(kind: DatabaseKind, migration: Migration) -> Callable[[Database], None]:
    def make(db: Database) -> None:
        db.execute(f"PRAGMA application_id = {kind.application}")
        for statement in migration.statements:
            db.execute(statement)

    return make


def note_applied(connection: sqlite3.Connection, kind: DatabaseKind, names: Sequence[str]) -> None:
    """Record, inside the open transaction, migrations that were applied by other means."""
    from sqlite_utils import Migrations

    steps, db = Migrations(kind.noun), _database(connection)
    for name in names:
        steps(name=name)(_nothing)
    steps.apply(db)
    db.execute(f"PRAGMA application_id = {kind.application}")


def _nothing(_db: Database) -> None:
    pass


def _database(connection: sqlite3.Connection) -> Database:
    from sqlite_utils import Database

    return Database(connection, recursive_triggers=False, execute_plugins=False)


# ---- SQLite's errors


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether an error says that another program has locked the file."""
    return _code(error) in _BUSY


def is_read_only(error: sqlite3.Error) -> bool:
    """Return whether an error says that the file is read-only, and nothing else."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY


def is_broken(error: BaseException) -> bool:
    """Return whether an error says that the disk is full, or that disk or memory failed."""
    return isinstance(error, sqlite3.Error) and _code(error) in _BROKEN


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error of a valid statement says that the file is damaged."""
    code = _code(error)
    return code is not None and code not in (*_BUSY, *_SHUT, *_BROKEN, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_INTERRUPT)


def in_use(kind: DatabaseKind, path: Path | None) -> InputOutput:
    """Return the error for a file that another program keeps locked."""
    advice = f"Wait until the other program has finished, or name another {kind.noun} with {kind.option}."
    return InputOutput(f"The {kind.noun} {path} is in use by another program.", advice=advice, file=str(path))


def damaged(kind: DatabaseKind, path: Path | None, advice: str) -> InputOutput:
    """Return the error for a file that cannot be trusted."""
    return InputOutput(f"The {kind.noun} {path} is damaged.", advice=advice, file=str(path))


def translated(error: sqlite3.Error, kind: DatabaseKind, path: Path | None, advice: str) -> Exception:
    """Return SQLite's error as a TukscalError with advice; an error in a statement of tukscal's stays as it is."""
    code, name = _code(error), f"The {kind.noun} {path or 'in memory'}"
    if code in _BUSY:
        return in_use(kind, path)
    if code in _SHUT:
        change = f"Change its permissions, or name another {kind.noun} with {kind.option}."
        return NotWritable(f"{name} cannot be opened or written.", advice=change, file=str(path))
    if code in _BROKEN:
        reason = "the disk is full" if code == sqlite3.SQLITE_FULL else "the disk or the memory failed"
        return DiskFailed(f"{name} cannot be read or written: {reason}.", file=str(path))
    return damaged(kind, path, advice) if code in _DAMAGE else error


def _code(error: sqlite3.Error) -> int | None:
    """Return SQLite's primary result code, None for an error of the driver itself."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def check_version() -> None:
    """Refuse a SQLite version that lacks features the statements use. Raises NotWritable."""
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST[:2]))
        advice = "Use a Python with a newer SQLite; every Python of python.org has one."
        raise NotWritable(f"SQLite {sqlite3.sqlite_version} is too old: {oldest} is needed.", advice=advice)
