"""What a daemon is doing, as one value that never changes: published, written down, measured and shown."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from ..ledger import leases

_FORMAT = 1


class State(StrEnum):
    """What a daemon does as a whole."""

    STARTING = "starting"
    WORKING = "working"  # jobs run or wait
    IDLE = "idle"  # everything is done
    STANDBY = "standby"  # another daemon works on this share
    DEGRADED = "degraded"  # something outside keeps it from working; it tries again by itself
    DRAINING = "draining"  # told to end, it finishes what runs
    STOPPED = "stopped"  # ended as told


READY = (State.WORKING, State.IDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
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
class Status:
    """A daemon at one moment. Times are unix seconds, sizes bytes, ages seconds; None and empty are unknown."""

    state: State
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
    workers: Workers = field(default_factory=Workers)
    memory: int | None = None  # resident, of the daemon and its workers
    disk_free: int | None = None  # of OUT

    def __post_init__(self) -> None:
        """Keep figures of our own: the daemon goes on counting in its."""
        object.__setattr__(self, "outcomes", dict(self.outcomes))
        object.__setattr__(self, "causes", dict(self.causes))


class Board:
    """Where the daemon hangs its last status, for threads that only read; `ticks` says when it did."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._clock = ticks
        self._last: tuple[Status | None, float] = (None, ticks())

    def publish(self, status: Status) -> None:
        """Replace the status."""
        self._last = (status, self._clock())

    @property
    def status(self) -> Status | None:
        """The last status, None before the first."""
        return self._last[0]

    @property
    def ticks(self) -> float:
        """When the last status was published, by the clock that only goes forward."""
        return self._last[1]


def plain(status: Status) -> dict[str, Any]:
    """Return a status as what JSON has; the keys are an interface."""
    return {"format": _FORMAT, **asdict(status)}


def from_plain(held: object) -> Status:
    """Return the status in what JSON had; a newer version's fields are left out. Raises ValueError."""
    if not isinstance(held, dict):
        raise ValueError("not an object")
    status: Status = _of(Status, held)
    return status


def _of(kind: type[Any], held: Mapping[str, Any]) -> Any:
    """Return a dataclass's value made of the fields that are known, each of the type it should have."""
    hints = get_type_hints(kind)
    known = {one.name: _fit(held[one.name], hints[one.name]) for one in fields(kind) if one.name in held}
    try:
        return kind(**known)
    except TypeError as error:  # one is missing
        raise ValueError(str(error)) from None


def _fit(value: Any, hint: Any) -> Any:
    """Return a field's value, if it is of the type its class says."""
    hints = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and NoneType in hints:
        return None
    wanted = hints[0]
    if wanted is State:
        return State(value)
    if is_dataclass(wanted) and isinstance(wanted, type) and isinstance(value, dict):
        return _of(wanted, value)
    if wanted == Mapping[str, int] and isinstance(value, dict):
        return {str(name): _fit(number, int) for name, number in value.items()}
    if wanted is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if type(value) is wanted and wanted in (str, int):
        return value
    raise ValueError(f"{value!r:.40} is no {wanted}")
