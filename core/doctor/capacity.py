"""How many processes suit this machine, and whether it lets so many have what they need."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..pool import default_workers
from ..pool.pool import SHARE
from ..system import process
from ..wording import counted, memory
from .values import Check, note, ok

_EACH = 6  # descriptors a worker takes of its parent
_OWN = 64  # descriptors for everything else
_LIMITS = Path("/proc/self/limits")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What there is for workers: processors, those this process may use, bytes of free memory, workers by default."""

    processors: int
    cores: int
    free: int
    workers: int
    memory: int | None = None
    """The container's limit of bytes."""


def machine(group: Path = _CGROUP) -> Machine:
    """Return this machine; `group` is the folder of the container's limits."""
    limit = _number(group / "memory.max")
    total = os.cpu_count() or 1
    return Machine(
        processors=total, cores=process.cores(), free=process.available(), workers=default_workers(), memory=limit
    )


def how_many(there: Machine) -> Check:
    """Return how many workers run by default and why."""
    held = there.cores < there.processors
    box = "" if there.memory is None else f", the container's limit being {memory(there.memory)}"
    cores = f"{there.cores} of {counted(there.processors, 'core')}" if held else counted(there.cores, "core")
    room = f"{memory(there.free)} of memory free{box}, {memory(SHARE)} for each worker"
    found = f"{counted(there.workers, 'worker')} by default: {cores}, {room}."
    if there.workers < there.cores:
        return note("workers", f"Memory is short: {found}", "Close other programs before a large batch.")
    return ok("workers", found)


def limits(workers: int, text: Path = _LIMITS, group: Path = _CGROUP) -> Iterator[Check]:
    """Yield whether so many workers may have the files and processes they need, where the system tells: on Linux."""
    files, tasks = _soft(text, "Max open files"), _soft(text, "Max processes")
    if files is not None:
        yield _enough("open files", files, _OWN + _EACH * workers, "ulimit -n")
    if tasks is not None:
        yield _enough("processes", tasks, _OWN + _EACH * workers, "ulimit -u")
    most, there = _number(group / "pids.max"), _number(group / "pids.current")
    if most is not None and there is not None and most - there < _EACH * workers:
        advice = "Give the container more processes (--pids-limit), or use fewer workers."
        yield note(
            "container", f"The container may have {most} processes and threads; {there} are there already.", advice
        )


def _enough(name: str, limit: int, needed: int, command: str) -> Check:
    if limit >= needed:
        return ok(name, f"{limit:,} {name} are allowed, {needed:,} are enough.")
    return note(
        name,
        f"Only {limit:,} {name} are allowed; so many workers need {needed:,}.",
        f"Raise the limit with `{command} {needed}` before you start tukscal, or use fewer workers.",
    )


def _soft(file: Path, name: str) -> int | None:
    """Return a limit in force from the text of proc(5), None if it is unknown or there is none."""
    with contextlib.suppress(OSError):
        found = re.search(rf"^{name}\s+(\d+)", file.read_text(), re.MULTILINE)
        return int(found[1]) if found else None
    return None


def _number(file: Path) -> int | None:
    """Return the number in a file of a container's limits, None if there is none."""
    with contextlib.suppress(OSError, ValueError):
        return int(file.read_text())
    return None
