"""From every older version of the ledger to the newest, and never from a newer one."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.errors import InputOutput, NotWritable
from tukscal.core.ledger import Ledger, State, schema
from tukscal.core.ledger.schema import MIGRATIONS
from tukscal.core.system import sqlite
from tukscal.core.system.sqlite import LEDGER, Migration
from tukscal.tests.core.ledger.ledgers import Place, finish_all, new_job, queued


def make(path: Path, migrations: tuple[Migration, ...]) -> None:
    """Make a ledger of the version that some migrations lead to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        missing = True
        while missing:
            connection.execute("BEGIN IMMEDIATE")
            missing = sqlite.migrate_once(connection, LEDGER, migrations)
            connection.execute("COMMIT")


def contents(path: Path) -> list[str]:
    """Return all that a database holds, as SQL."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


_COLOURS = ("ALTER TABLE batches ADD COLUMN colour TEXT", "UPDATE batches SET colour = 'blue'")
_BROKEN = (*_COLOURS, "DELETE FROM jobs", "SELECT * FROM no_such_table")
NEXT = (*MIGRATIONS, Migration("next: colours", (*_COLOURS, "UPDATE about SET value = '7.8.9' WHERE name = 'needs'")))


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_version_becomes_the_newest(place: Place, version: int) -> None:
    """A ledger of each older version, and an empty file, is brought up to date and works."""
    make(place.path, MIGRATIONS[:version])
    with place.open() as ledger:
        assert ledger.moved_aside is None
        with place.raw() as file:
            assert sqlite.applied(file, LEDGER) == tuple(step.name for step in MIGRATIONS)
        queued(ledger, new_job())
        assert len(finish_all(ledger)) == 1
        assert ledger.retention.check() == ()


def old_rows(connection: sqlite3.Connection, rows: list[tuple[bytes, bytes, str, str | None]]) -> None:
    """Put finished jobs into a ledger of the second version: sources, outputs, and their stamps."""
    connection.executemany(
        """INSERT INTO jobs (batch, queue, source, output, sha256, size, state, priority, options, selection, term,
          parser, created, started, completed, output_sha256, source_stamp, output_stamp)
        VALUES (1, 'queue', ?, ?, 'a', 1, 'done', 0, '', '', '', '', 1.79e9, 1.79e9, 1.79e9, 'b', ?, ?)""",
        rows,
    )


def test_students_and_confirmed_stamps_get_columns(place: Place) -> None:
    """A job whose source was LIST#STUDENT becomes one of the list for that student, a stamp@time a stamp and a time.

    A "#" in the name of a folder, a PDF or a student is only that.
    """
    stamp = "5-10000000000-12000000000-7"
    make(place.path, MIGRATIONS[:2])
    with place.raw() as connection:
        old_rows(connection, [
            (b"/l/list.csv#u1", b"/out/u1.ics", "", "stamp"),
            (b"/l#u/list.csv#u#2", b"/out/u#2.ics", "", None),
            ("/l/é.csv#zoë~1a2b3c4d".encode(), b"/\xff\xc3/" + "zoë~1a2b3c4d.ics".encode(), "", ""),
            (b"/in/a#1.pdf", b"/out/a#1.ics", f"{stamp}@1790000000.125", f"{stamp}@1790000000.125"),
            (b"/in#u3/a.pdf", b"/out/a.ics", stamp, stamp),
            (b"/in/\xff.pdf", b"/out/\xff.ics", stamp, None),
        ])  # fmt: skip
        before = connection.execute("SELECT id, sha256, completed FROM jobs ORDER BY id").fetchall()
    with place.open() as ledger, place.raw() as connection:
        assert connection.execute("SELECT id, sha256, completed FROM jobs ORDER BY id").fetchall() == before
        found = [ledger.history.job(number) for number in range(1, 7)]
        assert [(str(job.source), job.student) for job in found if job] == [
            ("/l/list.csv", "u1"), ("/l#u/list.csv", "u#2"), ("/l/é.csv", "zoë~1a2b3c4d"), ("/in/a#1.pdf", None),
            ("/in#u3/a.pdf", None), ("/in/\udcff.pdf", None),
        ]  # fmt: skip
        assert [job.origin for job in found if job][:2] == ["/l/list.csv#u1", "/l#u/list.csv#u#2"]
        assert [(job.source_stamp, job.confirmed, job.output_stamp) for job in found if job] == [
            ("", None, "stamp"), ("", None, None), ("", None, ""), (stamp, 1_790_000_000.125, stamp),
            (stamp, None, stamp), (stamp, None, None),
        ]  # fmt: skip
        assert ledger.retention.check() == ()


def test_the_folders_of_batches_get_a_column(place: Place) -> None:
    """A batch is found by the folder that its details name, also one an older tukscal began."""
    details = ['{"output": "/out/é"}', '{"output": "relative"}', '{"output": 1}', "null", "broken", '{"output": "/b"}']
    make(place.path, MIGRATIONS[:2])
    with place.raw() as connection:
        for text in details:
            connection.execute("INSERT INTO batches (created, command, details) VALUES (1.79e9, 'batch', ?)", (text,))
    with place.open() as ledger:
        assert sorted(ledger.history.folders()) == ["/b", "/out/é"]
        second = ledger.history.begin("batch", {"output": "/out/é"})
        assert [batch.id for batch in ledger.history.before(second, Path("/out/é"))] == [1]


def test_the_newest_version_is_the_one_written_down(place: Place) -> None:
    """What the migrations make is what is compared with at every start, word for word."""
    with place.open(), place.raw() as connection:
        made = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    assert sorted(sql for sql in made if "sqlite" not in sql) == sorted(schema.SCHEMA)


OLD_ROWS = r"""
INSERT INTO batches (created, command, details) VALUES
  (7.0, 'batch', '{"output": "/out"}'), (8.0, 'watch', '{"source": "/in", "output": "/out", "kept": [true, false],
  "home": {"device": 5, "inode": 18446744073709551615, "mount": "/\u00e9", "kind": "nfs"}, "mounts": ["/in/\udcff"]}'),
  (9.0, 'watch', '{"source": "/in"}'), (9.5, 'watch', '{"source": '),
  (9.6, 'watch', '{"source": "/c", "output": "/out", "kept": ["x", 1.5], "home": {}}');
