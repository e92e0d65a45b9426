"""The service's figures as Prometheus reads them: what is counted while it runs, what is read when asked for."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .settings import JobSettings
from .store.interface import ServiceStore
from .store.model import Counts, JobState, QueueFigures
from .store.sqlite.database import Load, Timing
from .worker import AttemptOutcome

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
QUANTILES = (0.5, 0.95, 0.99)
_RECENT = 1024  # durations of a route the quantiles are of
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_SLOW = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_ERROR = 400
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineUsage:
    """What the operating system says; None for what it does not."""

    cpu: float  # seconds of this process and of what it has ended
    memory: int  # bytes of this process and its workers
    disk_free: int | None
    disk_read: int | None = None
    disk_written: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The pool."""

    number: int = 0
    busy: int = 0
    started: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFigures:
    """What is read when somebody asks."""

    queue: QueueFigures
    counts: Counts
    stored: Sequence[tuple[str, int]]
    quota: int  # bytes an account may store
    workers: Workers
    machine: MachineUsage
    load: Load | None
    limits_memory: int | None
    limits_faults: int
    blocks: int
    tallies: Mapping[str, int]
    now: float
    connections: int = 0


@dataclass(slots=True)
class _Recent:
    durations: defaultdict[tuple[str, str], deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_RECENT))
    )
    lock: threading.Lock = field(default_factory=threading.Lock)


class ServiceMetrics:
    """A registry of its own, so that nothing else of the process is shown."""

    def __init__(self, jobs: JobSettings, slow: float) -> None:
        """Count; a query of the store that takes longer than `slow` seconds is a slow one."""
        self._registry = registry = CollectorRegistry(auto_describe=False)
        self._jobs = jobs
        self._slow = slow
        self._recent = _Recent()
        self._read = _Read(self._recent)
        self._requests = Counter(
            "tukscal_http_requests", "Requests, by route.", ["method", "route", "status"], registry=registry
        )
        self._errors = Counter(
            "tukscal_http_errors", "Answers from 400 on, by route.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tukscal_http_request_seconds",
            "How long answers took.",
            ["method", "route"],
            buckets=_FAST,
            registry=registry,
        )
        self._network = Counter(
            "tukscal_network_bytes", "Bodies of requests and answers.", ["direction"], registry=registry
        )
        self._refused = Counter("tukscal_limited", "Requests refused, by rule.", ["rule"], registry=registry)
        self._blocked = Counter(
            "tukscal_blocked", "Requests of somebody blocked, by rule.", ["rule"], registry=registry
        )
        self._uploads = Counter("tukscal_uploads", "PDFs taken.", registry=registry)
        self._ended = Counter("tukscal_jobs", "Jobs that came to an end, by how.", ["outcome"], registry=registry)
        self._failures = Counter("tukscal_failures", "Failed attempts, by cause.", ["cause"], registry=registry)
        self._deaths = Counter("tukscal_worker_deaths", "Workers that died, by cause.", ["cause"], registry=registry)
        self._job_seconds = Histogram(
            "tukscal_job_seconds", "How long an attempt took.", ["outcome"], buckets=_SLOW, registry=registry
        )
        self._job_wait = Histogram(
            "tukscal_job_wait_seconds", "From the upload to the start.", buckets=_SLOW, registry=registry
        )
        self._cpu = Histogram(
            "tukscal_conversion_cpu_seconds", "CPU-seconds of a conversion.", buckets=_FAST, registry=registry
        )
        self._cost = Counter("tukscal_conversion_cost", "What conversions cost, by jobs.cpu_price.", registry=registry)
        self._store = Histogram(
            "tukscal_store_seconds", "How long the store took.", ["side"], buckets=_FAST, registry=registry
        )
        self._slow_queries = Counter(
            "tukscal_store_slow_queries", "Slow queries, by name.", ["name"], registry=registry
        )
        registry.register(self._read)
        for direction in ("in", "out"):
            self._network.labels(direction)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)
        if status >= _ERROR:
            self._errors.labels(method, route, str(status)).inc()
        with self._recent.lock:
            self._recent.durations[method, route].append(seconds)

    def traffic(self, taken: int, given: int) -> None:
        """Count bytes of bodies."""
        self._network.labels("in").inc(taken)
        self._network.labels("out").inc(given)

    def refused(self, rule: str) -> None:
        """Count a request that a limit refused."""
        self._refused.labels(rule).inc()

    def blocked(self, rule: str) -> None:
        """Count a request of somebody who is blocked."""
        self._blocked.labels(rule).inc()

    def uploaded(self) -> None:
        """Count a PDF that was taken."""
        self._uploads.inc()

    def ended(self, ended: AttemptOutcome) -> None:
        """Count an attempt's end; called in the conveyor's thread."""
        outcome = ended.state.value
        self._job_seconds.labels(outcome).observe(ended.duration)
        if ended.job.attempts == 0:
            self._job_wait.observe(max(0.0, ended.waited))
        if ended.cause is not None:
            self._failures.labels(ended.cause).inc()
            if ended.died:
                self._deaths.labels(ended.cause).inc()
        if ended.cpu:
            self._cpu.observe(ended.cpu)
            self._cost.inc(cost(ended.cpu, self._jobs))
        if ended.state is not JobState.WAITING:
            self._ended.labels(outcome).inc()
            self._read.count(done=ended.state is JobState.DONE)

    def timed(self, timing: Timing) -> None:
        """Count a piece of work of the store; called in its threads."""
        self._store.labels(timing.side).observe(timing.took)
        if timing.took >= self._slow:
            self._slow_queries.labels(timing.name).inc()

    def text(self, figures: ServiceFigures) -> bytes:
        """Return everything in the text format, of CONTENT_TYPE."""
        self._read.figures = figures
        return generate_latest(self._registry)


