"""Bodies of requests: read by rule, inflated within bounds, and the one file of a form.

A body has a size its route allows, counted on the stream whatever Content-Length says, a time, a least rate and a share
of the memory all bodies may take. What breaks a rule is answered at once; the rest of it is thrown away for a moment so
that the answer arrives, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import problems
from ..context import Context
from ..problems import HttpProblem
from ..settings import IntakeSettings, SizeSettings
from . import answers

_GZIP = 16 + zlib.MAX_WBITS
_PART_HEADERS = 2048  # bytes of one part's headers
_NAME = 200  # characters of a file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was sent: its bytes, and its name without any folders."""

    data: bytes
    name: str = ""


def plain(body: bytes, encoding: str | None, most: int) -> bytes:
    """Return a body as it was before Content-Encoding, of at most so many bytes.

    Raises HttpProblem: 413 for more, 400 for what is no gzip, 415 for another encoding.
    """
    if encoding is None or encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise problems.unsupported("The body's Content-Encoding is not gzip.")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        data = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise problems.bad_request("The body is not gzip, though its Content-Encoding says so.") from None
    if len(data) > most:
        raise problems.too_large(f"Unpacked, the body has more than {most:,} bytes.")
    if not unpacking.eof or unpacking.unused_data:
        raise problems.bad_request("The body is gzip that does not end where the body ends.")
    return data


def uploaded(body: bytes, content_type: str | None, parts: int) -> Upload:
    """Return the PDF of a body: the body itself, or the file `pdf` of a form of at most so many parts.

    Raises HttpProblem: 415 for another type, 400 for a form without exactly one such file.
    """
    kind, options = parse_options_header(content_type)
    if kind in (b"application/pdf", b"application/octet-stream"):
        return Upload(data=body)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise problems.unsupported("Send a PDF: application/pdf, or a form with the file `pdf`.")
    form = _Form(parts)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]  # its keys are fixed
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise problems.bad_request("The form cannot be read.") from None
    files = [part for part in form.parts if part.name == "pdf" and part.file is not None]
    if len(files) != 1 or not form.ended:
        raise problems.bad_request("The form has not exactly one file `pdf`.")
    return Upload(data=bytes(files[0].data), name=safe_name(files[0].file or ""))


def safe_name(text: str) -> str:
    """Return a file's name for people: its last part, printable characters only."""
    last = text.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:_NAME]


@dataclass(slots=True)
class _Part:
    name: str = ""
    file: str | None = None
    data: bytearray = field(default_factory=bytearray)


class _Form:
    """Collects the parts of a form; of more than allowed, and of headers without end, it makes a problem."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._field = bytearray()
        self._value = bytearray()
        self._headers = 0
        self.parts: list[_Part] = []
        self.ended = False
        """Whether the form's own end was there."""

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header(self._field, data[start:end]),
            "on_header_value": lambda data, start, end: self._header(self._value, data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(data[start:end]),
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= self._most:
            raise problems.bad_request(f"The form has more than {self._most} parts.")
        self._headers = 0
        self.parts.append(_Part())

    def _header(self, into: bytearray, data: bytes) -> None:
        self._headers += len(data)
        if self._headers > _PART_HEADERS:
            raise problems.bad_request("A part of the form has too many headers.")
        into += data

    def _end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            part.file = options[b"filename"].decode("utf-8", "replace") if b"filename" in options else None
        self._field.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True


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
    await answers.problem_json(problem, path)(scope, body.receive, reply.send)


def _too_large(most: int) -> HttpProblem:
    return problems.too_large(f"A body here has at most {most:,} bytes.")


def _too_slow() -> HttpProblem:
    status = HTTPStatus.REQUEST_TIMEOUT
    return HttpProblem(status, "too_slow", "The body came too slowly.", advice="Try again with a better connection.")
