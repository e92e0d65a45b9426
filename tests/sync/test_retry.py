"""What is tried again and when: only what may go away by itself, bounded, spread over time."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.ledger import LONGEST_WAIT
from tukscal.sync import retry
from tukscal.sync.circuit import Circuit
from tukscal.sync.failures import TRANSIENT, Kind, PushFailed
from tukscal.sync.retry import Retries, again, retry_after
from tukscal.tests.core.ledger.ledgers import Clocks

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", None),
        ("-5", None),
        ("1", 1.0),
        (" 120 ", 120.0),
        ("3600", 3_600.0),
        ("1000000000", LONGEST_WAIT),
        ("9" * 5_000, LONGEST_WAIT),
        ("1e9", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), None),
        (formatdate(NOW + 10**9, usegmt=True), LONGEST_WAIT),
        ("Wed, 21 Oct 2099 07:28:00", LONGEST_WAIT),
        ("Wed, 99 Foo 2026 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    """Seconds and dates are read, an hour is the most, and what is neither or past asks for nothing."""
    found = retry_after(text, NOW)
    assert found == pytest.approx(seconds) if seconds is not None else found is None


@given(st.text())
def test_any_retry_after_is_survived(text: str) -> None:
    """Whatever stands there, the answer is nothing or at most an hour."""
    found = retry_after(text, NOW)
    assert found is None or 0 < found <= LONGEST_WAIT


@pytest.mark.parametrize("kind", Kind)
def test_only_what_may_go_away_is_tried_again(kind: Kind) -> None:
    """The kinds that may go away by themselves are tried again, the others never."""
    found = again(PushFailed(kind, "x"), 0, Retries())
    assert (found is not None) == (kind in TRANSIENT)
    assert {Kind.UNREACHABLE, Kind.BUSY, Kind.BROKEN, Kind.LATER} == TRANSIENT


@given(st.integers(0, 6))
def test_backoff_is_exponential_with_full_jitter(attempts: int) -> None:
    """The wait is anywhere between nothing and a bound that doubles with each try, to two minutes."""
    found = again(PushFailed(Kind.BROKEN, "x"), attempts, Retries())
    assert found is not None
    assert found.attempts == attempts + 1
    assert 0.05 <= found.delay <= min(2.0**attempts, 120.0)


def test_jitter_is_full() -> None:
    """Draws of one wait fill the whole interval."""
    draws = [found.delay for _ in range(300) if (found := again(PushFailed(Kind.BROKEN, "x"), 6, Retries()))]
    assert min(draws) < 10 < 50 < max(draws) <= 64


@pytest.mark.parametrize("attempts", [7, 8, 100])
def test_the_eighth_failure_is_kept_for_long(attempts: int) -> None:
    """After eight tries the next one is half an hour to an hour away."""
    found = again(PushFailed(Kind.BROKEN, "x"), attempts, Retries())
    assert found is not None
    assert 1_800 <= found.delay <= 3_600


@pytest.mark.parametrize(("asked", "least", "most"), [(10.0, 10.0, 11.0), (3_600.0, 3_600.0, 3_600.0)])
def test_what_the_service_asks_for_is_obeyed(asked: float, least: float, most: float) -> None:
    """Retry-After is the least, a tenth more the most, an hour the limit; being busy counts against nobody."""
    found = again(PushFailed(Kind.BUSY, "x", wait=asked), 3, Retries())
    assert found is not None
    assert found.attempts == 3
    assert least <= found.delay <= most


@given(st.integers(0, 100))
def test_pauses_grow_to_five_minutes(rounds: int) -> None:
    """A pause for the whole service is at least a second and at most five minutes."""
    assert 1.0 <= retry.pause(rounds) <= min(5.0 * 2.0 ** min(rounds, 60), 300.0)


def test_trying_a_few_times() -> None:
    """A question is asked again while the failure is transient, so many times; its last failure is raised."""
    waits: list[float] = []
    asked: list[Kind] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def ask(*kinds: Kind) -> str:
        left = iter(kinds)
        asked.clear()

        async def call() -> str:
            for kind in left:
                asked.append(kind)
                raise PushFailed(kind, "x")
            return "answer"

        return asyncio.run(retry.trying(call, attempts=3, sleep=sleep))

    assert ask(Kind.UNREACHABLE, Kind.BROKEN) == "answer"
    assert len(waits) == 2
    with pytest.raises(PushFailed) as error:
        ask(*[Kind.UNREACHABLE] * 5)
    assert (error.value.kind, len(asked)) == (Kind.UNREACHABLE, 3)
    with pytest.raises(PushFailed):
        ask(Kind.UNAUTHORIZED, Kind.UNREACHABLE)
    assert asked == [Kind.UNAUTHORIZED]


# ---- the circuit


def test_five_failures_in_a_row_open_it() -> None:
    """Four failures and a success are nothing; five in a row begin a pause, after which one may ask."""
    clocks = Clocks()
    circuit = Circuit(clocks.ticks)
    for _ in range(4):
        assert not circuit.failed()
    circuit.answered()
    assert [circuit.failed() for _ in range(5)] == [False] * 4 + [True]
    assert not circuit.closed
    assert 1.0 <= circuit.wait <= 5.0
    clocks.wait(5)
    assert circuit.wait == 0
    assert not circuit.closed
    assert circuit.probed(well=True)
    assert circuit.closed


def test_pauses_of_one_outage_grow() -> None:
    """Until something was taken again each pause may be twice as long."""
    clocks, longest = Clocks(), 0.0
    circuit = Circuit(clocks.ticks)
    for _ in range(5):
        circuit.failed()
    for _ in range(40):
        clocks.wait(circuit.wait)
        circuit.probed(well=False)
        longest = max(longest, circuit.wait)
    assert 60 < longest <= 300
    circuit.probed(well=True)
    assert circuit.failed()


def test_being_asked_to_wait_is_no_outage() -> None:
    """A pause that was asked for lasts as long, and its end is no return of a service that was down."""
    clocks = Clocks()
    circuit = Circuit(clocks.ticks)
    circuit.busy(100.0)
    circuit.busy(10.0)
    assert 100 <= circuit.wait <= 110
    clocks.wait(110)
    assert not circuit.probed(well=True)
    circuit.busy(None)
    assert 0 < circuit.wait <= 300
