"""Real calendar programs read a feed from the running service, each in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
from tukscal.tests.sync.service.routes.people import feed, put
from tukscal.tests.sync.service.samples import calendar, cancelled, lecture

ONE, TWO = lecture("COS 214"), lecture("COS 226", hour=10)
VDIRSYNCER = shutil.which("vdirsyncer", path=str(Path(sys.executable).parent)) or "vdirsyncer"
CONFIG = """
[general]
status_path = "{folder}/status"

[pair timetable]
a = "here"
b = "there"
collections = null
conflict_resolution = "b wins"

[storage here]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"

[storage there]
type = "http"
url = "{url}"
"""


def vdirsyncer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run vdirsyncer with the configuration of a folder."""
    command = [VDIRSYNCER, "-c", str(folder / "config"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, input="y\n")


def synced(folder: Path) -> dict[str, bytes]:
    """Sync once; return summary and status of every event that lies in the folder then."""
    done = vdirsyncer(folder, "sync", "--force-delete")
    assert done.returncode == 0, done.stderr
    found = {}
    for file in (folder / "events").iterdir():
        lines = file.read_bytes().splitlines()
        values = {line.partition(b":")[0]: line.partition(b":")[2] for line in lines}
        found[values[b"SUMMARY"].decode()] = values[b"STATUS"]
    return found


def test_vdirsyncer_subscribes(faculty: httpx.Client, tmp_path: Path) -> None:
    """vdirsyncer gets a feed's events, then what changed, and nothing more once the feed was removed."""
    put(faculty, "a", 1, calendar(ONE, TWO))
    made = feed(faculty, "a")
    (tmp_path / "events").mkdir()
    (tmp_path / "config").write_text(CONFIG.format(folder=tmp_path, url=made["url"]))
    assert vdirsyncer(tmp_path, "discover").returncode == 0
    assert synced(tmp_path) == {"COS 214 L1": b"CONFIRMED", "COS 226 L1": b"CONFIRMED"}
    put(faculty, "a", 2, calendar(cancelled(ONE), TWO, lecture("COS 284", hour=12)))
    now = {"COS 214 L1": b"CANCELLED", "COS 226 L1": b"CONFIRMED", "COS 284 L1": b"CONFIRMED"}
    assert synced(tmp_path) == now
    faculty.delete(f"/v1/feeds/{made['id']}")
    assert vdirsyncer(tmp_path, "sync").returncode != 0
    assert len(list((tmp_path / "events").iterdir())) == 3
