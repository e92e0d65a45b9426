"""The SQLite store's file: writes share commits, a fault of one is nobody else's, and the file is looked at first."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psutil import Process
from tukscal.core.errors import InputOutput, NotWritable
from tukscal.core.system.sqlite import DiskFailed, Migration
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.sync.service.store.sqlite.database import Database, Timing

TABLE = Migration("one", ("CREATE TABLE numbers (n INTEGER PRIMARY KEY)",))
ADD = "INSERT INTO numbers VALUES (?)"
LATEST = 20.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Yield a file with one table."""
    opened = Database(tmp_path / "d.db", migrations=[TABLE])
    yield opened
    opened.close()


def numbers(database: Database) -> list[int]:
    """Return what is in the table."""
    return database.submit_read(lambda c: [n for (n,) in c.execute("SELECT n FROM numbers ORDER BY n")]).result(LATEST)


def adding(*numbers: int) -> Callable[[sqlite3.Connection], int]:
    """Return a write that adds numbers, and returns how many."""
    return lambda connection: connection.executemany(ADD, [(number,) for number in numbers]).rowcount


def held(database: Database) -> threading.Event:
    """Keep the writer busy until the event is set."""
    begun, event = threading.Event(), threading.Event()

    def hold(_connection: sqlite3.Connection) -> None:
        begun.set()
        event.wait(LATEST)

    database.submit_write(hold)
    assert begun.wait(LATEST)  # what is given to it from now on waits for the next transaction
    return event


def test_writes_that_wait_share_a_commit(database: Database) -> None:
    """A hundred writes that wait at the same moment are one transaction."""
    commits = []
    release = held(database)
    database.submit_write(lambda c: c.set_trace_callback(lambda sql: commits.append(sql) if "COMMIT" in sql else None))
    futures = [database.submit_write(adding(n)) for n in range(100)]
    release.set()
    assert [future.result(LATEST) for future in futures] == [1] * 100
    assert numbers(database) == list(range(100))
    database.submit_write(lambda c: c.set_trace_callback(None)).result(LATEST)
    assert len(commits) == 1


def test_the_fault_of_one_write_is_nobody_elses(database: Database) -> None:
    """A write that raises leaves nothing, is told why, and those in the same transaction stay."""

    def half(connection: sqlite3.Connection) -> None:
        connection.execute(ADD, (99,))
        raise ValueError("half-way")

    release = held(database)
    before = database.submit_write(lambda c: c.execute(ADD, (1,)).rowcount)
    broken = database.submit_write(half)
    double = database.submit_write(lambda c: c.execute(ADD, (1,)))
    after = database.submit_write(lambda c: c.execute(ADD, (2,)).rowcount)
    release.set()
    with pytest.raises(ValueError, match="half-way"):
        broken.result(LATEST)
    with pytest.raises(sqlite3.IntegrityError):
        double.result(LATEST)
    assert (before.result(LATEST), after.result(LATEST)) == (1, 1)
    assert numbers(database) == [1, 2]


def test_a_full_disk_is_told_to_all_and_passes(database: Database) -> None:
    """With no room nothing of a transaction is kept, reading goes on, and with room again writing does."""
    pages = database.submit_write(lambda c: c.execute("PRAGMA page_count").fetchone()[0]).result(LATEST)
    database.submit_write(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchall()).result(LATEST)
    release = held(database)
    futures = [database.submit_write(adding(*range(n * 10_000, n * 10_000 + 5_000))) for n in range(2)]
    release.set()
    for future in futures:
        with pytest.raises(DiskFailed, match="full"):
            future.result(LATEST)
    assert numbers(database) == []
    database.submit_write(lambda c: c.execute("PRAGMA max_page_count = 100000").fetchall()).result(LATEST)
    database.submit_write(lambda c: c.execute(ADD, (1,))).result(LATEST)
    assert numbers(database) == [1]


