"""The load tests themselves, with small numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tukscal.examples import demo_sync
from tukscal.examples.loadtest import siege
from tukscal.examples.loadtest.burst import Asked, burst
from tukscal.tests.running import clean_environment
from tukscal.tests.sync.service.operations.test_serve import process

pytestmark = pytest.mark.slow

LOCUST = Path(__file__).parents[4] / "examples" / "loadtest" / "locustfile.py"


def test_a_burst_is_converted(tmp_path: Path) -> None:
    """Of more uploads at one moment than the queue takes all are answered, and all converted in the end."""
    told = burst(Asked(accounts=40, latest=90.0, poll=0.5), tmp_path, 2,
                 {"TUKSCAL_JOBS_STARTS": "0", "TUKSCAL_JOBS_QUEUE": "25"})  # fmt: skip
    assert sum(told.first_answers.values()) == told.converted == 40
    assert set(told.first_answers) <= {"202", "503"}
    assert (told.failed, told.lost_answers) == (0, 0)
    assert 0 < told.wait_p50 <= told.wait_p95 <= told.wait_longest
    assert 0 < told.peak_mib < 512


def test_a_burst_with_a_kill_is_converted(tmp_path: Path) -> None:
    """With a kill -9 in the middle of the conversions every one is converted all the same."""
    told = burst(Asked(accounts=30, latest=90.0, kill=1 / 3, poll=0.5), tmp_path, 2, {"TUKSCAL_JOBS_STARTS": "0"})
    assert told.killed_after is not None
    assert (told.converted, told.failed) == (30, 0)


def test_a_siege_hurts_nobody_else(tmp_path: Path) -> None:
    """While hostile clients of every kind are there, each is told off by rule and another person is answered."""
    told = siege.siege(siege.Asked(idle=40, slow=2, heavy=2, seconds=14.0), tmp_path)
    assert told.missing == 0
    assert told.others > 10
    assert {"400", "408", "413"} <= set(told.answers)
    assert not {status for status in told.answers if status.startswith("5") and status != "503"}
    assert 0 < told.peak_mib < 300


def test_locust_has_users(tmp_path: Path) -> None:
    """A few seconds of the steady load have uploads and polls, and no errors."""
    open_house = {"TUKSCAL_RATES_ANONYMOUS_HOUR": "0", "TUKSCAL_RATES_ADDRESS_MINUTE": "0"}
    with process(tmp_path, **open_house) as here:
        arguments = ["-f", str(LOCUST), "--headless", "--host", here.url, "--minutes", "0.08", "--csv", "load"]
        done = subprocess.run(
            [sys.executable, "-m", "locust", *arguments], cwd=tmp_path, env=clean_environment(tmp_path),
            capture_output=True, check=False, timeout=90,
        )  # fmt: skip
    text = done.stdout.decode() + done.stderr.decode()
    assert "POST /v1/jobs" in text
    assert "GET /v1/jobs/{job}" in text
    assert "errors: 0.00%" in text, text[-3000:]


def test_the_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`make demo-sync` converts, pushes, subscribes, and shows events of the feed."""
    monkeypatch.setattr(demo_sync, "OUT", tmp_path / "out")
    assert demo_sync.main() == 0
    out = capfd.readouterr().out
    assert "The service has calendars/exams, calendars/lectures, calendars/tests." in out
    assert "asked again it answers 304" in out
    assert (tmp_path / "out" / "feed.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
