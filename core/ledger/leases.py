"""Who holds a job: a lease names one process for ever, so that work of a dead one is taken over.

On one computer the boot, the process id and the process's start say whether a holder lives. A holder on another
computer, or in a container whose process ids mean nothing here, is judged by its beat alone: a counter it raises while
it holds jobs, watched with our own clock that only goes forward.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from ..system import machine

BEAT = 10.0  # seconds between two beats of a holder
SILENT = 60.0  # seconds without a beat after which a holder nobody can look at is dead


class Liveness(Enum):
    """What is known of a lease's holder."""

    ALIVE = auto()
    DEAD = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Lease:
    """A process: its boot, the space its id is counted in, the id, and when it began."""

    boot: str
    space: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"{self.boot.replace('/', '_')}/{self.space}/{self.pid}/{self.start}"

    @classmethod
    def parse(cls, text: str) -> Lease | None:
        """Return the lease written as text, None if it is none."""
        parts = text.split("/")
        if len(parts) != 4 or not parts[2].isdecimal():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])


def mine() -> Lease:
    """Return the lease of this process."""
    return _lease(os.getpid())


@cache
def _lease(pid: int) -> Lease:
    return Lease(machine.boot_id().replace("/", "_"), machine.pid_space(), pid, machine.process_start(pid) or "")


def fate(text: str, *, local: bool) -> Liveness:
    """Return what is known of a lease's holder; `local` says that nobody but this computer can reach the ledger."""
    holder, me = Lease.parse(text), mine()
    if holder == me:
        return Liveness.ALIVE
    if holder is None or not holder.start:
        return Liveness.UNKNOWN
    if holder.boot != me.boot:
        return Liveness.DEAD if local else Liveness.UNKNOWN
    if holder.space != me.space:
        return Liveness.UNKNOWN
    return Liveness.ALIVE if machine.process_start(holder.pid) == holder.start else Liveness.DEAD


class Watch:
    """The beats this process has seen of holders it cannot look at."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}
        self._last = float("-inf")

    def is_silent(self, lease: str, beat: int, ticks: float) -> bool:
        """Return whether a holder's beat has stood still for too long."""
        seen, since = self._seen.get(lease, (None, ticks))
        if seen != beat:
            since = ticks
        self._seen[lease] = (beat, since)
        return ticks - since >= SILENT

    def keep(self, leases: set[str]) -> None:
        """Forget all holders but these."""
        self._seen = {lease: seen for lease, seen in self._seen.items() if lease in leases}

    def may_beat(self, ticks: float) -> bool:
        """Return whether it is time for our own next beat, and count from now if so."""
        if ticks - self._last < BEAT:
            return False
        self._last = ticks
        return True
