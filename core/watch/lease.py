"""Who works where several daemons watch one share: a small file in OUT, and a counter in it that its owner raises.

No lock of a shared drive can be relied on (flock, O_EXCL and link each fail on some NFS, SMB or synced folder), so this
needs nothing but a file that is replaced whole and read back. What is promised where a read sees the last write:

- At no instant do two daemons pass `still_mine`: one token stands in the file.
- From the last instant at which one passes to the first at which another does at least `settle` seconds go by, so a
  rename that begins right after `still_mine` has that long to end. No share can promise more than that.
- A daemon that ended on this computer is replaced at once, one that left cleanly too, any other after `stale` seconds.

Nobody's wall clock is asked: a standby counts only time in which it looked and saw the same bytes. That the takeover
by several at once has one winner comes from waiting: each writes its own token, lets `settle` seconds pass and looks
again; whoever's token stands works, the others stand by.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import Enum, StrEnum, auto
from pathlib import Path

from ..decode import Unfit, from_json
from ..errors import InputOutput, TukscalError
from ..ledger import leases
from ..system.files import FileChange, change_files, read_if_there, remove_left_behind
from ..wording import clean

NAME = ".tukscal-watch.lease"
_VERSION = 1
_MOST = 4096  # bytes; ours are about 200


class Role(StrEnum):
    """What a daemon does on its share."""

    OWNER = "owner"
    STANDBY = "standby"


class _Stand(Enum):
    STANDBY = auto()
    CANDIDATE = auto()  # its token was written and has to stand for a while
    OWNER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTiming:
    """Seconds: between two beats of the owner, for a claim to settle, without a beat until an owner counts as dead.

    `step` is to be called at least every `beat`; with calls every second a takeover takes at most `stale` + `settle`
    + 2 s after the last beat.
    """

    beat: float = 5.0
    settle: float = 3.0
    stale: float = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What stands in the file: the owner's random token, its computer, its process as in the ledger, its beat."""

    owner: str
    host: str
    process: str
    counter: int


def parse(data: bytes | None) -> Note | None:
    """Return the note in a file's bytes, None for no file and for what we did not write."""
    try:
        return from_json(Note, data or b"")
    except Unfit:
        return None


class DaemonLease:
    """One daemon's part in a share; not for several threads. `fault` says why the file could not be used, if so."""

    def __init__(
        self,
        folder: Path,
        *,
        ticks: Callable[[], float] = time.monotonic,
        pace: LeaseTiming | None = None,
        host: str = "",
    ) -> None:
        self.path = folder / NAME
        self.fault = ""
        self._ticks = ticks
        self._pace = pace or LeaseTiming()
        self._own = Note(
            owner=secrets.token_hex(16), host=host or platform.node(), process=str(leases.mine()), counter=0
        )
        self._stand = _Stand.STANDBY
        self._since = 0.0  # a candidate's claim, an owner's last beat
        self._seen: bytes | None = None
        self._still = 0.0  # seconds in which the file was looked at and stood still
        self._looked = 0.0
        self._other: Note | None = None

    @property
    def role(self) -> Role:
        """What this daemon may do, as far as it knows without looking."""
        return Role.OWNER if self._stand is _Stand.OWNER else Role.STANDBY

    @property
    def owner(self) -> str:
        """Who works instead of this daemon, empty if nobody is known to."""
        if self._stand is not _Stand.STANDBY or self._other is None:
            return ""
        process = leases.Lease.parse(self._other.process)
        return clean(f"process {process.pid if process else '?'} on {self._other.host}")[:200]

    def step(self) -> Role:
        """Look at the file, raise the counter or take over where it is time, and return the role from now on."""
        now = self._ticks()
        if self._stand is _Stand.OWNER and now - self._since >= self._pace.stale:
            self._stand = _Stand.STANDBY  # stopped, or cut off from the share: somebody else may have begun
        try:
            self._act(self._read(), now)
            self.fault = ""
        except TukscalError as error:
            self.fault = error.message
        return self.role

    def still_mine(self) -> bool:
        """Look again, right before something is written: whether this daemon is the owner."""
        if self._stand is not _Stand.OWNER or self._ticks() - self._since >= self._pace.stale:
            return False
        try:
            note = parse(self._read())
        except TukscalError as error:
            self.fault = error.message
            return False
        if note is None or note.owner != self._own.owner:
            self._stand = _Stand.STANDBY
        return self._stand is _Stand.OWNER

    def release(self) -> None:
        """Give the share up, so that a standby takes over at once; whoever calls has stopped writing."""
        held, self._stand = self._stand is not _Stand.STANDBY, _Stand.STANDBY
        try:
            note = parse(self._read()) if held else None
            if note is not None and note.owner == self._own.owner:
                self._put(None)
        except TukscalError as error:  # a standby will find out by itself
            self.fault = error.message

    def _act(self, data: bytes | None, now: float) -> None:
        note = parse(data)
        if note is not None and note.owner == self._own.owner:
            self._hold(now)
        else:
            self._stand, self._other = _Stand.STANDBY, note
            if self._may_take(data, note, now):
                self._claim()

    def _hold(self, now: float) -> None:
        """Go on where our token stands: raise the counter, or become the owner if it has stood for long enough."""
        waited = now - self._since
        if self._stand is _Stand.STANDBY:
            self._claim()
        elif self._stand is _Stand.CANDIDATE and waited >= self._pace.settle:
            self._stand, self._since = _Stand.OWNER, now
            remove_left_behind([self.path])
        elif self._stand is _Stand.OWNER and waited >= self._pace.beat:
            self._raise()
            if self._ticks() - now < self._pace.settle:
                self._since = now
            else:  # stopped between looking and writing, we may have written over somebody's claim
                self._stand, self._since = _Stand.CANDIDATE, self._ticks()

    def _may_take(self, data: bytes | None, note: Note | None, now: float) -> bool:
        """Count how long the file stood still; tell whether nobody is at work any more."""
        if data != self._seen:
            self._seen, self._still = data, 0.0
        else:  # while we were stopped ourselves, or saw nothing, the owner could not show that it lives
            self._still += min(now - self._looked, 2 * self._pace.beat)
        self._looked = now
        return data is None or self._still >= self._pace.stale or (note is not None and self._is_gone(note))

    def _is_gone(self, note: Note) -> bool:
        """Tell whether the owner ran on this computer and has ended."""
        return note.host == self._own.host and _has_ended(note.process)

    def _claim(self) -> None:
        self._raise()
        self._stand, self._since = _Stand.CANDIDATE, self._ticks()
        self._seen = None

    def _raise(self) -> None:
        self._own = replace(self._own, counter=self._own.counter + 1)
        self._put(json.dumps({"version": _VERSION, **asdict(self._own)}).encode())

    def _read(self) -> bytes | None:
        if self.path.is_symlink():  # what it points to would be written over
            raise InputOutput(f"{self.path} is a link.", advice="Remove it.", file=str(self.path))
        return read_if_there(self.path, _MOST)

    def _put(self, data: bytes | None) -> None:
        for error in change_files([FileChange(self.path, data)]).values():
            raise error


def _has_ended(name: str) -> bool:
    """Tell whether a process of this boot has ended; one that may not be looked at, as /proc can have it, has not."""
    process = leases.Lease.parse(name)
    if process is None or leases.fate(name, local=False) is not leases.Liveness.DEAD:
        return False
    try:
        os.kill(process.pid, 0)
    except PermissionError:
        return False
    except (OSError, OverflowError):
        return True
    return True
