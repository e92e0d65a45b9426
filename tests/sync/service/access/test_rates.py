"""Rules, standings, headers, networks."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.sync.service.access.rates import Limiter, headers, network, refusal, within
from tukscal.sync.service.problems import HttpProblem
from tukscal.sync.service.store.model import Allowance, Rule, standing

RULE = Rule(name="uploads-minute", amount=2, seconds=60)


@given(times=st.lists(st.integers(0, 59), max_size=8).map(sorted), amount=st.integers(1, 4))
def test_the_reset_is_when_one_more_is_allowed(times: list[int], amount: int) -> None:
    """Once refused, one more is refused a second before the reset and allowed at it; what remains is never negative."""
    rule, now = Rule(name="r", amount=amount, seconds=60), 59.0
    found = standing(rule, times, now)
    assert found.allowed == (len(times) < amount)
    assert found.remaining == max(0, amount - len(times))
    assert 1 <= found.reset <= 60
    if not found.allowed:

        def at(later: float) -> Allowance:
            return standing(rule, [one for one in times if one > later - 60], later)

        assert at(now + found.reset).allowed
        assert found.reset == 1 or not at(now + found.reset - 1).allowed


def test_the_headers_agree() -> None:
    """RateLimit, X-RateLimit-* and Retry-After say the same of the rule that refuses."""
    refused = Allowance(rule=RULE, remaining=0, reset=17, allowed=False)
    other = Allowance(rule=Rule(name="uploads-hour", amount=10, seconds=3600), remaining=8, reset=3000)
    problem = refusal([refused, other], "Too often.")
    assert (problem.status, problem.cause) == (429, "rate_limited")
    assert problem.headers == {
        "RateLimit-Policy": '"uploads-minute";q=2;w=60, "uploads-hour";q=10;w=3600',
        "RateLimit": '"uploads-minute";r=0;t=17, "uploads-hour";r=8;t=3000',
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "17",
        "Retry-After": "17",
    }


def test_of_two_that_refuse_the_later_one_counts() -> None:
    """Where two rules refuse, Retry-After is the longer wait, and the X- headers are of that rule."""
    minute = Allowance(rule=RULE, remaining=0, reset=17, allowed=False)
    hour = Allowance(rule=Rule(name="uploads-hour", amount=10, seconds=3600), remaining=0, reset=900, allowed=False)
    found = refusal([minute, hour], "Too often.").headers
    assert (found["Retry-After"], found["X-RateLimit-Reset"], found["X-RateLimit-Limit"]) == ("900", "900", "10")
    assert headers([]) == {}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9%eth0", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_address(address: str, counted: str) -> None:
    """An IPv4 address counts as itself, an IPv6 address as its /64."""
    assert network(address) == counted


def test_networks_hold_addresses() -> None:
    """An address lies in its network, an IPv4 address in IPv6 clothes too; what is no address in none."""
    assert within("127.0.0.9", ["127.0.0.0/8"])
    assert within("::ffff:127.0.0.9", ["127.0.0.0/8"])
    assert not within("10.0.0.1", ["127.0.0.0/8", "::1/128"])
    assert not within("testclient", ["0.0.0.0/0"])


@pytest.mark.parametrize("exact", [True, False])
def test_requests_are_counted_by_asker(exact: bool) -> None:
    """Each asker has so many requests; the answer to the last one says when there are more."""
    rule = Rule(name="status", amount=3, seconds=60, exact=exact)

    async def ask() -> list[Allowance | None]:
        limiter = Limiter("memory://")
        async with limiter.swept():
            return [await limiter.hit(rule, who) for who in ("a", "a", "a", "a", "b")]

    found = [one for one in asyncio.run(ask()) if one is not None]
    assert [one.allowed for one in found] == [True, True, True, False, True]
    assert [one.remaining for one in found] == [2, 1, 0, 0, 2]
    assert all(58 <= one.reset <= 60 for one in found)


def test_no_amount_is_no_limit() -> None:
    """A rule of 0 counts nothing and adds no headers."""

    async def ask() -> object:
        limiter = Limiter("memory://")
        assert await limiter.check(Rule(name="status", amount=0, seconds=60), "a", "") == {}
        return limiter.memory

    assert asyncio.run(ask())


def test_counters_that_are_over_are_forgotten() -> None:
    """The counters' memory is known, and given back when their time is over."""

    async def fill() -> list[int | None]:
        limiter, found = Limiter("memory://"), []
        for number in range(300):
            await limiter.hit(Rule(name="x", amount=5, seconds=60, exact=number % 2 == 0), f"asker-{number}")
        for later in (0, 30, 61):
            limiter.forget(time.monotonic() + later)
            found.append(await limiter.memory())
        return found

    now, before, after = asyncio.run(fill())
    assert now
    assert after
    assert now == before
    assert now > after + 300 * 100


@pytest.mark.parametrize("exact", [True, False])
def test_what_is_over_counts_no_longer(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reset is over there are requests again; those that were refused did not count."""
    rule, now = Rule(name="status", amount=2, seconds=60, exact=exact), [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    async def ask() -> list[tuple[bool, int, int]]:
        limiter, found = Limiter("memory://"), []
        for at in (0, 30, 59, 60, 60.5):
            now[0] = 1_000.0 + at
            one = await limiter.hit(rule, "a")
            assert one is not None
            found.append((one.allowed, one.remaining, one.reset))
        return found

    after = [(True, 0, 30), (False, 0, 30)] if exact else [(True, 1, 60), (True, 0, 60)]
    assert asyncio.run(ask()) == [(True, 1, 60), (True, 0, 30), (False, 0, 1), *after]


def test_a_counter_store_that_fails_allows() -> None:
    """When the counters cannot be had, requests go on, and the failure is counted."""

    async def ask() -> tuple[object, int]:
        limiter = Limiter("redis://127.0.0.1:1")  # where nobody listens
        async with limiter.swept():
            return await limiter.hit(RULE, "a"), limiter.faults

    assert asyncio.run(ask()) == (None, 1)


def test_check_raises_what_is_answered() -> None:
    """`check` returns the headers while it is allowed and raises the 429 then."""

    async def ask() -> HttpProblem:
        limiter = Limiter("memory://")
        assert (await limiter.check(RULE, "a", "no"))["X-RateLimit-Remaining"] == "1"
        await limiter.check(RULE, "a", "no")
        with pytest.raises(HttpProblem) as found:
            await limiter.check(RULE, "a", "no")
        return found.value

    problem = asyncio.run(ask())
    assert problem.headers["Retry-After"] == problem.headers["X-RateLimit-Reset"]
