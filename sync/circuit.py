"""Leaving a service alone that fails again and again, and asking it with one request whether it is back."""

from __future__ import annotations

from collections.abc import Callable

from . import retry

_IN_A_ROW = 5


class Circuit:
    """Counts failures in a row; open, nothing is sent but, when the pause is over, one request to see.

    Pauses grow until something was pushed again: a service may answer questions and take nothing.
    """

    def __init__(self, ticks: Callable[[], float], *, in_a_row: int = _IN_A_ROW) -> None:
        self._ticks = ticks
        self._in_a_row = in_a_row
        self._failures = 0
        self._rounds = 0
        self._until: float | None = None
        self._was_down = False

    @property
    def closed(self) -> bool:
        """Whether calendars may be sent."""
        return self._until is None

    @property
    def wait(self) -> float:
        """The seconds until the service may be asked something."""
        return 0.0 if self._until is None else max(0.0, self._until - self._ticks())

    def failed(self) -> bool:
        """Count a failure; return whether it made the pause begin."""
        self._failures += 1
        if not self.closed or self._failures < self._in_a_row:
            return False
        self._pause(retry.pause(self._rounds))
        self._was_down = True
        return True

    def busy(self, wait: float | None) -> None:
        """Pause as long as the service asks for, and if it does not say how long, longer each time."""
        asked = retry.pause(self._rounds) if wait is None else retry.spread(wait)
        if self.closed or asked > self.wait:
            self._pause(asked)

    def answered(self) -> None:
        """Note that the service took or refused something as it should."""
        self._failures = self._rounds = 0

    def probed(self, *, well: bool) -> bool:
        """Note how the one request ended; return whether the service is back after it had been down."""
        if not well:
            self._pause(retry.pause(self._rounds))
            return False
        self._until, self._failures = None, self._in_a_row - 1  # the first failure after this ends it again
        back, self._was_down = self._was_down, False
        return back

    def _pause(self, seconds: float) -> None:
        self._until = self._ticks() + seconds
        self._rounds += 1
