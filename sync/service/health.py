"""What the service looks at in itself: whether it is ready, and its figures."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path

from ...core.errors import TukscalError
from ...core.system import process
from .context import Context
from .metrics import MachineUsage, ServiceFigures, Workers
from .store.sqlite.store import SqliteStore

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
    found = {"store": await _store(service), "pool": conveyor.trouble, "disk": _disk(service)}
    if not conveyor.alive:
        found["pool"] = "The conveyor has stopped."
    return {part: fault for part, fault in found.items() if fault}


def is_short(service: Context) -> bool:
    """Tell whether the disk has too little room to take anything more."""
    free = disk_free(service)
    return free is not None and free < service.settings.intake.free_disk


def disk_free(service: Context) -> int | None:
    """Return the free bytes where the store is, None if nobody knows."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(service.settings.store.resolve().parent).free
    return None


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
        disk_free=disk_free(service),
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


def _disk(service: Context) -> str:
    return "The disk is nearly full." if is_short(service) else ""


def _disk_bytes() -> tuple[int | None, int | None]:
    """Return what this process read from and wrote to disks, as far as the system tells."""
    try:
        lines = dict(line.split(": ") for line in _IO.read_text("ascii").splitlines())
        return int(lines["read_bytes"]), int(lines["write_bytes"])
    except (OSError, KeyError, ValueError):
        return None, None
