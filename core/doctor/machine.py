"""The computer itself: its SQLite, its clock, its time zones, its name for this boot."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from ..system import machine
from ..system.sqlite import OLDEST, Version, best_mode, has_wal_bug
from .values import Check, bad, note, ok

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