INSERT INTO jobs (batch, queue, source, output, sha256, size, state, priority, options, selection, term, parser,
  created, completed, output_sha256, source_stamp) VALUES
  (2, 'put off', x'2f61', x'2f61', 'a', 1, 'queued', 0, '', '', '', '', 8.0, NULL, NULL, '1-1-1-1'),
  (2, 'queue', x'2f62', x'2f62', 'b', 1, 'queued', 0, '', '', '', '', 8.0, NULL, NULL, '1-1-1-1'),
  (2, 'queue', x'2f63', x'2f63', 'c', 1, 'done', 0, '', '', '', '', 8.0, 1790000000.0, 'o', 'put away'),
  (1, 'queue', x'2f64', x'2f64', 'd', 1, 'dead', 0, '', '', '', '', 8.0, 1790000000.0, NULL, 'put away');
"""


def test_words_in_other_columns_become_columns(place: Place) -> None:
    """A job of version 2 that was put off is parked, a PDF put away is known, a watched folder is where it was."""
    make(place.path, MIGRATIONS[:2])
    with place.raw() as raw:
        raw.executescript(OLD_ROWS)
    with place.open() as ledger:
        jobs = {str(job.source)[1:]: job for job in ledger.history.jobs()}
        told = {name: (job.queue, job.source_stamp, job.parked, job.put_away) for name, job in jobs.items()}
        assert told == {
            "a": ("", "1-1-1-1", True, False),
            "b": ("queue", "1-1-1-1", False, False),
            "c": ("queue", "", False, True),
            "d": ("queue", "", False, True),
        }
        assert ledger.history.counts() == dict.fromkeys(State, 0) | {State.QUEUED: 2, State.DONE: 1, State.DEAD: 1}
        assert ledger.history.counts(queue="queue")[State.QUEUED] == 1
        ((batch, folder),) = ledger.history.watches(Path("/in")).items()
        assert (batch, folder.output, folder.keeps_done, folder.keeps_failed) == (2, Path("/out"), True, False)
        place_was = {"device": 5, "inode": 18446744073709551615, "mount": "/\u00e9", "kind": "nfs"}
        assert (json.loads(folder.place), folder.mounts) == (place_was, ("/in/\udcff",))


def test_the_next_version_keeps_what_is_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration to come runs once, on the jobs and batches there are."""
    with place.open() as ledger:
        queued(ledger, new_job())
    monkeypatch.setattr(schema, "MIGRATIONS", NEXT)
    monkeypatch.setattr(schema, "SCHEMA", [text for text in schema.SCHEMA if "TABLE batches" not in text])
    for _ in range(2):
        with place.open() as ledger, place.raw() as raw:
            assert ledger.moved_aside is None
            assert raw.execute("SELECT colour FROM batches").fetchall() == [("blue",)]
            assert ledger.history.counts()[State.QUEUED] == 1


