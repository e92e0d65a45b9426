"""What time it is."""

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
