"""Every figure of /metrics by its name, after something has happened that it counts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from tukscal.sync.service.access.secrets import make_admin
from tukscal.sync.service.metrics import cost, quantile
from tukscal.sync.service.settings import JobSettings, OutsideSettings, RateSettings
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.serving import Served, converted, pdf, serving, settings, upload

Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(here: Served) -> Figures:
    """Return the samples by name and labels."""
    answer = httpx.get(f"{here.url}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def one(figures: Figures, name: str, **labels: str) -> float:
    """Return the sample of a name that has these labels and perhaps others."""
    found = [
        value
        for (known, held), value in figures.items()
        if known == f"tukscal_{name}" and labels.items() <= dict(held).items()
    ]
    assert found, f"there is no tukscal_{name} {labels}"
    return sum(found)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figures]:
    """Let things happen and return the figures then."""
    wanted = settings(tmp_path_factory.mktemp("service"), cpu_price=3600.0)
    rates = RateSettings(lists_minute=0, status_minute=2, logins_failed=1)
    wanted = replace(wanted, rates=rates, outside=OutsideSettings(slow_query=0.0))
    clock = Clock()
    with serving(wanted, clock) as here, here.person() as student, here.person() as other, here.person() as admin:
        job = converted(student)["id"]
        converted(other, pdf("tests") + b"\n% more\n%%EOF\n")
        for _ in range(3):
            student.get(f"/v1/jobs/{job}")
        asyncio.run(make_admin(here.store, "root", "correct horse battery", clock.now()))
        for _ in range(2):
            admin.post("/v1/admin/login", json={"name": "root", "password": "wrong wrong wrong"})
        feed = student.post("/v1/feeds", json={"calendars": ["uploads/lectures-2026-S2"]})
        assert feed.status_code == 201, feed.text
        address = next(value for value in feed.json().values() if isinstance(value, str) and value.endswith(".ics"))
        path = "/feeds/" + address.rpartition("/")[2]
        etag = student.get(path).headers["ETag"]
        assert student.get(path, headers={"If-None-Match": etag}).status_code == 304
        clock.turn(10)
        yield read(here)


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("http_requests_total", {"method": "POST", "route": "/v1/jobs", "status": "202"}, 2),
        ("http_errors_total", {"route": "/v1/jobs/{job}", "status": "429"}, 1),
        ("http_request_seconds_count", {"method": "POST", "route": "/v1/jobs"}, 2),
        ("users_active", {}, 3),
        ("users_returning", {}, 0),
        ("sessions", {}, 2),
        ("accounts", {"kind": "student"}, 2),
        ("queue_jobs", {}, 0),
        ("queue_oldest_seconds", {}, 0),
        ("running_jobs", {}, 0),
        ("dead_letters", {}, 0),
        ("job_seconds_count", {"outcome": "done"}, 2),
        ("job_wait_seconds_count", {}, 2),
        ("jobs_total", {"outcome": "done"}, 2),
        ("workers_busy", {}, 0),
        ("workers_restarted_total", {}, 0),
        ("store_connections", {}, 4),
        ("limited_total", {"rule": "status"}, 1),
        ("feed_hits_total", {}, 2),
        ("feed_not_modified_total", {}, 1),
        ("feed_not_modified_share", {}, 0.5),
        ("feed_rendered_total", {}, 1),
        ("feed_hit_share", {}, 0.5),
        ("uploads_total", {}, 2),
        ("uploads_hour", {}, 2),
        ("success_share", {}, 1),
        ("conversion_cpu_seconds_count", {}, 2),
        ("blocks", {}, 1),
        ("limit_store_faults_total", {}, 0),
        ("quota_bytes", {}, 50 * 2**20),
    ],
)
def test_what_happened_is_counted(figures: Figures, name: str, labels: Mapping[str, str], value: float) -> None:
    """What is counted has the number of what happened."""
    assert one(figures, name, **labels) == value


@pytest.mark.parametrize(
    "name",
    [
        "workers",
        "workers_started_total",
        "cpu_seconds_total",
        "memory_bytes",
        "disk_free_bytes",
        "connections",
        "store_seconds_count",
        "store_slow_queries_total",
        "limit_store_bytes",
        "storage_bytes",
        "account_stored_bytes",
        "account_quota_share",
        "conversion_cpu_seconds_sum",
        "conversion_cost_total",
        "calendars",
        "feeds",
    ],
)
def test_what_is_measured_is_more_than_nothing(figures: Figures, name: str) -> None:
    """What is measured of the machine, the store and the accounts is there and above zero."""
    assert one(figures, name) > 0


def test_what_may_be_nothing_is_there(figures: Figures) -> None:
    """Figures that are zero on a quiet service have their names all the same."""
    for name in ("store_connections_busy", "store_reads_waiting", "store_writes_waiting", "pdf_bytes"):
        assert one(figures, name) >= 0
    assert one(figures, "network_bytes_total", direction="in") > len(pdf())
    assert one(figures, "network_bytes_total", direction="out") > 1000
    if os.path.exists("/proc/self/io"):
        assert one(figures, "disk_written_bytes_total") >= 0
        assert one(figures, "disk_read_bytes_total") >= 0


def test_quantiles_are_of_each_route(figures: Figures) -> None:
    """p50, p95 and p99 of each route are in order."""
    found = [
        one(figures, "http_request_quantile_seconds", method="POST", route="/v1/jobs", quantile=share)
        for share in ("0.5", "0.95", "0.99")
    ]
    assert 0 < found[0] <= found[1] <= found[2]


def test_the_cost_is_that_of_the_cpu_seconds(figures: Figures) -> None:
    """At 3,600 a CPU-hour the cost is the number of CPU-seconds."""
    assert one(figures, "conversion_cost_total") == pytest.approx(one(figures, "conversion_cpu_seconds_sum"))
    assert cost(1800.0, JobSettings(cpu_price=2.0)) == 1.0


def test_no_path_and_no_secret_is_a_label(figures: Figures) -> None:
    """Labels are patterns of routes: no secret, no job's id."""
    labels = {value for _, held in figures for name, value in held if name == "route"}
    assert labels <= {
        "none", "/live", "/ready", "/metrics", "/v1/jobs", "/v1/jobs/{job}", "/v1/admin/login", "/v1/feeds",
        "/feeds/{file}", "/feeds/{secret}.ics",
    }  # fmt: skip


