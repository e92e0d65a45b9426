"""Small calendars as tukscal writes them; import as `tukscal.tests.sync.service.samples`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from tukscal.core.calendar import ics
from tukscal.core.calendar.event import Calendar, Event, Status
from tukscal.core.calendar.identity import uid


def lecture(module: str = "COS 214", group: str = "G01", activity: str = "L1", *, hour: int = 8) -> Event:
    """Return a weekly lecture of the second semester."""
    identity = f"UP/lectures/2026/S2/{module}/E/{group}/{activity}"
    return Event(
        uid=uid(identity), identity=identity, summary=f"{module} {activity}", start=datetime(2026, 7, 20, hour, 30),
        end=datetime(2026, 7, 20, hour + 1, 20), location="IT 2-26", category=module, color="teal",
        status=Status.CONFIRMED, last=date(2026, 11, 2),
    )  # fmt: skip


def cancelled(event: Event) -> Event:
    """Return an event taken back."""
    return replace(event, status=Status.CANCELLED, sequence=event.sequence + 1)


def calendar(*events: Event, name: str = "Lectures 2026", source: str = "ab" * 32) -> bytes:
    """Return the bytes of a calendar."""
    return ics.write(Calendar(name=name, year=2026, term="", sources=(source,), events=events, gone={}, version="1"))


def summaries(body: bytes, status: Status = Status.CONFIRMED) -> list[str]:
    """Return the summaries of the events with a status, in their order."""
    return [event.summary for event in ics.read(body).events if event.status is status]


def all_summaries(bodies: Iterable[bytes]) -> list[list[str]]:
    """Return the summaries of several calendars."""
    return [summaries(body) for body in bodies]
