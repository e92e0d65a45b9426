"""What the service looks at in itself: whether it is ready, and its figures."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path

from ...core import guard
from ...core.errors import TukscalError
from .engine import engine_of
from .metrics import Figures, Machine, Workers
from .service import Service
from .store.sqlite.store import SqliteStore

_PATIENCE = 0.8  # seconds: a probe waits one
_FRESH = 0.5  # seconds
_IO = Path("/proc/self/io")


async def faults(service: Service) -> dict[str, str]:
    """Return what keeps the service from its work, by part; nothing if all is well. Takes less than a second.

    What was found is said for a moment: the store is not written to as often as somebody asks.
    """
    now = time.monotonic()
    if service.looked is None or now >= service.looked[0] + _FRESH:
        service.looked = (now, await _faults(service))
    return service.looked[1]


async def _faults(service: Service) -> dict[str, str]:
    engine = engine_of(service)
    found = {"store": await _store(service), "pool": engine.conveyor.trouble, "disk": _disk(service)}
    if not engine.conveyor.alive:
        found["pool"] = "The conveyor has stopped."
    return {part: fault for part, fault in found.items() if fault}


def is_short(service: Service) -> bool:
    """Tell whether the disk has too little room to take anything more."""
    free = disk_free(service)
    return free is not None and free < service.settings.intake.free_disk


def disk_free(service: Service) -> int | None:
    """Return the free bytes where the store is, None if nobody knows."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(service.settings.store.resolve().parent).free
    return None


async def figures(service: Service, connections: int) -> Figures:
    """Return the figures that are read when somebody asks."""
    engine, store, now = engine_of(service), service.store, service.clock.now()
    outside = service.settings.outside
    queue, counts, stored = await asyncio.gather(
        store.jobs.figures(now), store.accounts.counts(now), store.jobs.stored(outside.accounts)
    )
    number, started = engine.conveyor.workers
    return Figures(
        queue=queue,
        counts=counts,
        stored=stored,
        quota=service.settings.sizes.stored,
        workers=Workers(number=number, busy=engine.conveyor.busy, started=started),
        machine=machine(service),
        load=store.database.load() if isinstance(store, SqliteStore) else None,
        limits_memory=await engine.limiter.memory(),
        limits_faults=engine.limiter.faults,
        blocks=len(engine.blocks),
        tallies=service.tallies.totals,
        now=now,
        connections=connections,
    )


def machine(service: Service) -> Machine:
    """Return what the operating system says."""
    times = os.times()
    read, written = _disk_bytes()
    return Machine(
        cpu=times.user + times.system + times.children_user + times.children_system,
        memory=guard.resident(os.getpid()),
        disk_free=disk_free(service),
        disk_read=read,
        disk_written=written,
    )


async def _store(service: Service) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await service.store.check()
    except TimeoutError:
        return "The store does not answer."
    except TukscalError as error:
        return error.message
    return ""


def _disk(service: Service) -> str:
    return "The disk is nearly full." if is_short(service) else ""


def _disk_bytes() -> tuple[int | None, int | None]:
    """Return what this process read from and wrote to disks, as far as the system tells."""
    try:
        lines = dict(line.split(": ") for line in _IO.read_text("ascii").splitlines())
        return int(lines["read_bytes"]), int(lines["write_bytes"])
    except (OSError, KeyError, ValueError):
        return None, None
