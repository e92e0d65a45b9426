"""The system's events: where to look, and whether they can be trusted."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tukscal.core.batch.discover import FilePatterns
from tukscal.core.watch.monitor import FolderEvents, Hints, NoEvents
from tukscal.core.watch.scan import Scanner
from tukscal.core.watch.stability import Settling
from tukscal.tests.waiting import eventually
from watchdog.observers.api import BaseObserver
from watchdog.utils import BaseThread

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="inotify")


class Seen:
    """A folder that is watched for real, and what was told of it so far."""

    def __init__(self, folder: Path, most: int = 10_000) -> None:
        self.folder = folder
        self.wake = threading.Event()
        self.scanner = Scanner(folder, FilePatterns())
        self.events = FolderEvents(str(folder), self.wake, cares=self.scanner.cares, most=most)
        self.paths: set[str] = set()
        self.everything = False

    def fetch(self) -> Hints:
        """Fetch hints and add them up."""
        hints = self.events.hints()
        assert not (hints.everything and hints.paths), "what is looked at anyway need not be named"
        self.paths |= {os.path.relpath(path, self.folder) for path in hints.paths}
        self.everything |= hints.everything
        return hints

    def sees(self, *names: str, everything: bool = False) -> bool:
        """Wait until all these were told of."""
        return eventually(lambda: bool(self.fetch() and set(names) <= self.paths and self.everything >= everything), 10)


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    """An empty folder under watch."""
    with closing((one := Seen(tmp_path)).events):
        yield one
    assert watchers() == []


def watchers() -> list[str]:
    """Return the threads that watch."""
    return [thread.name for thread in threading.enumerate() if isinstance(thread, BaseThread) and thread.is_alive()]


def test_what_happens_to_files_is_told(seen: Seen) -> None:
    """Writing, renaming, in and out, and removing wake the loop and name the file; what is not wanted does not."""
    folder = seen.folder
    (folder / "a.pdf").write_bytes(b"1")
    assert seen.wake.wait(10)
    (folder / "b.pdf.part").write_bytes(b"1")
    (folder / "b.pdf.part").rename(folder / "b.pdf")
    (folder / "notes.txt").write_bytes(b"1")
    assert seen.sees("a.pdf", "b.pdf")
    seen.paths.clear()
    (folder / "b.pdf").rename(folder / "c.pdf")
    (folder / "a.pdf").unlink()
    assert seen.sees("a.pdf", "b.pdf", "c.pdf")
    assert (seen.paths, seen.everything) == ({"a.pdf", "b.pdf", "c.pdf"}, False)
    assert seen.events.trouble() == ""


@LINUX
def test_reading_is_not_told(seen: Seen) -> None:
    """Our own reading of a file wakes nobody: what comes after it is all that is told."""
    (seen.folder / "a.pdf").write_bytes(b"1")
    assert seen.sees("a.pdf")
    done = seen.events.expect(str(seen.folder / ".mark"))
    (seen.folder / ".mark").touch()
    assert done.wait(10)
    seen.fetch()
    seen.wake.clear()
    (seen.folder / "a.pdf").read_bytes()
    done = seen.events.expect(str(seen.folder / ".mark2"))
    (seen.folder / ".mark2").touch()
    assert done.wait(10)
    assert (seen.events.hints(), seen.wake.is_set()) == (Hints(), False)


def test_a_folder_is_looked_at_whole(seen: Seen) -> None:
    """A folder that is made, moved in or removed makes everything to be looked at; what is below is watched then."""
    (seen.folder / "2026" / "law").mkdir(parents=True)
    assert seen.sees(everything=True)
    assert eventually(lambda: _touch(seen.folder / "2026/law/a.pdf") and bool(seen.fetch().paths), 10)
    assert seen.paths == {"2026/law/a.pdf"}


def _touch(path: Path) -> bool:
    path.write_bytes(b"1")
    return True


def test_too_much_at_once_means_everything(tmp_path: Path) -> None:
    """Of 10,000 files made at once, with room for ten, not one is kept, and a full look finds all, each once."""
    with closing((one := Seen(tmp_path, most=10)).events):
        for number in range(10_000):
            os.close(os.open(tmp_path / f"{number}.pdf", os.O_CREAT | os.O_WRONLY))
        assert one.sees(everything=True)
        now = [0.0]
        settling = Settling(lambda: now[0])
        settling.see(one.scanner.look(one.events.hints().paths))
        settling.see(one.scanner.scan())
        now[0] = 60.0
        handed = [settled.path for settled in settling.ready(20_000)]
    assert len(handed) == len(set(handed)) == 10_000


@LINUX
def test_events_the_system_dropped_mean_everything(seen: Seen) -> None:
    """When the kernel's queue overflows, which only watchdog's log tells, everything is to be looked at."""
    room = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if room > 50_000:
        pytest.skip("the kernel's queue is too long to fill")
    code = "import os\nfor i in range({}): os.close(os.open(f'{}/.{{i}}', os.O_CREAT | os.O_WRONLY))"
    writer = subprocess.Popen([sys.executable, "-c", code.format(room, seen.folder)])
    assert ctypes.PyDLL(None).waitpid(writer.pid, None, 0) == writer.pid  # no thread of ours runs meanwhile
    writer.returncode = 0
    assert seen.sees(everything=True)
    assert seen.events.trouble() == ""


# ---- trouble


def test_new_files_without_events_are_trouble(seen: Seen) -> None:
    """What a look found is waited for until the next; the first look only begins, and events in time make it good."""
    events, path = seen.events, str(seen.folder / "a.pdf")
    events.compare([path, "/old/b.pdf"])
    events.compare([])
    assert events.trouble() == ""
    events.compare([path])
    (seen.folder / "a.pdf").touch()
    assert seen.sees("a.pdf")
    events.compare([path + "x", path + "y"])
    assert events.trouble() == ""
    events.compare([])
    assert events.trouble() == "2 new files came without an event."


def test_what_is_in_a_new_folder_needs_no_event(seen: Seen) -> None:
    """Files found together with a folder that was just made are no loss."""
    seen.events.compare([])
    seen.events.compare([str(seen.folder / "new" / "a.pdf")])
    (seen.folder / "new").mkdir()
    assert seen.sees(everything=True)
    seen.events.compare([])
    seen.events.compare([])
    assert seen.events.trouble() == ""


def test_a_pending_event_is_an_event(seen: Seen) -> None:
    """A file whose event waits to be fetched when the look finds it is no loss."""
    seen.events.compare([])
    (seen.folder / "a.pdf").touch()
    assert seen.wake.wait(10)
    seen.events.compare([str(seen.folder / "a.pdf")])
    seen.events.compare([])
    assert seen.events.trouble() == ""


@pytest.mark.parametrize("back", [False, True])
def test_a_folder_that_goes_is_trouble(tmp_path: Path, back: bool) -> None:
    """FolderEvents on a folder that was removed, or removed and made again, say that they see nothing any more."""
    folder = tmp_path / "in"
    folder.mkdir()
    with closing((one := Seen(folder)).events):
        assert one.events.trouble() == ""
        folder.rename(tmp_path / "away")
        if back:
            folder.mkdir()
        trouble = "The folder was replaced or mounted anew since it is watched."
        assert one.events.trouble() == trouble
        if back:
            folder.rmdir()
        (tmp_path / "away").rename(folder)
        assert one.events.trouble() == trouble
    assert watchers() == []


def test_a_thread_that_ends_is_trouble(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a thread of the watching dies of an error, that is noticed, and closing still ends the others."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def die(event: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(seen.events, "tell", die)
    (seen.folder / "a.pdf").touch()
    assert eventually(lambda: seen.events.trouble() == "A thread that watched the folder has ended.", 10)


@pytest.mark.parametrize("number", [24, 28])
def test_the_systems_limit_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """When the system gives no more watches there are no events, a sentence says so, and no thread is left."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule" if number == 24 else "on_thread_start", refuse)
    with pytest.raises(NoEvents, match=r"^The folder cannot be watched: inotify watch limit reached\.$"):
        Seen(tmp_path)
    assert eventually(lambda: watchers() == [], 5)
    assert logging.getLogger("watchdog").handlers == []


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    """FolderEvents on nothing are none."""
    with pytest.raises(NoEvents):
        Seen(tmp_path / "none")
    assert eventually(lambda: watchers() == [], 5)


def test_closing_ends_the_threads(tmp_path: Path) -> None:
    """After closing, twice even, no thread is left and nothing is told."""
    one = Seen(tmp_path)
    assert len(watchers()) >= 2
    one.events.close()
    one.events.close()
    (tmp_path / "a.pdf").touch()
    assert (watchers(), one.events.hints(), one.wake.is_set()) == ([], Hints(), False)
    assert one.events.trouble() == "Watching has ended."
