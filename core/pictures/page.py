"""The plan as one self-contained page: no script, no request, one tree for the eye, the phone, paper and the ear.

A week is a list for each day under a heading; where there is room, the lists are laid out true to time side by side.
There a block ends with "…" when it has no room for all its text, and a list below the weeks says everything; on paper
the list has only the sessions that need it.

Only a browser knows its fonts, so what is said here of how much text has room, in a grid on a screen, on paper and on
one A4, errs on the side of too little: a page says "…" where text is left out, and never cuts a line through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from ..model import WEEKDAYS
from .markup import pages
from .theme import (
    HALVES,
    Caption,
    clash_sentence,
    color,
    drawable,
    edge,
    long_date,
    marks,
    name,
    several_campuses,
    shares,
    spoken,
    times,
    tint,
)
from .week import Block, Week, WeekPlan, clock

SCREEN_HOUR = 65.6  # CSS pixels, 4.1rem
PAPER_GRID = 150  # millimetres, of a week that has a page to itself
MOST_CLASHES = 40
_SCREEN_LINE = {False: 14.4, True: 13.2}  # pixels, by whether the week is tight
_LANE = 108  # pixels in which a title and a time have a line each
_NARROWEST, _WIDEST = 768, 1248  # windows between which a grid may begin
_FONT = 0.56  # breadth of a character, in sizes
_POINT = 0.3528  # millimetres

# On paper: A4 landscape, millimetres.
_WIDTH, _HEIGHT = 280, 191
_LEAST = 60  # a grid lower than this cannot be read
_SIZES = (6.5, 6, 5.5)  # points, the first that does
_BLOCK_LINE = 0.4  # millimetres a point: 1.12 of the size
_LINE = 2.7
_FINE = 2.5  # a line of the notes and of the list
_SECTION = 5  # a heading with its margins
_LIST_COLUMNS = 4


class Paper(NamedTuple):
    """What a plan becomes on paper."""

    one: bool
    """Whether everything stands on one A4."""
    grid: float
    """Millimetres that a grid is high at least."""
    size: float
    """Points, of the letters in a grid."""
    cut: frozenset[int]
    """ids of the blocks whose text may not have room in the grid: they are listed below it."""


def window(week: Week) -> int:
    """Return the breadth of a window, in CSS pixels, from which on a week is drawn as a grid."""
    return min(max(_needed(week), _NARROWEST), _WIDEST)


def is_tight(week: Week) -> bool:
    """Tell whether so much stands side by side that titles and times must share their lines."""
    return _needed(week) > _WIDEST


def _needed(week: Week) -> int:
    parts = shares(week)
    lanes = max(lanes / share for lanes, share in zip(week.lanes, parts, strict=True))
    return int(_LANE * lanes * sum(parts)) + 74 + 4 * week.days


def screen_lines(week: Week, block: Block) -> int:
    """Return the lines of text that a block has room for on a screen."""
    return max(int(((block.end - block.start) / 60 * SCREEN_HOUR - 8) / _SCREEN_LINE[is_tight(week)]), 1)


def paper_lines(week: Week, block: Block, paper: Paper) -> int:
    """Return the lines of text that a block has room for on paper."""
    height = (block.end - block.start) / (week.last - week.first) * paper.grid
    return max(int((height - 1.15) / (paper.size * _BLOCK_LINE)), 1)


def on_paper(plan: WeekPlan, caption: Caption) -> Paper:
    """Return how a plan is printed."""
    drawn = [week for week in plan.weeks if drawable(week)]
    alone = Paper(False, PAPER_GRID, _SIZES[0], frozenset())
    alone = alone._replace(cut=_cut(drawn, alone, _WIDTH, _text))
    if not drawn or len(drawn) < len(plan.weeks):
        return alone
    room = _HEIGHT - _around(plan, caption)
    return next((paper for size in _SIZES if (paper := _together(drawn, room, size))), alone)


def _together(weeks: Sequence[Week], room: float, size: float) -> Paper | None:
    """Return one A4 with letters of a size, or None if some block would not show its title and time."""
    beside = (_WIDTH - 4 * (len(weeks) - 1)) / len(weeks)
    cut: frozenset[int] = frozenset()
    while (grid := room - _list(weeks, cut)) >= _LEAST:  # a longer list leaves a lower grid, which cuts more
        paper = Paper(True, grid, size, cut)
        if _cut(weeks, paper, beside, _least_text):
            return None
        cut = cut | _cut(weeks, paper, beside, _text)
        if cut == paper.cut:
            return paper
    return None


# ---- estimates


def _text(block: Block) -> str:
    """Return what a block says, in order."""
    signs = " ".join(f"{mark.sign} {mark.word}" for mark in marks(block))
    return " ".join(part for part in (_least_text(block), signs, block.detail, block.where) if part)


def _least_text(block: Block) -> str:
    """Return what is never left out."""
    return f"{block.title} {times(block).replace('–', '– ')}"  # a line may end at the dash


def _cut(weeks: Iterable[Week], paper: Paper, breadth: float, text: Callable[[Block], str]) -> frozenset[int]:
    """Return the ids of the blocks that have more text than lines."""
    found = set()
    for week in weeks:
        unit = (breadth - 9 - 1.1 * week.days) / sum(shares(week))
        for block in week.blocks:
            lane = unit * shares(week)[block.day] / block.lanes - 3.8
            if _rows(text(block), lane, paper.size) > paper_lines(week, block, paper):
                found.add(id(block))
    return frozenset(found)


def _rows(text: str, breadth: float, size: float) -> int:
    """Return the lines a text takes in so many millimetres."""
    return len(wrap(text, max(int(breadth / (size * _FONT * _POINT)), 1)))


def _around(plan: WeekPlan, caption: Caption) -> float:
    """Return the height of everything on the sheet but the grid and the list."""
    header = 1 + 5 * _rows("  ".join([caption.title, *(f"{module}    " for module in plan.modules)]), _WIDTH, 10)
    dated = [_FINE * _rows(_dated_text(block), 86, 6) + 1.3 for block in plan.dated]
    clashes = [_LINE * _rows(clash_sentence(clash), 125, 6.5) + 0.3 for clash in plan.clashes[:MOST_CLASHES]]
    notes = _FINE * (_rows(" ".join(caption.notes), _WIDTH, 6) + 1)
    return header + 9 + _columns(dated, 3) + _columns(clashes, 2) + notes + 6.5


def _dated_text(block: Block) -> str:
    signs = " ".join(f"{mark.sign} {mark.word}" for mark in marks(block))
    return f"{long_date(block)}  {times(block)}  {name(block)} {signs}  {block.where or 'No venue given'}"


def _list(weeks: Iterable[Week], cut: frozenset[int]) -> float:
    breadth, height = _WIDTH / _LIST_COLUMNS - 3, 0.0
    for week in weeks:
        items = [_FINE * _rows(f"Mon {spoken(block)}", breadth, 6) for block in week.blocks if id(block) in cut]
        height += _columns(items, _LIST_COLUMNS)
    return height


def _columns(heights: list[float], columns: int) -> float:
    return _SECTION + sum(heights) / columns + 0.4 * max(heights) if heights else 0


_PAGES = pages(__package__)


def write_page(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the page of a plan."""
    grids = [week for week in plan.weeks if drawable(week)]
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
    "weekdays": WEEKDAYS, "halves": HALVES, "most_clashes": MOST_CLASHES, "clock": clock, "is_tight": is_tight,
    "percent": _percent, "position": _position, "ids": _ids, "color": color, "edge": edge,
    "tint": tint, "marks": marks, "times": times, "name": name, "spoken": spoken,
    "long_date": long_date, "shares": shares, "drawable": drawable,
    "several_campuses": several_campuses, "clash_sentence": clash_sentence,
}  # fmt: skip
