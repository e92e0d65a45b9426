"""A feed's bytes from its calendars, its selection and the time: the same from the same.

They are stored, and made once however many ask, at the first reading after something changed. What was cancelled stays
for some weeks, also when a later revision of the calendar no longer names it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import time
from typing import Any, NamedTuple

from ... import __version__
from ...core.calendar import ics
from ...core.calendar.event import Calendar, Event, Status
from ...core.calendar.identity import session_id
from ...core.errors import TooLarge
from ...core.model import Entry, Kind, Timetable
from ...core.selection.select import Selection, keep_chosen
from ...core.system.sqlite import DiskFailed
from .context import Context
from .conversion import unpack
from .store.model import FeedParts, FeedState, Rendering

_MIDNIGHT = time(0)


def selection_text(
    *, modules: Iterable[str], exclude: Iterable[str], language: str | None, groups: Mapping[str, Iterable[str]]
) -> str:
    """Return a selection as the store keeps it: JSON, the same text for the same selection."""
    value = {
        "modules": sorted(set(modules)),
        "exclude": sorted(set(exclude)),
        "language": language or None,
        "groups": {key: sorted(set(names)) for key, names in groups.items()},
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read_selection(text: str) -> Selection:
    """Return the selection that `selection_text` wrote; an empty text chooses everything."""
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return Selection(
        modules=tuple(found.get("modules", ())),
        exclude=tuple(found.get("exclude", ())),
        language=found.get("language"),
        groups={key: tuple(names) for key, names in found.get("groups", {}).items()},
        lenient=True,
    )


def chosen(events: Iterable[Event], wanted: Selection) -> list[Event]:
    """Return the events that a selection keeps, in their order."""
    events = list(events)
    if not wanted:
        return events
    entries = [_entry(event.identity) for event in events]
    timetable = Timetable(
        kind=Kind.LECTURES, entries=tuple(entries), problems=(), words=0, accounted=0, pages=0, sha256=""
    )
    kept = {id(entry) for entry in keep_chosen(timetable, wanted).timetable.entries}
    return [event for event, entry in zip(events, entries, strict=True) if id(entry) in kept]


def _entry(identity: str) -> Entry:
    """Return as much of a timetable's entry as an event's identity tells."""
    known = session_id(identity)
    return Entry(
        kind=known.kind, module=known.module, activity=known.activity, start=_MIDNIGHT, end=None,
        offered=known.period or None, language=known.language or None, group=known.group or None,
    )  # fmt: skip


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
    calendar = _shown(sources, read_selection(state.selection), now - window)
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
    events = chosen(sorted(found.values(), key=lambda event: (event.start, event.uid)), wanted)
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


_DAY = 86_400.0
_TRIES = 5  # a calendar may change while it is read, but not for ever


async def publish(service: Context, hashed: bytes) -> tuple[FeedState, Rendering] | None:
    """Return what the feed with a secret shows and its bytes, None if there is no such feed or nothing to show."""
    for _ in range(_TRIES):
        looked = await service.store.feeds.look(hashed, fingerprint)
        if looked is None or not looked[0].calendars:
            return None
        state, stored = looked
        if stored is not None and (stored.until is None or stored.until > service.clock.now()):
            return state, stored
        made = await _made_once(service, state)
        if made is not None:
            return state, made
    return None


async def _made_once(service: Context, state: FeedState) -> Rendering | None:
    """Return new bytes, made by the first who asks for them; None if a calendar changed meanwhile."""
    key = fingerprint(state)
    task = service.renders.get(key)
    if task is None:
        task = service.renders[key] = asyncio.create_task(_make(service, state))
        task.add_done_callback(lambda _: service.renders.pop(key, None))
    return await asyncio.shield(task)  # one who gives up takes it from nobody else


async def _make(service: Context, state: FeedState) -> Rendering | None:
    parts = await service.store.feeds.parts(state.calendars)
    if parts is None:
        return None
    settings = service.settings
    values = state, parts, service.clock.now(), settings.feeds.cancelled_days, settings.sizes.feed
    made = await service.in_turn(state.account, _render, *values)
    service.tallies.totals["feed_rendered"] += 1
    with contextlib.suppress(DiskFailed):  # readers get it all the same
        await service.store.feeds.keep(made, [number for number, _ in state.calendars])
    return made


def _render(state: FeedState, parts: FeedParts, now: float, days: int, most: int) -> Rendering:
    if most and sum(len(unpack(body)) for body in parts.bodies) > most:
        raise TooLarge(f"The calendars of this feed have more than {most:,} bytes together.")
    return render(state, parts, now=now, window=days * _DAY)
