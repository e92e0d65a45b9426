"""The plan as one self-contained page: no script, no request, one tree for the eye, the phone, paper and the ear.

A week is a list for each day under a heading; where there is room, the lists are laid out true to time side by side.
There a block ends with "…" when it has no room for all its text, and a list below the weeks says everything; on paper
the list has only the sessions that need it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import WEEKDAYS
from . import theme
from .caption import Caption
from .markup import pages
from .print_layout import MOST_CLASHES, Paper, is_tight, on_paper, paper_lines, screen_lines, window
from .week import Block, Week, WeekPlan, clock

_PAGES = pages(__package__)


def write_page(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the page of a plan."""
    grids = [week for week in plan.weeks if theme.drawable(week)]
    values = {"plan": plan, "caption": caption, "paper": on_paper(plan, caption), "grids": grids}
    wide = max(map(window, grids), default=768)  # from this breadth on, in pixels, the grids have room
    return _PAGES.get_template("page.html").render(values, rem=f"{wide / 16:g}").lstrip("\n").encode()


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}".rstrip("0").rstrip(".") + "%"


def _position(week: Week, block: Block, paper: Paper) -> str:
    span = week.last - week.first
    top, height = _percent(block.start - week.first, span), _percent(block.end - block.start, span)
    place = f"--t:{top};--h:{height};--l:{_percent(block.lane, block.lanes)};--w:{_percent(1, block.lanes)}"
    return f"{place};--screen:{screen_lines(week, block)};--paper:{paper_lines(week, block, paper)}"


def _ids(blocks: Iterable[Block]) -> frozenset[int]:
    return frozenset(map(id, blocks))


_PAGES.globals |= {
    "weekdays": WEEKDAYS, "halves": theme.HALVES, "most_clashes": MOST_CLASHES, "clock": clock, "is_tight": is_tight,
    "percent": _percent, "position": _position, "ids": _ids, "color": theme.color, "edge": theme.edge,
    "tint": theme.tint, "marks": theme.marks, "times": theme.times, "name": theme.name, "spoken": theme.spoken,
    "long_date": theme.long_date, "shares": theme.shares, "drawable": theme.drawable,
    "several_campuses": theme.several_campuses, "clash_sentence": theme.clash_sentence,
}  # fmt: skip
