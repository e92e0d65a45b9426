"""PDFs that leave the folder when they are done with: the very file that was converted, and over nobody else's."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.jobs.task import convert_task
from tukscal.core.system.files import stamp_of
from tukscal.core.watch import archive
from tukscal.core.watch.notes import Fate
from tukscal.core.watch.status import DaemonState
from tukscal.tests.core.watch.mounts import mounted
from tukscal.tests.core.watch.watching import CONVERT, Watched, pdf, watched

BAD = b"no pdf at all"


def moving(folder: Path, **more: Any) -> Any:
    """Watch with everything moved away when it is done with."""
    return watched(folder, on_success=Fate.MOVE, on_failure=Fate.MOVE, done_folder=folder / "done",
                   failed_folder=folder / "failed", **more)  # fmt: skip


def below(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_moved(tmp_path: Path) -> None:
    """Good and bad PDFs go into their folders, trees kept; calendar and note stay, since a moved file is not gone."""
    with moving(tmp_path, mirror=True) as one:
        one.drop("sub/a.pdf")
        one.drop("sub/b.pdf", BAD)
        one.wait(120)
        assert below(one.source) == {}
        assert below(tmp_path / "done") == {"sub/a.pdf": pdf()}
        assert below(tmp_path / "failed") == {"sub/b.pdf": BAD}
        assert one.names() == {"sub/a.ics", "sub/b.error.txt"}
        assert one.lines.of("removed") == []


def test_dropped_again_after_it_was_moved(tmp_path: Path) -> None:
    """A file of the same name dropped later updates the calendar, and lies beside the first one in the folder."""
    with moving(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        one.drop("a.pdf", pdf(2))
        one.settle()
        one.drop("a.pdf", pdf(2))
        one.settle()
        assert below(tmp_path / "done") == {"a.pdf": pdf(1), "a (2).pdf": pdf(2), "a (3).pdf": pdf(2)}
        assert [line["changes"] > 0 for line in one.lines.of("done")] == [False, True]
        assert one.names() == {"a.ics"}


def test_deleted(tmp_path: Path) -> None:
    """With delete a converted PDF goes and a bad one stays."""
    with watched(tmp_path, on_success=Fate.DELETE) as one:
        one.drop("a.pdf")
        one.drop("b.pdf", BAD)
        one.wait(120)
        assert below(one.source) == {"b.pdf": BAD}
        assert one.names() == {"a.ics", "b.error.txt"}


@pytest.mark.parametrize("fate", [Fate.MOVE, Fate.DELETE])
def test_swapped_in_between(fate: Fate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that took the name while the other was converted stays where it is until it is converted itself."""
    real = convert_task
    with watched(tmp_path, on_success=fate, done_folder=tmp_path / "done") as one:

        def swap(task: Any) -> Any:
            made = real(task)
            one.drop("new", pdf(2)).rename(task.source)
            return made

        monkeypatch.setattr(CONVERT, swap)
        one.drop("a.pdf", pdf(1))
        one.wait(7)
        monkeypatch.undo()
        assert len(one.ended()) == 1
        assert below(one.source) == {"a.pdf": pdf(2)}
        one.settle()
        assert one.ended() == ["a.pdf done", "a.pdf done"]
        assert below(one.source) == {}
        if fate is Fate.MOVE:
            assert below(tmp_path / "done") == {"a.pdf": pdf(2)}


def test_another_file_system(tmp_path: Path) -> None:
    """Moved to another file system, a file is there whole, with its times, before it goes from here."""
    with mounted(tmp_path / "done"), moving(tmp_path) as one:
        path = one.drop("a.pdf")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        one.settle()
        assert below(one.source) == {}
        assert below(tmp_path / "done") == {"a.pdf": pdf()}
        assert (tmp_path / "done" / "a.pdf").stat().st_mtime == 1_700_000_000


def cross(monkeypatch: pytest.MonkeyPatch, during: Any = None) -> None:
    """Let every move out of the watched folder be one to another file system; `during` is called in the copying."""
    replace, copy = os.replace, shutil.copy2

    def refuse(source: Any, target: Any) -> None:
        if Path(source).parent.name == "in":
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        replace(source, target)

    def copied(source: Any, target: Any, **how: Any) -> Any:
        if during is not None:
            during(source)
        return copy(source, target, **how)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(shutil, "copy2", copied)


def test_no_room_in_the_other_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that fails leaves nothing half, is told once, is no reason to stop, and is tried again until it works."""

    def full(_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with moving(tmp_path) as one:
        with monkeypatch.context() as crowded:
            cross(crowded, full)
            one.drop("a.pdf", pdf(1))
            one.settle()
            one.drop("b.pdf", pdf(2))
            one.wait(200)
            assert below(one.source) == {"a.pdf": pdf(1), "b.pdf": pdf(2)}
            assert below(tmp_path / "done") == {}
            assert [Path(line["file"]).name for line in one.lines.of("not_put_away")] == ["a.pdf", "b.pdf"]
            assert (one.names(), one.state()) == ({"a.ics", "b.ics"}, DaemonState.IDLE)
        one.wait(70)
        assert below(one.source) == {}
        assert below(tmp_path / "done") == {"a.pdf": pdf(1), "b.pdf": pdf(2)}


def test_replaced_while_it_was_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is replaced during the copying stays, and the copy of what was never converted goes."""
    source, target = tmp_path / "in" / "a.pdf", tmp_path / "done" / "a.pdf"
    source.parent.mkdir()
    source.write_bytes(pdf(1))
    stamp = stamp_of(source.stat())
    cross(monkeypatch, lambda path: Path(path).write_bytes(pdf(2)))
    assert not archive.put_away(source, stamp, target)
    assert (source.read_bytes(), below(target.parent)) == (pdf(2), {})


def test_a_source_that_may_not_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where IN may only be read, the copy that was made elsewhere does not stay: no heap of copies grows."""
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "in":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        unlink(path, missing_ok)

    with moving(tmp_path) as one:
        cross(monkeypatch)
        monkeypatch.setattr(Path, "unlink", refuse)
        one.drop("a.pdf")
        one.wait(300)
        assert below(tmp_path / "done") == {}
        assert len(one.lines.of("not_put_away")) == 1
        assert one.state() is DaemonState.IDLE


def test_what_could_not_be_moved_does_not_stop_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that is started again and finds converted files it cannot move takes new files all the same."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
    (tmp_path / "done").write_text("a file where a folder is to be")
    with moving(tmp_path) as two:
        two.drop("b.pdf", pdf(2))
        two.settle()
        assert (two.names(), two.state()) == ({"a.ics", "b.ics"}, DaemonState.IDLE)


def test_an_owner_that_lost_the_share_moves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was converted and written before another daemon took over is not moved by the one that lost."""
    with moving(tmp_path) as one:
        one.drop("a.pdf")
        one.wait(5)
        monkeypatch.setattr(one.daemon._intake, "_may", lambda: ValueError("lost"))
        one.wait(4)
        assert (one.names(), below(one.source)) == ({"a.ics"}, {"a.pdf": pdf()})


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is named in its note, and moved with the bad ones."""
    opened = os.open

    def refuse(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if os.fspath(path).endswith("a.pdf") and not flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *more, **named)

    with moving(tmp_path) as one:
        monkeypatch.setattr(os, "open", refuse)  # root, as whom tests may run, may read everything
        one.drop("a.pdf")
        one.wait(120)
        assert one.names() == {"a.error.txt"}
        assert [path.name for path in (tmp_path / "failed").iterdir()] == ["a.pdf"]
        assert isinstance(one, Watched)
