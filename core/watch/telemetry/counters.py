"""What the daemon counted since its start, and the status made of that and of what it is at."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .... import __version__
from ...errors import TukscalError
from ...jobs.commit import Finished
from ...ledger import Ledger, State
from ...pool import Executor, Pool
from ...system import process
from ..lease import DaemonLease, Role
from ..request import WatchRequest
from .status import DaemonState, DaemonStatus, LastFailure, PoolStatus


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted since the start; times are unix seconds."""

    started: float = field(default_factory=time.time)
    last_scan: float | None = None
    last_success: float | None = None
    last_failure: LastFailure | None = None
    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    queue: int = 0
    """Jobs that waited when the ledger was last asked."""

    @property
    def looked(self) -> bool:
        """Whether everything was looked at once."""
        return self.last_scan is not None

    def scanned(self, files: int) -> None:
        """Count a look at everything."""
        self.last_scan, self.files = time.time(), files

    def count(self, one: Finished) -> None:
        """Count how a job ended."""
        self.outcomes[one.state.value] += 1
        if one.error is None:
            self.last_success = time.time()
            return
        self.causes[one.error.cause] += 1
        self.last_failure = LastFailure(
            file=str(one.job.source), cause=one.error.cause, message=one.error.message, when=time.time()
        )

    def ask(self, ledger: Ledger, queue: str) -> None:
        """Learn how many jobs wait; what is not told now was told before."""
        with contextlib.suppress(TukscalError):
            counts = ledger.history.counts(queue=queue)
            self.queue = counts[State.QUEUED] + counts[State.FAILED]


def state_of(tally: Tally, lease: DaemonLease, reason: str, *, ending: bool, busy: bool) -> DaemonState:
    """Return what the daemon does as a whole; `reason` is what keeps it from working, if anything does."""
    if ending:
        return DaemonState.DRAINING
    if reason:
        return DaemonState.DEGRADED
    if lease.role is Role.STANDBY:
        return DaemonState.STANDBY if lease.owner or tally.looked else DaemonState.STARTING
    if not tally.looked:
        return DaemonState.STARTING
    return DaemonState.WORKING if busy or tally.queue else DaemonState.IDLE


def status_of(tally: Tally, request: WatchRequest, lease: DaemonLease, pool: Executor, **more: Any) -> DaemonStatus:
    """Return the daemon's status; `more` is what only the daemon knows."""
    free = None
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(request.output).free
    return DaemonStatus(
        role=lease.role.value,
        owner=lease.owner,
        source=str(request.source),
        output=str(request.output),
        version=__version__,
        started=tally.started,
        last_scan=tally.last_scan,
        last_success=tally.last_success,
        last_failure=tally.last_failure,
        files=tally.files,
        queue=tally.queue,
        outcomes=tally.outcomes,
        causes=tally.causes,
        workers=_workers(pool),
        memory=process.resident(os.getpid()),
        disk_free=free,
        **more,
    )


def _workers(pool: Executor) -> PoolStatus:
    if not isinstance(pool, Pool):
        return PoolStatus(busy=pool.running)
    return PoolStatus(number=len(pool.pids), busy=pool.running, started=pool.starts, killed=pool.deaths)
