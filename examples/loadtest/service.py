"""A service of the load tests' own, in a folder of its own: started, weighed, killed, started again."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tukscal.core.system import process

_LATEST = 60.0  # seconds to start or end
_TUKSCAL = shutil.which("tukscal", path=str(Path(sys.executable).parent)) or "tukscal"
# One address stands for a campus, each of its accounts for a student who uploads once.
_SETTINGS = {"TUKSCAL_RATES_ANONYMOUS_HOUR": "0", "TUKSCAL_RATES_ADDRESS_MINUTE": "0"}


@dataclass(slots=True)
class OwnService:
    """`tukscal serve` on a port of its own; `settings` are variables like TUKSCAL_JOBS_STARTS."""

    folder: Path
    workers: int
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    peak: int = 0
    """The largest resident size of the service and its workers, bytes."""
    _process: subprocess.Popen[bytes] | None = None
    _key: str = field(default_factory=lambda: secrets.token_hex(32))

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.port = self.port or _free_port()
        environment = {**os.environ, **_SETTINGS, "TUKSCAL_KEY": self._key, **self.settings}
        arguments = ["serve", "--store", "service.db", "--port", str(self.port), "--workers", str(self.workers)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [_TUKSCAL, *arguments, "--log-level", "warning"], cwd=self.folder, env=environment, stderr=log
            )
        latest = time.monotonic() + _LATEST
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > latest:
                raise RuntimeError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._process is not None, "it was started"
        self._process.kill()
        self._process.wait(_LATEST)

    def stop(self) -> int:
        """Tell it to end, and return its exit code."""
        assert self._process is not None, "it was started"
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_LATEST)

    def weigh(self, until: threading.Event, every: float = 0.25) -> None:
        """Note the largest size until told to end; for a thread."""
        while not until.wait(every):
            if self._process is not None:
                self.peak = max(self.peak, process.resident(self._process.pid))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
