"""The report as one page: no script, no request; what matters first, what is long cut and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ... import __version__
from ..jobs.task import MOST_TOLD
from ..ledger import State
from ..pictures.markup import pages
from ..pictures.theme import COLORS
from ..wording import counted, duration, plural, visible
from .asked import asked, versions
from .batch import Run
from .findings import Findings
from .lists import Rows, lists
from .measures import charts, extremes
from .names import Roots
from .view import ReportView
from .words import iso, local

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
