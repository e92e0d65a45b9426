"""When a folder is looked at: by the system's own events, or again and again; and now and then at all of it.

An event is a hint: where to look, never what there is. Events are lost when too many come at once, when a folder is
made faster than it can be watched, when a share is mounted anew. So everything is also looked at from time to time, and
what such a look finds that no event told of ends the trust in events. Threads of watchdog's, which is imported here
alone, only leave a note; the main loop fetches it.

Whether there are events is decided by the file system's type, and by a file made to see whether it is seen. The type
goes first: on a network share the system tells what this computer writes, so that a probe succeeds, and never what
others do.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from ..backoff import Backoff, Pause
from ..batch.discover import FilePatterns
from ..system.machine import LOCAL, file_system
from .scan import Home, Scan, Scanner

MOST = 10_000  # paths kept; of more than that, all of the folder is looked at
_ENDING = 5.0  # seconds for threads to end
# Not the opening and closing of files that are read: our own reading would wake us.
_TOLD: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileClosedEvent, FileDeletedEvent),
    *(DirCreatedEvent, DirMovedEvent, DirDeletedEvent),
]


SECONDS = 2.0  # in which the probe's event must come
PROBE = ".tukscal-probe.tmp"
"""One name for all: what a killed process left is used and removed by the next."""
_MAKE = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
Wait = Callable[[threading.Event, float], bool]
"""Waits for an event to be set, at most so many seconds; returns whether it is."""


class NoEvents(Exception):
    """The system gives no events for a folder; the text is a sentence."""


class Hints(NamedTuple):
    """Where to look."""

    paths: frozenset[str] = frozenset()
    everything: bool = False
    """Look at all of the folder: too much happened, or something happened to folders."""


class FolderEvents:
    """Watches one folder and all below it, links not followed, until closed."""

    def __init__(self, root: str, wake: threading.Event, *, cares: Callable[[str], bool], most: int = MOST) -> None:
        """Begin to watch; `cares` tells, in another thread, whether a path is worth a look.

        Raises NoEvents if the system does not let us.
        """
        self._wake = wake
        self._cares = cares
        self._most = most
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._everything = False
        self._expected: dict[str, threading.Event] = {}
        self._untold: set[str] | None = None  # None until there was a look to compare with
        self._lost = 0
        self._trouble = ""
        self._root = root
        self._place = _place(root)
        self._observer: BaseObserver | None = None
        self._log = _Losses(self._tell_everything)
        try:
            self._observer = Observer()
            self._observer.schedule(_Handler(self), root, recursive=True, event_filter=_TOLD)
            self._observer.start()
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise NoEvents(f"The folder cannot be watched: {error.strerror}.") from None
            raise
        self._threads = [self._observer, *self._observer.emitters]
        logging.getLogger("watchdog").addHandler(self._log)

    def hints(self) -> Hints:
        """Return what was seen since the last call."""
        with self._lock:
            hints = Hints(frozenset(self._paths), self._everything)
            self._paths.clear()
            self._everything = False
            return hints

    def compare(self, found: Iterable[str]) -> None:
        """Tell which new files a regular look at everything found; what no event tells of until the next is a loss.

        Ask for the hints before the look. The first call after the opening, or after an event about a folder, only
        begins: the files were there before.
        """
        with self._lock:
            self._lost += len(self._untold or ())
            self._untold = set() if self._untold is None else set(found) - self._paths

    def expect(self, path: str) -> threading.Event:
        """Return what is set as soon as an event about this path, which is no hint then, comes."""
        with self._lock:
            return self._expected.setdefault(path, threading.Event())

    def trouble(self) -> str:
        """Return why these events can be trusted no more, as a sentence; empty if they can. Trouble never passes.

        Ask after each look: a share that goes and comes back between two questions is the same share by its numbers.
        """
        self._trouble = self._trouble or self._find_trouble()
        return self._trouble

    def _find_trouble(self) -> str:
        if self._observer is None:
            return "Watching has ended."
        if not all(thread.is_alive() for thread in self._threads):
            return "A thread that watched the folder has ended."
        if _place(self._root) != self._place:
            return "The folder was replaced or mounted anew since it is watched."
        if self._lost:
            return f"{self._lost} new files came without an event."
        return ""

    def close(self) -> None:
        """End the threads; the second time changes nothing."""
        observer, self._observer = self._observer, None
        logging.getLogger("watchdog").removeHandler(self._log)
        if observer is not None:
            with contextlib.suppress(OSError):  # the folder is gone, and its watches with it
                observer.stop()
            if observer.ident is not None:
                observer.join(_ENDING)

    # ---- called by other threads

    def tell(self, event: FileSystemEvent) -> None:
        """Note what an event is about."""
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if event.is_directory:
            self._tell_everything()
            return
        with self._lock:
            for path in paths:
                self._note(path)

    def _note(self, path: str) -> None:
        if expected := self._expected.pop(path, None):
            expected.set()
        elif self._cares(path):
            if self._untold:
                self._untold.discard(path)
            if not self._everything:
                self._add(path)

    def _add(self, path: str) -> None:
        if not self._paths:
            self._wake.set()
        self._paths.add(path)
        if len(self._paths) > self._most:
            self._paths.clear()
            self._everything = True

    def _tell_everything(self) -> None:
        with self._lock:
            self._everything = True
            self._paths.clear()
            self._untold = None  # what is found now, no event of its own need have told
        self._wake.set()


class _Handler(FileSystemEventHandler):
    def __init__(self, events: FolderEvents) -> None:
        self._events = events

    def dispatch(self, event: FileSystemEvent) -> None:
        self._events.tell(event)


class _Losses(logging.Handler):
    """Hears watchdog say that events were lost: it tells nobody else."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell()


