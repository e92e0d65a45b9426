"""The figures as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from tukscal.core.watch.reporters import DaemonMetrics
from tukscal.core.watch.status import DaemonState, DaemonStatus
from tukscal.tests.core.watch.statuses import NOW, busy


def samples(metrics: DaemonMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return every sample by its name and the values of its labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def test_every_figure_of_the_status_is_there() -> None:
    """What the status says stands in the text, each figure under its name."""
    found = samples(DaemonMetrics(busy))
    plain = {name: value for (name, labels), value in found.items() if not labels}
    assert plain == {
        "tukscal_queue_jobs": 7,
        "tukscal_queue_oldest_seconds": 65.5,
        "tukscal_running_jobs": 2,
        "tukscal_workers": 3,
        "tukscal_workers_busy": 2,
        "tukscal_workers_started_total": 9,
        "tukscal_workers_restarted_total": 6,
        "tukscal_workers_killed_total": 5,
        "tukscal_files_seen": 41,
        "tukscal_memory_bytes": 230_000_000,
        "tukscal_disk_free_bytes": 12_000_000_000,
        "tukscal_start_time_seconds": NOW - 90_000,
        "tukscal_last_scan_timestamp_seconds": NOW - 5,
        "tukscal_last_success_timestamp_seconds": NOW - 130,
    }
    assert found["tukscal_jobs_total", ("done",)] == 30
    assert found["tukscal_jobs_total", ("failed",)] == 4
    assert found["tukscal_failures_total", ("encrypted",)] == 3
    assert found["tukscal_watch_info", ("polling", "owner", "1.2")] == 1
    assert {labels: value for (name, labels), value in found.items() if name == "tukscal_watch_mode"} == {
        ("native",): 0,
        ("polling",): 1,
    }
    states = {labels[0]: value for (name, labels), value in found.items() if name == "tukscal_watch_state"}
    assert states == {state.value: float(state is DaemonState.WORKING) for state in DaemonState}


def test_what_is_not_known_is_left_out() -> None:
    """A figure nobody knows is no zero; an empty queue has age 0."""
    names = {name for name, _ in samples(DaemonMetrics(lambda: DaemonStatus(state=DaemonState.STARTING)))}
    absent = {"memory_bytes", "disk_free_bytes", "last_scan_timestamp_seconds", "last_success_timestamp_seconds"}
    assert not names & {f"tukscal_{name}" for name in absent}
    assert samples(DaemonMetrics(lambda: busy(queue=0, oldest=None)))["tukscal_queue_oldest_seconds", ()] == 0


def test_durations_are_counted_by_kind() -> None:
    """Attempts fall into the buckets of their lengths, in one histogram for each kind of timetable."""
    metrics = DaemonMetrics(lambda: None)
    for kind, seconds in (("lectures", 0.02), ("lectures", 0.3), ("exams", 59.0), (None, 100.0)):
        metrics.observe(kind, seconds)
    found = samples(metrics)
    assert found["tukscal_job_seconds_count", ("lectures",)] == 2
    assert found["tukscal_job_seconds_sum", ("lectures",)] == 0.32
    assert [found["tukscal_job_seconds_bucket", ("lectures", edge)] for edge in ("0.01", "0.025", "0.5")] == [0, 1, 2]
    assert [found["tukscal_job_seconds_bucket", ("none", edge)] for edge in ("60.0", "+Inf")] == [0, 1]


def test_a_label_may_be_any_text() -> None:
    """Quotes and line breaks in a cause do not damage the text."""
    assert samples(DaemonMetrics(lambda: busy(causes={'a"b\\c\nd': 2})))["tukscal_failures_total", ('a"b\\c\nd',)] == 2


def test_two_daemons_in_a_process_share_nothing() -> None:
    """A registry is its daemon's own."""
    first, second = DaemonMetrics(lambda: None), DaemonMetrics(lambda: None)
    first.observe("exams", 1)
    assert samples(second) == {}
