"""What others do to the file: hold it, fill its disk, remove it, inherit it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tukscal.core.errors import InputOutput, NotWritable
from tukscal.core.ledger import Filter, Ledger, State
from tukscal.tests.core.ledger.ledgers import Place, done, new_job, queued
from tukscal.tests.core.ledger.working import open_files

UNIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and other permissions")


@contextmanager
def held(place: Place) -> Iterator[sqlite3.Connection]:
    """Hold the ledger as another program can."""
    with place.raw() as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("what", ["claim", "enqueue", "record", "begin", "open"])
def test_a_ledger_somebody_holds_is_named(place: Place, what: str) -> None:
    """If another program does not let go within our patience, a sentence names the file; later the same call works."""
    with place.open(patience=0.05) as ledger:
        batch = ledger.history.begin("test")
        ledger.queue.enqueue(batch, [new_job(1), new_job(2)])
        (job,) = ledger.queue.claim("queue")

        def call() -> object:
            if what == "open":
                with place.open(patience=0.05):
                    return True
            calls: dict[str, Callable[[], object]] = {
                "claim": lambda: ledger.queue.claim("queue"),
                "enqueue": lambda: ledger.queue.enqueue(batch, [new_job(3)]),
                "record": lambda: ledger.queue.record([done(job)]) == [],
                "begin": lambda: ledger.history.begin("test"),
            }
            return calls[what]()

        with held(place), pytest.raises(InputOutput) as error:
            call()
        assert error.value.message == f"The ledger {place.path} is in use by another program."
        assert "--ledger" in error.value.advice
        assert call()


@pytest.mark.usefixtures("journal")
def test_a_patient_ledger_waits(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that is let go within our patience is used then, without a word; nothing is lost or done twice."""
    monkeypatch.setattr("tukscal.core.ledger.store._PIECE", 0.02)
    with place.open(patience=60) as ledger:
        queued(ledger, new_job(1))
        (job,) = ledger.queue.claim("queue")
        with held(place) as other:
            ledger._store.patiently = _let_go(other, ledger._store.patiently)  # type: ignore[method-assign, assignment]
            assert ledger.queue.record([done(job)]) == []
        assert ledger.history.counts()[State.DONE] == 1


def _let_go(other: sqlite3.Connection, patiently: object) -> object:
    """Let go of the ledger from inside the wait, after the first refusal."""
    calls = iter([None])

    def waiting(call: object) -> object:
        def first_refused() -> object:
            try:
                return call()  # type: ignore[operator]
            except sqlite3.OperationalError:
                if next(calls, 0) is None:
                    other.execute("ROLLBACK")
                raise

        return patiently(first_refused)  # type: ignore[operator]

    return waiting


