"""What time it is: the system's clock, and one that tests turn."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> float:
        """Return the time of day, unix seconds (UTC)."""

    def ticks(self) -> float:
        """Return seconds of a clock that only goes forward."""


class SystemClock:
    """The clock of the computer."""

    def now(self) -> float:
        """Return the time of day, unix seconds (UTC)."""
        return time.time()

    def ticks(self) -> float:
        """Return seconds of a clock that only goes forward."""
        return time.monotonic()


class TurnedClock:
    """A clock that stands still until somebody turns it."""

    def __init__(self, now: float = 1_770_000_000.0) -> None:
        self._now = now
        self._ticks = 0.0

    def now(self) -> float:
        """Return the time of day, unix seconds (UTC)."""
        return self._now

    def ticks(self) -> float:
        """Return seconds of a clock that only goes forward."""
        return self._ticks

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._ticks += seconds
