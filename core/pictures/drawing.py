"""The plan as one SVG drawing: weeks one below the other, then the tests and exams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from markupsafe import Markup

from ..model import WEEKDAYS
from .markup import element
from .theme import (
    HALVES,
    Caption,
    color,
    drawable,
    edge,
    long_date,
    marks,
    name,
    shares,
    short_places,
    spoken,
    times,
    tint,
)
from .week import Block, Week, WeekPlan, clock

_WIDTH = 1200
_EDGE = 16  # around everything
_AXIS = 44  # where the hours stand
_MINUTE = 1.05  # height of one
_LINE = 15
_HEADING = 34
_GLYPH = 0.6  # breadth of a character, in sizes; no font is known to a drawing
_INK, _SOFT, _RULE, _WARN = "#1a1a1a", "#555555", "#c9c9c9", "#8a1100"
_DASHES = {"solid": None, "double": "9 2", "dashed": "6 4", "dotted": "2 3"}


class Box(NamedTuple):
    """Where a part of the drawing stands."""

    x: float
    y: float
    width: float
    height: float


def draw(plan: WeekPlan, caption: Caption) -> bytes:
    """Return the drawing of a plan, valid XML by itself."""
    parts: list[Markup] = []
    y = float(_EDGE)
    for week in plan.weeks:
        parts += _heading(HALVES[week.name], y)
        drawn, y = (_drawn if drawable(week) else _listed)(week, y + _HEADING)
        parts += drawn
    if plan.dated:
        parts += _heading("Tests and exams", y)
        parts += _dated(plan.dated, y + _HEADING)
        y += _HEADING + len(plan.dated) * _LINE + _EDGE
    return _document(plan, caption, parts, y + _EDGE)


def _document(plan: WeekPlan, caption: Caption, parts: Iterable[Markup], height: float) -> bytes:
    root = element(
        "svg",
        element("title", caption.title, id="title"),
        element("desc", description(plan), id="desc"),
        element("metadata", f"generator: tukscal {caption.version}"),
        element("rect", width=_WIDTH, height=_number(height), fill="#ffffff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {_number(height)}",
        width=_WIDTH,
        height=_number(height),
        role="img",
        lang="en",
        aria_labelledby="title desc",
        font_family="system-ui, 'Segoe UI', Roboto, Arial, sans-serif",
        font_size="12",
        fill=_INK,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()


def description(plan: WeekPlan) -> str:
    """Return everything the drawing shows, as text."""
    return " ".join(_sentences(plan)) or "Nothing."


def _sentences(plan: WeekPlan) -> Iterator[str]:
    for week in plan.weeks:
        yield f"{HALVES[week.name]}."
        for day in range(week.days):
            if blocks := week.on(day):
                yield f"{WEEKDAYS[day]}: {'; '.join(spoken(block) for block in blocks)}."
    for block in plan.dated:
        yield f"{long_date(block)}: {spoken(block)}."


def _heading(text: str, y: float) -> list[Markup]:
    return [_text(text, _EDGE, y + 18, size=17, weight="bold")]


# ---- weeks


def _drawn(week: Week, y: float) -> tuple[list[Markup], float]:
    """Return a week true to time and where it ends."""
    top, height = y + 20, (week.last - week.first) * _MINUTE
    parts, places = list(_hours(week, top)), short_places(week)
    for day, x, width in _columns(shares(week), _EDGE + _AXIS):
        box = Box(x, top, width, height)
        parts.append(_text(WEEKDAYS[day], x + width / 2, y + 12, weight="bold", anchor="middle"))
        parts.append(element("rect", **_at(box), fill="none", stroke=_RULE))
        parts += [_block(block, places[id(block)], _inside(week, block, box)) for block in week.on(day)]
    return parts, top + height + _EDGE


def _columns(parts: Iterable[int], left: float) -> Iterator[tuple[int, float, float]]:
    """Yield each day with the left side and breadth of its column."""
    parts = list(parts)
    unit = (_WIDTH - _EDGE - left) / sum(parts)
    for day, share in enumerate(parts):
        yield day, left, unit * share - 4
        left += unit * share


def _hours(week: Week, top: float) -> Iterator[Markup]:
    for minute in range(week.first, week.last + 1, 60):
        y = top + (minute - week.first) * _MINUTE
        right = _WIDTH - _EDGE - 4
        yield element("line", x1=_EDGE + _AXIS, y1=_number(y), x2=right, y2=_number(y), stroke=_RULE)
        yield _text(clock(minute), _EDGE + _AXIS - 6, y + 4, size=11, anchor="end", fill=_SOFT)


def _inside(week: Week, block: Block, day: Box) -> Box:
    width = day.width / block.lanes
    return Box(
        day.x + block.lane * width + 1,
        day.y + (block.start - week.first) * _MINUTE + 1,
        width - 2,
        (block.end - block.start) * _MINUTE - 2,
    )


def _block(block: Block, where: str, box: Box) -> Markup:
    stroke, dash = _outline(block)
    side = color(block.color)
    edge_x = _number(box.x + 3)
    return element(
        "g",
        element("title", spoken(block)),
        element("rect", **_at(box), fill=_ground(block), stroke=stroke, stroke_width=2, stroke_dasharray=dash),
        element(
            "line",
            x1=edge_x,
            x2=edge_x,
            y1=_number(box.y),
            y2=_number(box.y + box.height),
            stroke=side,
            stroke_width=6,
            stroke_dasharray=_DASHES[edge(block.color)],
        ),
        *_lines(block, where, box),
    )


def _ground(block: Block) -> str:
    return "#eeeeee" if block.cancelled else tint(block.color)


def _outline(block: Block) -> tuple[str, str | None]:
    if block.clash:
        return _WARN, "5 3" if block.tentative else None
    return (_INK, "5 3") if block.tentative else ("none", None)


def _lines(block: Block, where: str, box: Box) -> Iterator[Markup]:
    """Yield as many lines of a block's text as it has room for: title and time always, "…" where more is left out."""
    room, letters = int((box.height - 2) // 13), _letters(box.width - 12, 11)
    title = block.title if len(block.title) <= letters else block.title.replace(" ", "", 1)
    lines: list[tuple[str, str | None, str]] = [(_shortened(title, letters), "bold", _INK)]
    lines += [(line, None, _INK) for line in _time_lines(block, letters)]
    signs = " ".join(f"{mark.sign} {mark.word}" for mark in marks(block))
    rest = " ".join(part for part in (block.detail, where) if part)
    left = room - len(lines)
    if signs and left > 1:
        lines.append((_shortened(signs, letters), "bold", _WARN))
        left -= 1
    elif signs:  # no line of its own
        rest = f"{signs} {rest}"
    lines += [(line, None, _INK) for line in _wrapped(rest, letters, left)]
    for number, (text, weight, fill) in enumerate(lines):
        struck = "line-through" if block.cancelled and fill == _INK else None
        yield _text(
            text, box.x + 9, box.y + 12 + 13 * number, size=11, weight=weight, fill=fill, text_decoration=struck
        )


def _time_lines(block: Block, letters: int) -> Sequence[str]:
    """Return the time of a block, its end on a line of its own where there is no room beside its start."""
    text = times(block)
    start, dash, end = text.partition("–")
    return (text,) if len(text) <= letters or not dash else (f"{start}{dash}", end)


def _wrapped(text: str, letters: int, room: int) -> list[str]:
    """Return a text in so many lines, "…" at the end if there is more."""
    lines = wrap(text, letters)
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], _shortened(" ".join(lines[room - 1 :]), letters)] if room > 0 else []


