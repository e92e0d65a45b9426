"""The tests' clock; import as `tukscal.tests.clock`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """Time that passes when a test says so: that of the wall, which may be set, and seconds that only go forward."""

    wall: float = 1_790_000_000.0  # September 2026
    forward: float = 100.0

    def now(self) -> float:
        """Return the time of day, Unix seconds."""
        return self.wall

    def ticks(self) -> float:
        """Return seconds that only go forward."""
        return self.forward

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.forward += seconds
