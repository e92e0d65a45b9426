"""Notifications to systemd over the socket it names; nothing is sent where it names none."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping

from ..wording import clean

_MOST = 500  # characters of a status text


class Notifier:
    """The connection to the service manager; a notification that cannot be sent is ignored."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        environment = os.environ if environment is None else environment
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._ticks = ticks
        self.every = _watchdog(environment) / 2
        """Seconds between two pings, 0 for none."""
        self._pinged = float("-inf")

    def ready(self, text: str = "") -> None:
        """Report that the service is ready, after its start or after a reload."""
        self._send("READY=1", *_status(text))

    def status(self, text: str) -> None:
        """Report what the service is doing, in one line."""
        self._send(*_status(text))

    def alive(self) -> None:
        """Ping the watchdog if it is due; called by the loop that must keep running, as often as it likes."""
        now = self._ticks()
        if self.every and now - self._pinged >= self.every:
            self._pinged = now
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Report that the configuration is being reloaded; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._ticks() * 1_000_000)}")

    def stopping(self, text: str = "") -> None:
        """Report that the service is stopping."""
        self._send("STOPPING=1", *_status(text))

    def _send(self, *words: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)
                line.sendto("\n".join(words).encode(), self._address)
        except OSError:
            pass


def _address(name: str) -> str:
    """Return the address of a socket: a path, or a name without a file behind it, written with an @."""
    if not hasattr(socket, "AF_UNIX") or not name.startswith(("/", "@")):
        return ""
    return "\0" + name[1:] if name.startswith("@") else name


def _watchdog(environment: Mapping[str, str]) -> float:
    """Return the seconds within which systemd wants a ping from this process, 0 for never."""
    pid, span = environment.get("WATCHDOG_PID", ""), environment.get("WATCHDOG_USEC", "")
    if pid not in ("", str(os.getpid())) or not span.isdecimal():
        return 0.0
    return int(span) / 1_000_000


def _status(text: str) -> list[str]:
    return [f"STATUS={clean(text)[:_MOST]}"] if text else []
