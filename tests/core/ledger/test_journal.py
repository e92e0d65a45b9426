"""Which journal is chosen, and that what is committed is on the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tukscal.core.ledger import Ledger
from tukscal.core.system.sqlite import OLDEST, best_mode, has_wal_bug
from tukscal.tests.core.ledger.ledgers import Place, finish_all, new_job, queued


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 35, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 44, 9), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_the_bug_is_known_by_version(version: tuple[int, ...], bug: bool) -> None:
    """SQLite before 3.51.3 can lose pages of its write-ahead log, but for 3.44.6 and 3.50.7 and their followers."""
    assert has_wal_bug(version) is bug


@pytest.mark.parametrize(
    ("bug", "local", "mode"),
    [(False, True, "wal"), (False, False, "truncate"), (True, True, "truncate"), (True, False, "truncate")],
)
def test_the_log_needs_a_sound_sqlite_and_a_local_disk(
    monkeypatch: pytest.MonkeyPatch, bug: bool, local: bool, mode: str
) -> None:
    """Only a SQLite without the bug on a disk of this computer keeps a write-ahead log."""
    monkeypatch.setattr("tukscal.core.system.sqlite.has_wal_bug", lambda: bug)
    monkeypatch.setattr("tukscal.core.system.machine.is_local", lambda _: local)
    assert best_mode(Path("/somewhere")) == mode


def test_the_mode_is_what_was_chosen(place: Place, journal: str) -> None:
    """The ledger says which journal it keeps, the file agrees, and every commit is flushed to the disk."""
    with place.open() as ledger:
        assert ledger.journal == journal
        connection = ledger._store.connection
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA fullfsync").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    header = place.path.read_bytes()[18:20]
    assert header == (b"\2\2" if journal == "wal" else b"\1\1")


def test_a_ledger_changes_its_journal_when_reopened(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger another SQLite kept with a log is read, changed to the other journal, and back."""
    for number, mode in enumerate(["wal", "truncate", "wal", "truncate"], 1):
        monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _, mode=mode: mode)
        with place.open() as ledger:
            assert ledger.journal == mode
            queued(ledger, new_job(number))
            finish_all(ledger)
            assert sum(ledger.history.counts().values()) == number


def test_while_others_use_it_the_journal_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that is open elsewhere with a log is used with it, not refused."""
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: "wal")
    with place.open() as first:
        monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: "truncate")
        with place.open(patience=0.1) as second:
            assert second.journal == "wal"
            queued(second, new_job())
            assert len(first.queue.claim("queue")) == 1


def test_an_old_sqlite_is_refused_in_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite without RETURNING is refused with what to do."""
    from tukscal.core.errors import NotWritable

    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(NotWritable, match=r"3\.35 is needed") as error:
        Ledger.open(place.path)
    assert "newer SQLite" in error.value.advice
    assert OLDEST == (3, 35, 0)
