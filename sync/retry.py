"""How a request to the service can fail, what is tried again, after how long, how often, and when the service is left
alone: the one module that imports tenacity.

The waiting itself is not done here: when a row is due next stands in the ledger, so that it survives a restart.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from ..core.backoff import Backoff, Pause
from ..core.ledger import LONGEST_WAIT

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

_SHORTEST = 0.05  # seconds: full jitter may draw nearly nothing, and nobody shall be asked without a pause
_BRIEF = Backoff(first=1.0, least=_SHORTEST, most=10.0, low=0.0)
_PATIENT = replace(_BRIEF, most=120.0)
_KEPT = Backoff(first=LONGEST_WAIT, low=0.5)
_IN_A_ROW = 5
PAUSES = Backoff(first=5.0, least=1.0, most=300.0, low=0.0)
"""How long a service that failed again and again is left alone."""


class FailureKind(StrEnum):
    """What a failure says about the calendar, the service and us."""

    UNREACHABLE = "unreachable"  # no whole answer came: nobody knows what became of it
    BUSY = "busy"  # the service asks to wait; counts against nobody
    BROKEN = "push_retry"  # an answer that cannot be the service's own, or its fault
    LATER = "later"  # this calendar cannot be taken now
    REFUSED = "push_refused"  # this calendar will never be taken as it is
    SUPERSEDED = "superseded"  # the service has another state under a higher revision
    UNAUTHORIZED = "unauthorized"  # nothing will be taken from us


TRANSIENT = frozenset({FailureKind.UNREACHABLE, FailureKind.BUSY, FailureKind.BROKEN, FailureKind.LATER})
OF_THE_SERVICE = frozenset({FailureKind.UNREACHABLE, FailureKind.BROKEN})
"""What the next calendar would meet too."""


class PushFailed(Exception):
    """A request that did not end well: its kind, a sentence, and how many seconds the service asks to wait, if it does.

    Never holds the request: that has the token in it.
    """

    def __init__(self, kind: FailureKind, message: str, *, wait: float | None = None, there: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.wait = wait
        self.there = there
        """The revision the service has, 0 if it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRetries:
    """How often and how long a calendar is tried in one go, before it is kept for later; times in seconds.

    All tries with the waits between them take at most `attempts` * (30 + `backoff.most`).
    """

    attempts: int = 8
    backoff: Backoff = _PATIENT
    kept: Backoff = _KEPT  # for a calendar that was tried so often


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """When a calendar is tried again; `attempts` count against it by then."""

    attempts: int
    delay: float


def is_transient(error: BaseException) -> bool:
    """Return whether a failure may go away by itself."""
    return isinstance(error, PushFailed) and error.kind in TRANSIENT


def again(failure: PushFailed, attempts: int, retries: PushRetries) -> Again | None:
    """Return when to try again after a failure, `attempts` having counted before; None if never."""
    if not is_transient(failure):
        return None
    tried = attempts + (failure.kind is not FailureKind.BUSY)
    if tried >= retries.attempts:
        return Again(attempts=tried, delay=max(failure.wait or 0.0, retries.kept.delay()))
    return Again(attempts=tried, delay=_delay(failure, max(tried, 1), retries.backoff))


def spread(wait: float) -> float:
    """Return a wait that the service asks of all its clients, up to a tenth longer, never more than an hour."""
    return Backoff(first=wait, high=1.1, most=LONGEST_WAIT).delay()


def retry_after(text: str | None, now: float) -> float | None:
    """Return the seconds a Retry-After asks for, at most an hour; None for none, the past, or what is no such thing.

    `now` are unix seconds; the text is a number of seconds or a date (RFC 9110, 10.2.3).
    """
    seconds = _seconds((text or "").strip(), now)
    return min(seconds, LONGEST_WAIT) if seconds is not None and seconds > 0 else None


def _seconds(text: str, now: float) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text[:18]) if len(text) < 18 else LONGEST_WAIT
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


async def trying(call: Callable[[], Awaitable[T]], *, attempts: int, sleep: Sleep) -> T:
    """Return what a call returns, tried a few times while its failures are transient. Raises PushFailed."""
    patient = AsyncRetrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(attempts),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )
    return await patient(call)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return _delay(error, state.attempt_number, _BRIEF)


def _delay(failure: BaseException | None, tried: int, backoff: Backoff) -> float:
    """Return the wait that the service asks for, else that of the backoff."""
    wait = failure.wait if isinstance(failure, PushFailed) else None
    return backoff.delay(tried) if wait is None else max(_SHORTEST, spread(wait))


# ---- leaving the service alone


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
