"""Leaving a service alone that fails again and again, and asking it with one request whether it is back."""

from __future__ import annotations

from collections.abc import Callable

from ..core.backoff import Backoff, Pause
from .retry import spread

_IN_A_ROW = 5
PAUSES = Backoff(first=5.0, least=1.0, most=300.0, low=0.0)
"""How long a service that failed again and again is left alone."""


class Circuit:
    """Counts failures in a row; open, nothing is sent but, when the pause is over, one request to see.

    Pauses grow until something was pushed again: a service may answer questions and take nothing.
    """

    def __init__(self, ticks: Callable[[], float], *, in_a_row: int = _IN_A_ROW) -> None:
        self._in_a_row = in_a_row
        self._failures = 0
        self._pause = Pause(ticks, PAUSES)
        self.closed = True
        """Whether calendars may be sent."""
        self._was_down = False

    @property
    def wait(self) -> float:
        """The seconds until the service may be asked something."""
        return 0.0 if self.closed else self._pause.left

    def failed(self) -> bool:
        """Count a failure; return whether it made the pause begin."""
        self._failures += 1
        if not self.closed or self._failures < self._in_a_row:
            return False
        self._open()
        self._was_down = True
        return True

    def busy(self, wait: float | None) -> None:
        """Pause as long as the service asks for, and if it does not say how long, longer each time."""
        asked = self._pause.next() if wait is None else spread(wait)
        if self.closed or asked > self.wait:
            self._open(asked)

    def answered(self) -> None:
        """Note that the service took or refused something as it should."""
        self._failures = 0
        self._pause.reset()

    def probed(self, *, well: bool) -> bool:
        """Note how the one request ended; return whether the service is back after it had been down."""
        if not well:
            self._open()
            return False
        self.closed, self._failures = True, self._in_a_row - 1  # the first failure after this ends it again
        back, self._was_down = self._was_down, False
        return back

    def _open(self, seconds: float | None = None) -> None:
        self._pause.begin(seconds)
        self.closed = False
