"""What the ledger tells of jobs: counts, pages, results, figures; how long it keeps them, and copies of the whole."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import InputOutput, NoSuchFile, TukscalError
from ..system import sqlite
from ..system.files import check_folder
from ..system.sqlite import LEDGER, is_damage
from . import opening, schema, sql
from .model import LETTERS, Attempt, Batch, Filter, Job, Keep, Stamps, Standing, State, Stats, WatchedFolder
from .store import Row, Store, translated

_ID, _CREATED = sql.JOB_COLUMNS.index("id"), sql.JOB_COLUMNS.index("created")
_PAGE = 1_000
_SAMPLE = 10_000  # done jobs the times are taken from


class History:
    """Batches, jobs and attempts: what was asked for, what was done, and what stands now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, command: str, details: object = None, watched: WatchedFolder | None = None) -> int:
        """Begin a batch, of a daemon with the folder it watches, and return its number.

        The folder that `details` name as its output can be asked for.
        """
        folder = details.get("output") if isinstance(details, Mapping) else None
        values = {
            "now": self._store.now(),
            "command": sql.text(command),
            "details": json.dumps(details),
            "output": os.fsencode(folder) if isinstance(folder, str) and os.path.isabs(folder) else None,
        }
        with self._store.writing():
            batch = self._store.insert(sql.BEGIN_BATCH, values)
            if watched is not None:
                self._store.run(sql.ADD_WATCH, sql.watch_values(watched) | {"batch": batch, "now": values["now"]})
        return batch

    def watches(self, source: Path) -> dict[int, WatchedFolder]:
        """Return a folder as daemons found it, by their batches, the newest first."""
        return dict(map(sql.watched_of, self._store.rows(sql.WATCHES, {"source": sql.path_bytes(source)})))

    def end_batch(self, batch: int, summary: object = None) -> None:
        """Write down that a batch has ended."""
        with self._store.writing():
            self._store.run(sql.END_BATCH, {"now": self._store.now(), "summary": json.dumps(summary), "batch": batch})

    def batches(self, limit: int = 20) -> list[Batch]:
        """Return the newest batches."""
        return [_batch(row) for row in self._store.rows(sql.BATCHES, {"limit": limit})]

    def batch(self, number: int) -> Batch | None:
        """Return a batch, None if there is none."""
        return next(map(_batch, self._store.rows(sql.BATCH, {"batch": number})), None)

    def before(self, number: int, folder: Path) -> Iterator[Batch]:
        """Yield the batches into a folder before one, the newest first."""
        while found := self._store.rows(sql.BATCH_BEFORE, {"output": sql.path_bytes(folder), "batch": number}):
            yield (batch := _batch(found[0]))
            number = batch.id

    def folders(self) -> list[str]:
        """Return the folders batches were to write into."""
        return [os.fsdecode(folder) for (folder,) in self._store.rows(sql.FOLDERS)]

    def job(self, number: int) -> Job | None:
        """Return a job, None if there is none."""
        return next(map(sql.job_of, self._store.rows(sql.JOB, {"id": number})), None)

    def attempts(self, number: int) -> list[Attempt]:
        """Return the attempts at a job, the first one first."""
        return [sql.attempt_of(row) for row in self._store.rows(sql.ATTEMPTS, {"job": number})]

    def count_in_queue(self, ids: Sequence[int], queue: str) -> int:
        """Return how many of some jobs are in a queue, or ended in it."""
        chunks = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
        values = ({"ids": json.dumps(list(chunk)), "queue": queue} for chunk in chunks)
        return sum(int(self._store.rows(sql.IN_QUEUE, value)[0][0]) for value in values)

    def counts(self, *, queue: str | None = None, batch: int | None = None) -> dict[State, int]:
        """Return the number of jobs in each state, of a queue, of a batch, or of all."""
        if queue is not None and batch is not None:
            raise ValueError("Ask for a queue or for a batch.")
        question = sql.COUNT_QUEUE if queue is not None else sql.COUNT_BATCH if batch is not None else sql.COUNT_ALL
        found: dict[str, int] = dict(self._store.rows(question, {"queue": queue, "batch": batch}))
        return {state: int(found.get(state, 0)) for state in State}

    def jobs(self, wanted: Filter | None = None) -> list[Job]:
        """Return a page of jobs, the newest first."""
        wanted = wanted or Filter()
        return self._page(wanted, State if wanted.state is None else (wanted.state,))

    def _page(self, wanted: Filter, states: Iterable[State]) -> list[Job]:
        """Return a page of each state, merged."""
        values: dict[str, object] = {
            "batch": wanted.batch,
            "cause": wanted.cause,
            "part": None if wanted.part is None else os.fsencode(wanted.part),
            "since": -math.inf if wanted.since is None else wanted.since,
            "limit": wanted.limit,
        }
        with self._store.reading():
            values["created"], values["before"] = _end(self._store, wanted)
            found = [row for state in states for row in self._store.rows(_question(wanted), values | {"state": state})]
        newest = sorted(found, key=lambda row: (row[_CREATED], row[_ID]), reverse=True)
        return [sql.job_of(row) for row in newest[: wanted.limit]]

    def dead_letters(self, limit: int = 1_000) -> list[Job]:
        """Return dead and quarantined jobs, the newest first."""
        return self._page(Filter(limit=limit), LETTERS)

    def results(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the current done job of each output that has one."""
        return _by_output(self._store, sql.CURRENT, outputs)

    def standings(self, first: str, limit: int) -> dict[str, Standing]:
        """Return what current results were made of, by output: from `first` on, in the order of the outputs' bytes."""
        found = self._store.rows(sql.STANDINGS, {"first": os.fsencode(first), "limit": limit})
        return dict(map(sql.standing_of, found))

    def unfinished(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the job of each output that is open or a dead letter."""
        return _by_output(self._store, sql.UNFINISHED, outputs)

    def same_content(self, sha256: str) -> list[Job]:
        """Return all jobs for a PDF's content, the newest first."""
        return [sql.job_of(row) for row in self._store.rows(sql.CONTENT, {"sha256": sha256})]

    def current(self) -> Iterator[Job]:
        """Yield the current done job of every output, ordered by output, a page at a time."""
        after = b""
        while page := self._store.rows(sql.CURRENT_PAGE, {"after": after, "limit": _PAGE}):
            found = [sql.job_of(row) for row in page]
            yield from found
            after = sql.path_bytes(found[-1].output)

    def stats(self, batch: int | None = None) -> Stats:
        """Return figures of a batch or of all; times and memory are those of the newest done jobs."""
        whole = batch is None
        with self._store.reading():
            states = self.counts(batch=batch)
            causes: dict[str, int] = dict(
                self._store.rows(sql.CAUSES if whole else sql.CAUSES_OF_BATCH, {"batch": batch})
            )
            sample = self._store.rows(sql.SAMPLE if whole else sql.SAMPLE_OF_BATCH, {"batch": batch, "limit": _SAMPLE})
        if not sample:
            return Stats(states=states, causes=causes)
        times, peaks, ends = zip(*sample, strict=True)
        return Stats(
            states=states,
            causes=causes,
            sample=len(sample),
            seconds=percentiles(times),
            memory=percentiles(filter(None, peaks)),
            rate=_rate(ends),
        )


def _batch(row: Row) -> Batch:
    number, created, command, details, ended, summary = row
    return Batch(
        id=number,
        created=created,
        command=command,
        details=json.loads(details),
        ended=ended,
        summary=json.loads(summary),
    )


def _question(wanted: Filter) -> str:
    if wanted.batch is not None:
        return sql.NEWEST_OF_BATCH
    return sql.NEWEST_BY_CAUSE if wanted.cause is not None else sql.NEWEST


def _end(store: Store, wanted: Filter) -> tuple[float, int]:
    """Return the time and number all jobs wanted are below.

    One bound and not two, so that the index is entered where the page begins. If the last job of the page before is
    gone, the nearest older one stands for it.
    """
    until = math.inf if wanted.until is None else wanted.until
    if wanted.after is None:
        return until, 0
    found = store.rows(sql.CREATED, {"id": wanted.after})
    return min((until, 0), (float(found[0][0]) if found else -math.inf, wanted.after))


def _by_output(store: Store, question: str, outputs: Iterable[Path]) -> dict[Path, Job]:
    with store.reading():
        found = {path: store.rows(question, {"output": sql.path_bytes(path)}) for path in outputs}
    return {path: sql.job_of(there[0]) for path, there in found.items() if there}


def percentiles(values: Iterable[float]) -> tuple[float, ...]:
    """Return the 50th, 95th and 99th percentile and the largest of values."""
    found = sorted(values)
    return tuple(percentile(found, share) for share in (0.5, 0.95, 0.99, 1)) if found else ()


def percentile(found: Sequence[float], share: float) -> float:
    """Return the value that such a share of sorted values does not exceed: one that was measured."""
    return found[max(0, math.ceil(share * len(found)) - 1)]


def _rate(ends: Sequence[float]) -> float:
    """Return done jobs a second between the first and the last."""
    span = max(ends) - min(ends)
    return (len(ends) - 1) / span if span > 0 else 0.0


AT_START = 10  # chunks a start may delete: nobody waits for more
_CHUNK = 1_000
_DAY = 86_400.0


class Retention:
    """What is kept of a ledger and how long, and copies of the whole."""

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
                    found += map(sql.job_of, self._store.rows(sql.LEFT, values | {"batch": number}))
        return found

    def waiting(self, batch: int) -> list[Job]:
        """Return the jobs of a batch that wait, for their turn or for their next attempt."""
        with self._store.reading():
            states = self._store.rows(sql.WAITING_WHERE, {"batch": batch})
            found = [self._store.rows(sql.WAITING, {"batch": batch, "state": state}) for (state,) in states]
        return [sql.job_of(row) for part in found for row in part]

    def forget(self, ids: Iterable[int], batch: int = sys.maxsize) -> int:
        """Delete jobs that wait or are dead letters, if no batch from `batch` on wants them; return how many."""
        with self._store.writing():
            gone = [number for number in ids if self._store.rows(sql.FORGETTABLE, {"id": number, "batch": batch})]
            for number in gone:
                _delete(self._store, number)
        return len(gone)

    def park(self, ids: Iterable[int], batch: int) -> int:
        """Let jobs that wait, of other batches than `batch`, not be claimed until queued again; return how many."""
        with self._store.writing():
            return self._store.each(sql.PARK, ({"id": number, "batch": batch} for number in ids))

    def put_away(self, outputs: Iterable[Path]) -> None:
        """Note of current results and dead letters that a daemon moves or deletes their PDFs itself."""
        with self._store.writing():
            for output in outputs:
                for statement in (sql.PUT_AWAY_RESULT, sql.PUT_AWAY_LETTER):
                    self._store.run(statement, {"output": sql.path_bytes(output)})

    def restamp(self, stamps: Iterable[Stamps]) -> int:
        """Write down how the files of results were found, where the results are still those; return how many."""
        with self._store.writing():
            return self._store.each(
                sql.RESTAMP, (one._asdict() | {"output": sql.path_bytes(one.output)} for one in stamps)
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
    store.run(sql.OLD_WATCHES)
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