def test_reading_does_not_wait_for_writing(database: Database) -> None:
    """While a write takes its time, what was committed can be read."""
    database.submit_write(lambda c: c.execute(ADD, (1,))).result(LATEST)
    release = held(database)
    try:
        assert numbers(database) == [1]
    finally:
        release.set()


def test_a_reader_writes_nothing(database: Database) -> None:
    """What is handed in as a read cannot write."""
    with pytest.raises(NotWritable):
        database.submit_read(lambda c: c.execute(ADD, (1,))).result(LATEST)


def test_what_was_answered_survives(tmp_path: Path) -> None:
    """A closed file holds what was written, and is opened again with its tables as they are."""
    for n in range(3):
        database = Database(tmp_path / "d.db", migrations=[TABLE])
        asyncio.run(database.write(adding(n)))
        database.close()
    with pytest.raises(InputOutput):
        database.submit_write(lambda c: c.execute(ADD, (9,)))
    with sqlite3.connect(tmp_path / "d.db") as connection:
        assert connection.execute("SELECT n FROM numbers").fetchall() == [(0,), (1,), (2,)]
    connection.close()


def test_watchers_are_told_what_took_how_long(database: Database) -> None:
    """Every piece of work is told with its side, its function and its times."""
    seen: list[Timing] = []
    database.watchers.append(seen.append)

    def a_query(connection: sqlite3.Connection) -> None:
        connection.execute("SELECT 1")

    database.submit_read(a_query).result(LATEST)
    database.submit_write(a_query).result(LATEST)
    assert [(timing.side, timing.name) for timing in seen] == [("read", "a_query"), ("write", "a_query")]
    assert all(timing.waited >= 0 and timing.took >= 0 for timing in seen)
    assert database.load().connections == 4


def test_a_query_of_the_store_is_timed_under_its_methods_name(tmp_path: Path) -> None:
    """What a slow query is counted under names the family and its method, whoever asked."""
    store = SqliteStore(tmp_path / "store.db")
    seen: list[Timing] = []
    store.database.watchers.append(seen.append)
    assert asyncio.run(store.feeds.get("nobody", "none")) is None
    assert asyncio.run(store.blocks.remove("nobody")) is False
    store.close()
    assert [timing[:2] for timing in seen] == [("read", "SqliteFeeds.get"), ("write", "SqliteBlocks.remove")]


def test_a_newer_or_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """A file with unknown migrations, one of something else, and what is no database are refused unchanged."""
    Database(tmp_path / "new.db", migrations=[TABLE, Migration("two", ())]).close()
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    (tmp_path / "text.db").write_text("Dear diary, " * 100)
    for name, sentence in (("new", "newer"), ("other", "not a store"), ("text", "damaged")):
        before = (tmp_path / f"{name}.db").read_bytes()
        with pytest.raises(InputOutput if name == "text" else NotWritable, match=sentence) as refused:
            Database(tmp_path / f"{name}.db", migrations=[TABLE])
        assert (tmp_path / f"{name}.db").read_bytes() == before
        assert [file.path for file in Process().open_files() if file.path.startswith(str(tmp_path))] == []
        del refused  # until now it held whatever was left open


def test_migrations_are_done_once_and_wholly(tmp_path: Path) -> None:
    """A migration is done when it is new; one that fails leaves the file as it was."""
    Database(tmp_path / "d.db", migrations=[TABLE]).close()
    bad = Migration("bad", ("CREATE TABLE half (x)", "nonsense"))
    with pytest.raises(sqlite3.OperationalError):
        Database(tmp_path / "d.db", migrations=[TABLE, bad])
    good = Migration("good", ("CREATE TABLE whole (x)",))
    Database(tmp_path / "d.db", migrations=[TABLE, good]).close()
    database = Database(tmp_path / "d.db", migrations=[TABLE, good])
    tables = database.submit_read(lambda c: c.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall())
    assert {name for (name,) in tables.result(LATEST)} == {"numbers", "whole", "_sqlite_migrations"}
    database.close()
