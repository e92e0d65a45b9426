"""The disk is full, the ledger is held or gone, OUT is away, we err ourselves: said, waited for, mended."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.errors import Crashed, InputOutput
from tukscal.core.jobs.task import convert_task
from tukscal.core.ledger import State
from tukscal.core.ledger.queue import Queue
from tukscal.core.system import files
from tukscal.core.watch import session
from tukscal.core.watch.status import DaemonState
from tukscal.tests.core.watch.mounts import mount, mounted, unmount
from tukscal.tests.core.watch.watching import CONVERT, Watched, by_name, pdf, watched


def fill(file: Path) -> None:
    """Write until there is no more room."""
    with file.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(4096)):
            pass


def test_a_full_disk(tmp_path: Path) -> None:
    """With OUT full the daemon is degraded and leaves no half file; with space again every calendar comes by itself."""
    with mounted(tmp_path / "out", "3m") as out, watched(tmp_path) as one:
        one.drop("0.pdf", pdf(0))
        one.settle()
        filler = out / "filler.bin"
        fill(filler)
        for number in range(1, 5):
            one.drop(f"{number}.pdf", pdf(number))
        one.wait(300)
        assert one.state() is DaemonState.DEGRADED
        assert "No space left" in one.status.reason
        assert {path.name for path in out.iterdir()} <= {"0.ics", "filler.bin", ".tukscal-watch.lease"}
        filler.unlink()
        one.wait(90)
        assert one.names() == {f"{number}.ics" for number in range(5)}
        assert one.state() is DaemonState.IDLE
        assert {path.name for path in out.iterdir()} - one.names() == {".tukscal-watch.lease"}


def full_for(names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full for files of these names."""
    prepare = files._prepare

    def refuse(change: files.FileChange) -> str | None:
        if change.path.name in names:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return prepare(change)

    monkeypatch.setattr(files, "_prepare", refuse)


def test_jobs_that_died_of_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that was tried so often in vain that it died is done all the same when the disk has room again."""
    with watched(tmp_path) as one:
        full_for({"a.ics"}, monkeypatch)  # the probe finds room, so that the job is tried to its end
        one.drop("a.pdf")
        one.wait(60)
        assert one.ended() == ["a.pdf dead"]
        assert b"tukscal retries this PDF automatically" in one.tree()["a.error.txt"]
        assert one.state() is DaemonState.IDLE
        monkeypatch.undo()
        one.wait(620)
        assert (one.ended(), one.names()) == (["a.pdf dead", "a.pdf done"], {"a.ics"})


def test_one_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a single calendar cannot be written, the others do not wait for it, and the daemon is not degraded."""
    with watched(tmp_path) as one:
        (one.out / "sub").write_text("a file where a folder is to be")
        one.drop("sub/a.pdf", pdf(1))
        one.drop("b.pdf", pdf(2))
        one.settle()
        assert sorted(one.ended()) == ["a.pdf dead", "b.pdf done"]
        assert (one.state(), one.lines.of("degraded")) == (DaemonState.IDLE, [])
        (one.out / "sub").unlink()
        one.wait(620)
        assert one.names() == {"b.ics", "sub/a.ics"}


def test_something_in_the_way(tmp_path: Path) -> None:
    """Where a calendar's warnings cannot be written, as a folder has their name, the note beside it says so."""
    with watched(tmp_path) as one:
        (one.out / "a.ics").mkdir()
        one.drop("a.pdf")
        one.settle()
        assert one.names() == {"a.error.txt"}
        assert b"a.ics is a folder" in one.tree()["a.error.txt"]
        (one.out / "a.ics").rmdir()
        one.drop("a.pdf")
        one.settle()
        assert one.names() == {"a.ics"}


def test_out_is_unmounted(tmp_path: Path) -> None:
    """With OUT unmounted nothing is written into the folder below it; mounted again, the daemon goes on."""
    with mounted(tmp_path / "out") as out, watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        unmount(out)
        one.drop("b.pdf", pdf(2))
        one.wait(200)
        assert list(out.iterdir()) == []
        assert one.state() is DaemonState.DEGRADED
        assert "not mounted" in one.status.reason
        mount(out, "4m")
        one.wait(120)
        assert one.names() == {"a.ics", "b.ics"}  # the new file system was empty
        assert one.state() is DaemonState.IDLE


def test_in_is_mounted_later(tmp_path: Path) -> None:
    """A share that is mounted after the start is watched; unmounted again, nothing is taken for removed."""
    with watched(tmp_path, mirror=True) as one, mounted(one.source):
        one.drop("a.pdf")
        one.wait(60)
        assert one.names() == {"a.ics"}
        unmount(one.source)
        one.wait(60)
        assert (one.names(), one.state()) == ({"a.ics"}, DaemonState.DEGRADED)


