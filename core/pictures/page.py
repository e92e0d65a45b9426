"""The plan as one self-contained page: no script, no request, one tree for the eye, the phone, paper and the ear.

A week is a list for each day under a heading; where there is room, the lists are laid out true to time side by side.
There a block ends with "…" when it has no room for all its text, and a list below the weeks says everything; on paper
the list has only the sessions that need it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import WEEKDAYS
from ..week import Block, Week, WeekPlan, clock
from . import look
from .caption import Caption
from .markup import pages
from .room import MOST_CLASHES, Paper, is_tight, on_paper, paper_lines, screen_lines, window

_PAGES = pages(__package__)


def write_page(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the page of a plan."""
    grids = [week for week in plan.weeks if look.drawable(week)]
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
    "weekdays": WEEKDAYS, "halves": look.HALVES, "most_clashes": MOST_CLASHES, "clock": clock, "is_tight": is_tight,
    "percent": _percent, "position": _position, "ids": _ids, "color": look.color, "edge": look.edge, "tint": look.tint,
    "marks": look.marks, "times": look.times, "name": look.name, "spoken": look.spoken, "long_date": look.long_date,
    "shares": look.shares, "drawable": look.drawable, "several_campuses": look.several_campuses,
    "clash_sentence": look.clash_sentence,
}  # fmt: skip
