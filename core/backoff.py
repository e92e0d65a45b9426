"""How long to wait before retrying what failed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The seconds between tries: `first`, then each wait `factor` times the one before, from `least` to `most`.

    Each wait is drawn between `low` and `high` times that, so that clients that failed together do not retry together.
    """

    first: float
    factor: float = 2.0
    least: float = 0.0
    most: float = math.inf
    low: float = 1.0
    high: float = 1.0

    def delay(self, failures: int = 1, draw: float | None = None) -> float:
        """Return the wait after so many failures; `draw`, a random number in [0, 1), picks a point of its range."""
        usual = min(self.first * self.factor ** min(failures - 1, 64), self.most)  # more would overflow
        low = max(self.least, usual * self.low)
        high = max(low, min(usual * self.high, self.most))
        return low + (high - low) * (random.random() if draw is None else draw)  # noqa: S311 - keeps no secret


class Pause:
    """The time until the next try, by a monotonic clock."""

    def __init__(self, ticks: Callable[[], float], backoff: Backoff) -> None:
        self._ticks = ticks
        self._backoff = backoff
        self._failures = 0
        self._until = -math.inf

    @property
    def left(self) -> float:
        """The seconds left, 0 when it is over."""
        return max(0.0, self._until - self._ticks())

    def next(self) -> float:
        """Return the seconds the next pause would take."""
        return self._backoff.delay(self._failures + 1)

    def begin(self, seconds: float | None = None) -> None:
        """Begin the next pause, of so many seconds if given."""
        self._until = self._ticks() + (self.next() if seconds is None else seconds)
        self._failures += 1

    def reset(self) -> None:
        """Start again with the first pause."""
        self._failures = 0
