"""How often somebody may ask, and what is said about it; who is blocked; the proof of work for crowded addresses.

The headers are the IETF's (draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit, structured fields) and
the older X-RateLimit-*; all of them and Retry-After come from the same numbers. Counters of requests are in memory, or
kept by the `limits` library in a Redis; those of uploads are rows of the store, because they must survive a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import logging
import math
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import altcha
from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from ....core.errors import InputOutput
from .. import problems
from ..problems import HttpProblem
from ..settings import Clock, RateSettings
from ..store.interface import BlockStore
from ..store.model import AccessBlock, Allowance, Rule, Spent, standing, whole

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SWEEP = 10.0  # seconds between two looks for counters that are over
_PATIENCE = 0.5  # seconds for a Redis: requests wait for it
_REST = 1.0  # seconds a store of counters that failed is not asked
_LOG = logging.getLogger(__name__)


def headers(standings: Sequence[Allowance]) -> dict[str, str]:
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


def refusal(standings: Sequence[Allowance], detail: str) -> HttpProblem:
    """Return the 429 of a request that a rule does not allow; Retry-After is that rule's reset."""
    wait = max((one.reset for one in standings if not one.allowed), default=1)
    return problems.too_many("rate_limited", detail, wait, headers(standings))


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
        """Take memory:// or redis://...; nothing is connected to yet. Raises InputOutput for another address."""
        self._counters: _Memory | _Shared = _Memory() if storage.startswith("memory:") else _shared(storage)
        self._rest_until = float("-inf")
        self.faults = 0
        """How often the counter store failed."""

    async def hit(self, rule: Rule, who: str) -> Allowance | None:
        """Count a request and return where its sender stands then; None if the rule is no limit."""
        if not rule.amount or time.monotonic() < self._rest_until:
            return None
        try:
            return await self._counters.hit(rule, who)
        except Exception as error:  # the library's, the driver's and the socket's own
            self._failed(error)
            return None

    async def check(self, rule: Rule, who: str, detail: str) -> Mapping[str, str]:
        """Count a request and return the headers of its answer. Raises HttpProblem."""
        found = await self.hit(rule, who)
        if found is not None and not found.allowed:
            raise refusal([found], detail)
        return headers([found] if found else [])

    async def memory(self) -> int | None:
        """Return the bytes the counters take, about: in this process, or all of a Redis; None if it does not say."""
        try:
            return await self._counters.memory()
        except Exception as error:  # as above
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        self.faults += 1
        self._rest_until = time.monotonic() + _REST
        _LOG.warning("the store of counters failed: %s", type(error).__name__)

    @contextlib.asynccontextmanager
    async def swept(self) -> AsyncIterator[None]:
        """Forget counters that are over, while the block runs."""
        task = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._counters.close()

    def forget(self, now: float) -> None:
        """Drop the counters of this process that are over."""
        self._counters.forget(now)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            self.forget(time.monotonic())


class _Memory:
    """Counters of this process, used by the event loop alone."""

    def __init__(self) -> None:
        self._times: dict[tuple[Rule, str], deque[float]] = {}
        self._counts: dict[tuple[Rule, str], tuple[float, int]] = {}  # when they begin anew, and how many

    async def hit(self, rule: Rule, who: str) -> Allowance:
        now = time.monotonic()
        return self._remembered(rule, who, now) if rule.exact else self._counted(rule, who, now)

    def _remembered(self, rule: Rule, who: str, now: float) -> Allowance:
        times = self._times.setdefault((rule, who), deque())
        while times and times[0] <= now - rule.seconds:
            times.popleft()
        allowed = len(times) < rule.amount
        if allowed:
            times.append(now)
        return replace(standing(rule, times, now), allowed=allowed)

    def _counted(self, rule: Rule, who: str, now: float) -> Allowance:
        until, count = self._counts.get((rule, who), (0.0, 0))
        if until <= now:
            until, count = now + rule.seconds, 0
        self._counts[rule, who] = until, count + 1
        remaining = max(0, rule.amount - count - 1)
        return Allowance(rule=rule, remaining=remaining, reset=whole(until - now), allowed=count < rule.amount)

    def forget(self, now: float) -> None:
        for key in [key for key, times in self._times.items() if times[-1] <= now - key[0].seconds]:
            del self._times[key]
        for key in [key for key, (until, _) in self._counts.items() if until <= now]:
            del self._counts[key]

    async def memory(self) -> int:
        tables = sys.getsizeof(self._times) + sys.getsizeof(self._counts)
        return tables + 250 * (len(self._times) + len(self._counts)) + 32 * sum(map(len, self._times.values()))

    async def close(self) -> None:
        pass


class _Shared:
    """Counters in a Redis, for all replicas."""

    def __init__(self, storage: Storage, redis: Redis) -> None:
        self._redis = redis
        self._exact = MovingWindowRateLimiter(storage)
        self._counted = FixedWindowRateLimiter(storage)

    async def hit(self, rule: Rule, who: str) -> Allowance:
        item = RateLimitItemPerSecond(rule.amount, rule.seconds, rule.name)
        limiter = self._exact if rule.exact else self._counted
        allowed = await limiter.hit(item, who)
        window = await limiter.get_window_stats(item, who)
        reset = whole(window.reset_time - time.time())
        return Allowance(rule=rule, remaining=max(0, window.remaining), reset=reset, allowed=allowed)

    def forget(self, now: float) -> None:
        """Redis forgets by itself."""

    async def memory(self) -> int:
        told = await self._redis.info("memory")
        return int(told["used_memory"])

    async def close(self) -> None:
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()


