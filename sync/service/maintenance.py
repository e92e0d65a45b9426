"""What happens beside the requests, again and again: counters are written down, what is old is deleted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from ...core.errors import TukscalError
from .context import Context

_FLUSH = 5.0  # seconds between two writings of counters
_LOG = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def beside(service: Context) -> AsyncIterator[None]:
    """Flush and sweep until left; what was counted last is written down at the end."""
    task = asyncio.create_task(_go_round(service))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await _flush(service)


async def sweep(service: Context) -> None:
    """Delete what is old, and read the blocks that others made."""
    keeping, jobs, store = service.settings.keeping, service.settings.jobs, service.store
    await store.sweep(
        service.clock.now(),
        answers=keeping.idempotency,
        renderings=keeping.renderings,
        students=keeping.students,
    )
    # What will be too old before the next sweep goes with this one.
    age = max(0.0, jobs.keep_pdf - keeping.sweep)
    while (await store.jobs.sweep(service.clock.now(), pdfs=age, jobs=jobs.keep_jobs))["pdfs"]:
        pass
    await service.blocks.load()


async def _go_round(service: Context) -> None:
    swept = float("-inf")
    while True:
        await _flush(service)
        if service.clock.ticks() - swept >= service.settings.keeping.sweep:
            swept = service.clock.ticks()
            try:
                await sweep(service)
            except TukscalError as error:  # a full disk: tried again, and said to those who upload
                _LOG.error("old rows cannot be deleted: %s", error.message)
        await asyncio.sleep(_FLUSH)


async def _flush(service: Context) -> None:
    with contextlib.suppress(TukscalError):  # a full disk keeps the service neither from its work nor from ending
        await service.tallies.flush(service.store, service.clock.now())
