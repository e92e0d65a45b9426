"""Which events of a calendar a feed shows: a selection as JSON, applied to events by their identities.

A calendar names modules, periods, languages and groups, so all of a selection file but `programme` can be asked for,
and the rules are those of core/selection/select.py. Names a calendar does not have choose nothing and hurt nothing:
a feed outlives many timetables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from ....core.calendar.event import Event
from ....core.calendar.identity import session_id
from ....core.model import Entry, Kind, Timetable
from ....core.selection.select import Selection, keep_chosen

_MIDNIGHT = time(0)


def content(
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


def selection(text: str) -> Selection:
    """Return the selection that `content` wrote; an empty text chooses everything."""
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
