"""The service as a table of contents: its parts, and in which order they start and end.

Beside the requests, counters are written down and old rows are deleted, again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI

from ... import __version__
from ...core.batch.run import PRELOAD
from ...core.errors import TukscalError
from ...core.pool import Guards, Pool, default_workers
from . import conversion
from .access.rates import Blocklist, Challenges, Difficulty, Limiter
from .access.vault import HEAD, Vault
from .context import Context
from .http import answers, bodies
from .http.layers import Gate, Observe
from .metrics import ServiceMetrics
from .routes import account, admin, calendars, feeds, health, jobs
from .settings import Clock, Settings, SystemClock
from .store.interface import ServiceStore
from .store.sqlite import SqliteStore
from .worker import Conveyor, ConveyorResources

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


_PRELOAD = (*PRELOAD, conversion.__name__)


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock, store: ServiceStore) -> AsyncIterator[Context]:
    """Run the service, without its HTTP, until left. Raises NoKey or WrongKey."""
    context = await _made(settings, clock, store)
    if isinstance(store, SqliteStore):
        store.database.watchers.append(context.metrics.timed)
    context.conveyor.start()
    try:
        async with context.limiter.swept(), beside(context):
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


ROUTERS: tuple[APIRouter, ...] = (
    account.router,
    admin.router,
    calendars.router,
    jobs.challenges,
    feeds.router,
    health.router,
    jobs.router,
    feeds.selections,
    admin.tokens,
    account.pages,
)


def build(settings: Settings, *, clock: Clock | None = None, store: ServiceStore | None = None) -> FastAPI:
    """Return the service, which opens its store when it starts, and closes it if it was not given.

    Raises InputOutput or NotWritable when it starts.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = await asyncio.to_thread(_opened, settings) if store is None else store
        try:
            async with running(settings, clock or SystemClock(), opened) as app.state.context:
                yield
        finally:
            if store is None:
                await asyncio.to_thread(opened.close)

    app = FastAPI(title="tukscal", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    for router in ROUTERS:
        app.include_router(router)
    answers.install(app, settings)
    # The layers around the routes; the last one added is the outermost.
    app.add_middleware(bodies.BodyLimits, rules=settings.intake, sizes=settings.sizes)
    app.add_middleware(Gate)
    app.add_middleware(Observe)
    return app


def _opened(settings: Settings) -> ServiceStore:
    return SqliteStore(settings.store, readers=settings.readers)
