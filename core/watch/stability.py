"""Which files are complete and stand still: looks in, files to be taken out. The clock is the caller's.

A file is handed over once for each state it comes to rest in. The times a file claims to have do not matter: it is
compared with itself, and the waiting is done by our own clock.

A copy that pauses, or whose room was reserved at once, stands still and is not complete. PDF readers look for the end
anywhere in the last kilobytes and forgive what follows it; here little is forgiven, and a file that never becomes
complete waits longer and is then left to the converter to judge.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from ..system.files import Stamp, stamp_of
from .scan import Scan

_HEAD = 1024  # readers find %PDF- in here
_TAIL = 2048
# White space, a NUL not among it: room that was reserved holds zeros. Ctrl-Z ended files once.
_END = re.compile(rb"startxref\s+(\d{1,15})\s+(?:%[^\r\n]*\s+)?%%EOF[ \t\r\n\f\x1a]*\Z")
_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Look(NamedTuple):
    """A file's state, as told by the file itself and not by a listing, which a share may have kept from before."""

    stamp: Stamp | None
    """None if there is no ordinary file."""
    whole: bool = False


def look(path: str) -> Look:
    """Open a file and look at its end; one that may not be opened is not whole."""
    try:
        handle = os.open(path, os.O_RDONLY | _AT_ONCE)
    except OSError:
        return _closed(path)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            return Look(None)
        whole = _is_whole(handle, state.st_size)
        after = os.fstat(handle)  # what changed while it was looked at is told by its new stamp
        return Look(stamp_of(after), whole and stamp_of(after) == stamp_of(state))
    except OSError:
        return _closed(path)
    finally:
        os.close(handle)


def _closed(path: str) -> Look:
    try:
        state = os.lstat(path)
    except OSError:
        return Look(None)
    return Look(stamp_of(state) if stat.S_ISREG(state.st_mode) else None)


def _is_whole(handle: int, size: int) -> bool:
    start = _read(handle, 0, _HEAD).find(b"%PDF-")
    end = _END.search(_read(handle, max(0, size - _TAIL), _TAIL))
    if start < 0 or end is None:
        return False
    # What stands before the PDF may be counted or not.
    tables = (_read(handle, int(end[1]) + before, 32) for before in {0, start})
    return any(map(_TABLE.match, tables)) and not _has_hole(handle, size)


def _read(handle: int, start: int, size: int) -> bytes:
    os.lseek(handle, start, os.SEEK_SET)
    return os.read(handle, size)


def _has_hole(handle: int, size: int) -> bool:
    """Tell whether a piece was reserved and never written, where the file system knows."""
    hole = getattr(os, "SEEK_HOLE", None)
    try:
        return hole is not None and os.lseek(handle, 0, hole) < size
    except OSError:
        return False


_AGAIN = 1.0  # seconds, at least, until a file that is not whole is looked at again


class Settled(NamedTuple):
    """A file to be taken, and the state it was in."""

    path: str
    stamp: Stamp
    whole: bool
    """False for a file that stood still for so long that it is taken as it is."""


class News(NamedTuple):
    """What a look told. Of what was never handed over nobody needs to hear."""

    new: tuple[str, ...] = ()
    """Files not known before."""
    changed: tuple[str, ...] = ()
    """Files that were handed over and changed since: what was said about them is void."""
    gone: tuple[str, ...] = ()
    """Files that were handed over and are not there any more."""


@dataclass(slots=True)
class _Waiting:
    stamp: Stamp
    since: float
    due: float
    queued: float
    """Where it stands in the heap; what the heap holds of it otherwise is from before it went and came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a file has to stand still, in seconds: a whole one, and one whose end never comes."""

    settle: float = 5.0
    whole: float = 60.0


