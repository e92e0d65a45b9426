"""A distribution as bars that lie: labels are read straight, on a phone too, and each bar's figure stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .spread import Bar, Distribution

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
