"""A feed's bytes from its calendars, its selection and the time: the same from the same.

What was cancelled stays for some weeks, also when a later revision of the calendar no longer names it. All of it is
work for a processor: called in a thread.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .... import __version__
from ....core.calendar import ics
from ....core.calendar.event import Calendar, Event, Status
from ....core.selection.select import Selection
from ..store.model import FeedParts, FeedState, Rendering
from ..validate import unpack
from . import selections

_LEVEL = 6


class _Source(NamedTuple):
    """A calendar of a feed, and what was cancelled in it: UID -> (since, compressed)."""

    calendar: Calendar
    cancelled: Mapping[str, tuple[float, bytes]]


def fingerprint(state: FeedState) -> bytes:
    """Return a hash of all that decides a feed's bytes, but the time."""
    value = [__version__, state.calendars, state.selection]
    return hashlib.sha256(json.dumps(value).encode()).digest()


def render(state: FeedState, parts: FeedParts, *, now: float, window: float) -> Rendering:
    """Return a feed's bytes; `window` is how many seconds a cancelled event is shown."""
    pairs = zip(parts.bodies, parts.cancelled, strict=True)
    sources = [_Source(ics.read(unpack(body)), cancelled) for body, cancelled in pairs]
    calendar = _shown(sources, selections.selection(state.selection), now - window)
    ends = [since + window for since in _sinces(sources, calendar)]
    body = ics.write(calendar)
    return Rendering(
        fingerprint=fingerprint(state),
        etag=hashlib.sha256(body).hexdigest(),
        packed=gzip.compress(body, _LEVEL, mtime=0),
        made=now,
        until=min(ends, default=None),
    )


def _shown(sources: Sequence[_Source], wanted: Selection, oldest: float) -> Calendar:
    """Return one calendar of several; of an event that two of them have, the later one's."""
    found: dict[str, Event] = {}
    for source in sources:
        for event in _events(source, oldest):
            there = found.get(event.uid)
            if there is None or event.status is not Status.CANCELLED or there.status is Status.CANCELLED:
                found[event.uid] = event
    events = selections.chosen(sorted(found.values(), key=lambda event: (event.start, event.uid)), wanted)
    first = sources[0].calendar
    return replace(
        first,
        name=", ".join(dict.fromkeys(source.calendar.name for source in sources)),
        sources=tuple(sorted({sha for source in sources for sha in source.calendar.sources})),
        events=tuple(events),
        gone={},
    )


def _events(source: _Source, oldest: float) -> Iterator[Event]:
    """Yield what takes place, then what was cancelled since `oldest`."""
    live = [event for event in source.calendar.events if event.status is not Status.CANCELLED]
    yield from live
    uids = {event.uid for event in live}
    for uid, (since, packed) in source.cancelled.items():
        if since > oldest and uid not in uids:
            yield from ics.read(unpack(packed)).events


def _sinces(sources: Sequence[_Source], shown: Calendar) -> Iterator[float]:
    """Yield since when each cancelled event that is shown is cancelled."""
    cancelled = {event.uid for event in shown.events if event.status is Status.CANCELLED}
    for source in sources:
        yield from (since for uid, (since, _) in source.cancelled.items() if uid in cancelled)
