"""What is tried again and when: only what may go away by itself, bounded, spread over time."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.backoff import Backoff
from tukscal.core.ledger import LONGEST_WAIT
from tukscal.sync import retry
from tukscal.sync.retry import PAUSES, TRANSIENT, Circuit, FailureKind, PushFailed, PushRetries, again, retry_after
from tukscal.tests.clock import Clock

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
        ("0" * 16 + "5", 5.0),
        ("0" * 17 + "5", LONGEST_WAIT),  # no number of that length is looked at
        ("1e9", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW + 90), 90.0),  # "-0000": no zone is known, and UTC is meant
        (formatdate(NOW + 90 + 7_200, usegmt=True).replace("GMT", "+0200"), 90.0),
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


@pytest.mark.parametrize("kind", FailureKind)
def test_only_what_may_go_away_is_tried_again(kind: FailureKind) -> None:
    """The kinds that may go away by themselves are tried again, the others never."""
    found = again(PushFailed(kind, "x"), 0, PushRetries())
    assert (found is not None) == (kind in TRANSIENT)
    assert {FailureKind.UNREACHABLE, FailureKind.BUSY, FailureKind.BROKEN, FailureKind.LATER} == TRANSIENT


@given(st.integers(0, 6))
def test_backoff_is_exponential_with_full_jitter(attempts: int) -> None:
    """The wait is anywhere between nothing and a bound that doubles with each try, to two minutes."""
    found = again(PushFailed(FailureKind.BROKEN, "x"), attempts, PushRetries())
    assert found is not None
    assert found.attempts == attempts + 1
    assert 0.05 <= found.delay <= min(2.0**attempts, 120.0)


def test_jitter_is_full() -> None:
    """Draws of one wait fill the whole interval."""
    draws = [found.delay for _ in range(300) if (found := again(PushFailed(FailureKind.BROKEN, "x"), 6, PushRetries()))]
    assert min(draws) < 10 < 50 < max(draws) <= 64


def delays(failure: PushFailed, attempts: int, retries: PushRetries) -> list[float]:
    """Return many draws of one wait."""
    return [found.delay for _ in range(300) if (found := again(failure, attempts, retries))]


def test_what_is_kept_is_spread_over_half_an_hour() -> None:
    """What was tried eight times is drawn from the whole second half of an hour."""
    draws = delays(PushFailed(FailureKind.BROKEN, "x"), 7, PushRetries())
    assert 1_800 <= min(draws) < 1_900
    assert 3_500 < max(draws) <= 3_600


def test_no_wait_is_longer_than_two_minutes() -> None:
    """However often a calendar may be tried, a wait before the next try is drawn from two minutes at most."""
    draws = delays(PushFailed(FailureKind.BROKEN, "x"), 40, PushRetries(attempts=100))
    assert 100 < max(draws) <= 120


def test_nobody_is_asked_without_a_pause() -> None:
    """Also where the backoff is nothing, a twentieth of a second lies between two tries."""
    assert set(delays(PushFailed(FailureKind.BROKEN, "x"), 3, PushRetries(backoff=Backoff(first=0.0, least=0.05)))) == {
        0.05
    }


def test_a_busy_service_that_names_no_time() -> None:
    """A service that is busy at the first try, and says no time, is left alone for up to a second."""
    draws = delays(PushFailed(FailureKind.BUSY, "x"), 0, PushRetries())
    assert 0.7 < max(draws) <= 1.0


def test_the_wait_before_giving_up_is_no_shorter_than_asked_for() -> None:
    """After the last try a calendar is kept for as long as the service asks, if that is longer than half an hour."""
    failure = PushFailed(FailureKind.BROKEN, "x", wait=7_200.0)
    assert set(delays(failure, 7, PushRetries())) == {7_200.0}
    assert set(delays(PushFailed(FailureKind.BROKEN, "x", wait=60.0), 7, PushRetries(kept=Backoff(first=10.0)))) == {
        60.0
    }


@pytest.mark.parametrize("attempts", [7, 8, 100])
def test_the_eighth_failure_is_kept_for_long(attempts: int) -> None:
    """After eight tries the next one is half an hour to an hour away."""
    found = again(PushFailed(FailureKind.BROKEN, "x"), attempts, PushRetries())
    assert found is not None
    assert 1_800 <= found.delay <= 3_600


@pytest.mark.parametrize(("asked", "least", "most"), [(10.0, 10.0, 11.0), (3_600.0, 3_600.0, 3_600.0)])
def test_what_the_service_asks_for_is_obeyed(asked: float, least: float, most: float) -> None:
    """Retry-After is the least, a tenth more the most, an hour the limit; being busy counts against nobody."""
    found = again(PushFailed(FailureKind.BUSY, "x", wait=asked), 3, PushRetries())
    assert found is not None
    assert found.attempts == 3
    assert least <= found.delay <= most


def test_the_tenth_that_is_added_is_drawn() -> None:
    """Of many that were told the same wait some come at once after it, others up to a tenth of it later."""
    draws = [retry.spread(100.0) for _ in range(300)]
    assert 100.0 <= min(draws) < 101.0
    assert 109.0 < max(draws) <= 110.0


@pytest.mark.parametrize(("rounds", "longest"), [(0, 5.0), (1, 10.0), (3, 40.0), (20, 300.0)])
def test_pauses_fill_what_they_are_drawn_from(rounds: int, longest: float) -> None:
    """The first pause is drawn from one to five seconds, and the upper bound doubles to five minutes."""
    draws = [PAUSES.delay(rounds + 1) for _ in range(1_000)]
    assert 1.0 <= min(draws) < 1.0 + longest / 50
    assert 0.9 * longest < max(draws) <= longest


@given(st.integers(0, 100))
def test_pauses_grow_to_five_minutes(rounds: int) -> None:
    """A pause for the whole service is at least a second and at most five minutes."""
    assert 1.0 <= PAUSES.delay(rounds + 1) <= min(5.0 * 2.0 ** min(rounds, 60), 300.0)


def test_trying_a_few_times() -> None:
    """A question is asked again while the failure is transient, so many times; its last failure is raised."""
    waits: list[float] = []
    asked: list[FailureKind] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def ask(*kinds: FailureKind) -> str:
        left = iter(kinds)
        asked.clear()

        async def call() -> str:
            for kind in left:
                asked.append(kind)
                raise PushFailed(kind, "x")
            return "answer"

        return asyncio.run(retry.trying(call, attempts=3, sleep=sleep))

    assert ask(FailureKind.UNREACHABLE, FailureKind.BROKEN) == "answer"
    assert len(waits) == 2
    with pytest.raises(PushFailed) as error:
        ask(*[FailureKind.UNREACHABLE] * 5)
    assert (error.value.kind, len(asked)) == (FailureKind.UNREACHABLE, 3)
    with pytest.raises(PushFailed):
        ask(FailureKind.UNAUTHORIZED, FailureKind.UNREACHABLE)
    assert asked == [FailureKind.UNAUTHORIZED]


def test_the_waits_between_a_few_tries() -> None:
    """The first wait is drawn from a second, each later one from twice as long, up to ten seconds."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def fail() -> None:
        raise PushFailed(FailureKind.BROKEN, "x")

    for _ in range(100):
        with pytest.raises(PushFailed):
            asyncio.run(retry.trying(fail, attempts=7, sleep=sleep))
    longest = [max(waits[number::6]) for number in range(6)]
    for found, bound in zip(longest, [1.0, 2.0, 4.0, 8.0, 10.0, 10.0], strict=True):
        assert 0.8 * bound < found <= bound