def test_a_thread_that_waits_hears_ctrl_c(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting happens in pieces, between which a signal is heard: Ctrl-C ends a wait of a minute."""
    import _thread

    monkeypatch.setattr("tukscal.core.ledger.store._PIECE", 0.05)
    with place.open(patience=60) as ledger, held(place):
        timer = threading.Timer(0.2, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            ledger.queue.claim("queue")
        timer.join()


@pytest.mark.usefixtures("journal")
def test_a_full_disk_loses_nothing_that_was_written(place: Place) -> None:
    """When the disk is full a group of outcomes is refused whole and in words; with space it is written."""
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(200)))
        jobs = ledger.queue.claim("queue", 200)
        connection = ledger._store.connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        group = [done(job, push=True) for job in jobs]
        with pytest.raises(InputOutput, match="cannot be read or written: the disk is full") as error:
            ledger.queue.record(group)
        assert error.value.cause == "io"
        assert ledger.history.counts()[State.RUNNING] == 200
        assert ledger.outbox.pending() == []
        connection.execute("PRAGMA max_page_count = 100000")
        assert ledger.queue.record(group) == []
        assert ledger.history.counts()[State.DONE] == 200
        assert ledger.retention.check() == ()


def test_a_removed_ledger_is_not_written_to(place: Place) -> None:
    """What is written into a file that was removed or replaced would be lost: it is refused in words."""
    with place.open() as ledger:
        queued(ledger, new_job(1))
        place.path.rename(place.path.with_name("kept"))
        with pytest.raises(InputOutput, match="removed or replaced while it was in use"):
            ledger.queue.claim("queue")
        with place.open() as fresh:
            assert fresh.queue.claim("queue") == []
            with pytest.raises(InputOutput, match="removed or replaced"):
                queued(ledger, new_job(2))


def test_a_ledger_is_the_same_wherever_one_stands(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger named by a relative path stays that one when the working folder changes."""
    place.path.parent.mkdir()
    monkeypatch.chdir(place.path.parent)
    with Ledger.open(Path(place.path.name)) as ledger:
        monkeypatch.chdir(tmp_path)
        queued(ledger, new_job(1))
    with place.open() as ledger:
        assert len(ledger.queue.claim("queue")) == 1


@UNIX
def test_a_link_leads_to_the_ledger(place: Place, tmp_path: Path) -> None:
    """Behind a link a ledger is made, used and moved aside where it lies; the link stays."""
    link = tmp_path / "link"
    link.symlink_to(place.path)
    with Ledger.open(link) as ledger:
        queued(ledger, new_job(1))
    with place.open() as ledger:
        assert len(ledger.queue.claim("queue")) == 1
    place.path.write_bytes(b"\0garbage" * 1_000)
    with Ledger.open(link) as ledger:
        assert ledger.moved_aside is not None
        assert ledger.moved_aside.parent == place.path.parent.resolve()
    assert link.is_symlink()
    assert place.path.is_file()


@UNIX
def test_a_forked_process_does_not_touch_the_ledger(place: Place) -> None:
    """In a forked child every call is refused, closing is nothing, and the parent goes on as if nothing had been."""
    with place.open() as ledger:
        queued(ledger, new_job(1), new_job(2))
        (job,) = ledger.queue.claim("queue")
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:  # the child, which must leave by os._exit alone
            os.write(writer, "\n".join(_refusals(ledger)).encode())
            os._exit(0)
        os.close(writer)
        os.waitpid(pid, 0)
        with os.fdopen(reader) as answers:
            refusals = ["A ledger belongs to the process that opened it."] * 3
            assert answers.read().splitlines() == [*refusals, "still open: (1,)"]
        assert ledger.queue.record([done(job)]) == []
        assert len(ledger.queue.claim("queue")) == 1
        assert ledger.retention.check() == ()


def _refusals(ledger: Ledger) -> Iterator[str]:
    inherited = ledger._store._open
    for call in (lambda: ledger.queue.claim("queue"), lambda: ledger.history.jobs(Filter()), ledger.retention.check):
        try:
            call()
        except ValueError as error:
            yield str(error)
    ledger.close()
    assert inherited is not None
    yield f"still open: {inherited.execute('SELECT 1').fetchone()}"  # closing would undo what the parent is at


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_hold_no_file_of_the_ledger(place: Place, method: str) -> None:
    """A spawned worker has none of the ledger's files open."""
    with place.open() as ledger:
        queued(ledger, new_job(1))
        assert any("ledger.sqlite" in name for name in open_files("self"))
        context = multiprocessing.get_context(method)
        with context.Pool(1) as pool:
            names = pool.apply(open_files, ("self",))
    assert names
    assert [name for name in names if "ledger" in name] == []


def test_a_closed_ledger_says_so(place: Place) -> None:
    """A call on a closed ledger is a fault of ours and named; closing twice is none."""
    with place.open() as ledger:
        pass
    ledger.close()
    with pytest.raises(ValueError, match="closed"):
        ledger.history.counts()


@UNIX
def test_a_folder_nobody_may_write_is_named(tmp_path: Path) -> None:
    """A place that is no folder, or a file that is none, is refused with what to do, and not touched."""
    (tmp_path / "file").write_bytes(b"mine")
    for path in (tmp_path / "file" / "ledger", tmp_path):
        with pytest.raises(NotWritable) as error:
            Ledger.open(path)
        assert str(path) in error.value.message
        assert "--ledger" in error.value.advice
    assert (tmp_path / "file").read_bytes() == b"mine"


@UNIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_ledger_nobody_may_write_is_refused(place: Place) -> None:
    """A ledger without permission is refused, not moved aside."""
    with place.open():
        pass
    place.path.chmod(0o400)
    with pytest.raises(NotWritable, match="cannot be opened or written"), place.open():
        pass
    assert [path.name for path in place.path.parent.iterdir() if "damaged" in path.name] == []