def test_deaths_are_counted_by_cause(tmp_path: Path) -> None:
    """Workers that died are counted by cause, those started in their place, and failures of jobs."""
    with serving(settings(tmp_path, timeout=0.001)) as here, here.person() as student:
        converted(student)
        figures = read(here)
        assert one(figures, "worker_deaths_total", cause="timeout") == 2
        assert one(figures, "failures_total", cause="timeout") == 2
        assert one(figures, "workers_started_total") >= 2
        assert one(figures, "jobs_total", outcome="dead") == 1
        assert one(figures, "success_share") == 0
        assert one(figures, "dead_letters") == 1


def test_the_queue_has_an_age(tmp_path: Path) -> None:
    """Jobs that wait are counted, with how long the oldest has waited, and their PDFs' bytes."""
    clock = Clock()
    with serving(settings(tmp_path, starts=0.0001), clock) as here, here.person() as one_, here.person() as other:
        converted(one_)  # the only start there is
        upload(other)
        clock.turn(5)
        upload(other)
        clock.turn(7)
        figures = read(here)
        assert one(figures, "queue_jobs") == 2
        assert one(figures, "queue_oldest_seconds") == 12
        assert one(figures, "pdf_bytes") == 2 * len(pdf())


def test_figures_are_for_some_networks(tmp_path: Path) -> None:
    """From another network there is no such page."""
    wanted = replace(settings(tmp_path), outside=OutsideSettings(metrics_addresses=("10.0.0.0/8",)))
    with serving(wanted, proxies="127.0.0.1") as here:
        assert httpx.get(f"{here.url}/metrics").status_code == 404
        assert httpx.get(f"{here.url}/metrics", headers={"X-Forwarded-For": "10.1.1.1"}).status_code == 200


@given(st.lists(st.floats(0, 10), min_size=1, max_size=30).map(sorted), st.sampled_from((0.5, 0.95, 0.99, 1.0)))
def test_a_quantile_is_not_exceeded_by_its_share(durations: list[float], share: float) -> None:
    """At least the share of the durations is not longer than its quantile, which is one of them."""
    found = quantile(durations, share)
    assert found in durations
    assert sum(one <= found for one in durations) >= len(durations) * share
    assert sum(one < found for one in durations) < len(durations) * share
