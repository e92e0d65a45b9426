"""`tukscal status` as a person and a program read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tukscal.cli.main import App, cli
from tukscal.cli.watch.status import ago
from tukscal.core.watch.status import DaemonState, Heartbeat, heartbeat_slots
from tukscal.tests.core.watch.statuses import FAILURE, busy
from tukscal.tests.running import tukscal

WRITE = """
import sys
from pathlib import Path
from tukscal.core.watch.status import Heartbeat, heartbeat_slots
from tukscal.core.watch.status import DaemonState, DaemonStatus
out = Path(sys.argv[2])
Heartbeat(heartbeat_slots(Path(sys.argv[1]), out)[0]).write(DaemonStatus(state=DaemonState.IDLE, output=str(out)))
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, with OUT beside it."""
    monkeypatch.setenv("TUKSCAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def watch(folder: Path, name: str = "out", *, old: float = 0.0, **changes: Any) -> Path:
    """Leave what a daemon, by default one that is this process, wrote down `old` seconds ago; return its OUT."""
    now, out = time.time() - old, folder / name
    status = busy(output=str(out), started=now - 90_000, last_scan=now - 5, last_success=now - 130,
                  last_failure=replace(FAILURE, when=now - 7_300), **changes)  # fmt: skip
    ticks = time.monotonic() - old
    Heartbeat(heartbeat_slots(folder / "state", out)[0], ticks=lambda: ticks, clock=lambda: now).write(status)
    return out


def run(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, ["status", *map(str, arguments)], obj=App())


def test_a_daemon_at_work(folder: Path) -> None:
    """A healthy daemon is told in words: what it does, what waits, what failed last; exit code 0."""
    done = run(watch(folder))
    assert done.exit_code == 0
    assert done.output.splitlines()[1:] == [
        "  The daemon is working.",
        f"  Watches /in, by scanning (/in is nfs4); process {os.getpid()}, version 1.2.",
        "  7 jobs waiting, the oldest for 1 minute; 2 running on 3 workers.",
        "  Since its start 1 day ago: 30 done, 4 failed (encrypted 3, io 1).",
        "  Last scan 5 seconds ago; last calendar 2 minutes ago.",
        "  Last failure 2 hours ago: b.pdf: The PDF needs a password.",
        "  219 MiB of memory, 12 GB free in OUT.",
    ]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"state": DaemonState.DEGRADED, "reason": "the disk is full"}, 1, "retries automatically: the disk is full."),
        ({"state": DaemonState.STANDBY, "owner": "process 7 on b"}, 0, "stands by for process 7 on b."),
        ({"state": DaemonState.STANDBY}, 1, "stands by, but no working daemon is known."),
        ({"state": DaemonState.DRAINING}, 0, "is stopping after the running conversions."),
        ({"state": DaemonState.STOPPED}, 3, "was stopped, 0 seconds ago."),
        ({"old": 61.0}, 1, "Hanging: process PID exists, but has not reported for 1 minute."),
    ],
)  # fmt: skip
def test_each_state_has_its_words_and_code(folder: Path, changes: dict[str, Any], code: int, words: str) -> None:
    """Degraded, hanging or on standby for nobody is 1, not running is 3; the sentence says why."""
    done = run(watch(folder, **changes))
    assert done.exit_code == code
    assert words in done.output.splitlines()[1].replace(str(os.getpid()), "PID")


def test_a_killed_daemon_is_shown_as_dead(folder: Path) -> None:
    """The file of a daemon killed a moment ago is there and new, and the daemon is dead: code 0 before, 3 after."""
    out = folder / "out"
    command = [sys.executable, "-c", WRITE, str(folder / "state"), str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == b"written\n"
        assert run(out).exit_code == 0
        daemon.kill()
        daemon.wait()
        done = run(out)
    assert done.exit_code == 3
    assert f"Dead: process {daemon.pid} ended unexpectedly" in done.output


def test_json_says_the_same(folder: Path) -> None:
    """As JSON: life, health and age as judged, and every figure of the status."""
    done = run(watch(folder), "--json")
    (daemon,) = json.loads(done.output)["daemons"]
    assert (daemon["life"], daemon["health"], daemon["state"], daemon["queue"]) == ("alive", "healthy", "working", 7)
    assert daemon["workers"] == {"number": 3, "busy": 2, "started": 9, "killed": 5}
    assert 0 <= daemon["age"] < 60


def test_without_a_folder_all_daemons_are_shown(folder: Path) -> None:
    """The code is the worst of those that have not ended as told; of such alone it is 3."""
    watch(folder, "a", state=DaemonState.STOPPED)
    assert run().exit_code == 3
    watch(folder, "b")
    assert run().exit_code == 0
    watch(folder, "c", state=DaemonState.DEGRADED)
    done = run()
    assert done.exit_code == 1
    assert sorted(line.rpartition("/")[2] for line in done.output.splitlines() if line[:1] == "/") == ["a", "b", "c"]


@pytest.mark.parametrize("arguments", [(), ("nowhere",)])
def test_where_no_daemon_ever_ran(folder: Path, arguments: tuple[str, ...]) -> None:
    """Nothing is known: code 3, a sentence and what to do; as JSON an empty list."""
    done = run(*arguments)
    assert done.exit_code == 3
    assert "No daemon on this computer has written to" in done.output
    assert "tukscal watch IN -o OUT" in done.output
    done = run(*arguments, "--json")
    assert (done.exit_code, json.loads(done.output)) == (3, {"daemons": []})


def test_a_damaged_file_is_an_error(folder: Path) -> None:
    """A heartbeat file that is none ends with the sentence and the code of damage."""
    out = watch(folder)
    heartbeat_slots(folder / "state", out)[0].write_text("junk")
    for done in (run(out), run()):
        assert done.exit_code == 5
        assert "is not a daemon's status" in done.output


def test_text_in_the_status_commands_no_terminal(folder: Path) -> None:
    """A file's name with escapes is printed without them."""
    done = run(watch(folder, state=DaemonState.DEGRADED, reason="a\x1b[2J\nb"))
    assert "\x1b" not in done.output
    assert "a [2J b." in done.output


def test_the_installed_command_says_it_too(folder: Path) -> None:
    """The real command, a process of its own, sees this process as the daemon; it loads no PDF library."""
    out = watch(folder)
    done = tukscal("status", out, cwd=folder, env={"TUKSCAL_STATE_DIR": str(folder / "state")})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"The daemon is working." in done.stdout
    heavy = {"pypdfium2", "pdfplumber", "prometheus_client"}
    code = f"import sys, tukscal.cli.watch.status; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 seconds"), (0.9, "0 seconds"), (1, "1 second"), (59.9, "59 seconds"), (60, "1 minute"),
     (3_599, "59 minutes"), (7_200, "2 hours"), (86_399, "23 hours"), (1e7, "115 days")],
)  # fmt: skip
def test_times_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    """A length of time is one number and one unit, never negative."""
    assert ago(seconds) == text
