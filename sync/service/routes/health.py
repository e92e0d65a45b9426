"""/live, /ready and /metrics, for those who start and watch the service.

The first two answer within a second, also while it converts.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ....core.errors import TukscalError
from ....core.system import process
from .. import problems
from ..access.rates import within
from ..context import Context
from ..http.auth import The, address_of
from ..metrics import CONTENT_TYPE, MachineUsage, ServiceFigures, Workers
from ..store.sqlite import SqliteStore

_PATIENCE = 0.8  # seconds: a probe waits one
_FRESH = 0.5  # seconds
_IO = Path("/proc/self/io")


async def faults(service: Context) -> dict[str, str]:
    """Return what keeps the service from its work, by part; nothing if all is well. Takes less than a second.

    What was found is said for a moment: the store is not written to as often as somebody asks.
    """
    now = time.monotonic()
    looked = service.looked
    if now >= looked.until:
        looked.faults, looked.until = await _faults(service), now + _FRESH
    return looked.faults


async def _faults(service: Context) -> dict[str, str]:
    conveyor = service.conveyor
    found = {
        "store": await _store(service),
        "pool": conveyor.trouble,
        "disk": "The disk is nearly full." if service.is_short() else "",
    }
    if not conveyor.alive:
        found["pool"] = "The conveyor has stopped."
    return {part: fault for part, fault in found.items() if fault}


async def figures(service: Context, connections: int) -> ServiceFigures:
    """Return the figures that are read when somebody asks."""
    conveyor, store, now = service.conveyor, service.store, service.clock.now()
    outside = service.settings.outside
    queue, counts, stored = await asyncio.gather(
        store.jobs.figures(now), store.accounts.counts(now), store.jobs.stored(outside.accounts)
    )
    number, started = conveyor.workers
    return ServiceFigures(
        queue=queue,
        counts=counts,
        stored=stored,
        quota=service.settings.sizes.stored,
        workers=Workers(number=number, busy=conveyor.busy, started=started),
        machine=machine(service),
        load=store.database.load() if isinstance(store, SqliteStore) else None,
        limits_memory=await service.limiter.memory(),
        limits_faults=service.limiter.faults,
        blocks=len(service.blocks),
        tallies=service.tallies.totals,
        now=now,
        connections=connections,
    )


def machine(service: Context) -> MachineUsage:
    """Return what the operating system says."""
    times = os.times()
    read, written = _disk_bytes()
    return MachineUsage(
        cpu=times.user + times.system + times.children_user + times.children_system,
        memory=process.resident(os.getpid()),
        disk_free=service.disk_free(),
        disk_read=read,
        disk_written=written,
    )


async def _store(service: Context) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await service.store.check()
    except TimeoutError:
        return "The store does not answer."
    except TukscalError as error:
        return error.message
    return ""


def _disk_bytes() -> tuple[int | None, int | None]:
    """Return what this process read from and wrote to disks, as far as the system tells."""
    try:
        lines = dict(line.split(": ") for line in _IO.read_text("ascii").splitlines())
        return int(lines["read_bytes"]), int(lines["write_bytes"])
    except (OSError, KeyError, ValueError):
        return None, None


router = APIRouter(tags=["health"])

_RETRY = "5"


class Health(BaseModel):
    """How the service is; `faults` is part -> what is wrong."""

    status: str
    faults: dict[str, str]


@router.get("/live", response_model=Health)
async def live() -> Health:
    """Tell that the event loop goes round; a service that does not answer is to be started again."""
    return Health(status="live", faults={})


@router.get("/ready", response_model=Health, responses={503: {"model": Health}})
async def ready(request: Request, the: The, response: Response) -> Health:
    """Tell whether store, pool and disk work; what is wrong is for the networks that may see figures."""
    found = await faults(the)
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        found = dict.fromkeys(found, "It does not work.")
    if found:
        response.status_code = 503
        response.headers["Retry-After"] = _RETRY
    return Health(status="not ready" if found else "ready", faults=found)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, the: The) -> Response:
    """Return the figures."""
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        raise problems.not_found()
    server = getattr(request.app.state, "server", None)  # there where http/connections.py serves
    found = await figures(the, len(server.server_state.connections) if server else 0)
    text = the.metrics.text(found)
    return Response(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