def _shared(uri: str) -> _Shared:
    """Return counters in a Redis. Raises InputOutput for an address that is none, or a library that is not there."""
    try:
        from redis.asyncio import ConnectionPool, Redis  # an extra of its own

        pool = ConnectionPool.from_url(uri, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        # The client of Redis itself; the library would choose another.
        options: dict[str, Any] = {"implementation": "redispy", "connection_pool": pool}
        return _Shared(cast(Storage, storage_from_string(f"async+{uri}", **options)), Redis(connection_pool=pool))
    except (ConfigurationError, ImportError, ValueError) as error:
        advice = "Give rates.storage as memory:// or redis://HOST:PORT, which needs: pip install 'tukscal[redis]'"
        raise InputOutput(f"The counters cannot be kept at {uri.partition('@')[2] or uri}.", advice=advice) from error


ADDRESS, LOGIN, ACCOUNT = "address", "login", "account"


class Blocklist:
    """What holds now; another process's blocks are seen after `load`."""

    def __init__(self, rows: BlockStore, limiter: Limiter, rates: RateSettings, clock: Clock) -> None:
        self._rows = rows
        self._limiter = limiter
        self._clock = clock
        self._block = rates.block
        span = max(1, int(rates.block))
        self._failed = Rule(name="logins-failed", amount=rates.logins_failed, seconds=span)
        self._abused = Rule(name="abuse", amount=rates.abuse, seconds=span, exact=False)
        self._known: dict[str, AccessBlock] = {}
        self._networks: list[AccessBlock] = []

    def __len__(self) -> int:
        return sum(map(self._holds, self._known.values()))

    async def load(self) -> None:
        """Read what holds from the store."""
        self._known = {block.who: block for block in await self._rows.all(self._clock.now())}
        self._find_networks()

    def _find_networks(self) -> None:
        """Note the few blocks that are of networks: each request looks through them."""
        self._networks = [block for block in self._known.values() if "/" in block.who.partition(":")[2]]

    def wait(self, who: str) -> int:
        """Return the seconds somebody has to wait, 0 for none; a block for ever is a day each time."""
        block = self._known.get(who)
        return 0 if block is None else self._rest(block)

    def wait_at(self, kind: str, address: str) -> int:
        """Return the seconds an address has to wait, itself or one of the networks it lies in."""
        wait = self.wait(f"{kind}:{network(address)}")
        for networks in (block for block in self._networks if block.who.startswith(f"{kind}:")):
            if within(address, (networks.who.partition(":")[2],)):
                wait = max(wait, self._rest(networks))
        return wait

    def _rest(self, block: AccessBlock) -> int:
        if not self._holds(block):
            return 0
        return 86_400 if block.until is None else max(1, math.ceil(block.until - self._clock.now()))

    def all(self) -> list[AccessBlock]:
        """Return what holds."""
        return [block for block in self._known.values() if self._holds(block)]

    async def add(self, who: str, reason: str, seconds: float | None) -> AccessBlock:
        """Block somebody, for ever without seconds."""
        now = self._clock.now()
        block = AccessBlock(who=who, until=None if seconds is None else now + seconds, reason=reason, made=now)
        await self._rows.put(block)
        self._known[who] = block
        self._find_networks()
        return block

    async def remove(self, who: str) -> bool:
        """Lift a block."""
        self._known.pop(who, None)
        self._find_networks()
        return await self._rows.remove(who)

    async def failed_login(self, address: str) -> None:
        """Count a wrong password; too many block the address from logging in."""
        who = f"{LOGIN}:{network(address)}"
        found = await self._limiter.hit(self._failed, who)
        if found is not None and (not found.allowed or found.remaining == 0):
            await self.add(who, "failed logins", self._block)

    async def refused(self, account: str) -> None:
        """Count a request an account was refused by a limit; too many block it."""
        who = f"{ACCOUNT}:{account}"
        found = await self._limiter.hit(self._abused, who)
        if found is not None and not found.allowed and not self.wait(who):
            await self.add(who, "abuse", self._block)

    def _holds(self, block: AccessBlock) -> bool:
        return block.until is None or block.until > self._clock.now()


HEADER = "Tukscal-Challenge"
_ALGORITHM = "SHA-256"
_MOST = 4096  # characters of an answer
_EXPIRES = "expires"  # not altcha's own expiry, which looks at the computer's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How much work a challenge is: `cost` hashes a try, a found key begins with `prefix`; `seconds` to answer."""

    cost: int = 100
    prefix: str = "000"
    seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Challenges:
    """Makes challenges and checks answers; `secret` signs."""

    secret: bytes = field(repr=False)
    clock: Clock
    difficulty: Difficulty = field(default_factory=Difficulty)

    def new(self) -> dict[str, object]:
        """Return a challenge as altcha's clients take it."""
        made = altcha.create_challenge(
            _ALGORITHM,
            self.difficulty.cost,
            key_prefix=self.difficulty.prefix,
            data={_EXPIRES: int(self.clock.now() + self.difficulty.seconds)},
            hmac_secret=self.secret,
        )
        return dict(made.to_dict())

    def check(self, answer: str) -> Spent | None:
        """Return what a right answer spends, None for one that is wrong, too late or not to our challenge."""
        if len(answer) > _MOST or not altcha.verify_solution(answer, self.secret).verified:
            return None
        challenge = altcha.Payload.from_base64(answer).challenge  # verified: it is what we signed
        expires = float((challenge.parameters.data or {})[_EXPIRES])
        if expires < self.clock.now():
            return None
        return Spent(id=hashlib.sha256(str(challenge.signature).encode()).digest(), expires=expires)


def solve(challenge: dict[str, object]) -> str:
    """Return the answer to a challenge: what a browser does, for load tests and programs."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    if solution is None:
        raise ValueError("This challenge cannot be solved in the time there is.")
    return altcha.Payload(made, solution).to_base64()
