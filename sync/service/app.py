"""The service as a table of contents: what it consists of, in which order it starts and ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from ... import __version__
from . import answering, engine, layers, sweeping
from .clock import Clock, SystemClock
from .routes import (
    account,
    admin,
    blocks,
    calendars,
    challenge,
    deadletters,
    feeds,
    health,
    jobs,
    metrics,
    pages,
    selections,
    tokens,
)
from .service import Service
from .settings import Settings
from .store.interface import Store
from .store.sqlite import SqliteStore

ROUTERS: tuple[APIRouter, ...] = (
    account.router,
    admin.router,
    blocks.router,
    calendars.router,
    challenge.router,
    deadletters.router,
    feeds.router,
    health.router,
    jobs.router,
    metrics.router,
    selections.router,
    tokens.router,
    pages.router,
)
# What runs beside the requests: entered in this order when the service starts, left in the reverse one.
BESIDE: tuple[Callable[[Service], AbstractAsyncContextManager[None]], ...] = (engine.beside, sweeping.beside)


def build(settings: Settings, *, clock: Clock | None = None, store: Store | None = None) -> FastAPI:
    """Return the service, which opens its store when it starts, and closes it if it was not given.

    Raises InputOutput or NotWritable when it starts.
    """

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        opened = await asyncio.to_thread(_opened, settings) if store is None else store
        app.state.service = Service(settings=settings, clock=clock or SystemClock(), store=opened)
        try:
            async with contextlib.AsyncExitStack() as stack:
                for part in BESIDE:
                    await stack.enter_async_context(part(app.state.service))
                yield
        finally:
            app.state.service.close()
            if store is None:
                await asyncio.to_thread(opened.close)

    app = FastAPI(title="tukscal", version=__version__, lifespan=running, docs_url=None, redoc_url=None)
    for router in ROUTERS:
        app.include_router(router)
    answering.install(app, settings)
    layers.install(app, settings)
    return app


def _opened(settings: Settings) -> Store:
    return SqliteStore(settings.store, readers=settings.readers)
