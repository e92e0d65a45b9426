"""What runs beside the requests and guards them: made when the service starts, found at `service.engine`."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ...core.batch_run import PRELOAD
from ...core.errors import TukscalError
from ...core.pool import Guards, Pool, default_workers
from . import conveyor_task
from .blocks import Blocks
from .challenge import Challenges, Difficulty
from .conveyor import Conveyor, Means
from .crypt import HEAD, Vault
from .limits import Limiter
from .metrics import Metrics
from .service import Service
from .settings import Settings
from .store.interface import Store
from .store.sqlite.store import SqliteStore

_PRELOAD = (*PRELOAD, conveyor_task.__name__)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts that this half of the service consists of."""

    vault: Vault
    limiter: Limiter
    blocks: Blocks
    challenges: Challenges
    metrics: Metrics
    conveyor: Conveyor
    pool: Pool


def engine_of(service: Service) -> Engine:
    """Return what runs beside; always there while requests are served."""
    assert service.engine is not None, "beside() makes it before the first request"
    return service.engine


@contextlib.asynccontextmanager
async def beside(service: Service) -> AsyncIterator[None]:
    """Run the conveyor and sweep, until left. Raises NoKey or WrongKey."""
    engine = service.engine = await _made(service)
    service.on_failed_login = engine.blocks.failed_login
    service.login_allowed = engine.blocks.login_wait
    service.blocked = lambda account: engine.blocks.wait(f"account:{account}")
    if isinstance(service.store, SqliteStore):
        service.store.database.watchers.append(engine.metrics.timed)
    engine.conveyor.start()
    sweeping = asyncio.create_task(_sweep(service))
    try:
        async with engine.limiter.swept():
            yield
    finally:
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping
        await engine.conveyor.close()


async def sweep(service: Service) -> None:
    """Delete PDFs and jobs that are old, and read blocks others made."""
    keep = service.settings.jobs
    # What will be too old before the next sweep goes with this one.
    age = max(0.0, keep.keep_pdf - service.settings.keeping.sweep)
    while (await service.store.jobs.sweep(service.clock.now(), pdfs=age, jobs=keep.keep_jobs))["pdfs"]:
        pass
    await engine_of(service).blocks.load()


async def check_keys(settings: Settings, store: Store) -> Vault:
    """Return the vault, if it opens the PDFs that are stored. Raises NoKey or WrongKey."""
    vault = Vault(settings.key)
    for head in await store.jobs.heads(HEAD):
        vault.check(head)
    return vault


async def _made(service: Service) -> Engine:
    settings, clock = service.settings, service.clock
    vault = await check_keys(settings, service.store)
    limiter = Limiter(settings.rates.storage)
    blocks = Blocks(service.store.blocks, limiter, settings.rates, clock)
    await blocks.load()
    metrics = Metrics(settings.jobs, settings.outside.slow_query)
    jobs = settings.jobs
    pool = Pool(jobs.workers or default_workers(), Guards(timeout=jobs.timeout, memory=jobs.memory), preload=_PRELOAD)
    means = Means(jobs=service.store.jobs, vault=vault, settings=settings, clock=clock, pool=pool, tell=metrics.ended)
    return Engine(
        vault=vault,
        limiter=limiter,
        blocks=blocks,
        challenges=_challenges(settings, service),
        metrics=metrics,
        conveyor=Conveyor(means),
        pool=pool,
    )


def _challenges(settings: Settings, service: Service) -> Challenges:
    rates = settings.rates
    secret = hmac.digest(settings.key.encode(), b"challenges", hashlib.sha256)
    difficulty = Difficulty(cost=rates.challenge_cost, prefix=rates.challenge_prefix, seconds=rates.challenge)
    return Challenges(secret, service.clock, difficulty)


async def _sweep(service: Service) -> None:
    while True:
        try:
            await sweep(service)
        except TukscalError as error:  # a full disk: tried again, and said to those who upload
            _LOG.error("old rows cannot be deleted: %s", error.message)
        await asyncio.sleep(service.settings.keeping.sweep)
