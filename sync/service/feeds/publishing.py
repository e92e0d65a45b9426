"""A feed's stored bytes, made once however many ask: at the first reading after something changed."""

from __future__ import annotations

import asyncio
import contextlib

from ....core.errors import TooLarge
from ....core.system.sqlite import DiskFailed
from ..context import Context
from ..store.model import FeedParts, FeedState, Rendering
from ..validate import unpack
from . import rendering

_DAY = 86_400.0
_TRIES = 5  # a calendar may change while it is read, but not for ever


async def publish(service: Context, hashed: bytes) -> tuple[FeedState, Rendering] | None:
    """Return what the feed with a secret shows and its bytes, None if there is no such feed or nothing to show."""
    for _ in range(_TRIES):
        looked = await service.store.feeds.look(hashed, rendering.fingerprint)
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
    key = rendering.fingerprint(state)
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
    return rendering.render(state, parts, now=now, window=days * _DAY)
