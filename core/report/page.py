"""The report as one page: no script, no request; what matters first, what is long cut and counted, and charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ... import __version__
from ..jobs.task import MOST_TOLD
from ..ledger import State
from ..pictures.markup import pages
from ..pictures.theme import COLORS
from ..wording import counted, duration, memory, plural, size, visible
from .batch import Roots, Run, Told, iso, local
from .findings import BYTE, SECOND, Bar, Distribution, Findings, Shortlist, Spread
from .view import Link, ReportView, Rows, asked, lists, versions

_WIDTH, _LEFT, _RIGHT, _TOP, _STEP = 360, 104, 306, 26, 20
_TICKS = 4


class Chart(NamedTuple):
    """What is drawn: a name for links, a title, what is measured, what is counted, how a bar and a value are called."""

    name: str
    title: str
    measured: str
    counted: str
    label: Callable[[Bar], str]
    value: Callable[[float], str]


def figure(chart: Chart, bars: Sequence[Bar], figures: Distribution) -> dict[str, object]:
    """Return what the page draws: where everything stands, and the figures in words and as a table."""
    unit = _tick(max(bar.count for bar in bars))
    end = -(-max(bar.count for bar in bars) // unit) * unit
    return {
        "chart": chart,
        "said": sentence(chart, figures),
        "rows": [(chart.label(bar), f"{bar.count:,}") for bar in bars],
        "width": _WIDTH,
        "left": _LEFT,
        "middle": (_LEFT + _RIGHT) // 2,
        "top": _TOP,
        "bottom": _TOP + _STEP * len(bars),
        "ticks": [(f"{_LEFT + (_RIGHT - _LEFT) * tick / end:.2f}", f"{tick:,}") for tick in range(0, end + 1, unit)],
        "bars": [_bar(chart, bar, _TOP + _STEP * place, end) for place, bar in enumerate(bars)],
    }


def _bar(chart: Chart, bar: Bar, y: int, end: int) -> dict[str, object]:
    width = (_RIGHT - _LEFT) * bar.count / end
    return {
        "label": chart.label(bar),
        "y": y,
        "there": bar.count > 0,
        "width": f"{width:.2f}",
        "end": f"{_LEFT + width + 5:.2f}",
        "number": f"{bar.count:,}",
    }


def sentence(chart: Chart, figures: Distribution) -> str:
    """Return the figures in words."""
    value = chart.value
    return (
        f"{chart.counted}: {figures.count:,}. Half of them at most {value(figures.median)}, 95 % at most "
        f"{value(figures.p95)}; from {value(figures.least)} to {value(figures.most)}, {value(figures.mean)} on average."
    )


def _tick(top: int) -> int:
    """Return how far the scale's numbers are apart: 1, 2 or 5 times a power of ten, at most four of them."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if -(-top // step) <= _TICKS:
                return step
        power *= 10


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


_PAGES = pages(__package__)
_PAGES.filters["visible"] = visible
_PAGES.globals |= {
    "version": __version__, "blue": COLORS[4], "light_blue": COLORS[1], "most_told": MOST_TOLD, "counted": counted,
    "plural": plural, "duration": duration, "iso": iso, "local": local,
}  # fmt: skip


def write_page(run: Run, found: Findings, folder: Path) -> bytes:
    """Return the page about a run, for a folder: its links are relative to that."""
    named = run.asked.get("sources")
    sources = [str(one) for one in named] if isinstance(named, list) else []
    view = ReportView(run=run, found=found, folder=folder, sources=Roots(sources), outputs=Roots([str(run.output)]))
    rows, drawn = lists(view), [*charts(view)]
    text = _PAGES.get_template("report.html").render(
        view=view,
        headline=headline(view),
        open_jobs=open_jobs(view),
        figures=[figure for figure in _numbers(view) if figure[0]],
        parts=_parts(view, rows, charts=bool(drawn)),
        **rows,
        charts=drawn,
        extremes=[*extremes(view)],
        asked=[*asked(view)],
        versions=[*versions(view)],
    )
    return text.lstrip("\n").encode()


def _parts(view: ReportView, rows: Mapping[str, Rows], *, charts: bool) -> dict[str, str]:
    """Return the names of the parts that have something to say, with their headings."""
    found = view.found
    there = {
        "failed": ("Without a calendar", rows["causes"] or found.waiting.count),
        "changes": (
            "Changes since the last run",
            view.run.before or found.lost.count or found.recovered.count or found.moved.count,
        ),
        "problems": ("Rows that could not be used", found.problems.count),
        "doubts": ("To look at", found.doubtful.count),
        "measures": ("How long, how large", charts),
        "asked": ("What was asked for", True),
    }
    return {name: heading for name, (heading, wanted) in there.items() if wanted}


def headline(view: ReportView) -> str:
    """Return what the batch came to in one sentence."""
    without, whole = failures(view), total(view)
    if not whole:
        return f"There was no {view.one} to convert"
    if left := open_jobs(view):
        return f"Not finished: {left:,} of {view.count(whole)} {'is' if left == 1 else 'are'} not done yet"
    if without:
        return f"{without:,} of {view.count(whole)} {'has' if without == 1 else 'have'} no calendar"
    if whole == 1:
        return f"The {view.one} has its calendar"
    return f"All {view.count(whole)} have their calendar"


def failures(view: ReportView) -> int:
    """Return how many have no calendar of their present content."""
    run = view.run
    return sum(view.found.causes.values()) + run.count("quarantined") + run.count("bad_skipped") + run.count("no_place")


def open_jobs(view: ReportView) -> int:
    """Return how many were not done when the batch ended."""
    states = view.found.states
    return states[State.QUEUED] + states[State.RUNNING] + states[State.FAILED]


def total(view: ReportView) -> int:
    """Return how many the batch was about, those included that were left alone."""
    here = view.found.states[State.DONE] + open_jobs(view)
    return here + failures(view) + view.run.count("unchanged") + view.run.count("elsewhere")


def _numbers(view: ReportView) -> Iterable[tuple[int, str, bool]]:
    """Yield the figures of the batch, what they count, and whether somebody should look."""
    run, totals, done = view.run, view.found.totals, view.found.states[State.DONE]
    new = run.count("new") if run.summary else totals.new
    changed = run.count("changed") if run.summary else totals.changed
    yield failures(view), "without a calendar", True
    yield open_jobs(view), "not done yet", True
    yield new, plural(new, "new calendar"), False
    yield changed, plural(changed, "changed calendar"), False
    yield max(0, done - new - changed), "read again, the same calendar", False
    yield run.count("unchanged"), "left alone: nothing had changed", False
    yield totals.with_problems, "with rows that could not be used", True
    yield totals.lost, "failed, had a calendar before", True
    yield totals.recovered, "failed before, now with a calendar", False
    yield run.count("elsewhere"), "being converted by another run", False
    yield run.count("skipped"), "skipped: links, hidden or half-written files", False
