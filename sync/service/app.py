"""The service as a table of contents: what it consists of, in which order it starts and ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI

from ... import __version__
from .clock import Clock, SystemClock
from .http import answers, bodies
from .http.layers import Gate, Observe
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
    pages,
    selections,
    tokens,
)
from .settings import Settings
from .startup import running
from .store.interface import ServiceStore
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
    selections.router,
    tokens.router,
    pages.router,
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
