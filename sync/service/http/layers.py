"""The outermost layers: a request gets an id, is measured and logged by its route; blocked addresses are turned away.

A route is known by its pattern, never by its path: paths of feeds are secrets, and of jobs there would be one each.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ....core.system.jsonlog import FIELDS
from ...wire import REQUEST_ID
from ..access.rates import ADDRESS, network, refusal
from ..context import Context
from ..logs import REQUEST
from ..problems import HttpProblem
from ..store.model import Rule
from . import answers

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNKNOWN = "none"  # the route of a path there is nothing at
_FAULT = 500
_LOG = logging.getLogger(__name__)


class Observe:
    """ASGI middleware that counts, times and logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = LoggedRequest(scope, receive, send)
        before = REQUEST.set(seen.id)
        try:
            await self._app(scope, seen.receive, seen.send)
        except BaseException:
            seen.status = seen.status or _FAULT  # the answer to it is made outside
            raise
        finally:
            seen.finish()
            REQUEST.reset(before)


class LoggedRequest:
    """One request as it passes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._begun = time.perf_counter()
        self._taken = self._given = 0
        given = Headers(scope=scope).get(REQUEST_ID, "")
        self.id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        """Its own, or the one a proxy or client gave it."""
        self.status = 0

    async def receive(self) -> Message:
        """Pass on what comes in."""
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """Pass on what goes out."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.id
        self._given += len(message.get("body", b""))
        await self._send(message)

    def finish(self) -> None:
        """Count and log."""
        seconds = time.perf_counter() - self._begun
        route = route_of(self._scope)
        service: Context = self._scope["app"].state.context
        service.metrics.request(_method(self._scope), route, self.status, seconds)
        service.metrics.traffic(self._taken, self._given)
        fields = {"method": _method(self._scope), "route": route, "status": self.status}
        fields |= {"ms": round(seconds * 1000, 2), "bytes_in": self._taken, "bytes_out": self._given}
        _LOG.info("request", extra={FIELDS: fields})


def route_of(scope: Scope) -> str:
    """Return the pattern of the route that served a request."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else _UNKNOWN


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"


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
            await answers.problem_answer(problem, scope["path"], Headers(scope=scope))(scope, receive, send)

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