def _place(root: str) -> tuple[int, int] | None:
    try:
        state = os.stat(root)
    except OSError:
        return None
    return state.st_dev, state.st_ino


# ---- events, or looking again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMode:
    """How a folder is watched."""

    events: FolderEvents | None
    """What gives events, to be closed by whoever gets it; None where the folder has to be looked at again and again."""
    why: str
    """A sentence."""


def choose(
    root: Path, open_events: Callable[[], FolderEvents], *, poll: bool = False, wait: Wait = threading.Event.wait
) -> WatchMode:
    """Decide how to watch a folder; `poll` is a person's word for no events."""
    if poll:
        return WatchMode(events=None, why="Polling was asked for.")
    if refusal := _refusal(file_system(root)):
        return WatchMode(events=None, why=refusal)
    try:
        events = open_events()
    except NoEvents as error:
        return WatchMode(events=None, why=str(error))
    try:
        seen = probe(events, root, wait)
    except BaseException:
        events.close()
        raise
    if seen is None:
        return WatchMode(
            events=events, why="The folder is on a disk of this computer; no file can be made in it for a test."
        )
    if seen:
        return WatchMode(events=events, why="The folder is on a disk of this computer, and events come.")
    events.close()
    return WatchMode(events=None, why=f"No event came within {SECONDS:g} seconds of making a file.")


def probe(events: FolderEvents, root: Path, wait: Wait = threading.Event.wait) -> bool | None:
    """Make a hidden file, tell whether its event comes, and remove it; None if none can be made."""
    path = os.path.join(os.path.abspath(root), PROBE)
    expected = events.expect(path)
    try:
        os.close(os.open(path, _MAKE, 0o600))
    except OSError:
        return None
    try:
        return wait(expected, SECONDS)
    finally:
        with contextlib.suppress(OSError):  # another daemon removed it
            os.unlink(path)


def _refusal(kind: str | None) -> str:
    """Return why a file system of this type gives no events that can be relied on; empty if it does."""
    if kind in LOCAL:
        return ""
    if not kind:
        return "The file system's type is not known, so it may be a share that tells nothing."
    return f"The folder is on {kind}, where what others write may cause no event."


