"""The computer: its SQLite, clock, time zones, its name for this boot, and how many workers suit it."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from ..pool import default_workers
from ..pool.pool import SHARE
from ..system import machine, process
from ..system.sqlite import OLDEST, Version, best_mode, has_wal_bug
from ..wording import counted, memory
from . import Check, bad, note, ok

_YEARS = range(2024, 2101)
_ZONE, _OFFSET = "Africa/Johannesburg", timedelta(hours=2)
_JOURNALS = {
    "wal": "a write-ahead log (WAL)",
    "truncate": "a rollback journal (TRUNCATE)",
}


def sqlite(ledger: Path, version: Version = sqlite3.sqlite_version_info) -> Check:
    """Return what SQLite's version means for the ledger."""
    number = ".".join(map(str, version))
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return bad(
            "SQLite", f"Version {number} is too old: {needed} is needed.", "Install a newer Python and tukscal in it."
        )
    bug = "has the WAL-reset bug" if has_wal_bug(version) else "has no known bug"
    mode = "truncate" if has_wal_bug(version) else best_mode(ledger)
    safe = f"the ledger keeps {_JOURNALS[mode]} with synchronous FULL"
    cost = ": as safe, a little slower" if mode == "truncate" else ""
    return ok("SQLite", f"Version {number} {bug}; {safe}{cost}.")


def clock(today: date) -> Check:
    """Return whether the computer's date can be true."""
    if today.year in _YEARS:
        return ok("clock", f"The computer's date is {today:%d %B %Y}.")
    advice = "Set the computer's date and time, or let it fetch them from the internet."
    return bad("clock", f"The computer's date is {today}, which cannot be true.", advice)


def time_zone(today: date, zone: Callable[[str], tzinfo] = ZoneInfo) -> Check:
    """Return whether the system knows South Africa's time."""
    advice = "Install the time zones: `python -m pip install --upgrade tzdata`."
    try:
        offset = zone(_ZONE).utcoffset(datetime(today.year, today.month, today.day, 12))
    except (KeyError, OSError, ValueError):
        return bad("time zone", f"The time zone {_ZONE} is not known on this computer.", advice)
    if offset != _OFFSET:
        return bad("time zone", f"The time zone {_ZONE} is known as {offset} ahead of UTC, not two hours.", advice)
    return ok("time zone", f"{_ZONE} is two hours ahead of UTC.")


def boot(
    boot_id: Callable[[], str] = machine.boot_id, node: Callable[[], str] = platform.node, system: str = sys.platform
) -> Check:
    """Return what tells one start of the computer from the next, which leases on jobs go by."""
    found, name = boot_id(), node()
    if found not in (name, "unknown"):
        return ok("restarts", f"Each start of the computer has a name of its own, now {found[:8]}.")
    if system != "linux" and name:
        return ok("restarts", f"Processes are told apart by the computer's name ({name}) and when they began.")
    return note(
        "restarts",
        f"The system does not say which start of the computer this is; jobs are held in the name of {name or found}.",
        "Nothing to do on a computer of its own. If several computers share a ledger, give each another name or a"
        " ledger of its own with --ledger.",
    )


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


def resources(group: Path = _CGROUP) -> Machine:
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
