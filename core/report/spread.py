"""How values are spread: figures and bars."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..ledger.history import percentile

_SERIES = tuple(step * 10.0**power for power in range(-6, 13) for step in (1, 2, 5))  # powers below 0 are not exact
_EDGES = tuple(float(f"{edge:.6g}") for edge in _SERIES)
_MOST_BARS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many values are at least `low` and below `high`, which is infinite for a last bar that takes the rest."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What is said of many values: percentiles are values that were measured."""

    count: int
    least: float
    median: float
    p95: float
    most: float
    mean: float


class Spread:
    """Values of one kind: eight bytes each."""

    def __init__(self) -> None:
        self._values = array("d")

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        """Count a value, which is not negative."""
        self._values.append(value)

    def figures(self) -> Distribution | None:
        """Return the figures, None if there is no value."""
        found = sorted(self._values)
        if not found:
            return None
        return Distribution(
            count=len(found),
            least=found[0],
            median=percentile(found, 0.5),
            p95=percentile(found, 0.95),
            most=found[-1],
            mean=math.fsum(found) / len(found),
        )

    def decades(self, least: float) -> list[Bar]:
        """Return bars whose edges are 1, 2, 5, 10, 20, 50 ..., for values of very different size.

        What is below `least`, one of the edges, is in one bar.
        """
        return self._bars([0.0, *(edge for edge in _EDGES if edge >= least)])

    def steps(self) -> list[Bar]:
        """Return bars of one width, for whole numbers: the width suits all but the largest twentieth."""
        if not self._values:
            return []
        found = sorted(self._values)
        low, high = found[0], percentile(found, 0.95)
        width = next(step for step in _widths() if high - low < step * (_MOST_BARS - 2))
        first = math.floor(low / width)
        return self._bars([width * (first + step) for step in range(_MOST_BARS)])

    def _bars(self, edges: Sequence[float]) -> list[Bar]:
        """Return the bars with most values; the first and the last take what lies beyond them."""
        counts = [0] * len(edges)
        for value in self._values:
            counts[max(0, bisect_right(edges, value) - 1)] += 1
        there = [place for place, count in enumerate(counts) if count]
        if not there:
            return []
        first, last = _window(counts, there[0], there[-1])
        counts[first], counts[last] = sum(counts[: first + 1]), counts[last] + sum(counts[last + 1 :])
        bars = [
            Bar(low=edges[place], high=edges[place + 1] if place + 1 < len(edges) else math.inf, count=counts[place])
            for place in range(first, last + 1)
        ]
        bars[0] = replace(bars[0], low=0.0 if first > there[0] else bars[0].low)
        bars[-1] = replace(bars[-1], high=math.inf if last < there[-1] else bars[-1].high)
        return bars


def _window(counts: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """Return the first and last of at most so many neighbours as can be drawn, with the largest sum."""
    starts = range(first, max(first, last - _MOST_BARS + 1) + 1)
    start = max(starts, key=lambda place: sum(counts[place : place + _MOST_BARS]))
    return start, min(last, start + _MOST_BARS - 1)


def _widths() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
