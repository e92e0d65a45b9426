"""What a token may do, by name."""

from __future__ import annotations

from collections.abc import Iterable

CALENDARS_READ = "calendars:read"
CALENDARS_WRITE = "calendars:write"
FEEDS = "feeds"
SELECTIONS = "selections"
JOBS = "jobs"
ADMIN = "admin"

ALL = (CALENDARS_READ, CALENDARS_WRITE, FEEDS, SELECTIONS, JOBS, ADMIN)
STUDENT = (CALENDARS_READ, CALENDARS_WRITE, FEEDS, SELECTIONS, JOBS)
FACULTY = STUDENT


def unknown(scopes: Iterable[str]) -> list[str]:
    """Return the names that are no scopes."""
    return sorted(set(scopes) - set(ALL))
