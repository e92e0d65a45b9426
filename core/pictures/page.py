"""The plan as one self-contained page: no script, no request, one tree for the eye, the phone, paper and the ear.

A week is a list for each day under a heading; where there is room, the lists are laid out true to time side by side.
There a block ends with "…" when it has no room for all its text, and a list below the weeks says everything; on paper
the list has only the sessions that need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, tostring

from ..model import WEEKDAYS, Entry
from ..text import clean
from ..week import Block, Clash, Week, WeekPlan, clock
from .caption import Caption
from .look import HALVES, clash_sentence, drawable, long_date, marks, name, several_campuses, shares, spoken, times
from .markup import element
from .room import MOST_CLASHES, Paper, is_tight, on_paper, paper_lines, screen_lines, window
from .style import stylesheet

# Nothing may be fetched, sent or run; the styles stand in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_page(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the page of a plan."""
    root = element("html", _head(plan, caption), _body(plan, caption), lang="en")
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"


def _head(plan: WeekPlan, caption: Caption) -> Element:
    style = element("style")
    style.text = stylesheet(
        len(plan.modules), max((window(week) for week in plan.weeks if drawable(week)), default=768)
    )
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
    paper = on_paper(plan, caption)
    weeks = [_week(week, paper) for week in plan.weeks]
    drawn = [week for week in plan.weeks if drawable(week)]
    return element(
        "body",
        element("header", element("h1", caption.title), _modules(plan.modules)),
        element(
            "main",
            element("div", *weeks, class_="weeks") if weeks else None,
            _everything(drawn, paper) if drawn else None,
            _dated(plan.dated) if plan.dated else None,
            _clashes(plan.clashes) if plan.clashes else None,
            _notes(caption.notes) if caption.notes else None,
        ),
        element("footer", element("p", f"Made by tukscal {caption.version} from {caption.origin}.")),
        class_="one" if paper.one else None,
        style=f"--size:{paper.size:g}pt",
    )


def _modules(modules: Iterable[str]) -> Element:
    items = [element("li", module, class_=f"m{index}") for index, module in enumerate(modules)]
    return element("ul", *items, class_="modules", role="list", aria_label="Modules")


# ---- a week


def _week(week: Week, paper: Paper) -> Element:
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
            *(_day(week, day, paper if drawn else None) for day in range(week.days)),
            class_="days",
            style=f"--hours:{(week.last - week.first) // 60};--days:{lanes}",
        ),
        class_=_week_classes(week, drawn=drawn),
        aria_labelledby=title,
    )


def _week_classes(week: Week, *, drawn: bool) -> str:
    kinds = {"drawn": drawn, "listed": not drawn, "tight": is_tight(week), "single": not several_campuses(week)}
    return " ".join(["week", *(kind for kind, there in kinds.items() if there)])


def _hours(week: Week) -> Element:
    span = week.last - week.first
    labels = [
        element("span", clock(minute), style=f"top:{_percent(minute - week.first, span)}")
        for minute in range(week.first, week.last, 60)
    ]
    return element("div", element("div", *labels), class_="hours", aria_hidden="true")


def _day(week: Week, day: int, paper: Paper | None) -> Element:
    """Return the list of a day, with the places of its blocks if the week is drawn."""
    blocks = week.on(day)
    items = [_block(block, _position(week, block, paper) if paper else None) for block in blocks]
    return element(
        "section",
        element("h3", WEEKDAYS[day]),
        element("ol", *items, role="list") if items or paper else element("p", "Nothing."),
        class_="day" if items else "day free",
    )


def _position(week: Week, block: Block, paper: Paper) -> str:
    span = week.last - week.first
    top, height = _percent(block.start - week.first, span), _percent(block.end - block.start, span)
    place = f"--t:{top};--h:{height};--l:{_percent(block.lane, block.lanes)};--w:{_percent(1, block.lanes)}"
    return f"{place};--screen:{screen_lines(week, block)};--paper:{paper_lines(week, block, paper)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}".rstrip("0").rstrip(".") + "%"


def _block(block: Block, position: str | None) -> Element:
    text = element(
        "div",
        element("strong", f"{block.title} "),  # the blank stays when a line ends after it
        _time(block),
        " ",
        *_marks(block),
        element("span", block.detail, class_="group") if block.detail else None,
        " ",
        _where(block.entry),
        class_="text",
    )
    return element("li", text, class_=_classes(block), style=position)


def _time(block: Block) -> Element:
    """Return the time of a block; in a narrow one a line may end at its dash."""
    start, dash, end = times(block).partition("–")
    return element("span", f"{start}{dash}", *((element("wbr"), end) if end else ()), class_="time")


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


def _everything(weeks: Sequence[Week], paper: Paper) -> Element:
    """Return every weekly session in full, for the blocks that have no room."""
    parts = [part for week in weeks for part in _full(week, paper, named=len(weeks) > 1)]
    section = _section("everything", "Sessions in full", *parts)
    section.set("class", " ".join(["everything", *([] if paper.cut else ["roomy"])]))
    return section


def _full(week: Week, paper: Paper, *, named: bool) -> Iterable[Element]:
    roomy = "roomy" if paper.cut.isdisjoint(map(id, week.blocks)) else None
    if named:
        yield element("h3", HALVES[week.name], class_=roomy)
    items = [
        element("li", f"{WEEKDAYS[block.day][:3]} {spoken(block)}", class_=None if id(block) in paper.cut else "roomy")
        for block in week.blocks
    ]
    yield element("ol", *items, role="list", class_=roomy)


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
    items = [element("li", clash_sentence(clash)) for clash in clashes[:MOST_CLASHES]]
    rest = len(clashes) - len(items)
    more = element("p", f"And {rest} more.") if rest else None
    return _section("clashes", f"Clashes ({len(clashes)})", element("ol", *items), more)


def _notes(notes: Iterable[str]) -> Element:
    return _section("notes", "About this timetable", *(part for note in notes for part in (element("p", note), " ")))


def _section(name: str, heading: str, *children: Element | str | None) -> Element:
    title = element("h2", heading, id=f"{name}-heading")
    return element("section", title, *children, class_=name, aria_labelledby=f"{name}-heading")