class Settling:
    """The files of one folder: those that wait, and those that were taken in the state they are in."""

    def __init__(
        self, ticks: Callable[[], float], patience: Patience | None = None, *, look: Callable[[str], Look] = look
    ) -> None:
        """Wait by `ticks`, a clock that is never set back; `look` opens a file before it is handed over."""
        self._ticks = ticks
        self._patience = patience or Patience()
        self._look = look
        self._waiting: dict[str, _Waiting] = {}
        self._taken: dict[str, Stamp] = {}
        self._due: list[tuple[float, str]] = []

    @property
    def waiting(self) -> int:
        """How many files have not come to rest yet."""
        return len(self._waiting)

    @property
    def next_due(self) -> float | None:
        """By the clock, when `ready` may have something; None if nothing waits."""
        return self._due[0][0] if self._due else None

    def remember(self, taken: Mapping[str, Stamp]) -> None:
        """Take files for handed over in these states: an earlier process took them."""
        self._taken.update(taken)

    def see(self, scan: Scan) -> News:
        """Learn what a look saw; one with an error teaches nothing."""
        if scan.error:
            return News()
        new, changed = [], []
        for path, stamp in scan.files.items():
            taken = self._taken.get(path)
            if taken is None:
                if self._wait(path, stamp):
                    new.append(path)
            elif not taken.is_same(stamp):
                del self._taken[path]
                changed.append(path)
                self._wait(path, stamp)
        return News(tuple(new), tuple(changed), tuple(self._forget(scan)))

    def ready(self, most: int = 250) -> Iterator[Settled]:
        """Yield files that came to rest, at most so many, each now counted as taken; one that went is forgotten.

        Each costs an open, which may be slow on a share: hence not all at once.
        """
        now = self._ticks()
        for _ in range(most):
            if not self._due or self._due[0][0] > now:
                return
            queued, path = heappop(self._due)
            waiting = self._waiting.get(path)
            if waiting and waiting.queued == queued and (settled := self._try(path, waiting, now)):
                yield settled

    def again(self, path: str) -> None:
        """Let a file that was handed over wait anew: it could not be taken, or changed under the reader's hands."""
        if stamp := self._taken.pop(path, None):
            self._wait(path, stamp)

    # ---- parts

    def _wait(self, path: str, stamp: Stamp) -> bool:
        """Begin to wait for a file, or begin anew if it changed; return whether it was not known."""
        now = self._ticks()
        waiting = self._waiting.get(path)
        if waiting is None:
            due = now + self._patience.settle
            self._waiting[path] = _Waiting(stamp, now, due, due)
            heappush(self._due, (due, path))
        elif not waiting.stamp.is_same(stamp):
            # The heap keeps the earlier time; `_try` puts it right.
            waiting.stamp, waiting.since, waiting.due = stamp, now, now + self._patience.settle
        return waiting is None

    def _try(self, path: str, waiting: _Waiting, now: float) -> Settled | None:
        """Hand a file over that is due, or let it wait on."""
        if waiting.due <= now:
            seen = self._look(path)
            if seen.stamp is None:
                del self._waiting[path]
                return None
            if not waiting.stamp.is_same(seen.stamp):
                self._wait(path, seen.stamp)
            elif seen.whole or now - waiting.since >= self._patience.whole:
                del self._waiting[path]
                self._taken[path] = waiting.stamp
                return Settled(path, waiting.stamp, seen.whole)
            else:
                waiting.due = now + max(self._patience.settle, _AGAIN)
        waiting.queued = waiting.due
        heappush(self._due, (waiting.due, path))
        return None

    def _forget(self, scan: Scan) -> Iterator[str]:
        """Drop what a look did not see any more; yield what was handed over of it."""
        known: set[str] = self._taken.keys() | self._waiting.keys()
        missing = (known if scan.asked is None else known & scan.asked) - scan.files.keys()
        for path in sorted(missing):
            if scan.unseen and is_below(path, scan.unseen):
                continue
            self._waiting.pop(path, None)
            if self._taken.pop(path, None):
                yield path


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Tell whether a path is one of some places or below one."""
    return any(path == place or path.startswith(place + os.sep) for place in places)
