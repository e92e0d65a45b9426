"""locust's users: students who upload and ask, calendar programs that read feeds; a steady load and a ramp.

    locust -f examples/loadtest/locustfile.py --headless --host http://127.0.0.1:8000 --steady
    locust -f examples/loadtest/locustfile.py --headless --host http://127.0.0.1:8000 --ramp

`--steady` is 500 uploads a minute for ten minutes with 200 status polls and 50 feed reads a second; its exit code is 1
if p95 of any kind of request is over 100 ms or more than 1 % fail. `--ramp` adds uploads until p95 is over 5 s or more
than 1 % of the answers are errors, and names the rate at which that was. The service needs
TUKSCAL_RATES_ANONYMOUS_HOUR=0 and TUKSCAL_RATES_ADDRESS_MINUTE=0, because here all of a campus is one address.
"""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from collections import deque
from pathlib import Path
from typing import ClassVar

from locust import FastHttpUser, LoadTestShape, constant_throughput, events, task
from locust.env import Environment
from locust.runners import Runner

_FOLDER = Path(__file__).parents[1] / "timetables"
_PDFS = [(_FOLDER / f"{name}.pdf").read_bytes() for name in ("lectures", "tests", "exams")]
_UPLOADS = 500 / 60  # a second
_POLLS, _READS = 200, 50  # a second
_MINUTES = 10
_USERS = 35  # 10 who upload, 20 who ask, 5 who read
_STEADY_P95, _RAMP_P95, _ERRORS = 100, 5000, 0.01  # milliseconds, milliseconds, share
_STEP, _STEPS = 30, 40  # seconds of a step of the ramp, steps
_KNOWN = 2000  # students whose jobs are asked for

JOBS: deque[tuple[str, str]] = deque(maxlen=_KNOWN)
"""Cookies and addresses of jobs."""
FEEDS: deque[str] = deque(maxlen=_KNOWN)
"""Paths of feeds."""
BROKE: list[str] = []
"""What a test found out at its end, in words."""


class Student(FastHttpUser):
    """Uploads once in a while, each time as somebody new, and now and then subscribes."""

    weight = 10
    wait_time = constant_throughput(_UPLOADS / 10)

    @task
    def upload(self) -> None:
        """Send a PDF."""
        self.client.cookiejar.clear()
        headers = {"Content-Type": "application/pdf", "Origin": self.host or ""}
        with self.client.post(
            "/v1/jobs",
            data=secrets.choice(_PDFS),  # type: ignore[arg-type]  # bytes do as well
            headers=headers,
            name="POST /v1/jobs",
            catch_response=True,
        ) as answer:
            if answer.status_code != 202:
                answer.failure(f"{answer.status_code}")
                return
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            JOBS.append((cookie, answer.headers["Location"]))
        self.client.cookiejar.clear()


class Poller(FastHttpUser):
    """Asks where somebody's job stands, and makes a feed of a calendar that is done."""

    weight = 20
    wait_time = constant_throughput(_POLLS / 20)

    @task
    def poll(self) -> None:
        """Ask once."""
        if not JOBS:
            return
        cookie, place = secrets.choice(JOBS)
        headers = {"Cookie": cookie, "Origin": self.host or ""}
        with self.client.get(place, headers=headers, name="GET /v1/jobs/{job}", catch_response=True) as answer:
            if answer.status_code == 429:  # one of few students, asked for by many
                answer.success()
                return
            job = answer.json() if answer.status_code == 200 else {}
        if job.get("state") == "done" and len(FEEDS) < _READS:
            body = {"calendars": [job["calendar"]]}
            made = self.client.post("/v1/feeds", json=body, headers=headers, name="POST /v1/feeds")
            if made.status_code == 201:
                FEEDS.append("/feeds/" + made.json()["url"].rpartition("/")[2])


class Subscriber(FastHttpUser):
    """A calendar program that reads a feed, most times one it has."""

    weight = 5
    wait_time = constant_throughput(_READS / 5)
    etags: ClassVar[dict[str, str]] = {}

    @task
    def read(self) -> None:
        """Read a feed."""
        if not FEEDS:
            return
        path = secrets.choice(FEEDS)
        headers = {"If-None-Match": self.etags[path]} if path in self.etags else {}
        with self.client.get(path, headers=headers, name="GET /feeds/{secret}", catch_response=True) as answer:
            if answer.status_code in (200, 304):
                self.etags[path] = answer.headers["ETag"]
                answer.success()


class Load(LoadTestShape):
    """The steady load, or the ramp."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there are now, and how many of them may start a second; None at the end."""
        if self.runner is None or self.runner.environment.parsed_options is None:
            return None
        options, passed = self.runner.environment.parsed_options, float(self.get_run_time())  # type: ignore[no-untyped-call]
        if options.ramp:
            return _ramp(self.runner, passed)
        return (_USERS, _USERS) if passed < options.minutes * 60 else None


def _ramp(runner: Runner, passed: float) -> tuple[int, float] | None:
    """Add a steady load's users every step, until it breaks."""
    total = runner.stats.total
    slow = total.get_current_response_time_percentile(0.95) or 0
    errors = total.current_fail_per_sec / max(1.0, total.current_rps)
    step = int(passed / _STEP)
    if slow > _RAMP_P95 or errors > _ERRORS or step >= _STEPS:
        uploads = runner.user_count / _USERS * _UPLOADS * 60
        why = f"p95 {slow:.0f} ms, {errors:.2%} errors, {total.current_rps:.0f} requests a second"
        BROKE.append(f"The breaking point: {uploads:.0f} uploads a minute ({why}).")
        return None
    return _USERS * (step + 1), float(_USERS)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--steady", action="store_true", help="500 uploads a minute, 200 polls and 50 reads a second")
    parser.add_argument("--ramp", action="store_true", help="More and more, until it breaks")
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="Of the steady load")


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _judge(environment: Environment, **_others: object) -> None:
    """Say what came of it, and fail a steady load that was too slow."""
    for line in BROKE:
        print(line)
    if environment.parsed_options is None or environment.parsed_options.ramp:
        return
    slow = {
        entry.name: entry.get_response_time_percentile(0.95)
        for entry in environment.stats.entries.values()
        if entry.get_response_time_percentile(0.95) > _STEADY_P95
    }
    print(f"p95 over {_STEADY_P95} ms: {slow or 'nowhere'}; errors: {environment.stats.total.fail_ratio:.2%}")
    environment.process_exit_code = 1 if slow or environment.stats.total.fail_ratio > _ERRORS else 0
