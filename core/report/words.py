"""What a faculty's office calls it."""

from __future__ import annotations

from datetime import UTC, datetime

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
