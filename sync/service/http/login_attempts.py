"""Attempts at a password: few at a time, none from blocked addresses, and failures are told to who counts them."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request

from .. import problems
from ..access.blocklist import LOGIN
from ..access.rates import network
from ..context import Context
from .dependencies import address_of


@dataclass(slots=True)
class LoginAttempt:
    """What became of an attempt."""

    succeeded: bool = False


_AT_ONCE = 2  # of one network; each takes a core for a while, and counts when it has failed
_AT_ONCE_ALL = 8
_UNDER_WAY: Counter[str] = Counter()


@contextlib.asynccontextmanager
async def attempt(request: Request, the: Context) -> AsyncIterator[LoginAttempt]:
    """Hold an attempt, whose outcome is to be set. Raises HttpProblem 429 for an address that is blocked."""
    address = address_of(request)
    wait = the.blocks.wait_at(LOGIN, address)
    if wait:
        raise problems.too_many("blocked", "Too many attempts failed from your address.", wait)
    who = network(address)
    if _UNDER_WAY[who] >= _AT_ONCE or _UNDER_WAY.total() >= _AT_ONCE_ALL:
        raise problems.too_many("rate_limited", "Too many attempts at the same time.", 2)
    tried = LoginAttempt()
    _UNDER_WAY[who] += 1
    try:
        yield tried
    finally:
        _UNDER_WAY[who] -= 1
        if not _UNDER_WAY[who]:
            del _UNDER_WAY[who]
    if not tried.succeeded:
        await the.blocks.failed_login(address)
