"""The plan as JSON values; the keys are an interface: they may be added to, never changed.

    {"modules": ["COS 214"],
     "weeks": [{"name": "S2", "first": "08:00", "last": "18:00", "days": 5, "lanes": [1, 2, 1, 1, 1],
                "blocks": [block]}],
     "dated": [block],
     "clashes": [{"first": block, "second": block, "minutes": 50}]}

A block is a session as `tukscal convert --format json` has it, without "rows", and with "title", "detail", "where",
"ends" (of an exam, as estimated), "lane" from 0 of "lanes", and the marks "clash" ("clash_on":
the days of the tests that a weekly session clashes with, if with nothing else), "tentative", "cancelled".
A month is {"month": "2026-08", "days": [{"date": "2026-08-03", "sessions": [...]}]}.
"""

from __future__ import annotations

from typing import Any

from ..timetable.export import entry_value
from .month import MonthPlan, Occurrence
from .week import Block, Week, WeekPlan, clock


def plan_value(plan: WeekPlan) -> dict[str, Any]:
    """Return a plan as the JSON interface has it."""
    return {
        "modules": list(plan.modules),
        "weeks": [_week(week) for week in plan.weeks],
        "dated": [block_value(block) for block in plan.dated],
        "clashes": [
            {"first": block_value(clash.first), "second": block_value(clash.second), "minutes": clash.minutes}
            for clash in plan.clashes
        ],
    }


def _week(week: Week) -> dict[str, Any]:
    return {
        "name": week.name,
        "first": clock(week.first),
        "last": clock(week.last),
        "days": week.days,
        "lanes": list(week.lanes),
        "blocks": [block_value(block) for block in week.blocks],
    }


def block_value(block: Block) -> dict[str, Any]:
    """Return a block as the JSON interface has it."""
    session = {key: value for key, value in entry_value(block.entry).items() if key != "rows"}
    return {
        "kind": block.entry.kind.value,
        **session,
        "title": block.title,
        "detail": block.detail,
        "where": block.where,
        "ends": clock(block.end),
        "lane": block.lane,
        "lanes": block.lanes,
        "clash": block.clash,
        "clash_on": [day.isoformat() for day in block.clash_on],
        "tentative": block.tentative,
        "cancelled": block.cancelled,
    }


def month_value(month: MonthPlan) -> dict[str, Any]:
    """Return a month as the JSON interface has it."""
    return {
        "month": f"{month.first:%Y-%m}",
        "days": [
            {"date": month.day(number).isoformat(), "sessions": [_occurrence(each) for each in day]}
            for number, day in enumerate(month.days, 1)
        ],
    }


def _occurrence(each: Occurrence) -> dict[str, Any]:
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
