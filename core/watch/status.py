"""What a daemon is doing, as one value that never changes: published, written to a file every few seconds, and judged.

The file lies in the state folder of this computer, one for each OUT, so that it is there when the share is not. Its age
is told by the clock of this boot, which nobody sets.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..decode import Unfit, from_json
from ..errors import Damaged, TukscalError
from ..ledger import leases
from ..system.files import FileChange, change_files, read_if_there, remove_left_behind, sha256

_FORMAT = 1


class DaemonState(StrEnum):
    """What a daemon does as a whole."""

    STARTING = "starting"
    WORKING = "working"  # jobs run or wait
    IDLE = "idle"  # everything is done
    STANDBY = "standby"  # another daemon works on this share
    DEGRADED = "degraded"  # something outside keeps it from working; it tries again by itself
    DRAINING = "draining"  # told to end, it finishes what runs
    STOPPED = "stopped"  # ended as told


READY = (DaemonState.WORKING, DaemonState.IDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """The pool: how many processes, how many busy, how many were ever started, how many killed."""

    number: int = 0
    busy: int = 0
    started: int = 0
    killed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFailure:
    """The failure somebody should look at first; `when` is unix time."""

    file: str
    cause: str
    message: str
    when: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStatus:
    """A daemon at one moment. Times are unix seconds, sizes bytes, ages seconds; None and empty are unknown."""

    state: DaemonState
    reason: str = ""  # why it is so, where that is not plain
    role: str = ""  # owner or standby
    owner: str = ""  # who works instead
    source: str = ""  # IN
    output: str = ""  # OUT
    mode: str = ""  # native or polling
    mode_reason: str = ""
    version: str = ""
    process: str = field(default_factory=lambda: str(leases.mine()))  # as the ledger names one
    pid: int = field(default_factory=os.getpid)
    started: float = 0.0
    last_scan: float | None = None
    last_success: float | None = None
    last_failure: LastFailure | None = None
    files: int = 0  # seen
    queue: int = 0  # jobs that wait
    oldest: float | None = None  # age of the job that waits longest
    running: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)  # jobs since the start: done, failed, dead ...
    causes: Mapping[str, int] = field(default_factory=dict)  # failures since the start
    workers: PoolStatus = field(default_factory=PoolStatus)
    memory: int | None = None  # resident, of the daemon and its workers
    disk_free: int | None = None  # of OUT

    def __post_init__(self) -> None:
        """Keep figures of our own: the daemon goes on counting in its."""
        object.__setattr__(self, "outcomes", dict(self.outcomes))
        object.__setattr__(self, "causes", dict(self.causes))


class StatusBoard:
    """Where the daemon hangs its last status, for threads that only read; `ticks` says when it did."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._clock = ticks
        self._last: tuple[DaemonStatus | None, float] = (None, ticks())

    def publish(self, status: DaemonStatus) -> None:
        """Replace the status."""
        self._last = (status, self._clock())

    @property
    def status(self) -> DaemonStatus | None:
        """The last status, None before the first."""
        return self._last[0]

    @property
    def ticks(self) -> float:
        """When the last status was published, by the clock that only goes forward."""
        return self._last[1]


def plain(status: DaemonStatus) -> dict[str, Any]:
    """Return a status as what JSON has; the keys are an interface."""
    return {"format": _FORMAT, **asdict(status)}


EVERY = 5.0  # seconds between two writings
SILENT = 60.0  # seconds without one after which a daemon whose process is there hangs
_FOLDER = "watch"
_SUFFIX = ".json"
_SLOTS = 8  # daemons of one computer on one OUT: one works, the others stand by
_MOST = 1_000_000  # bytes


class Life(StrEnum):
    """What is known of the daemon that wrote a file."""

    ALIVE = "alive"
    HANGING = "hanging"  # its process is there and writes no more
    DEAD = "dead"  # it ended without a word
    STOPPED = "stopped"  # it ended as told


class DaemonHealth(StrEnum):
    """Whether somebody has to do something."""

    HEALTHY = "healthy"
    ATTENTION = "attention"  # degraded, hanging, or on standby for nobody
    DOWN = "down"  # nothing is watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A status as it was written: at `when` in unix time, at `ticks` of that boot's clock."""

    status: DaemonStatus
    when: float
    ticks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDaemon:
    """A daemon as somebody else sees it; `age` is seconds since it last wrote."""

    beat: Beat
    life: Life
    age: float

    @property
    def stopped(self) -> bool:
        """Whether it ended as told."""
        return self.life is Life.STOPPED

    @property
    def health(self) -> DaemonHealth:
        """Whether it does what it is there for."""
        status = self.beat.status
        if self.life in (Life.DEAD, Life.STOPPED):
            return DaemonHealth.DOWN
        waits = status.state is DaemonState.STANDBY and status.owner
        works = status.state in (*READY, DaemonState.STARTING, DaemonState.DRAINING)
        return DaemonHealth.HEALTHY if self.life is Life.ALIVE and (waits or works) else DaemonHealth.ATTENTION


