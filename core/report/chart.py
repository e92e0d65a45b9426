"""A distribution as bars that lie: labels are read straight, on a phone too, and each bar's figure stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ..pictures.markup import element
from . import words
from .spread import Bar, Figures
from .tables import NUMBER, Column, table

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


def figure(chart: Chart, bars: Sequence[Bar], figures: Figures) -> Element:
    """Return a drawing with its figures in words and as a table."""
    said = sentence(chart, figures)
    return element(
        "figure",
        element("h3", chart.title),
        _drawing(chart, bars, said),
        element("figcaption", said),
        element(
            "details",
            element("summary", "The bars as a table", element("span", f": {chart.title}", class_="unseen")),
            table(
                chart.title,
                [Column(chart.measured), Column(chart.counted, NUMBER)],
                [(chart.label(bar), words.number(bar.count)) for bar in bars],
            ),
        ),
    )


def sentence(chart: Chart, figures: Figures) -> str:
    """Return the figures in words."""
    value = chart.value
    return (
        f"{chart.counted}: {words.number(figures.count)}. Half of them at most {value(figures.median)}, 95 % at most "
        f"{value(figures.p95)}; from {value(figures.least)} to {value(figures.most)}, {value(figures.mean)} on average."
    )


def _drawing(chart: Chart, bars: Sequence[Bar], said: str) -> Element:
    top, bottom = max(bar.count for bar in bars), _TOP + _STEP * len(bars)
    unit = _tick(top)
    end = -(-top // unit) * unit
    title, desc = f"{chart.name}-title", f"{chart.name}-desc"
    return element(
        "svg",
        element("title", chart.title, id=title),
        element("desc", said, id=desc),
        _text(chart.measured, _LEFT - 8, _TOP - 10, class_="axis left"),
        *_scale(range(0, end + 1, unit), end, bottom),
        *(part for place, bar in enumerate(bars) for part in _bar(chart, bar, _TOP + _STEP * place, end)),
        _text(chart.counted, (_LEFT + _RIGHT) // 2, bottom + 34, class_="axis middle"),
        viewBox=f"0 0 {_WIDTH} {bottom + 42}",
        role="img",
        aria_labelledby=f"{title} {desc}",
    )


def _bar(chart: Chart, bar: Bar, y: int, end: int) -> list[Element]:
    width = (_RIGHT - _LEFT) * bar.count / end
    drawn = element("rect", x=_LEFT, y=y + 3, width=f"{width:.2f}", height=_STEP - 6, class_="bar")
    figure = _text(words.number(bar.count), f"{_LEFT + width + 5:.2f}", y + 14)
    return [_text(chart.label(bar), _LEFT - 8, y + 14, class_="left"), *([drawn] if bar.count else []), figure]


def _scale(ticks: range, end: int, bottom: int) -> list[Element]:
    """Return lines from top to bottom with their numbers below."""
    parts = []
    for tick in ticks:
        x = f"{_LEFT + (_RIGHT - _LEFT) * tick / end:.2f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP, y2=bottom + 3, class_="base" if tick == 0 else "grid"))
        parts.append(_text(words.number(tick), x, bottom + 16, class_="middle"))
    return parts


def _tick(top: int) -> int:
    """Return how far the scale's numbers are apart: 1, 2 or 5 times a power of ten, at most four of them."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if -(-top // step) <= _TICKS:
                return step
        power *= 10


def _text(text: str, x: object, y: int, **attributes: object) -> Element:
    return element("text", text, x=x, y=y, **attributes)
