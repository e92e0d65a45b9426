"""The real service on a free port of this computer; import as `tukscal.tests.sync.service.serving`."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import uvicorn
from tukscal.sync.service.app import build
from tukscal.sync.service.clock import TurnedClock
from tukscal.sync.service.settings import Settings
from tukscal.sync.service.store.interface import Store

KEY = "0123456789abcdef0123456789abcdef"
_LATEST = 20.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running service: its address, its settings, and the clock it goes by."""

    url: str
    settings: Settings
    clock: TurnedClock

    @contextlib.contextmanager
    def client(self, **given: str) -> Iterator[httpx.Client]:
        """Yield somebody with cookies of their own, whose requests come from the service's own pages."""
        headers = {"Origin": self.url, **given}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30.0) as client:
            yield client


def settings(folder: Path) -> Settings:
    """Return settings for tests."""
    return Settings(store=folder / "service.db", key=KEY)


@contextlib.contextmanager
def serving(wanted: Settings, clock: TurnedClock | None = None, store: Store | None = None) -> Iterator[Served]:
    """Run the service until left; with a store of the test's own, or the one in the settings' file."""
    clock = clock or TurnedClock()
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    wanted = replace(wanted, public_url=url)
    app = build(wanted, clock=clock, store=store)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        _wait(server, thread)
        yield Served(url=url, settings=wanted, clock=clock)
    finally:
        server.should_exit = True
        thread.join(_LATEST)
        listening.close()
    assert not thread.is_alive()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    latest = time.monotonic() + _LATEST
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        assert time.monotonic() < latest, "the service takes too long to start"
        thread.join(0.01)
