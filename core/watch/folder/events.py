"""The system's own events about a folder, through watchdog, which is imported here alone.

An event is a hint: where to look, never what there is. Events are lost when too many come at once, when a folder is
made faster than it can be watched, when a share is mounted anew. So whoever uses this also looks at everything from
time to time, and what such a look finds that no event told of is reported as trouble. Threads of watchdog's only leave
a note here; the main loop fetches it.

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
from typing import NamedTuple, Protocol

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

from ...system.machine import LOCAL, file_system

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


class Wake(Protocol):
    """What wakes the main loop, as threading.Event does."""

    def set(self) -> None:
        """Wake it; called from other threads."""


class Blind(Exception):
    """The system gives no events for a folder; the text is a sentence."""


class Hints(NamedTuple):
    """Where to look."""

    paths: frozenset[str] = frozenset()
    everything: bool = False
    """Look at all of the folder: too much happened, or something happened to folders."""


class Eyes:
    """Watches one folder and all below it, links not followed, until closed."""

    def __init__(self, root: str, wake: Wake, *, cares: Callable[[str], bool], most: int = MOST) -> None:
        """Begin to watch; `cares` tells, in another thread, whether a path is worth a look.

        Raises Blind if the system does not let us.
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
                raise Blind(f"The folder cannot be watched: {error.strerror}.") from None
            raise
        self._threads = [self._observer, *self._observer.emitters]
        logging.getLogger("watchdog").addHandler(self._log)

    def __enter__(self) -> Eyes:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

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
        """Return why these eyes can be trusted no more, as a sentence; empty if they can. Trouble never passes.

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
    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes

    def dispatch(self, event: FileSystemEvent) -> None:
        self._eyes.tell(event)


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

    eyes: Eyes | None
    """What gives events, to be closed by whoever gets it; None where the folder has to be looked at again and again."""
    why: str
    """A sentence."""

    @property
    def native(self) -> bool:
        """Whether there are events."""
        return self.eyes is not None


def choose(
    root: Path, open_eyes: Callable[[], Eyes], *, poll: bool = False, wait: Wait = threading.Event.wait
) -> WatchMode:
    """Decide how to watch a folder; `poll` is a person's word for no events."""
    if poll:
        return WatchMode(eyes=None, why="Polling was asked for.")
    if refusal := _refusal(file_system(root)):
        return WatchMode(eyes=None, why=refusal)
    try:
        eyes = open_eyes()
    except Blind as error:
        return WatchMode(eyes=None, why=str(error))
    try:
        seen = probe(eyes, root, wait)
    except BaseException:
        eyes.close()
        raise
    if seen is None:
        return WatchMode(
            eyes=eyes, why="The folder is on a disk of this computer; no file can be made in it for a test."
        )
    if seen:
        return WatchMode(eyes=eyes, why="The folder is on a disk of this computer, and events come.")
    eyes.close()
    return WatchMode(eyes=None, why=f"No event came within {SECONDS:g} seconds of making a file.")


def probe(eyes: Eyes, root: Path, wait: Wait = threading.Event.wait) -> bool | None:
    """Make a hidden file, tell whether its event comes, and remove it; None if none can be made."""
    path = os.path.join(os.path.abspath(root), PROBE)
    expected = eyes.expect(path)
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
