"""What becomes of files that are dropped, whatever happens to them on the way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.errors import CONVERSION_ERRORS, TukscalError
from tukscal.core.jobs import fingerprint
from tukscal.core.jobs.task import convert_task
from tukscal.core.ledger import Filter
from tukscal.core.watch.notes import Fate
from tukscal.core.watch.status import DaemonState, DaemonStatus
from tukscal.tests.core.watch.watching import CONVERT, Watched, by_name, pdf, watched


def test_a_file_is_converted_once(tmp_path: Path) -> None:
    """A file dropped becomes a calendar after it stood still for 5 seconds, not before, and nothing more happens."""
    with watched(tmp_path) as one:
        one.drop("sub/a.pdf")
        one.wait(5)
        assert one.names() == set()
        one.wait(2)
        assert one.names() == {"sub/a.ics"}
        one.wait(120)
        assert one.ended() == ["a.pdf done"]
        assert one.state() is DaemonState.IDLE


def test_a_slow_copy_is_no_job(tmp_path: Path) -> None:
    """A file that grows is not touched until it has been still for a while; it then is converted once."""
    data = pdf()
    with watched(tmp_path) as one:
        for end in range(0, len(data), len(data) // 40 + 1):
            one.drop("a.pdf", data[:end])
            one.wait(3)
        assert one.ended() == []
        one.drop("a.pdf", data)
        one.settle()
        assert (one.ended(), one.names()) == (["a.pdf done"], {"a.ics"})


def test_renamed_into_place(tmp_path: Path) -> None:
    """A file that comes under a passing name and is renamed is converted once, under its last name."""
    with watched(tmp_path) as one:
        part = one.drop("a.pdf.part")
        one.wait(30)
        part.rename(one.source / "a.pdf")
        one.settle()
        assert (one.ended(), one.names()) == (["a.pdf done"], {"a.ics"})


def test_new_bytes_are_a_revision(tmp_path: Path) -> None:
    """Replaced by another timetable, a file's calendar goes on: same name, next revision, told as changes."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        before = one.tree()["a.ics"]
        one.drop("new.tmp", pdf(2)).rename(one.source / "a.pdf")
        one.settle()
        after = one.tree()["a.ics"]
        assert b"SEQUENCE:1" in after
        assert after != before
        assert [line["changes"] > 0 for line in one.lines.of("done")] == [False, True]


def test_same_content_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same content under two names is converted once and gives two calendars with the same sessions."""
    converted = []

    def convert(task: Any) -> Any:
        converted.append(task.source.name)
        return convert_task(task)

    monkeypatch.setattr(CONVERT, convert)
    with watched(tmp_path) as one:
        one.drop("a.pdf")
        one.drop("b.pdf")
        one.settle()
        assert sorted(one.ended()) == ["a.pdf done", "b.pdf done"]
        assert len(converted) == 1
        assert one.tree()["a.ics"] == one.tree()["b.ics"]


@pytest.mark.parametrize("how", ["touch", "chmod", "same bytes again"])
def test_touched(how: str, tmp_path: Path) -> None:
    """A file that is touched, or written again with the same bytes, is not converted again."""
    with watched(tmp_path) as one:
        path = one.drop("a.pdf")
        one.settle()
        before = one.tree(), (one.out / "a.ics").stat().st_mtime_ns
        if how == "touch":
            os.utime(path, (1, 1))
        elif how == "chmod":
            path.chmod(0o600)
        else:
            one.drop("a.pdf")
        one.wait(30)
        assert one.ended() == ["a.pdf done"]
        assert (one.tree(), (one.out / "a.ics").stat().st_mtime_ns) == before


def test_a_verdict_is_void_when_the_file_changes(tmp_path: Path) -> None:
    """A file that was damaged and then is whole has its calendar, and the note about it is gone."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf()[:1000])
        one.wait(70)
        assert (one.ended(), one.names()) == (["a.pdf dead"], {"a.error.txt"})
        one.drop("a.pdf")
        one.settle()
        assert (one.ended(), one.names()) == (["a.pdf dead", "a.pdf done"], {"a.ics"})


