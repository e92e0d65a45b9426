"""When a folder is looked at: with events where there are hints, without them by the clock, at everything in time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tukscal.core.batch.discover import FilePatterns
from tukscal.core.watch import monitor as monitor_module
from tukscal.core.watch.monitor import FolderEvents, FolderMonitor, Hints, Rhythm, WatchMode
from tukscal.tests.clock import Clock


class Seeing(FolderEvents):
    """Events that see what a test says."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.everything = False
        self.wrong = ""
        self.compared: list[set[str]] = []
        self.closed = False

    def hints(self) -> Hints:
        """Return what was set, once."""
        hints = Hints(frozenset(self.paths), self.everything)
        self.paths, self.everything = set(), False
        return hints

    def trouble(self) -> str:
        """Return what was set."""
        return self.wrong

    def compare(self, found: object) -> None:
        """Note what was found."""
        self.compared.append(set(found))  # type: ignore[call-overload]

    def close(self) -> None:
        """Note it."""
        self.closed = True


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Seeing:
    """Events that are chosen."""
    one = Seeing()
    monkeypatch.setattr(monitor_module, "choose", lambda *_, **__: WatchMode(events=one, why="Events come."))
    return one


def monitor(folder: Path, clock: Clock, **rhythm: float) -> FolderMonitor:
    """Return a monitor of a folder."""
    return FolderMonitor(folder, FilePatterns(), threading.Event(), Rhythm(**rhythm), clock.ticks)  # type: ignore[arg-type]


def looks(one: FolderMonitor, clock: Clock, seconds: int) -> list[int]:
    """Return after how many seconds everything was looked at."""
    began, found = clock.forward, []
    for second in range(seconds):
        clock.turn(began + second - clock.forward)
        scan = one.look()
        if scan is not None and scan.asked is None:
            found.append(second)
    return found


def test_polls(tmp_path: Path, clock: Clock) -> None:
    """Without events everything is looked at every 10 seconds."""
    one = monitor(tmp_path, clock, poll=True)
    assert looks(one, clock, 35) == [0, 10, 20, 30]
    assert (one.mode, one.why) == ("polling", "Polling was asked for.")


def test_with_events(tmp_path: Path, clock: Clock, events: Seeing) -> None:
    """With events everything is looked at once a minute, and a file as soon as an event tells of it."""
    one = monitor(tmp_path, clock)
    assert looks(one, clock, 130) == [0, 60, 120]
    path = tmp_path / "a.pdf"
    path.write_bytes(b"x")
    events.paths = {str(path)}
    scan = one.look()
    assert scan is not None
    assert set(scan.asked or ()) == set(scan.files) == {str(path)}
    assert one.look() is None


def test_too_much_at_once(tmp_path: Path, clock: Clock, events: Seeing) -> None:
    """When events were lost everything is looked at, at most once a second."""
    one = monitor(tmp_path, clock)
    one.look()
    events.everything = True
    clock.turn(0.5)
    assert one.look() is None
    clock.turn(0.5)
    scan = one.look()
    assert scan is not None
    assert scan.asked is None


def test_doubtful_events(tmp_path: Path, clock: Clock, events: Seeing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that cannot be trusted are closed, the folder is polled at once, and events are tried again in a while."""
    one = monitor(tmp_path, clock)
    one.look()
    events.wrong = "3 new files came without an event."
    clock.turn(1)
    assert one.look() is not None
    assert (events.closed, one.mode, one.why) == (True, "polling", "3 new files came without an event.")
    again = Seeing()
    monkeypatch.setattr(monitor_module, "choose", lambda *_, **__: WatchMode(events=again, why="Events come."))
    clock.turn(300)
    one.look()
    assert one.mode == "polling"
    clock.turn(300)
    one.look()
    assert one.mode == "native"


def test_compared_with_full_looks_only(tmp_path: Path, clock: Clock, events: Seeing) -> None:
    """What is new is compared with the events when everything was looked at, not after a look at single files."""
    one = monitor(tmp_path, clock)
    one.look()
    one.compare(["a"])
    events.paths = {str(tmp_path / "b.pdf")}
    one.look()
    one.compare(["b"])
    assert events.compared == [{"a"}]


def test_a_folder_that_is_not_there(tmp_path: Path, clock: Clock) -> None:
    """A look at a folder that is not there has an error; when it is there, `look_again` sees it at once."""
    one = monitor(tmp_path / "in", clock, poll=True)
    scan = one.look()
    assert scan is not None
    assert scan.error
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(b"x")
    assert len(one.look_again().files) == 1


def test_closed(tmp_path: Path, clock: Clock, events: Seeing) -> None:
    """Closing ends the events; the next look would begin anew."""
    one = monitor(tmp_path, clock)
    one.look()
    one.close()
    assert (events.closed, one.mode) == (True, "")
