"""Whether a job that failed is tried again, and when: pure, from the cause and what was tried before."""

from __future__ import annotations

from dataclasses import dataclass

from ..backoff import Backoff
from ..errors import Crashed, InputOutput, OutOfMemory, TimedOut
from .model import State

TRANSIENT = frozenset({InputOutput.cause})  # may go away by itself
LETHAL = frozenset({Crashed.cause, TimedOut.cause, OutOfMemory.cause})  # ended the worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how long a job is tried; everything else than `io` and the lethal causes is tried once."""

    transient: int = 3  # attempts
    lethal: int = 2  # attempts that end their worker
    first: float = 5.0  # seconds before the second attempt, doubled for each one more
    total: float = 300.0  # seconds all attempts may take together

    @property
    def backoff(self) -> Backoff:
        """The waits between attempts."""
        return Backoff(first=self.first, low=0.5, high=1.5)

    @property
    def longest(self) -> float:
        """Seconds no wait is longer than: what is due later than this was set by another clock."""
        return self.backoff.delay(max(self.transient - 1, 1), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a job has behind it, the attempt that just failed included."""

    attempts: int
    deaths: int
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state a failed job goes into, and for FAILED the seconds until the next attempt."""

    state: State
    delay: float = 0.0


def decide(cause: str, tried: Tried, retries: Retries, draw: float) -> Verdict:
    """Return what follows from a failure; `draw` is a random number in [0, 1) that spreads retries over time."""
    if cause in LETHAL:
        worn_out = tried.deaths >= retries.lethal or tried.duration >= retries.total
        return Verdict(state=State.QUARANTINED) if worn_out else Verdict(state=State.FAILED)
    if cause in TRANSIENT and tried.attempts < retries.transient and tried.duration < retries.total:
        return Verdict(state=State.FAILED, delay=retries.backoff.delay(tried.attempts, draw))
    return Verdict(state=State.DEAD)
