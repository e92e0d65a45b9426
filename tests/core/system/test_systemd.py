"""What systemd hears, over a real socket."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.system.systemd import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager's socket and the name it gives to services."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@tukscal-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0" + name[1:] if name.startswith("@") else name)
        line.setblocking(False)
        yield name, line


def heard(line: socket.socket) -> list[str]:
    """Return what was said so far."""
    messages = []
    while True:
        try:
            messages.append(line.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_each_word_is_heard(manager: tuple[str, socket.socket]) -> None:
    """Ready, status, reload with its moment in microseconds, and stop arrive as systemd reads them."""
    name, line = manager
    notifier = Notifier({"NOTIFY_SOCKET": name}, ticks=lambda: 12.5)
    notifier.ready("watches /in")
    notifier.status("3 jobs\nREADY=0\x1b[2J")
    notifier.reloading()
    notifier.ready()
    notifier.stopping("ends")
    notifier.alive()
    assert heard(line) == [
        "READY=1\nSTATUS=watches /in",
        "STATUS=3 jobs READY=0 [2J",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "READY=1",
        "STOPPING=1\nSTATUS=ends",
    ]


@pytest.mark.parametrize("pid", ["", "PID"])
def test_the_watchdog_is_pinged_twice_as_often_as_it_asks(manager: tuple[str, socket.socket], pid: str) -> None:
    """With 20 s asked for, a loop that asks every second for a minute pings every 10 s."""
    name, line = manager
    now = [100.0]
    pid = pid.replace("PID", str(os.getpid()))
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": pid}
    notifier = Notifier(environment, ticks=lambda: now[0])
    assert notifier.every == 10
    for _ in range(60):
        notifier.alive()
        now[0] += 1
    assert heard(line) == ["WATCHDOG=1"] * 6


@pytest.mark.parametrize("span", ["", "0", "-5", "soon", "20000000"])
def test_a_watchdog_that_is_not_ours_is_not_pinged(manager: tuple[str, socket.socket], span: str) -> None:
    """Without a time, or with another process's, nothing is said."""
    name, line = manager
    pid = str(os.getpid() + 1) if span.startswith("2") else str(os.getpid())
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": span, "WATCHDOG_PID": pid})
    notifier.alive()
    assert (notifier.every, heard(line)) == (0, [])


@pytest.mark.parametrize("name", ["", "relative", "vsock:2:1", "/no/such/socket", "/" + "x" * 300, "@" + "x" * 300])
def test_where_nobody_listens_nothing_happens(name: str) -> None:
    """No socket, one that is not there, one of no kind we know, one too long: all the same."""
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2"})
    notifier.ready("x")
    notifier.alive()
    notifier.stopping()


def test_a_manager_that_does_not_read_stops_nobody(tmp_path: Path) -> None:
    """A socket whose queue is full takes no more, and the daemon goes on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(5_000):
            notifier.status("x" * 500)
