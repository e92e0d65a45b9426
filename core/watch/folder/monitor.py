"""Looking at a folder as its file system allows: by events, or again and again; and now and then at all of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...backoff import Backoff, Pause
from ...batch.discover import FilePatterns
from .events import Eyes, WatchMode, choose
from .mounts import Home
from .scan import Scan, Scanner

_BREATH = 1.0  # seconds, at least, between two looks at everything
_BACKOFF = Backoff(first=600.0, factor=1.0)  # until events are tried again where they failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often everything is looked at, in seconds: with events, and without; `poll` asks for no events."""

    scan: float = 60.0
    poll_every: float = 10.0
    poll: bool = False


class Sight:
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
        return "" if self._mode is None else "native" if self._mode.native else "polling"

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

    def look(self) -> Scan | None:
        """Look where there is a reason, or return None."""
        now = self._ticks()
        self._choose(now)
        hints = self._mode.eyes.hints() if self._mode and self._mode.eyes else None
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
        if self._full and self._mode and self._mode.eyes:
            self._mode.eyes.compare(new)

    def close(self) -> None:
        """End what gives events."""
        if self._mode and self._mode.eyes:
            self._mode.eyes.close()
        self._mode = None

    def _look_at_all(self, now: float) -> Scan:
        scan = self._scanner.scan()
        self._full = not scan.error
        self._last = now
        native = self._mode is not None and self._mode.native and not scan.error
        self._next = now + (self._rhythm.scan if native else min(self._rhythm.poll_every, self._rhythm.scan))
        return scan

    def _choose(self, now: float) -> None:
        """Decide how to watch: at first, when events cannot be trusted any more, and now and then whether they can."""
        trouble = self._mode.eyes.trouble() if self._mode and self._mode.eyes else ""
        again = self._mode is not None and not self._mode.native and not self._rhythm.poll
        if trouble and self._mode and self._mode.eyes:
            self._mode.eyes.close()
            self._mode = WatchMode(eyes=None, why=trouble)
            self._pause.begin()
            self._next = now
        elif self._mode is None or (again and not self._pause.left):
            self._pause.begin()
            self._mode = choose(Path(self._scanner.root), self._open, poll=self._rhythm.poll)

    def _open(self) -> Eyes:
        return Eyes(self._scanner.root, self._wake, cares=self._scanner.cares)