_BREATH = 1.0  # seconds, at least, between two looks at everything
_BACKOFF = Backoff(first=600.0, factor=1.0)  # until events are tried again where they failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often everything is looked at, in seconds: with events, and without; `poll` asks for no events."""

    scan: float = 60.0
    poll_every: float = 10.0
    poll: bool = False


class FolderMonitor:
    """One folder, looked at when there is a reason."""

    def __init__(
        self,
        root: Path,
        wanted: FilePatterns,
        wake: threading.Event,
        rhythm: Rhythm,
        ticks: Callable[[], float],
        breathe: Callable[[], object] = int,
        known: Home | None = None,
        mounts: Iterable[str] = (),
    ) -> None:
        """Look at `root`, which was at a `known` place, with `mounts` in it, when it was last looked at."""
        self._scanner = Scanner(root, wanted, known=known, mounts=mounts, breathe=breathe)
        self._wake = wake
        self._rhythm = rhythm
        self._ticks = ticks
        self._mode: WatchMode | None = None
        self._pause = Pause(ticks, _BACKOFF)
        self._next = self._last = float("-inf")
        self._full = False

    @property
    def mode(self) -> str:
        """How the folder is watched: native or polling; empty before the first look."""
        return "" if self._mode is None else "native" if self._events else "polling"

    @property
    def why(self) -> str:
        """Why it is watched so, as a sentence."""
        return self._mode.why if self._mode else ""

    @property
    def home(self) -> Home | None:
        """Where the folder is; None before the first look that worked, if it was not known."""
        return self._scanner.home

    @property
    def mounts(self) -> list[str]:
        """Folders in it where other file systems are mounted."""
        return sorted(self._scanner.mounts)

    @property
    def next_look(self) -> float:
        """When, by the clock, everything is looked at again if nothing happens."""
        return self._next

    @property
    def _events(self) -> FolderEvents | None:
        return self._mode.events if self._mode else None

    def look(self) -> Scan | None:
        """Look where there is a reason, or return None."""
        now = self._ticks()
        self._choose(now)
        hints = self._events.hints() if self._events else None
        everything = hints is not None and hints.everything
        if everything:
            self._next = min(self._next, self._last + _BREATH)
        if now >= self._next:
            return self._look_at_all(now)
        self._full = False
        return self._scanner.look(hints.paths) if hints and hints.paths else None

    def look_again(self) -> Scan:
        """Look at everything now, and try for events again where they failed."""
        self._pause.begin(0.0)
        self._next = float("-inf")
        return self.look() or Scan()

    def compare(self, new: Iterable[str]) -> None:
        """Tell which files were new in the last look: what no event told of makes the events doubtful."""
        if self._full and self._events:
            self._events.compare(new)

    def close(self) -> None:
        """End what gives events."""
        if self._events:
            self._events.close()
        self._mode = None

    def _look_at_all(self, now: float) -> Scan:
        scan = self._scanner.scan()
        self._full = not scan.error
        self._last = now
        native = self._events is not None and not scan.error
        self._next = now + (self._rhythm.scan if native else min(self._rhythm.poll_every, self._rhythm.scan))
        return scan

    def _choose(self, now: float) -> None:
        """Decide how to watch: at first, when events cannot be trusted any more, and now and then whether they can."""
        trouble = self._events.trouble() if self._events else ""
        again = self._events is None and not self._rhythm.poll
        if trouble and self._events:
            self._events.close()
            self._mode = WatchMode(events=None, why=trouble)
            self._pause.begin()
            self._next = now
        elif self._mode is None or (again and not self._pause.left):
            self._pause.begin()
            self._mode = choose(Path(self._scanner.root), self._open, poll=self._rhythm.poll)

    def _open(self) -> FolderEvents:
        return FolderEvents(self._scanner.root, self._wake, cares=self._scanner.cares)
