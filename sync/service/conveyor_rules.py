"""How fast the conveyor starts, and what follows from a failure: pure, from numbers that are given."""

from __future__ import annotations

from ...core.ledger.model import State
from ...core.ledger.rules import LETHAL, TRANSIENT, Retries, Tried, decide
from .settings import Jobs as Rules
from .store.job_model import JobState

_LETTERS = LETHAL | TRANSIENT | {"no_term"}  # causes that are not the PDF's fault: it is kept, to be tried again


class Pace:
    """At most `rate` starts a second, evenly; 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = float("-inf")

    def may(self, ticks: float) -> bool:
        """Return whether one more may start now."""
        return ticks >= self._next

    def until(self, ticks: float) -> float:
        """Return the seconds until one more may start."""
        return max(0.0, self._next - ticks)

    def started(self, ticks: float) -> None:
        """Count a start."""
        self._next = ticks + self._gap


def follows(cause: str, tried: Tried, rules: Rules, draw: float) -> tuple[JobState, float]:
    """Return the state a job goes into after a failure, and the seconds until the next attempt; `draw` in [0, 1)."""
    verdict = decide(cause, tried, Retries(first=rules.first_retry, total=rules.job_timeout), draw)
    if verdict.state is State.FAILED:
        return JobState.WAITING, verdict.delay
    return (JobState.DEAD if cause in _LETTERS else JobState.FAILED), 0.0
