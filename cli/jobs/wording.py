"""Figures of jobs as people read them."""

from __future__ import annotations

from datetime import datetime

from ...core.errors import CONVERSION_ERRORS
from ...core.ledger import INTERRUPTED, Job, State
from ..common.canvas import breadth, cut

_STATES = {
    State.QUEUED: "waiting",
    State.RUNNING: "being converted",
    State.DONE: "done",
    State.FAILED: "failed, will be retried",
    State.DEAD: "failed for good",
    State.QUARANTINED: "ended its worker twice, will not be retried",
}
_ADVICE = {error.cause: error.default_advice for error in CONVERSION_ERRORS}


def state_words(job: Job) -> str:
    """Return where a job stands."""
    return _STATES[job.state]


def usual_advice(cause: str | None) -> str:
    """Return what is to be done about a cause if nothing better is known."""
    return _ADVICE.get(cause or "", "")


def cause_words(cause: str | None) -> str:
    """Return how an attempt ended."""
    if cause is None:
        return "done"
    return "interrupted: its process ended; not counted" if cause == INTERRUPTED else cause


def moment_words(moment: float | None) -> str:
    """Return a moment in local time to the second."""
    found = _local(moment)
    return found.strftime("%Y-%m-%d %H:%M:%S") if found else "-"


def short_moment(moment: float | None, now: datetime) -> str:
    """Return a moment in at most ten columns: a time today, else a day."""
    found = _local(moment)
    if found is None:
        return "-"
    return found.strftime("%H:%M:%S" if found.date() == now.date() else "%Y-%m-%d")


def _local(moment: float | None) -> datetime | None:
    try:
        return None if moment is None else datetime.fromtimestamp(moment)
    except (ValueError, OverflowError, OSError):  # a clock that was wrong
        return None


def shorten_path(path: str, room: int) -> str:
    """Return a path of at most so many columns: first its folder is cut, then the middle of its name."""
    folder, slash, name = path.rpartition("/")
    if breadth(path) <= room:
        return path
    if slash and breadth(name) + 2 <= room:
        return f"{cut(folder, room - breadth(name) - 1)}/{name}"
    return _without_middle(name, room)


def _without_middle(text: str, room: int) -> str:
    if breadth(text) <= room:
        return text
    tail, most = "", room * 2 // 3
    for character in reversed(text):
        if breadth(character + tail) > most:
            break
        tail = character + tail
    return cut(text, room - breadth(tail)) + tail