# ---- the circuit


def test_five_failures_in_a_row_open_it() -> None:
    """Four failures and a success are nothing; five in a row begin a pause, after which one may ask."""
    clock = Clock()
    circuit = Circuit(clock.ticks)
    for _ in range(4):
        assert not circuit.failed()
    circuit.answered()
    assert [circuit.failed() for _ in range(5)] == [False] * 4 + [True]
    assert not circuit.closed
    assert 1.0 <= circuit.wait <= 5.0
    clock.turn(5)
    assert circuit.wait == 0
    assert not circuit.closed
    assert circuit.probed(well=True)
    assert circuit.closed


def test_pauses_of_one_outage_grow() -> None:
    """Until something was taken again each pause may be twice as long."""
    clock, longest = Clock(), 0.0
    circuit = Circuit(clock.ticks)
    for _ in range(5):
        circuit.failed()
    for _ in range(40):
        clock.turn(circuit.wait)
        circuit.probed(well=False)
        longest = max(longest, circuit.wait)
    assert 60 < longest <= 300
    circuit.probed(well=True)
    assert circuit.failed()


def test_being_asked_to_wait_is_no_outage() -> None:
    """A pause that was asked for lasts as long, and its end is no return of a service that was down."""
    clock = Clock()
    circuit = Circuit(clock.ticks)
    circuit.busy(100.0)
    circuit.busy(10.0)
    assert 100 <= circuit.wait <= 110
    clock.turn(110)
    assert not circuit.probed(well=True)
    circuit.busy(None)
    assert 0 < circuit.wait <= 300