def test_the_ledger_is_held(tmp_path: Path) -> None:
    """While another program holds the ledger, the daemon is degraded; then it goes on, and nothing was lost."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        other = sqlite3.connect(one.ledger_file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        one.drop("b.pdf", pdf(2))
        one.wait(100)
        assert one.state() is DaemonState.DEGRADED
        assert "in use" in one.status.reason
        other.execute("ROLLBACK")
        other.close()
        one.wait(90)
        assert (one.names(), one.state()) == ({"a.ics", "b.ics"}, DaemonState.IDLE)


def test_results_wait_for_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was converted while the ledger could not be written is recorded later, and not converted again."""
    converted = []
    real = convert_task

    def convert(task: Any) -> Any:
        converted.append(task.source.name)
        return real(task)

    def refuse(*_: object) -> list[int]:
        raise InputOutput("The ledger is in use by another program.")

    monkeypatch.setattr(CONVERT, convert)
    with watched(tmp_path) as one:
        with monkeypatch.context() as held:
            held.setattr(Queue, "record", refuse)
            one.drop("a.pdf")
            one.wait(60)
            assert (one.state(), one.ended()) == (DaemonState.DEGRADED, [])
        one.wait(70)
        assert (one.ended(), converted, one.state()) == (["a.pdf done"], ["a.pdf"], DaemonState.IDLE)


def test_the_ledger_is_removed(tmp_path: Path) -> None:
    """A ledger that is removed is begun anew; every calendar is as it was, and new files are converted."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        before = one.tree()
        for path in tmp_path.glob("ledger.db*"):
            path.unlink()
        one.drop("b.pdf", pdf(2))
        one.wait(90)
        assert one.state() is DaemonState.IDLE
        assert one.tree() == before | {"b.ics": one.tree()["b.ics"]}
        with one.ledger() as ledger:
            assert ledger.history.counts()[State.DONE] == 2


def _err(_: object) -> None:
    raise KeyError("no such key")


def test_a_fault_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fault of its own the daemon says so and goes on with everything looked at anew; nothing is lost."""
    with watched(tmp_path) as one:
        with monkeypatch.context() as faulty:
            faulty.setattr(session.WatchSession, "take", _err)
            one.drop("a.pdf")
            one.wait(20)
        assert one.lines.of("fault")[0]["kind"] == "KeyError"
        assert one.state() is DaemonState.DEGRADED
        one.wait(90)
        assert (one.names(), one.state()) == ({"a.ics"}, DaemonState.IDLE)


def test_a_fault_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that meets a fault of its own again and again ends with it, so that it is started anew."""
    with watched(tmp_path) as one:
        monkeypatch.setattr(session.WatchSession, "take", _err)
        with pytest.raises(KeyError):
            one.wait(2000)
        assert len(one.lines.of("fault")) == 20


def test_an_error_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system nobody thought of makes the daemon degraded, not dead."""

    def refuse(_: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with watched(tmp_path) as one:
        with monkeypatch.context() as stale:
            stale.setattr(session.WatchSession, "take", refuse)
            one.wait(20)
            assert "Stale file handle" in one.status.reason
        one.drop("a.pdf")
        one.wait(90)
        assert (one.names(), one.state()) == ({"a.ics"}, DaemonState.IDLE)


def test_worn_by_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF that ends its worker twice is put aside by name and left alone, also after a restart."""
    monkeypatch.setattr(CONVERT, by_name({"a.pdf": Crashed("The converter died.")}, convert_task))
    with watched(tmp_path) as one:
        one.drop("a.pdf")
        one.wait(60)
        assert one.ended() == ["a.pdf quarantined"]
    with watched(tmp_path) as two:
        two.wait(60)
        assert two.ended() == []
        assert [line["file"] for line in two.lines.of("put_aside")] == [str(two.source / "a.pdf")]


def test_trouble_that_comes_back_is_waited_for_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it lasts, trouble is told once and tried after 5, 10, 20, 40 and then every 60 seconds."""
    tries: list[float] = []
    with watched(tmp_path) as one:
        began = one.clock.forward

        def refuse(_: object) -> None:
            tries.append(one.clock.forward - began)
            raise InputOutput("The share is not there.")

        monkeypatch.setattr(session.WatchSession, "look", lambda _, now=False: refuse(None))
        one.wait(300)
    assert tries == [1, 6, 16, 36, 76, 136, 196, 256]
    assert len(one.lines.of("degraded")) == 1
    assert isinstance(one, Watched)
