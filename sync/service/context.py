"""What every request has at hand: made once when the service starts (app.py), the same until it ends."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from .access.rates import Blocklist, Challenges, Limiter
from .access.vault import Vault
from .metrics import ServiceMetrics, Tallies
from .settings import Clock, Settings
from .store.interface import ServiceStore
from .store.model import Rendering
from .worker import Conveyor

T = TypeVar("T")
_THREADS = 2  # more would only take the processor from the event loop


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="reading")


@dataclass(slots=True)
class _Turn:
    """Who of an account is at work or waits."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    here: int = 0


@dataclass(slots=True)
class Looked:
    """What was found when readiness was looked at last, and until when that is answered again."""

    until: float = float("-inf")
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of a running service."""

    settings: Settings
    clock: Clock
    store: ServiceStore
    vault: Vault
    limiter: Limiter
    blocks: Blocklist
    challenges: Challenges
    metrics: ServiceMetrics
    conveyor: Conveyor
    tallies: Tallies = field(default_factory=Tallies)
    looked: Looked = field(default_factory=Looked)
    renders: dict[bytes, asyncio.Task[Rendering | None]] = field(default_factory=dict)
    """Feeds being rendered, by what decides their bytes."""
    _threads: ThreadPoolExecutor = field(default_factory=_threads)
    _turns: dict[str, _Turn] = field(default_factory=dict)

    async def in_thread(self, work: Callable[..., T], *values: object) -> T:
        """Return what a function returns that would keep the event loop, such as reading a calendar."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)

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

    def disk_free(self) -> int | None:
        """Return the free bytes where the store is, None if nobody knows."""
        with contextlib.suppress(OSError):
            return shutil.disk_usage(self.settings.store.resolve().parent).free
        return None

    def is_short(self) -> bool:
        """Tell whether the disk has too little room to take anything more."""
        free = self.disk_free()
        return free is not None and free < self.settings.intake.free_disk

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)
