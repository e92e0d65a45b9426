"""How long, how large, how much: charts and the extremes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ..wording import duration, memory, size
from .batch import Told
from .chart import Chart, figure
from .findings import BYTE, SECOND, Shortlist
from .spread import Bar, Spread
from .view import Link, ReportView


def charts(view: ReportView) -> Iterator[dict[str, object]]:
    """Yield the charts of what there are values for."""
    found, several = view.found, f"{view.name}s"
    if len(found.seconds):
        title = f"Time for each {view.one}"
        chart = Chart("seconds", title, "Time", several, _range(duration), duration)
        yield _figure(chart, found.seconds, SECOND)
    if len(found.sizes) and not view.run.students:
        chart = Chart("sizes", "Size of each PDF", "Size", several, _range(size), size)
        yield _figure(chart, found.sizes, BYTE)
    if figures := found.sessions.figures():
        sessions = Chart("sessions", "Sessions in each calendar", "Sessions", "Calendars", _whole, _plain)
        yield figure(sessions, found.sessions.steps(), figures)


def _figure(chart: Chart, spread: Spread, least: float) -> dict[str, object]:
    figures = spread.figures()
    assert figures is not None, "there is a value"
    return figure(chart, spread.decades(least), figures)


def _range(value: Callable[[float], str]) -> Callable[[Bar], str]:
    def label(bar: Bar) -> str:
        if bar.high == math.inf:
            return f"from {value(bar.low)}"
        (low, unit), high = value(bar.low).split(" ", 1), value(bar.high)
        if bar.low == 0:
            return f"under {high}"
        return f"{low}–{high}" if high.endswith(f" {unit}") else f"{low} {unit}–{high}"

    return label


def _whole(bar: Bar) -> str:
    low = f"{round(bar.low):,}"
    if bar.high == math.inf:
        return f"from {low}"
    last = f"{round(bar.high) - 1:,}"
    return low if low == last else f"{low}–{last}"


def _plain(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def extremes(view: ReportView) -> Iterator[tuple[str, list[tuple[str | Link, str]]]]:
    """Yield the jobs that took most, under what they took."""
    found = view.found
    yield "Slowest", _top(view, found.slowest, lambda told: duration(told.job.duration))
    if not view.run.students:
        yield "Largest", _top(view, found.largest, lambda told: size(told.job.size))
    if found.hungriest.count:
        yield "Most memory", _top(view, found.hungriest, lambda told: memory(told.job.peak or 0))


def _top(view: ReportView, jobs: Shortlist, value: Callable[[Told], str]) -> list[tuple[str | Link, str]]:
    return [(view.source(told), value(told)) for told in jobs.first]
