"""`tukscal watch --sync`: what is dropped is pushed, for months, by a process of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
from tukscal.sync.credentials import Credentials
from tukscal.tests.cli.watch.watching import running
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN, MadeService
from tukscal.tests.sync.pushing import login
from tukscal.tests.waiting import eventually


def log_in(folder: Path, service: MadeService, token: str = TOKEN) -> None:
    """Log in, without a keyring."""
    Credentials(folder / "no-settings", use_keyring=False).save(login(service.address, token))


def test_what_is_dropped_is_pushed(tmp_path: Path) -> None:
    """A PDF that is dropped is a calendar at the service; the log tells of both; SIGTERM leaves no process."""
    with MadeService() as service:
        log_in(tmp_path, service)
        with running(tmp_path, "--sync") as daemon:
            children = psutil.Process(daemon.process.pid).children(recursive=True)
            daemon.drop("a.pdf")
            (line,) = daemon.told("pushed")
            assert (line["calendar"], line["level"]) == ("out/a", "info")
            assert service.stored.calendars["out/a"].body == (daemon.out / "a.ics").read_bytes()
            assert daemon.end()[0] == 0
            assert TOKEN not in daemon.log.read_text()
        assert eventually(lambda: not any(child.is_running() for child in children))


def test_after_logging_in_anew_it_goes_on(tmp_path: Path) -> None:
    """A token that is revoked stops the pushing and not the converting; a new login is noticed without a restart."""
    with MadeService() as service:
        log_in(tmp_path, service, "revoked")
        with running(tmp_path, "--sync") as daemon:
            daemon.drop("a.pdf")
            (line,) = daemon.told("drain_stopped")
            assert (line["cause"], line["level"]) == ("unauthorized", "error")
            daemon.told("done")
            log_in(tmp_path, service)
            daemon.told("pushed")
            assert list(service.stored.calendars) == ["out/a"]


def test_a_pusher_that_is_killed_stops_no_conversion(tmp_path: Path) -> None:
    """kill -9 of the process that pushes: the daemon converts on; a restart of it pushes what was left."""
    with MadeService(tokens={TOKEN: ACCOUNT}) as service:
        log_in(tmp_path, service)
        with running(tmp_path, "--sync") as daemon:
            parent = psutil.Process(daemon.process.pid)
            daemon.drop("a.pdf")
            daemon.told("pushed")
            pushers = [child for child in parent.children() if child.cmdline() == parent.cmdline()]
            assert len(pushers) == 1  # forked: it looks like its parent
            os.kill(pushers[0].pid, signal.SIGKILL)
            daemon.drop("b.pdf")
            daemon.told("done", 2)
            daemon.end()
        with running(tmp_path, "--sync") as daemon:
            daemon.told("pushed", 2)
        assert sorted(service.stored.calendars) == ["out/a", "out/b"]
        assert len(service.stored.commits) == 2
