"""Before anything of a request is read: is its address blocked, and does it ask too often?"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..access.blocklist import ADDRESS
from ..access.rates import network, refusal
from ..context import Context
from ..problems import HttpProblem
from ..store.rate_model import Rule
from . import pages

_FREE = ("/live", "/ready", "/metrics")  # somebody who looks after the service must always see it


class Gate:
    """ASGI middleware that turns away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        problem = await self._problem(scope) if scope["type"] == "http" and scope["path"] not in _FREE else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await pages.problem(problem, scope["path"], Headers(scope=scope))(scope, receive, send)

    async def _problem(self, scope: Scope) -> HttpProblem | None:
        service: Context = scope["app"].state.context
        who = network(scope["client"][0] if scope["client"] else "")
        if wait := service.blocks.wait_at(ADDRESS, who.partition("/")[0]):
            service.metrics.blocked(ADDRESS)
            return HttpProblem(403, "blocked", "This address is blocked.", headers={"Retry-After": str(wait)})
        return await self._too_often(service, who)

    async def _too_often(self, service: Context, who: str) -> HttpProblem | None:
        rule = Rule(name="address", amount=service.settings.rates.address_minute, seconds=60, exact=False)
        found = await service.limiter.hit(rule, who)
        if found is None or found.allowed:
            return None
        service.metrics.refused(rule.name)
        return refusal([found], "Too many requests come from this address.")
