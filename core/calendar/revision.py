"""Previous calendar + new events -> the next revision: sequence numbers, cancellations, and what changed.

The calendar file itself is the state: no database is needed, the same input on the same day gives the same bytes, and a
rerun changes nothing on any day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..model import Kind
from .event import Calendar, Event, Status
from .identity import scope
from .schedule import Known

# CSS3 names, dark and far apart enough to be told from each other on white, also by the colour-blind where possible.
PALETTE = (
    "steelblue", "darkorange", "seagreen", "orchid", "sienna", "darkcyan",
    "crimson", "slateblue", "olive", "deeppink", "teal", "goldenrod",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An event that differs from the previous calendar."""

    before: Event
    after: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The events to write, and how they differ from the previous calendar."""

    events: tuple[Event, ...]
    gone: Mapping[str, int]
    previous: bool = True
    """Whether there was a previous calendar."""
    added: tuple[Event, ...] = ()
    changed: tuple[Change, ...] = ()
    cancelled: tuple[Event, ...] = ()
    """Cancelled by this revision."""
    uncovered: tuple[Event, ...] = ()
    """In the previous calendar, of a kind or half-year that no new PDF covers: neither written nor cancelled."""


def known_times(previous: Calendar | None) -> Known:
    """Return when each session of the previous calendar took place; a swap day says nothing about its weekday."""
    if previous is None:
        return {}
    regular = [event for event in previous.events if not event.is_swap]
    # What is cancelled comes first: a session of one event for each date may have left some where it used to be.
    regular.sort(key=lambda event: event.status is not Status.CANCELLED)
    return {event.identity: (event.start.date(), event.start.time()) for event in regular}


def assign_colors(modules: Iterable[str], previous: Calendar | None) -> dict[str, str]:
    """Give each module a colour: its earlier one, else the first free from a place that depends on its code."""
    before = {event.category: event.color for event in previous.events} if previous else {}
    wanted = sorted(set(modules))
    colors = {module: before[module] for module in wanted if before.get(module) in PALETTE}
    for module in wanted:
        if module not in colors:
            first = int(hashlib.sha256(module.encode(errors="replace")).hexdigest(), 16) % len(PALETTE)
            turned = PALETTE[first:] + PALETTE[:first]
            used = set(colors.values())
            colors[module] = next((color for color in turned if color not in used), turned[0])
    return colors


def revise(
    events: Sequence[Event],
    sources: Sequence[str],
    previous: Calendar | None,
    also: Iterable[str] = (),
    *,
    today: date,
) -> Revision:
    """Return the next revision of a calendar; without a previous one, the events as they are.

    `also` are identities of sessions that the PDFs contain and nobody chose: a previous event like them is gone by
    choice. A cancelled event is written until its last day is past, because a program may import any revision next.
    """
    if previous is None:
        return Revision(events=tuple(events), gone={}, previous=False, added=tuple(events))
    before = {event.uid: event for event in previous.events}
    written = {event.uid for event in events}
    current = [_continued(event, before.get(event.uid), previous.gone) for event in events]
    covered = {scope(name) for name in (*(event.identity for event in events), *also)}
    missing = [event for event in previous.events if event.uid not in written]
    live = [event for event in missing if event.status is not Status.CANCELLED]
    cancelled = [cancel(event) for event in live if _covers(covered, event)]
    uncovered = [event for event in live if not _covers(covered, event)]
    changed = tuple(
        Change(before=before[event.uid], after=event)
        for event in current
        if event.uid in before and event.sequence != before[event.uid].sequence
    )
    added = tuple(event for event in current if event.uid not in before)
    # What is past leaves only with another change, so that a rerun on a later day changes nothing.
    same = tuple(sources) == previous.sources and not (added or changed or cancelled or uncovered)
    old = [event for event in missing if event.status is Status.CANCELLED]
    kept = old if same else [event for event in old if event.last_day >= today]
    dropped = {event.uid: event.sequence for event in [*uncovered, *old] if event not in kept}
    gone = {uid: sequence for uid, sequence in {**previous.gone, **dropped}.items() if uid not in written}
    return Revision(
        events=tuple(sorted([*current, *cancelled, *kept], key=lambda event: (event.start, event.uid))),
        gone=dict(sorted(gone.items())),
        added=added,
        changed=changed,
        cancelled=tuple(cancelled),
        uncovered=tuple(uncovered),
    )


def cancel(event: Event) -> Event:
    """Return an event taken back."""
    return replace(event, status=Status.CANCELLED, alarm=None, sequence=event.sequence + 1)


def _continued(event: Event, before: Event | None, gone: Mapping[str, int]) -> Event:
    if before is None:
        return replace(event, sequence=gone[event.uid] + 1) if event.uid in gone else event
    same = replace(event, sequence=before.sequence)
    return same if same == before else replace(event, sequence=before.sequence + 1)


def _covers(covered: set[tuple[Kind, int, int]], event: Event) -> bool:
    """Tell whether the new timetables would hold this event if it still took place."""
    kind, year, half = scope(event.identity)
    halves = {part for name, when, part in covered if (name, when) == (kind, year)}
    # A year module stands in the timetables of both halves, so it does not tell which of them this is.
    return half in halves or (half == 0 and bool(halves)) or halves == {0}