def test_a_migration_that_fails_leaves_the_old_version(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails half-way leaves every byte of what was there, and the old tukscal goes on with it."""
    with place.open() as ledger:
        queued(ledger, new_job())
    before = contents(place.path)
    with monkeypatch.context() as patch:
        broken = Migration("broken", _BROKEN)
        patch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(sqlite3.OperationalError, match="no_such_table"), place.open():
            pass
    assert contents(place.path) == before
    with place.open() as ledger:
        assert ledger.history.counts()[State.QUEUED] == 1


def test_a_copy_that_cannot_be_made_is_closed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older ledger is read from a copy; where that cannot be made, neither it nor the ledger stays open."""
    make(place.path, MIGRATIONS[:1])
    connect, opened = sqlite3.connect, list[sqlite3.Connection]()

    def on_a_full_disk(*args: Any, **choices: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **choices))
        if args[0] == "":
            opened[-1].execute("PRAGMA max_page_count = 1")  # as if the disk were full
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", on_a_full_disk)
    with pytest.raises(InputOutput, match="the disk is full"):
        Ledger.ask(place.path)
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    assert len(opened) == 2


def test_each_migration_is_a_transaction_of_its_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the second of two migrations fails, the first one stays, and only the second is made again."""
    with place.open():
        pass
    monkeypatch.setattr(schema, "MIGRATIONS", (*NEXT, Migration("broken", _BROKEN)))
    with pytest.raises(sqlite3.OperationalError, match="duplicate column"), place.open():
        pass
    with place.raw() as raw:
        assert sqlite.applied(raw, LEDGER) == tuple(step.name for step in NEXT)
        assert schema.needs(raw) == "7.8.9"


@pytest.mark.parametrize(
    "change",
    ["state = 'lost'", "state = 'running', lease = NULL", "state = 'failed'", "state = 'done'", "source = 'text'",
     "size = 'large'", "size = x'00'", "created = 'now'", "sha256 = x'00'", "cause = x'00'", "peak = 1.5"],
)  # fmt: skip
def test_what_cannot_be_is_not_kept(ledger: Ledger, place: Place, change: str) -> None:
    """No program can put into a job what makes no sense; damage that does is seen when the file is read through."""
    queued(ledger, new_job())
    with place.raw() as raw:
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            raw.execute(f"UPDATE jobs SET {change}")  # noqa: S608 - a test's own text
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(f"UPDATE jobs SET {change}")  # noqa: S608
    with place.open() as fresh:
        assert fresh.moved_aside is not None


def test_a_new_ledger_whose_making_fails_is_begun_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the very first migration fails, nothing of it stays, and the next start makes the ledger."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (Migration(MIGRATIONS[0].name, _BROKEN),))
        with pytest.raises(sqlite3.OperationalError), place.open():
            pass
    with place.open() as ledger:
        assert ledger.moved_aside is None
        queued(ledger, new_job())


def test_a_newer_ledger_is_refused_and_not_touched(place: Place, journal: str) -> None:
    """A ledger of a newer tukscal is refused with the version it needs; not a byte changes, nothing is moved."""
    make(place.path, NEXT)
    before, names = place.path.read_bytes(), sorted(path.name for path in place.path.parent.iterdir())
    with pytest.raises(NotWritable) as error:
        Ledger.open(place.path)
    assert error.value.message == f"The ledger {place.path} was written by a newer tukscal (7.8.9)."
    assert "Install tukscal 7.8.9 or newer" in error.value.advice
    assert place.path.read_bytes() == before
    assert sorted(path.name for path in place.path.parent.iterdir()) == names


def test_migrations_of_another_history_are_damage(place: Place) -> None:
    """A ledger that says it had migrations nobody wrote is not trusted."""
    with place.open():
        pass
    with place.raw() as connection:
        connection.execute("UPDATE _sqlite_migrations SET name = name || ' of another'")
    with place.open() as ledger:
        assert ledger.moved_aside is not None


def test_a_ledger_that_is_up_to_date_needs_no_sqlite_utils(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening an existing ledger does not import sqlite-utils, which takes longer than all the rest of it."""
    import sys

    with place.open():
        pass
    monkeypatch.setitem(sys.modules, "sqlite_utils", None)
    with place.open() as ledger:
        queued(ledger, new_job())
