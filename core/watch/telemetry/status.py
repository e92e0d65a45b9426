"""What a daemon is doing, as one value that never changes: published, written down, measured and shown."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from ...ledger import leases

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
