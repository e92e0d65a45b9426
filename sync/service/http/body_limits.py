"""Bodies that end by rule: every request passes here before anything of it is kept.

A body has a size its route allows, counted on the stream whatever Content-Length says, a time, a least rate and a share
of the memory all bodies may take. What breaks a rule is answered at once; the rest of it is thrown away for a moment so
that the answer arrives, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import problems
from ..context import Context
from ..problems import HttpProblem
from ..settings import IntakeSettings, SizeSettings
from . import pages

_SMALL = 32 * 1024  # bytes a body may always have: a timetable fits, whatever others hold
_DRAIN = 2.0  # seconds a refused body may go on arriving before the connection is closed
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_FORM = 64 * 1024  # bytes a form may have around its file
_CALENDARS, _JOBS = "/v1/calendars/", "/v1/jobs"


def most(sizes: SizeSettings, method: str, path: str) -> int:
    """Return how many bytes a body may have."""
    if method == "PUT" and path.startswith(_CALENDARS):
        return sizes.calendar
    if method == "POST" and path == _JOBS:
        return sizes.pdf + _FORM
    return sizes.json


class Refused(Exception):
    """Reading was given up: the problem says by which rule."""

    def __init__(self, problem: HttpProblem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(slots=True)
class Held:
    """Bytes of all bodies that are in memory now, and how often a rule ended one."""

    bytes: int = 0


class BodyLimits:
    """ASGI middleware that reads bodies by rule."""

    def __init__(self, app: ASGIApp, rules: IntakeSettings, sizes: SizeSettings) -> None:
        self._app = app
        self._rules = rules
        self._sizes = sizes
        self._held = Held()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(scope, receive, self._rules, most(self._sizes, scope["method"], scope["path"]), self._held)
        reply = GuardedResponse(send, body)
        try:
            body.check_head()
            await self._app(scope, body.receive, reply.send)
        except ClientDisconnect:
            pass  # nobody is there to be told, unless it was us who gave up
        except Exception:
            if body.refusal is None or reply.begun:
                raise
        finally:
            body.release()
        if (problem := body.refusal) is not None:
            service: Context = scope["app"].state.context
            service.metrics.refused(problem.cause)
            if not reply.begun:
                await _refuse(scope, body, reply, problem)


class Body:
    """One request's body on its way in."""

    def __init__(self, scope: Scope, receive: Receive, rules: IntakeSettings, most: int, held: Held) -> None:
        self._scope = scope
        self._receive = receive
        self._rules = rules
        self._most = most
        self._held = held
        self._headers = Headers(scope=scope)
        self._begun = asyncio.get_running_loop().time()
        self._read = 0
        length = self._headers.get("content-length")
        self._done = "transfer-encoding" not in self._headers and length in (None, "0")
        self.refusal: HttpProblem | None = None
        """The rule that was broken."""

    @property
    def done(self) -> bool:
        """Whether all of it has come, or there is none."""
        return self._done

    async def drain(self) -> None:
        """Throw the rest away for a moment: a socket closed on a sender would take the answer with it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN):
                while not self._done:
                    message = await self._receive()
                    self._done = message["type"] != "http.request" or not message.get("more_body", False)

    def check_head(self) -> None:
        """Refuse what its head says is too much. Raises Refused."""
        length = self._headers.get("content-length")
        if length is None:
            if self._scope["method"] in _NO_BODY and "transfer-encoding" in self._headers:
                self._refuse(problems.bad_request(f"{self._scope['method']} takes no body.", cause="no_body"))
            return
        if int(length) > self._most:  # the server has checked that it is a number
            self._refuse(_too_large(self._most))

    async def receive(self) -> Message:
        """Return the next piece, by the rules; a disconnect when one is broken."""
        if self._done:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline()):
                message = await self._receive()
        except TimeoutError:
            self.refusal = self.refusal or _too_slow()
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._done = not message.get("more_body", False)
        return message if self.refusal is None else {"type": "http.disconnect"}

    def release(self) -> None:
        """Give its share of the memory back."""
        self._held.bytes -= self._read
        self._read = 0

    def _count(self, size: int) -> None:
        self._read += size
        self._held.bytes += size
        if self._read > self._most:
            self.refusal = self.refusal or _too_large(self._most)
        elif self._held.bytes > self._rules.memory and size and self._read > _SMALL:
            self.refusal = self.refusal or problems.unavailable("busy", "The service reads as much as it can.", 2)

    def _deadline(self) -> float:
        """Return when the next piece must be there: by the whole time, and by the least rate of what came."""
        return self._begun + min(self._rules.body, self._rules.grace + self._read / self._rules.rate)

    def _refuse(self, problem: HttpProblem) -> None:
        self.refusal = problem
        raise Refused(problem)


class GuardedResponse:
    """What goes out: nothing of the application's once its request was refused."""

    def __init__(self, send: Send, body: Body) -> None:
        self._send = send
        self._body = body
        self._closing = False
        self.begun = False
        """Whether the head of an answer was sent."""

    async def send(self, message: Message) -> None:
        """Send a piece of the application's answer."""
        if self._body.refusal is not None and not self.begun:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            self._closing = not self._body.done
            if self._closing:  # nobody wants the rest of the body
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        elif self._closing and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._body.drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)


async def _refuse(scope: Scope, body: Body, reply: GuardedResponse, problem: HttpProblem) -> None:
    """Answer in the place of the application."""
    body.refusal = None
    path = scope["path"] if scope["path"].startswith("/v1/") else "/"
    await pages.response(problem, path)(scope, body.receive, reply.send)


def _too_large(most: int) -> HttpProblem:
    return problems.too_large(f"A body here has at most {most:,} bytes.")


def _too_slow() -> HttpProblem:
    status = HTTPStatus.REQUEST_TIMEOUT
    return HttpProblem(status, "too_slow", "The body came too slowly.", advice="Try again with a better connection.")
