"""How the service starts and ends: its parts are made in their order, and what runs beside the requests runs."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator

from ...core.batch.run import PRELOAD
from ...core.pool import Guards, Pool, default_workers
from . import conversion, maintenance
from .access.blocklist import Blocklist
from .access.challenge import Challenges, Difficulty
from .access.rates import Limiter
from .access.vault import HEAD, Vault
from .clock import Clock
from .context import Context
from .metrics import ServiceMetrics
from .settings import Settings
from .store.interface import ServiceStore
from .store.sqlite.store import SqliteStore
from .worker import Conveyor, ConveyorResources

_PRELOAD = (*PRELOAD, conversion.__name__)


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock, store: ServiceStore) -> AsyncIterator[Context]:
    """Run the service, without its HTTP, until left. Raises NoKey or WrongKey."""
    context = await _made(settings, clock, store)
    if isinstance(store, SqliteStore):
        store.database.watchers.append(context.metrics.timed)
    context.conveyor.start()
    try:
        async with context.limiter.swept(), maintenance.beside(context):
            yield context
    finally:
        await context.conveyor.close()
        context.close()


async def check_keys(settings: Settings, store: ServiceStore) -> Vault:
    """Return the vault, if it opens the PDFs that are stored. Raises NoKey or WrongKey."""
    vault = Vault(settings.key)
    for head in await store.jobs.heads(HEAD):
        vault.check(head)
    return vault


async def _made(settings: Settings, clock: Clock, store: ServiceStore) -> Context:
    vault = await check_keys(settings, store)
    limiter = Limiter(settings.rates.storage)
    blocks = Blocklist(store.blocks, limiter, settings.rates, clock)
    await blocks.load()
    metrics = ServiceMetrics(settings.jobs, settings.outside.slow_query)
    jobs = settings.jobs
    pool = Pool(jobs.workers or default_workers(), Guards(timeout=jobs.timeout, memory=jobs.memory), preload=_PRELOAD)
    means = ConveyorResources(
        jobs=store.jobs, vault=vault, settings=settings, clock=clock, pool=pool, tell=metrics.ended
    )
    return Context(
        settings=settings, clock=clock, store=store, vault=vault, limiter=limiter, blocks=blocks,
        challenges=_challenges(settings, clock), metrics=metrics, conveyor=Conveyor(means),
    )  # fmt: skip


def _challenges(settings: Settings, clock: Clock) -> Challenges:
    rates = settings.rates
    secret = hmac.digest(settings.key.encode(), b"challenges", hashlib.sha256)
    difficulty = Difficulty(cost=rates.challenge_cost, prefix=rates.challenge_prefix, seconds=rates.challenge)
    return Challenges(secret, clock, difficulty)