@pytest.mark.parametrize("kind", CONVERSION_ERRORS, ids=lambda kind: kind.cause)
def test_bad_then_good(kind: type[TukscalError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a file that fails for any cause, the good one that came a second later is done as fast as ever."""
    monkeypatch.setattr(CONVERT, by_name({"a.pdf": kind("It is so.")}, convert_task))
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.wait(1)
        one.drop("b.pdf", pdf(2))
        one.settle()
        assert "b.pdf done" in one.ended()
        one.wait(60)
        assert one.names() == {"a.error.txt", "b.ics"}
        assert one.status.causes[kind.cause] >= 1
        assert one.state() is DaemonState.IDLE
        monkeypatch.undo()
        one.drop("a.pdf", pdf(3))
        one.settle()
        assert one.names() == {"a.ics", "b.ics"}


def test_changed_under_the_hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes between being looked at and being read is not taken, but waited for anew."""
    with watched(tmp_path) as one:
        path = one.drop("a.pdf", pdf(1))

        def look(*given: Any) -> Any:
            monkeypatch.undo()
            path.write_bytes(pdf(2)[:900])
            return fingerprint.look(*given)

        monkeypatch.setattr("tukscal.core.watch.intake.look", look)
        one.wait(9)
        one.drop("a.pdf", pdf(2))
        one.settle()
        assert one.ended() == ["a.pdf done"]
        assert one.lines.of("done")[0]["changes"] == 0


def test_a_source_that_goes(tmp_path: Path) -> None:
    """The calendar of a file that is removed stays; the note about a failure goes."""
    with watched(tmp_path) as one:
        for path in (one.drop("a.pdf"), one.drop("b.pdf", b"no pdf")):
            one.wait(70)
            assert path.exists()
            path.unlink()
        one.settle()
        assert one.names() == {"a.ics"}


def test_mirror(tmp_path: Path) -> None:
    """With --mirror the calendar of a file that is removed goes with its warnings; a file of somebody else's stays."""
    with watched(tmp_path, mirror=True) as one:
        first, second = one.drop("a.pdf"), one.drop("b.pdf")
        (one.out / "b.ics").write_text("not ours")
        one.settle()
        assert one.names() == {"a.ics", "b.ics", "b.error.txt"}
        first.unlink()
        second.unlink()
        one.settle()
        assert one.tree() == {"b.ics": b"not ours"}


@pytest.mark.parametrize("how", ["removed", "emptied mount", "no folder"])
def test_the_share_goes_and_comes_back(how: str, tmp_path: Path) -> None:
    """While IN is away the daemon is degraded and removes nothing, even with --mirror; it goes on when IN is back."""
    with watched(tmp_path, mirror=True) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        before = one.tree()
        away = tmp_path / "away"
        one.source.rename(away)
        if how == "emptied mount":
            one.source.mkdir()
        elif how == "no folder":
            one.source.write_text("a file")
        one.wait(200)
        assert (one.state(), one.tree()) == (DaemonState.DEGRADED, before)
        assert one.status.reason.startswith((f"{one.source} is", f"The folder {one.source} is not there"))
        if how == "emptied mount":
            one.source.rmdir()
        elif how == "no folder":
            one.source.unlink()
        away.rename(one.source)
        one.wait(70)
        assert one.state() is DaemonState.IDLE
        one.drop("b.pdf", pdf(2))
        one.settle()
        assert one.tree() == before | {"b.ics": one.tree()["b.ics"]}
        assert len(one.lines.of("degraded")) == len(one.lines.of("recovered")) == 1


def test_a_file_that_went_with_the_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that goes between the taking and the reading leaves no note; back again, the file is converted."""
    real = convert_task
    with watched(tmp_path) as one:
        away = tmp_path / "away"

        def convert(task: object) -> object:
            if not away.exists() and one.source.exists():
                one.source.rename(away)
            return real(task)  # type: ignore[arg-type]

        monkeypatch.setattr(CONVERT, convert)
        one.drop("a.pdf")
        one.wait(30)
        assert (one.ended(), one.names(), one.state()) == (["a.pdf dead"], set(), DaemonState.DEGRADED)
        monkeypatch.undo()
        away.rename(one.source)
        one.wait(80)
        assert (one.ended(), one.names()) == (["a.pdf dead", "a.pdf done"], {"a.ics"})


def test_restarted(tmp_path: Path) -> None:
    """A daemon that is started again converts nothing twice, and what was removed from OUT anew, byte for byte."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.drop("b.pdf", pdf(2))
        one.settle()
        before = one.tree()
    (one.out / "b.ics").unlink()
    with watched(tmp_path) as two:
        two.wait(60)
        assert two.ended() == ["b.pdf done"]
        assert two.tree() == before
        with two.ledger() as ledger:
            assert len(ledger.history.jobs(Filter(limit=10))) == 3


def test_out_is_removed(tmp_path: Path) -> None:
    """When somebody removes OUT, the daemon says so, makes it again, and every calendar in it."""
    with watched(tmp_path) as one:
        one.drop("a.pdf")
        one.settle()
        before = one.tree()
        shutil.rmtree(one.out)
        one.wait(30)
        assert one.tree() == before
        assert (len(one.lines.of("degraded")), one.state()) == (1, DaemonState.IDLE)


def test_every_phase_has_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status tells starting, idle, working with the age of the oldest, draining and stopped, each when it is so."""
    seen: list[DaemonState] = []
    one = Watched(tmp_path)
    publish = one.board.publish

    def note(status: DaemonStatus) -> None:
        seen.append(status.state)
        publish(status)

    monkeypatch.setattr(one.board, "publish", note)
    try:
        one.works()
        one.drop("a.pdf")
        one.settle()
        one.daemon.stop()
        one.daemon.run()
    finally:
        one.daemon.close()
    changes = [state for state, before in zip(seen, [None, *seen], strict=False) if state is not before]
    assert changes == [
        DaemonState.STARTING,
        DaemonState.IDLE,
        DaemonState.WORKING,
        DaemonState.IDLE,
        DaemonState.STOPPED,
    ]
    assert not (one.out / ".tukscal-watch.lease").exists()


@pytest.mark.parametrize("mirror", [False, True])
def test_removed_while_no_daemon_ran(mirror: bool, tmp_path: Path) -> None:
    """At the start the note about a PDF that was removed meanwhile goes; with --mirror its calendar too."""
    with watched(tmp_path) as one:
        one.drop("sub/a.pdf", pdf(1))
        one.drop("sub/b.pdf", b"no pdf")
        one.drop("c.pdf", pdf(3))
        one.wait(70)
        assert one.names() == {"sub/a.ics", "sub/b.error.txt", "c.ics"}
        shutil.rmtree(one.source / "sub")
    with watched(tmp_path, mirror=mirror) as two:
        two.wait(10)
        assert two.names() == ({"c.ics"} if mirror else {"sub/a.ics", "c.ics"})


@pytest.mark.parametrize("empty", ["", "sub"])
def test_not_mounted_at_the_start(empty: str, tmp_path: Path) -> None:
    """A share, or one below it, that is not mounted yet when the daemon starts loses no calendar and no note."""
    with watched(tmp_path, mirror=True) as one:
        one.drop("sub/a.pdf", pdf(1))
        one.drop("sub/b.pdf", b"no pdf")
        one.drop("c.pdf", pdf(3))
        one.wait(70)
        before = one.tree()
        shutil.rmtree(one.source / empty)
        (one.source / empty).mkdir()
        one.daemon.stop()
        one.daemon.run()
    assert before == one.tree()
    with watched(tmp_path, mirror=True) as two:
        two.wait(30)
        assert two.tree() == before


def test_put_away_is_not_removed(tmp_path: Path) -> None:
    """A PDF that the daemon moved or deleted itself was not removed, also after a restart with other fates."""
    with watched(tmp_path, on_success=Fate.DELETE) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        one.drop("keep.txt")
        assert not (one.source / "a.pdf").exists()
    with watched(tmp_path, mirror=True) as two:
        two.wait(30)
        assert two.names() == {"a.ics"}