class _Read(Collector):
    """What is read when somebody asks."""

    def __init__(self, recent: _Recent) -> None:
        self._recent = recent
        self._jobs = self._done = 0
        self.figures: ServiceFigures | None = None

    def count(self, *, done: bool) -> None:
        """Count a job for the share of those that ended well."""
        self._jobs += 1
        self._done += done

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; those that are not known are left out."""
        yield self._quantiles()
        if self.figures is not None:
            for name, text, value in self._gauges(self.figures):
                if value is not None:
                    yield GaugeMetricFamily(f"tukscal_{name}", text, value=value)
            for name, text, value in _totals(self.figures):
                if value is not None:
                    yield CounterMetricFamily(f"tukscal_{name}", text, value=value)
            yield from _by_account(self.figures)
            yield _labelled("accounts", "Accounts, by kind.", "kind", self.figures.counts.accounts)

    def _quantiles(self) -> Metric:
        family = GaugeMetricFamily(
            "tukscal_http_request_quantile_seconds",
            f"Quantiles of the last {_RECENT} answers of a route.",
            labels=["method", "route", "quantile"],
        )
        with self._recent.lock:
            recent = {which: sorted(durations) for which, durations in self._recent.durations.items()}
        for which, durations in recent.items():
            for share in QUANTILES:
                family.add_metric([*which, f"{share:g}"], quantile(durations, share))
        return family

    def _gauges(self, all_: ServiceFigures) -> list[tuple[str, str, float | None]]:
        queue, counts, tallies = all_.queue, all_.counts, all_.tallies
        waiting = queue.queued + queue.waiting
        hits = tallies.get("feed_hits", 0)
        reads = all_.tallies.get("feed_rendered", 0)
        return [
            ("users_active", "Accounts seen in the last day.", counts.active),
            ("users_returning", "Of those, accounts made before.", counts.returning),
            ("sessions", "Sign-ins that have not expired.", counts.sessions),
            ("calendars", "Calendars.", counts.calendars),
            ("feeds", "Feeds.", counts.feeds),
            ("storage_bytes", "Calendars and PDFs.", counts.stored + queue.pdf_bytes),
            ("pdf_bytes", "PDFs that are kept, encrypted.", queue.pdf_bytes),
            ("queue_jobs", "Jobs that wait.", waiting),
            ("queue_oldest_seconds", "How long the oldest of them has.", _age(queue.oldest, all_.now)),
            ("running_jobs", "Jobs being converted.", queue.running),
            ("dead_letters", "Jobs a person decides about.", queue.dead),
            ("workers", "Worker processes.", all_.workers.number),
            ("workers_busy", "Worker processes at work.", all_.workers.busy),
            ("memory_bytes", "Resident memory of the service and its workers.", all_.machine.memory),
            ("disk_free_bytes", "Free space where the store is.", all_.machine.disk_free),
            ("connections", "Open connections of clients.", all_.connections),
            ("store_connections", "Connections to the store.", all_.load.connections if all_.load else None),
            ("store_connections_busy", "Of those, at work.", all_.load.busy if all_.load else None),
            ("store_reads_waiting", "Reads that wait.", all_.load.reads_waiting if all_.load else None),
            ("store_writes_waiting", "Writes that wait.", all_.load.writes_waiting if all_.load else None),
            ("limit_store_bytes", "Memory of the counters of requests, about.", all_.limits_memory),
            ("blocks", "Addresses and accounts that are blocked.", all_.blocks),
            ("uploads_hour", "PDFs taken in the last hour.", queue.uploads_hour),
            ("success_share", "Of the jobs that ended, those with a calendar.", _share(self._done, self._jobs)),
            ("feed_not_modified_share", "Of the reads of feeds, those answered with 304.",
             _share(tallies.get("feed_unchanged", 0), hits)),
            ("feed_hit_share", "Of the reads of feeds, those from stored bytes.", _share(hits - reads, hits)),
            ("quota_bytes", "What an account may store.", all_.quota),
        ]  # fmt: skip


def cost(cpu: float, settings: JobSettings) -> float:
    """Return the price of so many CPU-seconds, in the currency of `jobs.cpu_price`, which is that of a CPU-hour."""
    return cpu / _HOUR * settings.cpu_price


def quantile(durations: Sequence[float], share: float) -> float:
    """Return the duration that a share of sorted ones does not exceed (nearest rank); 0 of none."""
    if not durations:
        return 0.0
    return durations[max(0, -int(-len(durations) * share // 1) - 1)]


def _totals(all_: ServiceFigures) -> list[tuple[str, str, float | None]]:
    number = all_.workers.number
    return [
        ("cpu_seconds", "CPU-seconds of the service's own process.", all_.machine.cpu),
        ("disk_read_bytes", "Read from disks by the service.", all_.machine.disk_read),
        ("disk_written_bytes", "Written to disks by the service.", all_.machine.disk_written),
        ("workers_started", "Worker processes started.", all_.workers.started),
        (
            "workers_restarted",
            "Worker processes started in the place of others.",
            max(0, all_.workers.started - number),
        ),
        ("feed_hits", "Feeds read.", all_.tallies.get("feed_hits", 0)),
        ("feed_not_modified", "Feeds answered with 304.", all_.tallies.get("feed_unchanged", 0)),
        ("feed_rendered", "Feeds whose bytes had to be made.", all_.tallies.get("feed_rendered", 0)),
        ("limit_store_faults", "Failures of the store of counters.", all_.limits_faults),
    ]


def _by_account(all_: ServiceFigures) -> Iterator[Metric]:
    """Yield what the largest accounts store; an account is known by its id alone."""
    yield _labelled("account_stored_bytes", "Of the largest accounts.", "account", dict(all_.stored))
    if all_.quota:
        shares = {account: size / all_.quota for account, size in all_.stored}
        yield _labelled("account_quota_share", "Of what an account may store.", "account", shares)


def _labelled(name: str, text: str, label: str, numbers: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"tukscal_{name}", text, labels=[label])
    for value, number in numbers.items():
        family.add_metric([value], number)
    return family


def _age(since: float | None, now: float) -> float:
    return 0.0 if since is None else max(0.0, now - since)


def _share(part: int, whole: int) -> float | None:
    return max(0, part) / whole if whole else None


class Tallies:
    """Counters of one process; used by the event loop alone. A kill loses the last seconds of them."""

    def __init__(self) -> None:
        self.totals: defaultdict[str, int] = defaultdict(int)
        """Since the start: feed_hits, feed_unchanged, feed_rendered, feed_unknown."""
        self._hits: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._renderings: set[bytes] = set()
        self._tokens: dict[str, float] = {}

    def feed(self, feed: str, fingerprint: bytes, *, unchanged: bool) -> None:
        """Count a reading of a feed."""
        self._hits[feed][0] += 1
        self._hits[feed][1] += unchanged
        self._renderings.add(fingerprint)
        self.totals["feed_hits"] += 1
        self.totals["feed_unchanged"] += unchanged

    def token(self, token: str, now: float) -> None:
        """Note that a token was used."""
        self._tokens[token] = now

    async def flush(self, store: ServiceStore, now: float) -> None:
        """Write down what was counted since the last time."""
        hits: Mapping[str, tuple[int, int]] = {feed: (counts[0], counts[1]) for feed, counts in self._hits.items()}
        used, tokens = frozenset(self._renderings), dict(self._tokens)
        self._hits.clear()
        self._renderings.clear()
        self._tokens.clear()
        if hits or used:
            await store.feeds.count(hits, used, now)
        if tokens:
            await store.tokens.used(tokens)
