"""`tukscal serve` as a process: started, told to end, killed, started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from tukscal.tests.running import TUKSCAL, clean_environment, json_errors, tukscal
from tukscal.tests.sync.service.serving import KEY, ended, pdf, upload
from tukscal.tests.waiting import LATEST, until

UNIT = Path(__file__).parents[4] / "examples" / "systemd" / "tukscal-serve.service"
ANALYZE = shutil.which("systemd-analyze")
EVERYTHING = {
    "TUKSCAL_RATES_UPLOADS_MINUTE": "0",
    "TUKSCAL_RATES_UPLOADS_HOUR": "0",
    "TUKSCAL_RATES_UPLOADS_AT_ONCE": "0",
}


@dataclass(frozen=True, kw_only=True)
class Process:
    """A service in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @contextlib.contextmanager
    def person(self, cookies: dict[str, str] | None = None) -> Iterator[httpx.Client]:
        """Yield somebody."""
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, cookies=cookies, timeout=LATEST) as client:
            yield client

    def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(LATEST)


@contextlib.contextmanager
def process(folder: Path, **environment: str) -> Iterator[Process]:
    """Run `tukscal serve` on any port until left, killed then if it still runs."""
    log = folder / f"log-{time.monotonic_ns()}"
    variables = {**clean_environment(folder), "TUKSCAL_KEY": KEY, **EVERYTHING, **environment}
    arguments = [TUKSCAL, "serve", "--store", "service.db", "--port", "0", "--workers", "2"]
    with log.open("wb") as writing:
        running = subprocess.Popen(arguments, cwd=folder, env=variables, stderr=writing, stdout=writing)
    try:
        url = until(lambda: _address(log, running), "the service")
        yield Process(url=url, process=running, log=log)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait(LATEST)


def _address(log: Path, running: subprocess.Popen[bytes]) -> str | None:
    text = log.read_text("utf-8")
    assert running.poll() is None, text
    found = re.search(r"listens on (http://\S+)", text)
    return found[1] if found else None


def test_told_to_end_it_ends(tmp_path: Path) -> None:
    """SIGTERM ends the service with exit code 0 after what it is at; what it took is done by the next one."""
    with process(tmp_path, TUKSCAL_JOBS_STARTS="0") as here, here.person() as student:
        jobs = [upload(student).json()["id"] for _ in range(5)]
        cookies = dict(student.cookies)
        assert here.end(signal.SIGTERM) == 0
        words = [line for line in here.log.read_text("utf-8").splitlines() if not line.startswith("tukscal listens")]
        assert all({"time", "level", "event"} <= set(json.loads(line)) for line in words)
        assert "Traceback" not in here.log.read_text("utf-8")
    with process(tmp_path) as here, here.person(cookies) as student:
        assert [ended(student, job)["state"] for job in jobs] == ["done"] * 5


def test_killed_in_the_middle_it_loses_nothing(tmp_path: Path) -> None:
    """After kill -9 amid uploads and conversions every upload answered with 202 is converted by the next."""
    accepted: list[tuple[dict[str, str], str]] = []
    with process(tmp_path, TUKSCAL_JOBS_STARTS="0") as here:
        with contextlib.ExitStack() as stack:
            people = [stack.enter_context(here.person()) for _ in range(6)]
            for number in range(30):
                answer = upload(people[number % 6], pdf(("lectures", "tests", "exams")[number % 3]))
                assert answer.status_code == 202
                accepted.append((dict(people[number % 6].cookies), answer.json()["id"]))
        assert here.end(signal.SIGKILL) == -signal.SIGKILL
    begun = time.monotonic()
    with process(tmp_path, TUKSCAL_JOBS_STARTS="0") as here:
        for cookies, job in accepted:
            with here.person(cookies) as student:
                assert ended(student, job)["state"] == "done"
    assert time.monotonic() - begun < LATEST


def test_a_held_job_is_taken_over_within_five_seconds(tmp_path: Path) -> None:
    """A job that a killed service was at runs again within five seconds of the next one's start."""
    with process(tmp_path, TUKSCAL_JOBS_STARTS="0") as here, here.person() as student:
        job = upload(student).json()["id"]
        cookies = dict(student.cookies)
        ended(student, job)
        here.end(signal.SIGKILL)
    _hold(tmp_path, job)
    with process(tmp_path) as here, here.person(cookies) as student:
        begun = time.monotonic()
        until(lambda: student.get("/v1/jobs").json()["jobs"][0]["state"] != "running", "a take-over")
        assert time.monotonic() - begun < 5


def _hold(folder: Path, job: str) -> None:
    """Put a job under the lease of a process that has ended."""
    code = (
        "import sqlite3, sys; from tukscal.core.ledger.leases import mine\n"
        "c = sqlite3.connect(sys.argv[1])\n"
        "c.execute(\"UPDATE jobs SET state = 'running', lease = ? WHERE id = ?\", (str(mine()), sys.argv[2]))\n"
        "c.commit()"
    )
    subprocess.run([sys.executable, "-c", code, "service.db", job], cwd=folder, check=True)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_workers_have_no_key(tmp_path: Path) -> None:
    """No process the service starts has the master secret in its environment."""
    with process(tmp_path) as here, here.person() as student:
        ended(student, upload(student).json()["id"])
        children = psutil.Process(here.process.pid).children(recursive=True)
        environments = [Path(f"/proc/{child.pid}/environ").read_bytes() for child in children]
        assert len(environments) >= 2
        assert all(b"PATH=" in one and KEY.encode() not in one for one in environments)


