"""Distributions: no value is lost, percentiles were measured, bars are few and side by side."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.report.findings import Bar, Distribution, Spread

values = st.lists(st.floats(0, 1e9), max_size=50)
whole = st.lists(st.integers(0, 100_000), max_size=50)


def spread(found: list[float] | list[int]) -> Spread:
    """Return the spread of values."""
    made = Spread()
    for value in found:
        made.add(value)
    return made


@given(values, whole)
def test_every_value_is_in_one_bar(found: list[float], counts: list[int]) -> None:
    """The bars count as many values as there are, at most 14 of them, each beginning where the last one ends."""
    for bars, number in ((spread(found).decades(0.001), len(found)), (spread(counts).steps(), len(counts))):
        assert sum(bar.count for bar in bars) == number
        assert len(bars) <= 14
        assert all(one.high == other.low for one, other in pairwise(bars))


@given(values)
def test_a_bar_counts_what_is_in_it(found: list[float]) -> None:
    """Each bar counts exactly the values from its low to below its high end."""
    for bar in spread(found).decades(0.001):
        assert bar.count == sum(bar.low <= value < bar.high for value in found)


@given(whole)
def test_a_step_counts_what_is_in_it(found: list[int]) -> None:
    """So does each bar of one width."""
    for bar in spread(found).steps():
        assert bar.count == sum(bar.low <= value < bar.high for value in found)


@given(values.filter(len))
def test_figures_are_those_of_the_values(found: list[float]) -> None:
    """Least, median, 95th percentile and most are values in this order; the mean lies between."""
    figures = spread(found).figures()
    assert figures is not None
    assert {figures.least, figures.median, figures.p95, figures.most} <= set(found)
    assert min(found) == figures.least <= figures.median <= figures.p95 <= figures.most == max(found)
    assert figures.least <= figures.mean * (1 + 1e-9)
    assert figures.mean <= figures.most * (1 + 1e-9)


def test_percentiles_were_measured() -> None:
    """Of 1 to 100 the median is 50, the 95th percentile 95 and the mean 50.5."""
    figures = spread([*range(100, 0, -1)]).figures()
    assert figures == Distribution(count=100, least=1, median=50, p95=95, most=100, mean=50.5)


def test_bars_of_times() -> None:
    """Times go into bars from 1, 2, 5, 10 ... milliseconds, what is shorter into one."""
    assert spread([0.0, 0.0004, 0.001, 0.0019, 0.002, 0.0049]).decades(0.001) == [
        Bar(low=0.0, high=0.001, count=2),
        Bar(low=0.001, high=0.002, count=2),
        Bar(low=0.002, high=0.005, count=2),
    ]


def test_an_outlier_does_not_stretch_the_bars() -> None:
    """With 99 values up to 9 and one of 10,000 the bars are one wide and the last takes the rest."""
    bars = spread([*[number % 10 for number in range(99)], 10_000]).steps()
    assert [(bar.low, bar.count) for bar in bars][:2] == [(0, 10), (1, 10)]
    assert (bars[-1].high, bars[-1].count) == (math.inf, 1)


@pytest.mark.parametrize("bars", [Spread().decades(0.001), Spread().steps()])
def test_nothing_has_no_bars(bars: list[Bar]) -> None:
    """Without a value there is no bar and no figure."""
    assert bars == []
    assert Spread().figures() is None
