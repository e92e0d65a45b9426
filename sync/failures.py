"""How a request to the service can end badly, and what each kind means for what was to be pushed."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a failure says about the calendar, the service and us."""

    UNREACHABLE = "unreachable"  # no whole answer came: nobody knows what became of it
    BUSY = "busy"  # the service asks to wait; counts against nobody
    BROKEN = "push_retry"  # an answer that cannot be the service's own, or its fault
    LATER = "later"  # this calendar cannot be taken now
    REFUSED = "push_refused"  # this calendar will never be taken as it is
    SUPERSEDED = "superseded"  # the service has another state under a higher revision
    UNAUTHORIZED = "unauthorized"  # nothing will be taken from us


TRANSIENT = frozenset({Kind.UNREACHABLE, Kind.BUSY, Kind.BROKEN, Kind.LATER})
OF_THE_SERVICE = frozenset({Kind.UNREACHABLE, Kind.BROKEN})
"""What the next calendar would meet too."""


class PushFailed(Exception):
    """A request that did not end well: its kind, a sentence, and how many seconds the service asks to wait, if it does.

    Never holds the request: that has the token in it.
    """

    def __init__(self, kind: Kind, message: str, *, wait: float | None = None, there: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.wait = wait
        self.there = there
        """The revision the service has, 0 if it did not say."""
