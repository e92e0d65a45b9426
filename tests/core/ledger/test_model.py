"""The table of retries: what follows from each cause, how often, how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import CONVERSION_ERRORS
from tukscal.core.ledger import Retries, State
from tukscal.core.ledger.model import LETHAL, TRANSIENT, Tried, Verdict, decide

RETRIES = Retries()
ONCE = sorted({error.cause for error in CONVERSION_ERRORS} - LETHAL - TRANSIENT)


def after(cause: str, attempts: int, *, deaths: int = 0, duration: float = 1.0, draw: float = 0.5) -> Verdict:
    """Return the verdict with the usual limits."""
    return decide(cause, Tried(attempts=attempts, deaths=deaths, duration=duration), RETRIES, draw)


@pytest.mark.parametrize(
    ("attempts", "draw", "state", "delay"),
    [
        (1, 0.0, State.FAILED, 2.5),
        (1, 0.5, State.FAILED, 5.0),
        (2, 0.5, State.FAILED, 10.0),
        (2, 1.0, State.FAILED, 15.0),
        (3, 0.5, State.DEAD, 0.0),
    ],
)
def test_reading_and_writing_is_tried_three_times(attempts: int, draw: float, state: State, delay: float) -> None:
    """An `io` failure is tried three times, five and ten seconds apart, half as much more or less; then it is dead."""
    assert after("io", attempts, draw=draw) == Verdict(state=state, delay=delay)


@pytest.mark.parametrize("cause", ["crash", "timeout", "memory"])
def test_what_ends_a_worker_is_tried_twice(cause: str) -> None:
    """A job that ended its worker is tried again at once, and quarantined the second time."""
    assert after(cause, 1, deaths=1) == Verdict(state=State.FAILED, delay=0.0)
    assert after(cause, 2, deaths=2) == Verdict(state=State.QUARANTINED)
    assert after(cause, 3, deaths=1) == Verdict(state=State.FAILED)  # the other two were the disk's fault


@pytest.mark.parametrize("cause", ONCE)
def test_everything_else_is_tried_once(cause: str) -> None:
    """What another attempt cannot change is dead at once."""
    assert after(cause, 1) == Verdict(state=State.DEAD)


def test_the_lists_of_causes_are_whole() -> None:
    """One cause is transient, three are lethal, and eight are neither."""
    assert {"io"} == TRANSIENT
    assert {"crash", "timeout", "memory"} == LETHAL
    assert len(ONCE) == len(CONVERSION_ERRORS) - 4


def test_no_job_takes_more_than_five_minutes() -> None:
    """Once all attempts together took five minutes, no other one follows."""
    assert after("timeout", 1, deaths=1, duration=299.9).state is State.FAILED
    assert after("timeout", 1, deaths=1, duration=300.0).state is State.QUARANTINED
    assert after("io", 1, duration=299.9).state is State.FAILED
    assert after("io", 1, duration=300.0).state is State.DEAD


def test_limits_can_be_given() -> None:
    """Other limits give another table."""
    retries = Retries(transient=4, lethal=1, first=1.0, total=10.0)
    assert decide("io", Tried(attempts=3, deaths=0, duration=9), retries, 0.5) == Verdict(state=State.FAILED, delay=4.0)
    assert decide("crash", Tried(attempts=1, deaths=1, duration=0), retries, 0.5).state is State.QUARANTINED
    assert decide("io", Tried(attempts=2, deaths=0, duration=11), retries, 0.5).state is State.DEAD


@given(
    retries=st.builds(
        Retries,
        transient=st.integers(1, 8),
        lethal=st.integers(1, 5),
        first=st.floats(0.1, 60),
        total=st.floats(1, 1_000),
    ),
    causes=st.lists(st.sampled_from(["io", "crash", "timeout", "memory"]), min_size=20, max_size=20),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_every_job_ends(retries: Retries, causes: list[str], draw: float) -> None:
    """Whatever goes wrong in whatever order, attempts end, and no wait is negative or longer than `longest`."""
    attempts = deaths = 0
    state = State.FAILED
    while state is State.FAILED:
        cause = causes[attempts]
        attempts, deaths = attempts + 1, deaths + (cause in LETHAL)
        verdict = decide(cause, Tried(attempts=attempts, deaths=deaths, duration=0), retries, draw)
        state = verdict.state
        assert 0 <= verdict.delay <= retries.longest
    assert attempts <= retries.transient + retries.lethal - 1
