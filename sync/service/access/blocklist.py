"""Who may not, for a while or until an admin says otherwise: kept in the store, asked in memory.

A campus shares one address, so a wrong password typed five times blocks that address from logging in, not from the
service; only an admin blocks an address from everything.
"""

from __future__ import annotations

import math

from ..clock import Clock
from ..settings import RateSettings
from ..store.interface import BlockStore
from ..store.job_model import AccessBlock
from ..store.rate_model import Rule
from .rates import Limiter, network, within

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