def _listed(week: Week, y: float) -> tuple[list[Markup], float]:
    """Return a week that is too full to be drawn, as a list for each day, and where it ends."""
    parts = [_text("Too many sessions at one time to draw them side by side: listed day by day.", _EDGE, y + 8)]
    top, longest = y + 32, 0
    for day, x, width in _columns([1] * week.days, _EDGE):
        blocks = week.on(day)
        longest = max(longest, len(blocks))
        parts.append(_text(WEEKDAYS[day], x, top, weight="bold"))
        parts += [_row(block, x, top + _LINE * number, width) for number, block in enumerate(blocks, 1)]
    return parts, top + (longest + 1) * _LINE + _EDGE


def _row(block: Block, x: float, y: float, width: float) -> Markup:
    signs = "".join(mark.sign for mark in marks(block))
    text = " ".join(part for part in (clock(block.start), signs, name(block), block.where) if part)
    return element(
        "g",
        element("title", spoken(block)),
        element("rect", **_at(Box(x, y - 11, 4, 13)), fill=color(block.color)),
        _text(_cut(text, width - 10, 11), x + 8, y, size=11),
    )


# ---- dated sessions


def _dated(blocks: Iterable[Block], y: float) -> Iterator[Markup]:
    for number, block in enumerate(blocks):
        line = y + 8 + number * _LINE
        signs = " ".join(f"{mark.sign} {mark.word}" for mark in marks(block))
        struck = "line-through" if block.cancelled else None
        yield element("rect", **_at(Box(_EDGE, line - 11, 6, 13)), fill=color(block.color))
        yield _text(f"{long_date(block)}, {times(block)}", _EDGE + 14, line, text_decoration=struck)
        yield _text(_cut(name(block), 300, 12), 250, line, weight="bold", text_decoration=struck)
        yield _text(_cut(block.where or "No venue given", 460, 12), 560, line, text_decoration=struck)
        yield _text(signs, 1030, line, weight="bold", fill=_WARN)


def _text(text: str, x: float, y: float, **style: object) -> Markup:
    names = {"size": "font_size", "weight": "font_weight", "anchor": "text_anchor"}
    return element(
        "text", text, x=_number(x), y=_number(y), **{names.get(key, key): each for key, each in style.items()}
    )


def _cut(text: str, width: float, size: float) -> str:
    """Return text that fits a breadth, as far as that can be told without a font."""
    return _shortened(text, _letters(width, size))


def _letters(width: float, size: float) -> int:
    return max(int(width / (size * _GLYPH)), 1)


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def _at(box: Box) -> dict[str, object]:
    return dict(zip(("x", "y", "width", "height"), map(_number, box), strict=True))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
