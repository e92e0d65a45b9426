"""What a report says, found in one pass over a batch's jobs: counts, the first of each kind, how values are spread."""

from __future__ import annotations

import math
import os
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ..ledger import Job, State
from ..ledger.history import percentile
from .batch import Told

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


MOST = 300
"""Rows of each kind on the page."""
FEW = 50
TOP = 10
SECOND, BYTE = 0.001, 100.0
"""Shorter and smaller is all the same."""


class Shortlist:
    """The first `most` of many jobs, the largest by a measure and then by name; at most twice as many in memory."""

    def __init__(self, most: int, measure: Callable[[Job], float] = lambda job: 0.0) -> None:
        self._most = most
        self._measure = measure
        self._kept: list[Told] = []
        self.count = 0

    def add(self, told: Told) -> None:
        """Count a job, and keep it if it is among the first."""
        self.count += 1
        self._kept.append(told)
        if len(self._kept) > 2 * self._most:
            self._kept = self.first

    @property
    def first(self) -> list[Told]:
        """The first ones, in order."""
        return sorted(self._kept, key=lambda told: (-self._measure(told.job), os.fsencode(told.job.origin)))[
            : self._most
        ]

    @property
    def more(self) -> int:
        """How many there were besides."""
        return max(0, self.count - self._most)


@dataclass(slots=True, kw_only=True)
class Totals:
    """Numbers of calendars and of what is in them."""

    new: int = 0
    changed: int = 0
    changes: int = 0
    with_problems: int = 0
    problems: int = 0
    undecided: int = 0
    left_out: int = 0
    uncovered: int = 0
    entries: int = 0
    lost: int = 0
    """Failed, and had a calendar before."""
    recovered: int = 0
    """Has a calendar, and failed before."""

    def add(self, told: Told) -> None:
        """Count a calendar or a failure."""
        if told.job.state is not State.DONE:
            self.lost += told.failed and told.earlier is not None
            return
        details = told.details
        self.new += told.known and details.first
        self.changed += told.moved
        self.changes += details.change_count if told.moved else 0
        self.with_problems += bool(told.job.problems)
        self.problems += told.job.problems or 0
        self.undecided += details.undecided
        self.left_out += details.left_out
        self.uncovered += details.uncovered
        self.entries += told.job.entries or 0
        self.recovered += told.failed_before is not None


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything found."""

    states: Counter[State] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    parsers: Counter[str] = field(default_factory=Counter)
    totals: Totals = field(default_factory=Totals)
    failed: Shortlist = field(default_factory=partial(Shortlist, MOST))
    waiting: Shortlist = field(default_factory=partial(Shortlist, FEW))
    lost: Shortlist = field(default_factory=partial(Shortlist, MOST))
    recovered: Shortlist = field(default_factory=partial(Shortlist, MOST))
    moved: Shortlist = field(default_factory=partial(Shortlist, MOST))
    problems: Shortlist = field(default_factory=partial(Shortlist, MOST))
    doubtful: Shortlist = field(default_factory=partial(Shortlist, FEW))
    slowest: Shortlist = field(default_factory=partial(Shortlist, TOP, lambda job: job.duration))
    largest: Shortlist = field(default_factory=partial(Shortlist, TOP, lambda job: job.size))
    hungriest: Shortlist = field(default_factory=partial(Shortlist, TOP, lambda job: job.peak or 0))
    seconds: Spread = field(default_factory=Spread)
    sizes: Spread = field(default_factory=Spread)
    sessions: Spread = field(default_factory=Spread)

    def add(self, told: Told) -> None:
        """Find what is to be said about a job."""
        job = told.job
        self.states[job.state] += 1
        self.parsers[job.parser] += 1
        self.totals.add(told)
        self.sizes.add(job.size)
        self.largest.add(told)
        if told.failed:
            self._add_failed(told)
        elif job.state is State.DONE:
            self._add_done(told)
        else:
            self.waiting.add(told)
        if job.completed is not None:
            self.seconds.add(max(0.0, job.duration))
            self.slowest.add(told)
        if job.peak:
            self.hungriest.add(told)

    def _add_failed(self, told: Told) -> None:
        self.causes[told.job.cause or "crash"] += 1
        self.failed.add(told)
        if told.earlier is not None:
            self.lost.add(told)

    def _add_done(self, told: Told) -> None:
        details = told.details
        self.sessions.add(told.job.entries or 0)
        for wanted, where in (
            (told.failed_before is not None, self.recovered),
            (told.moved, self.moved),
            (bool(told.job.problems), self.problems),
            (details.undecided or details.left_out or details.uncovered, self.doubtful),
        ):
            if wanted:
                where.add(told)


def find(jobs: Iterable[Told]) -> Findings:
    """Return what is to be said about jobs."""
    found = Findings()
    for told in jobs:
        found.add(told)
    return found
