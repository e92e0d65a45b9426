"""What happens beside the requests, again and again: counters are written down, old rows deleted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ...core.errors import TukscalError
from .service import Service

_FLUSH = 5.0  # seconds between two writings of counters


@contextlib.asynccontextmanager
async def beside(service: Service) -> AsyncIterator[None]:
    """Flush and sweep until left; what was counted last is written down at the end."""
    task = asyncio.create_task(_go_round(service))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with contextlib.suppress(TukscalError):  # a full disk shall not keep the service from ending
            await service.tallies.flush(service.store, service.clock.now())


async def sweep(service: Service) -> None:
    """Delete what is old."""
    keeping = service.settings.keeping
    await service.store.sweep(
        service.clock.now(),
        answers=keeping.idempotency,
        renderings=keeping.renderings,
        students=keeping.students,
    )


async def _go_round(service: Service) -> None:
    swept = -service.settings.keeping.sweep
    while True:
        with contextlib.suppress(TukscalError):  # tried again next time; requests tell people
            await service.tallies.flush(service.store, service.clock.now())
            if service.clock.ticks() - swept >= service.settings.keeping.sweep:
                swept = service.clock.ticks()
                await sweep(service)
        await asyncio.sleep(_FLUSH)
