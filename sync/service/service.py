"""What every request has at hand: settings, clock, store, and what runs beside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from .clock import Clock
from .settings import Settings
from .store.interface import Store
from .store.model import Rendering
from .tallies import Tallies

if TYPE_CHECKING:
    from .engine import Engine

T = TypeVar("T")
_THREADS = 2  # more would only take the processor from the event loop


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="reading")


@dataclass(slots=True)
class _Turn:
    """Who of an account is at work or waits."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    here: int = 0


@dataclass(slots=True, kw_only=True)
class Service:
    """The parts of a running service; found at `app.state.service`."""

    settings: Settings
    clock: Clock
    store: Store
    tallies: Tallies = field(default_factory=Tallies)
    threads: ThreadPoolExecutor = field(default_factory=_threads)
    """For what would keep the event loop: reading and writing calendars."""
    renders: dict[bytes, asyncio.Task[Rendering | None]] = field(default_factory=dict)
    """Feeds being rendered, by what decides their bytes."""
    looked: tuple[float, dict[str, str]] | None = None
    """When readiness was looked at last, and what was found."""
    _turns: dict[str, _Turn] = field(default_factory=dict)
    on_failed_login: Callable[[str], Awaitable[None]] | None = None
    """Told the address of everybody who did not know a password or a recovery link."""
    blocked: Callable[[str], int] | None = None
    """Asked how many seconds an account is blocked for, 0 for not."""
    engine: Engine | None = None
    """What guards requests and converts PDFs (engine.py)."""
    login_allowed: Callable[[str], Awaitable[int]] | None = None
    """Asked how many seconds an address has to wait, 0 for none."""

    async def in_turn(self, account: str, work: Callable[..., T], *values: object) -> T:
        """Do the same, of one account one after the other: its work does not keep others from theirs."""
        turn = self._turns.setdefault(account, _Turn())
        turn.here += 1
        try:
            async with turn.lock:
                return await self.in_thread(work, *values)
        finally:
            turn.here -= 1
            if not turn.here:
                self._turns.pop(account, None)

    async def in_thread(self, work: Callable[..., T], *values: object) -> T:
        """Return what a function returns that takes its time."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *values)

    def close(self) -> None:
        """End the threads."""
        self.threads.shutdown(cancel_futures=True)


def service_of(request: Request) -> Service:
    """Return the service a request is for; also a FastAPI dependency."""
    service: Service = request.app.state.service
    return service