def test_no_key_no_service(tmp_path: Path) -> None:
    """Without a master secret, and with another one than PDFs are sealed with, it says so and does not start."""
    done = tukscal("--json-errors", "serve", "--port", "0", cwd=tmp_path, env={"TUKSCAL_KEY": ""})
    (error,) = json_errors(done.stderr)
    assert (done.returncode, "tukscal serve key" in error["advice"]) == (74, True)
    with process(tmp_path, TUKSCAL_JOBS_TIMEOUT="0.001", TUKSCAL_JOBS_STARTS="0") as here, here.person() as student:
        assert ended(student, upload(student).json()["id"])["state"] == "dead"  # its PDF is kept
        here.end(signal.SIGTERM)
    done = tukscal("--json-errors", "serve", "--store", "service.db", "--port", "0", cwd=tmp_path,
                   env={"TUKSCAL_KEY": "f" * 64})  # fmt: skip
    (error,) = json_errors(done.stderr)
    assert "NEW,OLD" in error["advice"]


def test_a_new_key(tmp_path: Path) -> None:
    """`serve key` prints a master secret of 64 hexadecimal digits."""
    done = tukscal("serve", "key", cwd=tmp_path)
    assert re.fullmatch(rb"[0-9a-f]{64}\n", done.stdout)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A port somebody has is named, with what to do; the exit code is that of input and output."""
    with process(tmp_path) as here:
        port = here.url.rpartition(":")[2]
        done = tukscal("--json-errors", "serve", "--store", "other.db", "--port", port, cwd=tmp_path,
                       env={"TUKSCAL_KEY": KEY})  # fmt: skip
    (error,) = json_errors(done.stderr)
    assert (done.returncode, port in error["message"], "--port" in error["advice"]) == (74, True, True)


def test_an_admin_is_made_and_logs_in(tmp_path: Path) -> None:
    """`serve admin add` reads a password, and with it the admin logs in; a short one is refused."""
    store = ("serve", "--store", "service.db", "admin", "add", "root")
    assert tukscal(*store, cwd=tmp_path, stdin=b"short\n").returncode == 10
    assert tukscal(*store, cwd=tmp_path, stdin=b"correct horse battery\n").stdout == b"root can log in.\n"
    with process(tmp_path) as here, here.person() as admin:
        login = {"name": "root", "password": "correct horse battery"}
        assert admin.post("/v1/admin/login", json=login).status_code == 204
        assert admin.get("/v1/admin/deadletters").json() == []


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    """--config names a file of settings; what is no setting is named."""
    (tmp_path / "good.toml").write_text("[jobs]\nqueue = 0\n[rates]\nstatus_minute = 1\n")
    (tmp_path / "bad.toml").write_text("[jobs]\nqueues = 1\n")
    done = tukscal("serve", "--config", "bad.toml", cwd=tmp_path, env={"TUKSCAL_KEY": KEY})
    assert b"jobs.queues is no setting" in done.stderr
    arguments = [TUKSCAL, "serve", "--config", "good.toml", "--port", "0"]
    log = tmp_path / "log"
    with log.open("wb") as writing:
        environment = {**clean_environment(tmp_path), "TUKSCAL_KEY": KEY}
        running = subprocess.Popen(arguments, cwd=tmp_path, env=environment, stderr=writing)
    try:
        url = until(lambda: _address(log, running), "the service")
        with httpx.Client(base_url=url, headers={"Origin": url}, timeout=LATEST) as student:
            job = upload(student).headers["Location"]
            assert [student.get(job).status_code for _ in range(2)] == [200, 429]
    finally:
        running.kill()
        running.wait(LATEST)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """Without the service's packages `tukscal serve` says what to install, and the rest of the command works."""
    code = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] in ('fastapi', 'uvicorn', 'limits'): raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('fastapi', 'uvicorn', 'limits') else real(name, *a)\n"
        "from tukscal.cli.main import main; main(['serve', *sys.argv[1:]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, check=False
    )
    assert done.returncode == 74
    assert b"pip install 'tukscal[service]'" in done.stderr
    assert b"fastapi, uvicorn, limits" in done.stderr
    help_ = subprocess.run(
        [sys.executable, "-c", code, "--help"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        check=True,
    )
    assert b"--forwarded-allow-ips" in help_.stdout


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="a Unix socket")
def test_systemd_is_told(tmp_path: Path) -> None:
    """Under systemd the service says when it listens and that it ends."""
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(LATEST)
        with process(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify")) as here:
            assert line.recv(100).startswith(b"READY=1")
            here.process.send_signal(signal.SIGTERM)
            assert line.recv(100).startswith(b"STOPPING=1")
            assert here.process.wait(LATEST) == 0


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing to say of the example unit, and would."""
    text = UNIT.read_text("utf-8").replace("/usr/local/bin/tukscal", TUKSCAL)
    assert _verified(tmp_path, text) == ""
    assert "WatchdogSecs" in _verified(tmp_path, text.replace("WatchdogSec", "WatchdogSecs"))


def _verified(folder: Path, text: str) -> str:
    unit = folder / "tukscal-serve.service"
    unit.write_text(text, "utf-8")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:/lib/systemd/system"}
    done = subprocess.run(
        [str(ANALYZE), "verify", "--recursive-errors=one", "--man=no", unit], capture_output=True, text=True,
        env=environment, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr
