"""Requests to the central service, several in flight: the one module that imports httpx.

Whatever is not the answer that was agreed on is a failure by name. The token goes to the server it was made for and
nowhere else: redirects are not followed, and no failure holds a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import httpx

from .. import __version__
from ..core.decode import Unfit
from . import wire
from .credentials import ServiceLogin
from .retry import FailureKind, PushFailed, retry_after

T = TypeVar("T")

CONNECT = 5.0  # seconds
TOTAL = 30.0  # seconds for a request and its answer
_MOST = 65_536  # bytes of an answer
_SMALL = 512  # bytes that are sent as they are
_LATER = frozenset({408, 425, 507})
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarUpload:
    """A calendar to be pushed: its name, its revision, the plain bytes."""

    key: str
    revision: int
    body: bytes


class Reply(NamedTuple):
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Service:
    """The service as somebody who is logged in sees it; `total` seconds are given to each request."""

    def __init__(
        self, login: ServiceLogin, *, in_flight: int = 8, total: float = TOTAL, clock: Callable[[], float] = time.time
    ) -> None:
        self._login = login
        self._total = total
        self._clock = clock
        self._http = httpx.AsyncClient(
            headers={
                "User-Agent": f"tukscal/{__version__}",
                "Accept": f"{wire.JSON_TYPE}, {wire.PROBLEM_TYPE}",
                "Accept-Encoding": "identity",  # an answer is small, and none may grow here
            },
            timeout=httpx.Timeout(total, connect=min(CONNECT, total)),
            limits=httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def put(self, upload: CalendarUpload) -> wire.StoredCalendar:
        """Push a calendar and return what the service says it holds now. Raises PushFailed."""
        sha256, body = wire.content_sha256(upload.body), upload.body
        headers = {
            "Content-Type": f"{wire.CALENDAR_TYPE}; charset=utf-8",
            wire.IDEMPOTENCY_KEY: wire.idempotency_key(self._login.account, upload.key, upload.revision, body),
            wire.REVISION: str(upload.revision),
            wire.CONTENT_SHA256: sha256,
        }
        if len(body) > _SMALL:
            body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        reply = await self._ask("PUT", wire.calendar_path(upload.key), headers, body)
        stored = _read(reply, wire.read_stored)
        said = (stored.key, stored.revision, stored.sha256, stored.etag)
        if said != (upload.key, upload.revision, sha256, wire.etag(sha256)):
            raise PushFailed(FailureKind.BROKEN, "The service says that it stored something else than it was sent.")
        # A repetition is answered with the very bytes of the first time; the header tells.
        replayed = reply.headers.get(wire.REPLAYED, "").lower() == "true"
        return replace(stored, state=wire.Written.REPLAYED) if replayed else stored

    async def account(self) -> wire.TokenAccount:
        """Return who the token speaks for. Raises PushFailed."""
        return _read(await self._ask("GET", wire.ACCOUNT, {}, None), wire.read_account)

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Return a good answer. Raises PushFailed."""
        found = await self._exchange(method, path, headers, body)
        failure = _failure(found, self._clock()) if isinstance(found, Reply) else found
        if failure is not None:
            raise failure  # outside of any handler, for what httpx raises has the request with its token in it
        assert isinstance(found, Reply), "else there was a failure"
        return found

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply | PushFailed:
        authorized = {**headers, "Authorization": f"Bearer {self._login.token.reveal()}"}
        try:
            async with (
                asyncio.timeout(self._total),
                self._http.stream(method, self._login.server + path, headers=authorized, content=body) as response,
            ):
                return Reply(response.status_code, response.headers, await _whole(response))
        except TimeoutError:
            return PushFailed(FailureKind.UNREACHABLE, f"The service did not answer within {self._total:.0f} seconds.")
        except httpx.RequestError as error:
            return PushFailed(FailureKind.UNREACHABLE, _sentence(error))
        except (OSError, httpx.InvalidURL):
            return PushFailed(FailureKind.UNREACHABLE, "The service cannot be connected to.")


async def _whole(response: httpx.Response) -> bytes:
    """Return an answer's body, cut off where no answer of the service would be so long."""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _MOST:
            break
    return bytes(body[:_MOST])


def _sentence(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"The service cannot be connected to within {CONNECT:.0f} seconds."
    if isinstance(error, httpx.TimeoutException):
        return "The service stopped answering."
    if isinstance(error, httpx.ConnectError):
        return "The service cannot be connected to."
    return "The connection to the service broke off before there was a whole answer."


def _read(reply: Reply, read: Callable[[bytes], T]) -> T:
    """Return what a good answer says; a page that somebody put in its place says nothing."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != wire.JSON_TYPE:
        raise PushFailed(FailureKind.BROKEN, "The answer is not the service's: a page for people came back.")
    try:
        return read(reply.body)
    except Unfit as error:
        raise PushFailed(FailureKind.BROKEN, f"The answer is not the service's: {_cut(str(error))}.") from None


def _failure(reply: Reply, now: float) -> PushFailed | None:
    """Return what an answer says went wrong, None for a good one."""
    status = reply.status
    if status in (200, 201):
        return None
    problem = wire.read_problem(reply.body, status)
    said = problem.detail or problem.title or f"it answered {status}"
    wait = retry_after(reply.headers.get("retry-after"), now)
    if status == 401 or (status == 403 and problem.cause == wire.WireCause.FORBIDDEN):
        return PushFailed(FailureKind.UNAUTHORIZED, f"The service does not take the token: {_cut(said)}")
    if status == 409 and problem.cause == wire.WireCause.SUPERSEDED:
        return _superseded(reply)
    if status in _BUSY or (status == 403 and problem.cause == wire.WireCause.BLOCKED):
        return PushFailed(FailureKind.BUSY, f"The service asks to wait: {_cut(said)}", wait=wait)
    if status in _LATER or (status == 409 and problem.cause == wire.WireCause.IN_PROGRESS):
        return PushFailed(FailureKind.LATER, f"The service cannot take it now: {_cut(said)}", wait=wait)
    if 400 <= status < 500:
        return PushFailed(FailureKind.REFUSED, f"The service refused it ({status}): {_cut(said)}")
    if 300 <= status < 400:
        return PushFailed(
            FailureKind.BROKEN, f"The service sends us elsewhere ({status}); the token does not go there."
        )
    return PushFailed(FailureKind.BROKEN, f"The service failed ({status}): {_cut(said)}", wait=wait)


def _superseded(reply: Reply) -> PushFailed:
    """Return what it means that the service has a higher revision: the same bytes are as good as ours."""
    with contextlib.suppress(ValueError):
        there = wire.revision_number(reply.headers.get(wire.REVISION.lower(), ""))
        return PushFailed(
            FailureKind.SUPERSEDED, "The service has another state of it, under a higher revision.", there=there
        )
    return PushFailed(FailureKind.SUPERSEDED, "The service has another state of it, under a higher revision.")


def _cut(text: str) -> str:
    """Return somebody else's words, in a length and with letters a terminal can show."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:300])
