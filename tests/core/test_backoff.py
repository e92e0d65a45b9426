"""Waits between tries: how they grow, where they end, where they are drawn from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.backoff import Backoff, Pause
from tukscal.tests.clock import Clock


def test_waits_double_up_to_a_bound() -> None:
    """From five seconds to a minute: 5, 10, 20, 40, 60, 60; with a factor of one all are the same."""
    assert [Backoff(first=5.0, most=60.0).delay(tried) for tried in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert [Backoff(first=60.0, factor=1.0).delay(tried) for tried in range(1, 4)] == [60, 60, 60]
    assert Backoff(first=1.0, most=7.0).delay(10**6) == 7.0


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 5.0), (0.5, 10.0), (1.0, 15.0)])
def test_a_draw_says_where_a_wait_lies(draw: float, seconds: float) -> None:
    """Between half and one and a half times ten seconds, the draw is the share of the way."""
    assert Backoff(first=5.0, low=0.5, high=1.5).delay(2, draw) == seconds


@given(
    backoff=st.builds(
        Backoff,
        first=st.floats(0, 3_600), factor=st.floats(1, 4), least=st.floats(0, 1), most=st.floats(1, 7_200),
        low=st.floats(0, 1), high=st.floats(1, 2),
    ),
    failures=st.integers(1, 10**9),
)  # fmt: skip
def test_no_wait_is_outside_its_bounds(backoff: Backoff, failures: int) -> None:
    """However many failures, and whatever is drawn, a wait lies between the least and the most."""
    assert backoff.least <= backoff.delay(failures) <= backoff.most


def test_pauses_grow_until_all_is_well() -> None:
    """A pause is over when its seconds have passed; each next one is longer until a reset; one may be given."""
    clock = Clock()
    pause = Pause(clock.ticks, Backoff(first=5.0))
    assert pause.left == 0.0
    pause.begin()
    pause.begin()
    assert (pause.left, pause.next()) == (10.0, 20.0)
    clock.turn(10)
    assert pause.left == 0.0
    pause.begin(7.0)
    assert pause.left == 7.0
    pause.reset()
    assert pause.next() == 5.0
