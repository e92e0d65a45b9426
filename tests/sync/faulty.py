"""Real HTTP on loopback that goes wrong as told; import as `tukscal.tests.sync.faulty`.

`MadeService` keeps calendars by the rules of the wire; `FaultyProxy` stands before any service. Both ask `faults`
about each request first, in the order in which the requests come.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Self
from urllib.parse import unquote

from tukscal.sync import wire

TOKEN = "tuks_test-token_0123456789"  # noqa: S105 - opens nothing
ACCOUNT = "faculty-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes

    @property
    def plain(self) -> bytes:
        """The body without its coding."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request; `reaches` tells whether the service gets it all the same."""

    name: str
    reaches: bool = False
    answer: bytes = field(default=b"", repr=False)  # sent instead
    seconds: float = 0.0


def reply(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


RESET = Fault(name="reset")
LOST = Fault(name="lost", reaches=True)
HALF = Fault(name="half", reaches=True)
TOO_SHORT = Fault(name="too short", reaches=True)
LIES = Fault(name="lies", reaches=True)
SILENCE = Fault(name="silence")
GARBAGE = Fault(name="garbage", answer=b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n")
ENDLESS = Fault(name="endless", answer=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"[" * 1_000_000)


def answers(status: int, body: bytes = b"", kind: str = wire.PROBLEM_TYPE, **headers: str) -> Fault:
    """Return the fault of an answer that is not the service's; `retry_after` is the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Fault(name=str(status), answer=reply(status, body, {"Content-Type": kind, **named}))


def refuses(status: int, cause: str, **headers: str) -> Fault:
    """Return the fault of a problem document."""
    problem = wire.ProblemDetails(status=status, cause=cause, title=cause, detail=f"It is {cause}.")
    return answers(status, json.dumps(problem.as_json()).encode(), **headers)


LOGIN_PAGE = answers(200, b"<!doctype html><title>Log in to the campus network</title>", "text/html")
ELSEWHERE = answers(307, b"", "text/html", location="http://127.0.0.1:9/elsewhere")
FAILS = answers(500)
AWAY = answers(503)
TRANSIENT = (RESET, LOST, HALF, TOO_SHORT, LIES, GARBAGE, ENDLESS, LOGIN_PAGE, ELSEWHERE, FAILS, AWAY,
             answers(408), answers(425), answers(429), answers(502), answers(504), answers(507),
             refuses(409, "in_progress", retry_after="1"), answers(503, retry_after="2"))  # fmt: skip

Faults = Callable[[Request], Fault | None]


def none(request: Request) -> Fault | None:
    """Let everything go well."""
    return None


class Listening:
    """A server on a free port of this machine, in a thread of its own; use it as a context."""

    def __init__(self, faults: Faults = none) -> None:
        self.faults = faults
        self.requests: list[Request] = []
        self.met: Counter[str] = Counter()  # faults by name
        self.port = 0
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, limit=2**24, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            while (request := await read_request(reader)) is not None and await self._serve(request, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._open.discard(task)

    async def _serve(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; return whether the connection goes on."""
        self.requests.append(request)
        fault = self.faults(request)
        if fault is None:
            writer.write(await self.reply_to(request))
            await writer.drain()
            return True
        self.met[fault.name] += 1
        await asyncio.sleep(fault.seconds)
        good = await self.reply_to(request) if fault.reaches else b""
        if fault.name == "silence":
            await reader.read()  # until the other side has enough
        elif fault.name in ("reset", "lost"):
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.write(fault.answer or spoilt(fault, good))
            await writer.drain()
        return fault.name.isdecimal() or fault.name in ("lies", "slow")

    async def reply_to(self, request: Request) -> bytes:
        """Return the good answer to a request."""
        raise NotImplementedError


def spoilt(fault: Fault, good: bytes) -> bytes:
    """Return what of a good answer goes out."""
    head, _, body = good.partition(b"\r\n\r\n")
    if fault.name == "half":
        return good[: len(head) + 4 + len(body) // 2]
    if fault.name == "too short":
        return head.replace(b"Content-Length: ", b"Content-Length: 9") + b"\r\n\r\n" + body
    return good.replace(b'"sha256": "', b'"sha256": "0')[:-1] + b" " if fault.name == "lies" else good


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request of a connection, None if there is none."""
    head = await read_head(reader)
    if not head:
        return None
    line, headers = parsed(head)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = line.split(" ")
    return Request(method=method, path=path, headers=headers, body=body, raw=head + body)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """Return a message up to its body, nothing if the connection ended."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def parsed(head: bytes) -> tuple[str, dict[str, str]]:
    """Return a head's first line and its headers."""
    line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    return line, {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}


# ---- the service


@dataclass
class Kept:
    """A calendar as it is stored."""

    revision: int
    body: bytes


@dataclass
class Stored:
    """What a service has, and how it came: every storing once, in its order; replays are counted."""

    calendars: dict[str, Kept] = field(default_factory=dict)
    commits: list[tuple[str, int, str]] = field(default_factory=list)  # key, revision, sha256
    keys: dict[str, bytes] = field(default_factory=dict)  # idempotency key -> the answer there was
    replays: int = 0


class MadeService(Listening):
    """A service that keeps calendars as the wire says."""

    def __init__(self, faults: Faults = none, tokens: Mapping[str, str] | None = None) -> None:
        super().__init__(faults)
        self.tokens = dict(tokens or {TOKEN: ACCOUNT})
        self.stored = Stored()

    async def reply_to(self, request: Request) -> bytes:
        """Return the answer by the rules."""
        account = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            return refuses(401, "unauthorized").answer
        if (request.method, request.path) == ("GET", wire.ACCOUNT):
            return _json(200, wire.TokenAccount(id=account, scopes=("calendars",)).as_json())
        if request.method == "PUT" and request.path.startswith(f"{wire.CALENDARS}/"):
            return self._put(account, unquote(request.path.removeprefix(f"{wire.CALENDARS}/")), request)
        return refuses(404, "not_found").answer

    def _put(self, account: str, key: str, request: Request) -> bytes:
        body, revision = request.plain, int(request.headers[wire.REVISION.lower()])
        sha256, idempotency = wire.content_sha256(body), request.headers[wire.IDEMPOTENCY_KEY.lower()]
        right = (wire.idempotency_key(account, key, revision, body), sha256)
        if (idempotency, request.headers[wire.CONTENT_SHA256.lower()]) != right:
            return refuses(422, "idempotency_mismatch").answer
        if idempotency in self.stored.keys:
            self.stored.replays += 1
            return self.stored.keys[idempotency]
        before = self.stored.calendars.get(key)
        if before is not None and before.revision >= revision:
            return refuses(409, "superseded", tukscal_revision=str(before.revision)).answer
        self.stored.calendars[key] = Kept(revision, body)
        self.stored.commits.append((key, revision, sha256))
        said = {"key": key, "revision": revision, "sha256": sha256, "etag": wire.etag(sha256)}
        said["state"] = "stored"
        self.stored.keys[idempotency] = _json(200, said, {wire.REPLAYED: "true"})
        return _json(201 if before is None else 200, said)


def _json(status: int, value: object, headers: Mapping[str, str] | None = None) -> bytes:
    return reply(status, json.dumps(value).encode(), {"Content-Type": wire.JSON_TYPE, **(headers or {})})


# ---- the proxy


class FaultyProxy(Listening):
    """Stands before a service and hands on, or not, what comes; a connection there for each here."""

    def __init__(self, port: int, faults: Faults = none) -> None:
        super().__init__(faults)
        self._target = port

    async def reply_to(self, request: Request) -> bytes:
        """Return the answer of the service behind."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target, limit=2**24)
        try:
            writer.write(request.raw)
            await writer.drain()
            head = await read_head(reader)
            line, headers = parsed(head)
            empty = request.method == "HEAD" or line.split(" ")[1] in ("204", "304")
            if "content-length" in headers:
                return head + await reader.readexactly(0 if empty else int(headers["content-length"]))
            return head if empty else head + await reader.readuntil(b"0\r\n\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


# ---- which faults


def in_turn(*faults: Fault | None) -> Faults:
    """Return what gives each request the next of some faults, and none after the last."""
    left = iter(faults)
    return lambda request: next(left, None)


def only_puts(faults: Faults) -> Faults:
    """Return what spoils pushes, and lets questions through."""
    return lambda request: faults(request) if request.method == "PUT" else None


@contextlib.contextmanager
def made_service(faults: Faults = none) -> Iterator[MadeService]:
    """Run a service."""
    with MadeService(faults) as service:
        yield service
