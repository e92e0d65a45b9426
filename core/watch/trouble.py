"""What keeps the daemon from working, and when it tries again: longer each time, until it has gone well for a while."""

from __future__ import annotations

from collections.abc import Callable

_FIRST, _LONGEST = 5.0, 60.0  # seconds between two tries


class Trouble:
    """One reason at a time."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._pause = _FIRST
        self._try_at = 0.0
        self._ended = float("-inf")
        self.reason = ""
        """Why it does not work, as a sentence; empty if it does."""

    @property
    def waits(self) -> bool:
        """Whether it is too early to try again."""
        return bool(self.reason) and self._ticks() < self._try_at

    @property
    def try_at(self) -> float:
        """When, by the clock, to try again."""
        return self._try_at

    def begin(self, reason: str) -> bool:
        """Note what is wrong, and wait; return whether that is news. While it waits already, nothing is."""
        if self.waits:
            return False
        now = self._ticks()
        if not self.reason and now >= self._ended + _LONGEST:
            self._pause = _FIRST
        news = reason != self.reason
        self.reason = reason
        self._try_at = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST)
        return news

    def end(self) -> None:
        """Note that all is well; what comes back at once is waited for longer."""
        self.reason = ""
        self._ended = self._ticks()
