"""The plan as one self-contained page: no script, no request, one tree for the eye, the phone, paper and the ear.

A week is a list for each day under a heading; where there is room, the lists are laid out true to time side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, tostring

from ..model import Entry
from ..terms import WEEKDAYS
from ..text import clean
from ..week import Block, Clash, Week, WeekPlan, clock
from .caption import Caption
from .look import HALVES, clash_sentence, drawable, long_date, marks, name, several_campuses, shares, times
from .markup import element
from .style import stylesheet

# Nothing may be fetched, sent or run; the styles stand in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_CLASHES = 40
_ONE_PAGE_ROWS = 36  # tests, exams and clashes that fit on one A4 below a week
_ONE_PAGE_LANES = 8  # each of two weeks, beside each other on one A4


def write_page(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the page of a plan."""
    root = element("html", _head(plan, caption), _body(plan, caption), lang="en")
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"


def _head(plan: WeekPlan, caption: Caption) -> Element:
    style = element("style")
    style.text = stylesheet(len(plan.modules))
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="generator", content=f"tukscal {caption.version}"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", caption.title),
        style,
    )


def _body(plan: WeekPlan, caption: Caption) -> Element:
    weeks = [_week(week) for week in plan.weeks]
    return element(
        "body",
        element("header", element("h1", caption.title), _modules(plan.modules)),
        element(
            "main",
            element("div", *weeks, class_="weeks") if weeks else None,
            _dated(plan.dated) if plan.dated else None,
            _clashes(plan.clashes) if plan.clashes else None,
            _notes(caption.notes) if caption.notes else None,
        ),
        element("footer", element("p", f"Made by tukscal {caption.version} from the timetable PDFs.")),
        class_="one" if _fits_one_page(plan) else None,
    )


def _fits_one_page(plan: WeekPlan) -> bool:
    if not plan.weeks or not all(map(drawable, plan.weeks)):
        return False
    rows = len(plan.dated) + min(len(plan.clashes), _MOST_CLASHES)
    beside = len(plan.weeks) == 1 or all(sum(week.lanes) <= _ONE_PAGE_LANES for week in plan.weeks)
    return beside and rows <= _ONE_PAGE_ROWS


def _modules(modules: Iterable[str]) -> Element:
    items = [element("li", module, class_=f"m{index}") for index, module in enumerate(modules)]
    return element("ul", *items, class_="modules", role="list", aria_label="Modules")


# ---- a week


def _week(week: Week) -> Element:
    drawn = drawable(week)
    title = f"week-{week.name}"
    lanes = " ".join(f"minmax(0,{count}fr)" for count in (shares(week) if drawn else [1] * week.days))
    too_many = "Too many sessions at one time to draw them side by side: they are listed day by day."
    return element(
        "section",
        element("h2", HALVES[week.name], id=title),
        None if drawn else element("p", too_many),
        element(
            "div",
            _hours(week) if drawn else None,
            *(_day(week, day, drawn=drawn) for day in range(week.days)),
            class_="days",
            style=f"--hours:{(week.last - week.first) // 60};--days:{lanes}",
        ),
        class_=" ".join(["week", "drawn" if drawn else "listed", *([] if several_campuses(week) else ["single"])]),
        aria_labelledby=title,
    )


def _hours(week: Week) -> Element:
    span = week.last - week.first
    labels = [
        element("span", clock(minute), style=f"top:{_percent(minute - week.first, span)}")
        for minute in range(week.first, week.last, 60)
    ]
    return element("div", element("div", *labels), class_="hours", aria_hidden="true")


def _day(week: Week, day: int, *, drawn: bool) -> Element:
    blocks = week.on(day)
    items = [_block(block, _position(week, block) if drawn else None) for block in blocks]
    return element(
        "section",
        element("h3", WEEKDAYS[day]),
        element("ol", *items, role="list") if items or drawn else element("p", "Nothing."),
        class_="day" if items else "day free",
    )


def _position(week: Week, block: Block) -> str:
    span = week.last - week.first
    top, height = _percent(block.start - week.first, span), _percent(block.end - block.start, span)
    return f"--t:{top};--h:{height};--l:{_percent(block.lane, block.lanes)};--w:{_percent(1, block.lanes)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}".rstrip("0").rstrip(".") + "%"


def _block(block: Block, position: str | None) -> Element:
    return element(
        "li",
        element("strong", block.title),
        " ",
        *_marks(block),
        element("span", block.detail, class_="group") if block.detail else None,
        " ",
        _where(block.entry),
        " ",
        element("span", times(block), class_="time"),
        class_=_classes(block),
        style=position,
    )


def _where(entry: Entry) -> Element:
    """Return venues that are not broken in the middle, and the campus, which a grid may do without."""
    venues = [clean(venue) for venue in entry.venues]
    shown = [element("span", f"{venue};" if venue != venues[-1] else venue, class_="venue") for venue in venues]
    spaced = [part for venue in shown for part in (venue, " ")]
    campus = f"({entry.campus})" if venues else entry.campus
    if not venues and not entry.campus:
        spaced = ["No venue given"]
    return element(
        "span", *spaced, element("span", campus, class_="campus") if campus and entry.campus else None, class_="where"
    )


def _classes(block: Block) -> str:
    return " ".join(["block", f"m{block.color}", *(mark.name for mark in marks(block))])


def _marks(block: Block) -> list[Element | str]:
    found: list[Element | str] = []
    for mark in marks(block):
        found += [element("em", element("span", mark.sign, aria_hidden="true"), f" {mark.word}", class_="mark"), " "]
    return found


# ---- lists


def _dated(blocks: Sequence[Block]) -> Element:
    return _section("dated", "Tests and exams", element("ol", *(_dated_item(block) for block in blocks), role="list"))


def _dated_item(block: Block) -> Element:
    assert block.date is not None
    day = element("time", long_date(block), class_="date", datetime=f"{block.date}T{clock(block.start)}+02:00")
    return element(
        "li",
        day,
        " ",
        element("span", times(block), class_="time"),
        " ",
        element("span", element("strong", name(block)), " ", *_marks(block), class_="what"),
        " ",
        _where(block.entry),
        class_=_classes(block),
    )


def _clashes(clashes: Sequence[Clash]) -> Element:
    items = [element("li", clash_sentence(clash)) for clash in clashes[:_MOST_CLASHES]]
    rest = len(clashes) - len(items)
    more = element("p", f"And {rest} more.") if rest else None
    return _section("clashes", f"Clashes ({len(clashes)})", element("ol", *items), more)


def _notes(notes: Iterable[str]) -> Element:
    return _section("notes", "About this timetable", *(element("p", note) for note in notes))


def _section(name: str, heading: str, *children: Element | None) -> Element:
    title = element("h2", heading, id=f"{name}-heading")
    return element("section", title, *children, class_=name, aria_labelledby=f"{name}-heading")
