"""Whether bytes are one of our calendars, and what the store needs to know of them.

All of it is work for a processor: called in a thread or a worker, never on the event loop.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

from ...core.calendar import ics
from ...core.calendar.convert import read_calendar
from ...core.calendar.event import Calendar, Event, Status
from ...core.errors import Damaged
from ...core.system.files import sha256
from .store.model import NewRevision

_HEAD = b"BEGIN:VCALENDAR\r\n"
_END = b"END:VCALENDAR\r\n"
_OURS = b"\r\nX-TUKSCAL-SOURCE:"
_LEVEL = 6


def checked(body: bytes, revision: int) -> NewRevision:
    """Return a calendar's bytes with what is known of them. Raises Damaged for what tukscal did not write."""
    check_cheaply(body)
    calendar = read_calendar(body)
    live = frozenset(event.uid for event in calendar.events if event.status is not Status.CANCELLED)
    return NewRevision(
        revision=revision,
        sha256=sha256(body),
        size=len(body),
        name=calendar.name,
        live=live,
        cancelled={
            event.uid: _alone(calendar, event)
            for event in calendar.events
            if event.status is Status.CANCELLED and event.uid not in live
        },
        packed=pack(body),
    )


def check_cheaply(body: bytes) -> None:
    """Refuse what cannot be one of our calendars, without reading it. Raises Damaged."""
    if not (body.startswith(_HEAD) and body.endswith(_END) and _OURS in body) or body.count(_HEAD) != 1:
        raise Damaged("This is not a calendar that tukscal wrote.", advice="Send the .ics file as it was written.")


def pack(body: bytes) -> bytes:
    """Return bytes as the store keeps them."""
    return zlib.compress(body, _LEVEL)


def unpack(packed: bytes) -> bytes:
    """Return the bytes that were packed."""
    return zlib.decompress(packed)


def _alone(calendar: Calendar, event: Event) -> bytes:
    return pack(ics.write(replace(calendar, events=(event,), gone={})))
