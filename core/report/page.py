"""The report as one page: no script, no request; what matters first, what is long cut and counted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from ... import __version__
from ..ledger import State
from ..pictures.markup import element
from ..text import visible
from ..wording import duration, plural
from . import words
from .asked import asked_section
from .batch import Run
from .findings import Findings
from .lists import change_section, doubt_section, failure_section, problem_section
from .measures import measure_section
from .names import Roots
from .style import STYLES
from .view import View

# Nothing may be fetched, sent or run; the styles stand in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_page(run: Run, found: Findings, folder: Path) -> bytes:
    """Return the page about a run, for a folder: its links are relative to that."""
    named = run.asked.get("sources")
    sources = [str(one) for one in named] if isinstance(named, list) else []
    view = View(run=run, found=found, folder=folder, sources=Roots(sources), outputs=Roots([str(run.output)]))
    root = element("html", _head(view), _body(view), lang="en")
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"


def _head(view: View) -> Element:
    style = element("style")
    style.text = STYLES
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="generator", content=f"tukscal {__version__}"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"tukscal, batch {view.run.batch.id}: {headline(view)}"),
        style,
    )


def _body(view: View) -> Element:
    parts = [
        part
        for part in (
            failure_section(view),
            change_section(view),
            problem_section(view),
            doubt_section(view),
            measure_section(view),
            asked_section(view),
        )
        if part is not None
    ]
    return element(
        "body",
        element("header", element("h1", headline(view)), *_when(view)),
        _contents(parts),
        element("main", _figures(view), *parts),
        element("footer", element("p", f"Made by tukscal {__version__} from its ledger, batch {view.run.batch.id}.")),
    )


def headline(view: View) -> str:
    """Return what the batch came to in one sentence."""
    without, whole = failures(view), total(view)
    if not whole:
        return f"There was no {view.one} to convert"
    if left := open_jobs(view):
        return f"Not finished: {words.number(left)} of {view.count(whole)} {'is' if left == 1 else 'are'} not done yet"
    if without:
        return f"{words.number(without)} of {view.count(whole)} {'has' if without == 1 else 'have'} no calendar"
    if whole == 1:
        return f"The {view.one} has its calendar"
    return f"All {view.count(whole)} have their calendar"


def failures(view: View) -> int:
    """Return how many have no calendar of their present content."""
    run = view.run
    return sum(view.found.causes.values()) + run.count("quarantined") + run.count("bad_skipped") + run.count("no_place")


def open_jobs(view: View) -> int:
    """Return how many were not done when the batch ended."""
    states = view.found.states
    return states[State.QUEUED] + states[State.RUNNING] + states[State.FAILED]


def total(view: View) -> int:
    """Return how many the batch was about, those included that were left alone."""
    here = view.found.states[State.DONE] + open_jobs(view)
    return here + failures(view) + view.run.count("unchanged") + view.run.count("elsewhere")


def _when(view: View) -> Iterable[Element]:
    run = view.run
    took = "" if run.took is None else f", {duration(run.took)}"
    begun = element("time", words.local(run.batch.created), datetime=words.iso(run.batch.created))
    yield element("p", "Calendars in ", visible(str(run.output)), ". ", begun, f"{took}.")
    if unchanged := run.count("unchanged"):
        was = "was" if unchanged == 1 else "were"
        told = f"{view.count(unchanged)} {was} left alone, since nothing had changed; what follows is about the others."
        yield element("p", told, class_="soft")
    if not run.summary:
        yield element("p", "The run did not come to its end: give the same command again.", class_="warn")
    elif open_jobs(view):
        yield element("p", "What is not done yet is done when the same command is given again.", class_="warn")


def _contents(parts: Iterable[Element]) -> Element:
    items = [element("li", element("a", part[0].text or "", href=f"#{part.get('id')}")) for part in parts]
    return element("nav", element("ul", *items, role="list"), aria_label="On this page")


def _figures(view: View) -> Element:
    items = [_figure(number, what, bad) for number, what, bad in _numbers(view) if number]
    return element(
        "section",
        element("h2", "In short", id="short-heading", class_="unseen"),
        element("dl", *items, class_="figures") if items else None,
        aria_labelledby="short-heading",
    )


def _figure(number: int, what: str, bad: bool) -> Element:
    return element("div", element("dt", what), element("dd", words.number(number)), class_="bad" if bad else None)


def _numbers(view: View) -> Iterable[tuple[int, str, bool]]:
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
