"""The plan of a month: everything that takes place on each of its days, from the events of a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from ..calendar.event import Event, Status
from ..calendar.identity import session_id
from ..model import Kind
from .week import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One session on one day."""

    kind: Kind
    module: str
    activity: str
    group: str
    """Empty for tests and exams."""
    where: str
    start: int
    """Minutes after midnight."""
    end: int
    clash: bool = False
    tentative: bool = False
    cancelled: bool = False

    @property
    def title(self) -> str:
        """Such as "COS 214 L1"."""
        return f"{self.module} {self.activity}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPlan:
    """What a picture of a month shows."""

    first: date
    """The first of the month."""
    modules: tuple[str, ...]
    """All of the calendar, so that a module has one colour in every month."""
    days: tuple[tuple[Occurrence, ...], ...]
    """For each day of the month what takes place, by start."""

    def day(self, number: int) -> date:
        """Return a day of the month, from 1."""
        return self.first.replace(day=number)


def plan_month(events: Iterable[Event], first: date) -> MonthPlan:
    """Return the plan of the month that begins with a day."""
    events = list(events)
    after = (first + timedelta(days=32)).replace(day=1)
    days: list[list[Occurrence]] = [[] for _ in range((after - first).days)]
    for event in events:
        occurrence = _occurrence(event)
        for day in event.days():
            if first <= day < after:
                days[day.day - 1].append(occurrence)
    return MonthPlan(
        first=first,
        modules=tuple(sorted({event.category for event in events})),
        days=tuple(_marked(day) for day in days),
    )


def _occurrence(event: Event) -> Occurrence:
    session = session_id(event.identity)
    return Occurrence(
        kind=session.kind,
        module=event.category,
        activity=session.activity,
        group=session.group,
        where=event.location,
        start=event.start.hour * 60 + event.start.minute,
        end=event.end.hour * 60 + event.end.minute,
        tentative=event.status is Status.TENTATIVE,
        cancelled=event.status is Status.CANCELLED,
    )


def _marked(day: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Return one day's occurrences in order, those that overlap marked; what is cancelled overlaps nothing."""
    ordered = sorted(day, key=lambda each: (each.start, each.end, each.title, each.group, each.where))
    found: list[Occurrence] = []
    for number, each in enumerate(ordered):
        others = ordered[:number] + ordered[number + 1 :]
        meets = any(other.start < each.end and each.start < other.end and not other.cancelled for other in others)
        found.append(replace(each, clash=meets and not each.cancelled))
    return tuple(found)


def month_value(month: MonthPlan) -> dict[str, Any]:
    """Return a month as JSON: {"month": "2026-08", "days": [{"date": "2026-08-03", "sessions": [...]}]}."""
    return {
        "month": f"{month.first:%Y-%m}",
        "days": [
            {"date": month.day(number).isoformat(), "sessions": [_occurrence_value(each) for each in day]}
            for number, day in enumerate(month.days, 1)
        ],
    }


def _occurrence_value(each: Occurrence) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "module": each.module,
        "activity": each.activity,
        "group": each.group or None,
        "where": each.where,
        "start": clock(each.start),
        "end": clock(each.end),
        "clash": each.clash,
        "tentative": each.tentative,
        "cancelled": each.cancelled,
    }
