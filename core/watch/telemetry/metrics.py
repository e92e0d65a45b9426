"""The daemon's figures as Prometheus reads them: what the last status says, and how long conversions took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, StateSetMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .status import DaemonState, DaemonStatus

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
            yield from _measured(status)


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


def _measured(status: DaemonStatus) -> Iterator[Metric]:
    for name, text, value in _gauges(status):
        yield GaugeMetricFamily(f"tukscal_{name}", text, value=value)  # of None there is no sample


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
