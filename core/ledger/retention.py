"""How long history is kept, and how a ledger is checked, copied and put back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputOutput, NoSuchFile, TukscalError
from ..system import sqlite
from ..system.files import check_folder
from ..system.sqlite import LEDGER, is_damage
from . import opening, rows, schema, sql
from .model import LETTERS, Job, Keep, Stamps, State
from .store import Store, translated

AT_START = 10  # chunks a start may delete: nobody waits for more
_CHUNK = 1_000
_DAY = 86_400.0


class Retention:
    """What is kept of a ledger, and how long."""

    def __init__(self, store: Store, keep: Keep, lease: str) -> None:
        self._store = store
        self._keep = keep
        self._lease = lease

    def purge(self, chunks: int | None = None) -> int:
        """Delete done jobs beyond what is kept, with what hangs on them; return how many.

        Nothing that is open, a dead letter or still to be pushed is touched.
        """
        before, gone, rounds = self._store.now() - self._keep.days * _DAY, 0, 0
        while chunks is None or rounds < chunks:
            with self._store.writing():
                went = _purge_jobs(self._store, before, self._keep.jobs)
                if not went:
                    _purge_rest(self._store, before, self._lease)
                    return gone
            gone, rounds = gone + went, rounds + 1
        return gone

    def discard(self, ids: Iterable[int]) -> int:
        """Delete dead letters with their attempts; return how many there were."""
        with self._store.writing():
            letters = [number for number in ids if self._store.rows(sql.DISCARDABLE, {"id": number})]
            for number in letters:
                _delete(self._store, number)
        return len(letters)

    def left(self, queue: str, batch: int) -> list[Job]:
        """Return what earlier batches left of a queue: waiting, or dead letters."""
        found = list[Job]()
        with self._store.reading():
            for state in (State.QUEUED, State.FAILED, *LETTERS):
                values = {"queue": queue, "state": state}
                for number, _ in self._store.rows(sql.LEFT_WHERE, values | {"batch": batch}):
                    found += map(rows.job_of, self._store.rows(sql.LEFT, values | {"batch": number}))
        return found

    def waiting(self, batch: int) -> list[Job]:
        """Return the jobs of a batch that wait, for their turn or for their next attempt."""
        with self._store.reading():
            states = self._store.rows(sql.WAITING_WHERE, {"batch": batch})
            found = [self._store.rows(sql.WAITING, {"batch": batch, "state": state}) for (state,) in states]
        return [rows.job_of(row) for part in found for row in part]

    def forget(self, ids: Iterable[int], batch: int = sys.maxsize) -> int:
        """Delete jobs that wait or are dead letters, if no batch from `batch` on wants them; return how many."""
        with self._store.writing():
            gone = [number for number in ids if self._store.rows(sql.FORGETTABLE, {"id": number, "batch": batch})]
            for number in gone:
                _delete(self._store, number)
        return len(gone)

    def park(self, ids: Iterable[int], batch: int, queue: str) -> int:
        """Move jobs that wait, of other batches than `batch`, to a queue nobody works on, until queued again."""
        with self._store.writing():
            return self._store.each(sql.PARK, ({"id": number, "batch": batch, "parked": queue} for number in ids))

    def mark(self, outputs: Iterable[Path], text: str) -> None:
        """Put a word in the place of the stamps of what current results and dead letters were made of."""
        with self._store.writing():
            for output in outputs:
                for statement in (sql.MARK_RESULT, sql.MARK_LETTER):
                    self._store.run(statement, {"output": rows.path_bytes(output), "mark": text})

    def restamp(self, stamps: Iterable[Stamps]) -> int:
        """Write down how the files of results were found, where the results are still those; return how many."""
        with self._store.writing():
            return self._store.each(
                sql.RESTAMP, (one._asdict() | {"output": rows.path_bytes(one.output)} for one in stamps)
            )

    def check(self) -> tuple[str, ...]:
        """Return what the integrity check finds wrong, nothing for a sound ledger."""
        try:
            found = self._store.wait(lambda: self._store.connection.execute("PRAGMA integrity_check").fetchall())
        except sqlite3.Error as error:
            if is_damage(error):
                return (str(error),)
            raise self._store.translated(error) from None
        return () if found == [("ok",)] else tuple(str(line) for (line,) in found)

    def backup(self, path: Path) -> None:
        """Write a copy of the ledger as it is now; an older copy stays until the new one is whole.

        Raises InputOutput or NotWritable.
        """
        check_folder(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
        os.close(handle)
        try:
            _copy(self._store, Path(name), path)
            os.replace(name, path)
        except OSError as error:
            raise InputOutput(f"{path} cannot be written: {error.strerror}.", file=str(path)) from None
        finally:
            Path(name).unlink(missing_ok=True)

    def restore(self, path: Path) -> None:
        """Make the ledger what a backup holds, in one transaction.

        Raises NoSuchFile for no file, InputOutput for one that is no sound ledger of this version or older.
        """
        if not path.is_file():
            raise NoSuchFile(f"There is no file {path}.", file=str(path))
        try:
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
                if not _is_usable(source):
                    raise _useless(path)
                self._store.replace_by(source)
        except sqlite3.Error as error:
            raise translated(error, path) from None
        while True:
            with self._store.writing(), self._store.translating():
                if not opening.migrate_once(self._store.connection):
                    return


def _purge_jobs(store: Store, before: float, most: int) -> int:
    ids = store.rows(sql.OLD, {"before": before, "limit": _CHUNK})
    if not ids:
        ((done,),) = store.rows(sql.DONE)
        ids = store.rows(sql.OLDEST, {"limit": min(_CHUNK, max(0, done - most))})
    for (number,) in ids:
        _delete(store, number)
    return len(ids)


def _delete(store: Store, number: int) -> None:
    for statement in (sql.DELETE_ATTEMPTS, sql.DELETE_OUTBOX, sql.DELETE_JOB):
        store.run(statement, {"id": number})


def _purge_rest(store: Store, before: float, lease: str) -> None:
    while store.run(sql.OLD_OUTBOX, {"before": before, "limit": _CHUNK}) == _CHUNK:
        pass
    store.run(sql.EMPTY_TALLIES)
    store.run(sql.OLD_BATCHES, {"before": before})
    store.run(sql.OLD_LEASES, {"lease": lease})


def _copy(store: Store, temporary: Path, path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(temporary)) as target, store.reading():
            store.rows(sql.DONE)  # waits for its turn, and keeps it
            store.connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise translated(error, path) from None


def _is_usable(source: sqlite3.Connection) -> bool:
    try:
        names = sqlite.applied(source, LEDGER)
        sound = source.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False
    ours = tuple(migration.name for migration in schema.MIGRATIONS)
    return sound and bool(names) and names == ours[: len(names)]


def _useless(path: Path) -> TukscalError:
    advice = "Name a file that `backup` wrote. Nothing was changed."
    return InputOutput(f"{path} is not a sound backup of a ledger.", advice=advice, file=str(path))