def heartbeat_slots(state_folder: Path, output: Path) -> list[Path]:
    """Return where each of several daemons of this computer with one OUT may write its status."""
    name = sha256(os.fsencode(os.path.realpath(output)))[:16]
    ends = ("", *(f"-{number}" for number in range(2, _SLOTS + 1)))
    return [state_folder / _FOLDER / f"{name}{end}{_SUFFIX}" for end in ends]


def free_slot(state_folder: Path, output: Path) -> Path:
    """Return the first of these places at which no living daemon writes, the first of all if there is none."""
    slots = heartbeat_slots(state_folder, output)
    return next((slot for slot in slots if not _is_taken(slot)), slots[0])


def _is_taken(slot: Path) -> bool:
    try:
        beat = read_heartbeat(slot)
    except TukscalError:
        return False
    return beat is not None and look(beat).life in (Life.ALIVE, Life.HANGING)


def heartbeat_files(state_folder: Path) -> list[Path]:
    """Return the files of all daemons that ever ran here."""
    try:
        return sorted(path for path in (state_folder / _FOLDER).iterdir() if path.suffix == _SUFFIX)
    except OSError:
        return []


class Heartbeat:
    """The daemon's hand on its file; one that cannot be written stops nobody."""

    def __init__(
        self, path: Path, *, ticks: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time
    ) -> None:
        self.fault = ""
        self._path = path
        self._ticks = ticks
        self._clock = clock
        self._last: tuple[float, DaemonState, str] | None = None
        remove_left_behind([path])

    def write(self, status: DaemonStatus) -> None:
        """Write a status down, if it is time or it does something else than before."""
        now = self._ticks()
        if self._last is None or now - self._last[0] >= EVERY or (status.state, status.reason) != self._last[1:]:
            self._last = (now, status.state, status.reason)
            self._put({"when": self._clock(), "ticks": now, "status": plain(status)})

    def _put(self, held: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            errors = change_files([FileChange(self._path, json.dumps(held, indent=1).encode())])
            self.fault = next((error.message for error in errors.values()), "")
        except OSError as error:
            self.fault = f"{self._path.parent} cannot be made: {error.strerror}."


def read_heartbeat(path: Path) -> Beat | None:
    """Return what a daemon wrote down last, None if none ever ran. Raises Damaged, NoSuchFile or InputOutput."""
    data = read_if_there(path, _MOST)
    if data is None:
        return None
    try:
        return from_json(Beat, data)
    except Unfit as error:
        advice = "Delete it: a daemon that runs writes it again within seconds."
        raise Damaged(f"{path} is not a daemon's status: {error}.", advice=advice, file=str(path)) from None


def look(
    beat: Beat, *, ticks: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time
) -> ObservedDaemon:
    """Return what is known of the daemon that wrote a file: whether its process is there, and when it last wrote."""
    fate, age = leases.fate(beat.status.process, local=False), _age(beat, ticks(), clock())
    if beat.status.state is DaemonState.STOPPED:
        life = Life.STOPPED
    elif fate is leases.Liveness.DEAD or (fate is leases.Liveness.UNKNOWN and age >= SILENT):
        life = Life.DEAD
    else:
        life = Life.HANGING if age >= SILENT else Life.ALIVE
    return ObservedDaemon(beat=beat, life=life, age=age)


def _age(beat: Beat, ticks: float, clock: float) -> float:
    """Return the seconds since a daemon wrote: by the clock of the boot if it is the same, else by the wall's."""
    process = leases.Lease.parse(beat.status.process)
    if process is not None and process.boot == leases.mine().boot and ticks >= beat.ticks:
        return ticks - beat.ticks
    return max(0.0, clock - beat.when)


def observed(paths: Iterable[Path]) -> list[ObservedDaemon]:
    """Return the daemons that wrote files; where one lives, those that ended before on its OUT are history.

    Raises Damaged, NoSuchFile or InputOutput for the first file that cannot be read.
    """
    found = [look(beat) for beat in map(read_heartbeat, paths) if beat is not None]
    living = {one.beat.status.output for one in found if one.life in (Life.ALIVE, Life.HANGING)}
    return [one for one in found if one.life in (Life.ALIVE, Life.HANGING) or one.beat.status.output not in living]
