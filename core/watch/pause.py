"""What keeps the daemon from working, and when it tries again: longer each time, until it has gone well for a while."""

from __future__ import annotations

from collections.abc import Callable

from ..backoff import Backoff, Pause

_BACKOFF = Backoff(first=5.0, most=60.0)


class Trouble:
    """One reason at a time."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._pause = Pause(ticks, _BACKOFF)
        self._ended = float("-inf")
        self.reason = ""
        """Why it does not work, as a sentence; empty if it does."""

    @property
    def waits(self) -> bool:
        """Whether it is too early to try again."""
        return bool(self.reason) and self._pause.left > 0

    def begin(self, reason: str) -> bool:
        """Note what is wrong, and wait; return whether that is news. While it waits already, nothing is."""
        if self.waits:
            return False
        if not self.reason and self._ticks() >= self._ended + _BACKOFF.most:
            self._pause.reset()
        news = reason != self.reason
        self.reason = reason
        self._pause.begin()
        return news

    def end(self) -> None:
        """Note that all is well; what comes back at once is waited for longer."""
        self.reason = ""
        self._ended = self._ticks()
