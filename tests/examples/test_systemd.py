"""The unit for systemd: systemd accepts it, and it fits the daemon's own figures."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from tukscal.tests.running import TUKSCAL

FOLDER = Path(__file__).parents[2] / "examples" / "systemd"
UNIT = FOLDER / "tukscal-watch.service"
GRACE = 10  # seconds, of `tukscal watch --grace`
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def service() -> dict[str, list[str]]:
    """The settings of the unit, each with all its values."""
    settings = defaultdict(list)
    for line in UNIT.read_text("utf-8").splitlines():
        if re.match(r"\w+=", line):
            name, _, value = line.partition("=")
            settings[name].append(value)
    return settings


def verify(unit: Path, text: str) -> tuple[int, str]:
    """Return what systemd says of a unit."""
    unit.write_text(text, "utf-8")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{unit.parent}:/lib/systemd/system"}
    done = subprocess.run(
        [str(ANALYZE), "verify", "--recursive-errors=one", "--man=no", unit], capture_output=True, text=True,
        env=environment, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing to say, and would: a misspelt setting is named."""
    text = UNIT.read_text("utf-8").replace("/usr/local/bin/tukscal", TUKSCAL)
    assert verify(tmp_path / "tukscal-watch.service", text) == (0, "")
    _, said = verify(tmp_path / "tukscal-watch.service", text.replace("WatchdogSec", "WatchdogSecs"))
    assert "WatchdogSecs" in said


def test_the_unit_fits_the_daemon(service: dict[str, list[str]]) -> None:
    """It waits for READY, reloads by SIGHUP, leaves the daemon its grace, and lets it write its state and OUT."""
    command = shlex.split(service["ExecStart"][0])
    assert (service["Type"], service["ExecReload"]) == (["notify"], ["/bin/kill -HUP $MAINPID"])
    assert command[1:2] == ["watch"]
    assert int(service["TimeoutStopSec"][0]) > 2 * GRACE
    assert int(service["WatchdogSec"][0]) >= 60
    writable = [Path(path) for path in service["ReadWritePaths"]]
    assert any(Path(command[command.index("-o") + 1]).is_relative_to(path) for path in writable)
    assert f"TUKSCAL_STATE_DIR=/var/lib/{service['StateDirectory'][0]}" in service["Environment"]
    assert "AF_UNIX" in service["RestrictAddressFamilies"][0].split()  # the line to systemd
    assert "AF_INET" in service["RestrictAddressFamilies"][0].split()  # --status-port


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
def test_the_unit_is_hardened(tmp_path: Path) -> None:
    """systemd's own rating of what the service is exposed to is at most 2.5 of 10."""
    done = subprocess.run(
        [str(ANALYZE), "security", "--offline=yes", "--threshold=25", "--no-pager", UNIT],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_readme_names_what_there_is() -> None:
    """The unit the README speaks of lies beside it, and its commands are those of the program."""
    text = (FOLDER / "README.md").read_text("utf-8")
    assert UNIT.name in text
    assert "tukscal status" in text
    assert set(re.findall(r"localhost:(\d+)", text)) == {"9464"} == set(re.findall(r"port (\d+)", UNIT.read_text()))
