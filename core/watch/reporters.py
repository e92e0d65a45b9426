"""Where the daemon is seen and heard: its counters, log, status, heartbeat, metrics and service manager."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, StateSetMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ... import __version__
from ..batch.discover import Skipped
from ..errors import TukscalError
from ..jobs.commit import Finished
from ..ledger import Ledger, State
from ..pool import Executor, Pool
from ..system import process
from ..system.jsonlog import Log
from ..system.systemd import Notifier
from .lease import DaemonLease, Role
from .request import WatchRequest
from .status import DaemonState, DaemonStatus, Heartbeat, LastFailure, PoolStatus, StatusBoard

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MODES = ("native", "polling")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds; 60 is the limit


class DaemonMetrics:
    """A registry of its own, so that nothing else of the process is shown."""

    def __init__(self, last: Callable[[], DaemonStatus | None]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._durations = Histogram(
            "tukscal_job_seconds",
            "How long attempts at converting took, by kind of timetable.",
            ["kind"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_Published(last))

    def observe(self, kind: str | None, seconds: float) -> None:
        """Count an attempt; of no kind if it found no timetable."""
        self._durations.labels(kind or "none").observe(seconds)

    def text(self) -> bytes:
        """Return everything in the text format, of CONTENT_TYPE."""
        return generate_latest(self._registry)


class _Published(Collector):
    """What the last status says, read when somebody asks."""

    def __init__(self, last: Callable[[], DaemonStatus | None]) -> None:
        self._last = last

    def collect(self) -> Iterator[Metric]:
        """Yield the figures, none before the first status; those that are not known are left out."""
        status = self._last()
        if status is not None:
            yield from _about(status)
            yield from _counted(status)
            for name, text, value in _gauges(status):
                yield GaugeMetricFamily(f"tukscal_{name}", text, value=value)  # of None there is no sample


def _about(status: DaemonStatus) -> Iterator[Metric]:
    words = {"version": status.version, "role": status.role, "mode": status.mode}
    yield InfoMetricFamily("tukscal_watch", "The daemon.", value=words)
    states = {state.value: state is status.state for state in DaemonState}
    yield StateSetMetricFamily("tukscal_watch_state", "What the daemon does; one of them is 1.", value=states)
    modes = {mode: mode == status.mode for mode in _MODES}
    yield StateSetMetricFamily("tukscal_watch_mode", "How it learns of new files; one of them is 1.", value=modes)


def _counted(status: DaemonStatus) -> Iterator[Metric]:
    yield _labelled("tukscal_jobs", "Attempts since the start, by how they ended.", "outcome", status.outcomes)
    yield _labelled("tukscal_failures", "Failed attempts since the start, by cause.", "cause", status.causes)
    started, killed = status.workers.started, status.workers.killed
    restarted = max(0, started - status.workers.number)
    yield CounterMetricFamily("tukscal_workers_started", "Worker processes started.", value=started)
    yield CounterMetricFamily(
        "tukscal_workers_restarted", "Worker processes started beyond the first.", value=restarted
    )
    yield CounterMetricFamily("tukscal_workers_killed", "Worker processes killed at a limit.", value=killed)


def _labelled(name: str, text: str, label: str, numbers: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, number in sorted(numbers.items()):
        family.add_metric([value], number)
    return family


def _gauges(status: DaemonStatus) -> list[tuple[str, str, float | None]]:
    return [
        ("queue_jobs", "Jobs that wait.", status.queue),
        ("queue_oldest_seconds", "How long the oldest of them has waited.", status.oldest if status.queue else 0.0),
        ("running_jobs", "Jobs being converted.", status.running),
        ("workers", "Worker processes.", status.workers.number),
        ("workers_busy", "Worker processes at work.", status.workers.busy),
        ("files_seen", "Files in the watched folder.", status.files),
        ("memory_bytes", "Resident memory of the daemon and its workers.", status.memory),
        ("disk_free_bytes", "Free space where calendars are written.", status.disk_free),
        ("start_time_seconds", "When the daemon started, unix time.", status.started),
        ("last_scan_timestamp_seconds", "When the folder was last read as a whole, unix time.", status.last_scan),
        ("last_success_timestamp_seconds", "When a calendar was last written, unix time.", status.last_success),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporters:
    """Everybody who is told."""

    log: Log
    board: StatusBoard
    heartbeat: Heartbeat
    metrics: DaemonMetrics
    notifier: Notifier

    def publish(self, status: DaemonStatus) -> None:
        """Tell everybody what the daemon does."""
        self.board.publish(status)
        self.heartbeat.write(status)
        self.notifier.status(f"{status.state}: {status.reason}" if status.reason else status.state.value)

    def ended(self, one: Finished) -> None:
        """Tell how a job ended."""
        if one.made is not None:
            made, took = one.made, one.outcome.duration
            self.metrics.observe(made.kind, took)
            self.log("done", file=one.job.source, output=one.job.output, sessions=made.entries,
                     problems=made.problem_count, changes=made.details.change_count, seconds=took)  # fmt: skip
        elif one.error is not None:
            level = logging.WARNING if one.state is State.FAILED else logging.ERROR
            self.log(one.state.value, level=level, file=one.job.source, cause=one.error.cause,
                     message=one.error.message)  # fmt: skip

    def skipped(self, one: Skipped) -> None:
        """Tell what is left out and why."""
        level = logging.WARNING if one.bad else logging.INFO
        self.log("skipped", level=level, file=one.path, reason=one.reason)

    def not_put_away(self, file: Path, message: str) -> None:
        """Tell why a PDF that is done with is still there."""
        self.log("not_put_away", level=logging.WARNING, file=file, message=message)

    def orphans(self, count: int) -> None:
        """Tell that a process left jobs behind."""
        self.log("taken_over", jobs=count, reason="The process that was at them is gone.")


@dataclass(slots=True, kw_only=True)
class Counters:
    """What was counted since the start, each a field of the status; times are unix seconds."""

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


def state_of(counters: Counters, lease: DaemonLease, reason: str, *, ending: bool, busy: bool) -> DaemonState:
    """Return what the daemon does as a whole; `reason` is what keeps it from working, if anything does."""
    if ending:
        return DaemonState.DRAINING
    if reason:
        return DaemonState.DEGRADED
    if lease.role is Role.STANDBY:
        return DaemonState.STANDBY if lease.owner or counters.looked else DaemonState.STARTING
    if not counters.looked:
        return DaemonState.STARTING
    return DaemonState.WORKING if busy or counters.queue else DaemonState.IDLE


def status_of(
    counters: Counters, request: WatchRequest, lease: DaemonLease, pool: Executor, **more: Any
) -> DaemonStatus:
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
        workers=_workers(pool),
        memory=process.resident(os.getpid()),
        disk_free=free,
        **{name: getattr(counters, name) for name in Counters.__slots__},
        **more,
    )


def _workers(pool: Executor) -> PoolStatus:
    if not isinstance(pool, Pool):
        return PoolStatus(busy=pool.running)
    return PoolStatus(number=len(pool.pids), busy=pool.running, started=pool.starts, killed=pool.deaths)
