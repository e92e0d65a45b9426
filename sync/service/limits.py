"""How often somebody may ask, and what is said about it: rules, where an asker stands with one, headers.

The headers are the IETF's (draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit, structured fields) and
the older X-RateLimit-*; all of them and Retry-After come from the same numbers. Counters of requests are kept by the
`limits` library in memory or in Redis; those of uploads are rows of the store, because they must survive a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import math
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from ...core.errors import InputOutput
from . import problems
from .problems import Problem

_SWEEP = 10.0  # seconds between two looks for counters that are over
_PATIENCE = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}  # seconds for a Redis: requests wait for it
_REST = 1.0  # seconds a store of counters that failed is not asked
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `amount` in any `seconds`; 0 is no limit. `exact` remembers each time, else they are counted."""

    name: str
    amount: int
    seconds: int
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands with a rule: what remains, and the whole seconds until more does."""

    rule: Rule
    remaining: int
    reset: int
    allowed: bool = True


def headers(standings: Sequence[Standing]) -> dict[str, str]:
    """Return what an answer says about limits; the X- headers are those of the rule that is nearest to its end."""
    if not standings:
        return {}
    tightest = min(standings, key=lambda one: (one.allowed, one.remaining, -one.reset))
    policy = ", ".join(f'"{one.rule.name}";q={one.rule.amount};w={one.rule.seconds}' for one in standings)
    return {
        "RateLimit-Policy": policy,
        "RateLimit": ", ".join(f'"{one.rule.name}";r={one.remaining};t={one.reset}' for one in standings),
        "X-RateLimit-Limit": str(tightest.rule.amount),
        "X-RateLimit-Remaining": str(tightest.remaining),
        "X-RateLimit-Reset": str(tightest.reset),
    }


def refusal(standings: Sequence[Standing], detail: str) -> Problem:
    """Return the 429 of a request that a rule does not allow; Retry-After is that rule's reset."""
    wait = max((one.reset for one in standings if not one.allowed), default=1)
    return problems.too_many("rate_limited", detail, wait, headers(standings))


def standing(rule: Rule, times: Sequence[float], now: float) -> Standing:
    """Return where somebody stands whose last times within the rule's seconds, in order, are given; before one more."""
    if len(times) < rule.amount:
        oldest = times[0] if times else now
        return Standing(rule=rule, remaining=rule.amount - len(times), reset=_whole(oldest + rule.seconds - now))
    free = times[len(times) - rule.amount] + rule.seconds  # when the oldest of as many as are allowed is forgotten
    return Standing(rule=rule, remaining=0, reset=_whole(free - now), allowed=False)


def network(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 one, which one household has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100] or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def within(address: str, networks: Sequence[str]) -> bool:
    """Tell whether an address lies in one of these networks."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in ipaddress.ip_network(one, strict=False) for one in networks)


class Limiter:
    """Counts requests by rule and asker; a counter store that fails allows, since it only keeps order."""

    def __init__(self, storage: str) -> None:
        """Take memory:// or redis://...; nothing is connected to yet."""
        self._storage = _storage(storage)
        self._exact = MovingWindowRateLimiter(self._storage)
        self._counted = FixedWindowRateLimiter(self._storage)
        self._rest_until = float("-inf")
        self.faults = 0
        """How often the counter store failed."""

    async def hit(self, rule: Rule, who: str) -> Standing | None:
        """Count a request and return where its sender stands then; None if the rule is no limit."""
        if not rule.amount or time.monotonic() < self._rest_until:
            return None
        item = RateLimitItemPerSecond(rule.amount, rule.seconds, rule.name)
        limiter = self._exact if rule.exact else self._counted
        try:
            allowed = await limiter.hit(item, who)
            window = await limiter.get_window_stats(item, who)
        except Exception as error:  # the library's, the driver's and the socket's own
            self._failed(error)
            return None
        reset = _whole(window.reset_time - time.time())
        return Standing(rule=rule, remaining=max(0, window.remaining), reset=reset, allowed=allowed)

    async def check(self, rule: Rule, who: str, detail: str) -> Mapping[str, str]:
        """Count a request and return the headers of its answer. Raises Problem."""
        found = await self.hit(rule, who)
        if found is not None and not found.allowed:
            raise refusal([found], detail)
        return headers([found] if found else [])

    async def memory(self) -> int | None:
        """Return the bytes the counters take, about: in this process, or all of a Redis; None if it does not say."""
        if not isinstance(self._storage, MemoryStorage):
            return await self._memory_elsewhere()
        counters, events = self._storage.storage, self._storage.events
        entries = sum(map(len, events.values()))
        return sys.getsizeof(counters) + sys.getsizeof(events) + 100 * (len(counters) + len(events)) + 150 * entries

    async def _memory_elsewhere(self) -> int | None:
        try:
            told = await self._redis.info("memory")
            return int(told["used_memory"])
        except Exception as error:  # as above
            self._failed(error)
            return None

    @property
    def _redis(self) -> Any:
        """The client the library made, for what the library does not ask."""
        return cast(Any, cast(RedisStorage, self._storage).bridge).storage

    def _failed(self, error: Exception) -> None:
        self.faults += 1
        self._rest_until = time.monotonic() + _REST
        _LOG.warning("the store of counters failed: %s", type(error).__name__)

    @contextlib.asynccontextmanager
    async def swept(self) -> AsyncIterator[None]:
        """Forget counters that are over, while the block runs."""
        if not isinstance(self._storage, MemoryStorage):
            try:
                yield
            finally:
                await self._redis.aclose()
            return
        # The library would look through all counters after each request, in a thread each; while its timer is
        # somebody's running task, it leaves that to the task.
        task = self._storage.timer = asyncio.create_task(self._sweep(self._storage))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _sweep(self, storage: MemoryStorage) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            forget(storage, time.time())


def _storage(uri: str) -> Storage:
    """Return where counters are. Raises InputOutput for an address that is none, or a library that is not there."""
    # The client of Redis itself; the library would choose another.
    options: dict[str, float | str | bool] = (
        {} if uri.startswith("memory:") else {"implementation": "redispy", **_PATIENCE}
    )
    try:
        return cast(Storage, storage_from_string(f"async+{uri}", **options))
    except (ConfigurationError, ValueError) as error:
        advice = "Give rates.storage as memory:// or redis://HOST:PORT, which needs: pip install 'tukscal[redis]'"
        raise InputOutput(f"The counters cannot be kept at {uri.partition('@')[2] or uri}.", advice=advice) from error


def forget(storage: MemoryStorage, now: float) -> None:
    """Drop counters that are over from the library's own tables."""
    over = [key for key, events in storage.events.items() if not events or events[0].expiry <= now]
    over += [key for key, expires in storage.expirations.items() if expires <= now]
    for key in over:
        for table in (storage.events, storage.storage, storage.expirations, storage.locks):
            table.pop(key, None)  # four kinds of dict


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
