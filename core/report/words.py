"""What a faculty's office calls it."""

from __future__ import annotations

from datetime import UTC, datetime

from ..details import Row
from ..ledger import State

CAUSES = {
    "not_a_timetable": "Not a UP timetable",
    "encrypted": "Needs a password",
    "damaged": "Damaged or incomplete file",
    "too_large": "Larger than any timetable",
    "timeout": "Took too long",
    "memory": "Needed too much memory",
    "crash": "Stopped the converter",
    "bad_rows": "No row or choice could be used",
    "no_term": "Teaching dates are not known",
    "no_such_file": "Not there, or may not be read",
    "not_writable": "The calendar may not be written",
    "io": "Reading or writing failed",
}
STATES = {
    State.DONE: "has its calendar",
    State.DEAD: "has no calendar",
    State.QUARANTINED: "has no calendar: it ended the converter twice",
    State.FAILED: "will be tried again",
    State.QUEUED: "not done yet",
    State.RUNNING: "being converted",
}


def cause_words(cause: str | None) -> str:
    """Return what went wrong in a few words."""
    return CAUSES.get(cause or "", cause or "Not known")


def number(value: int) -> str:
    """Return "12,345"."""
    return f"{value:,}"


def counted(value: int, one: str, several: str | None = None) -> str:
    """Return "1 row" or "12,345 rows"."""
    return f"{value:,} {one if value == 1 else several or f'{one}s'}"


def seconds(value: float) -> str:
    """Return a length of time: "0.8 ms", "42 ms", "1.5 s", "3 min 20 s", "2 h 5 min"."""
    if value < 1:
        return f"{_short(value * 1000)} ms"
    if value < 100:
        return f"{_short(value)} s"
    whole = round(value)
    if whole < 6000:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def size(value: float) -> str:
    """Return a size: "640 B", "17 kB", "2.5 MB"."""
    for unit, least in (("MB", 1e6), ("kB", 1e3)):
        if value >= least:
            return f"{_short(value / least)} {unit}"
    return f"{value:.0f} B"


def memory(value: int) -> str:
    """Return memory as limits are given: "64 MiB"."""
    return f"{value / 2**20:,.0f} MiB"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:,.0f}"


def iso(moment: float | None) -> str:
    """Return unix seconds as ISO 8601 in UTC, empty for none and for what is no time of a calendar."""
    try:
        return "" if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return ""


def local(moment: float | None) -> str:
    """Return "Mon 3 Aug 2026, 14:05 (UTC+02:00)" in the time of this computer; "unknown" for none."""
    try:
        if moment is None:
            return "unknown"
        when = datetime.fromtimestamp(moment, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return "unknown"
    return f"{when:%a} {when.day} {when:%b %Y, %H:%M} (UTC{when.isoformat()[-6:]})"


def place_words(row: Row) -> str:
    """Return "page 2, row 3"."""
    return f"page {row.page}, row {row.row}" if row.row else f"page {row.page}"


def plural(value: int, one: str) -> str:
    """Return the word for so many."""
    return one if value == 1 else f"{one}s"
