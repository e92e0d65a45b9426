"""The daemon's figures over HTTP, for this computer alone: /live, /ready, /metrics and /status.

A thread of its own answers from the last published status, so a probe never waits for the daemon, nor the daemon for
a probe. GET only, small requests, a deadline for each, few at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from ..errors import InputOutput
from .heartbeat import SILENT
from .metrics import CONTENT_TYPE, Metrics
from .status import READY, Board, plain

_HERE = "127.0.0.1"
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_MOST = 8192  # bytes of a request
_ATONCE = 16  # connections
_DEADLINE = 3.0  # seconds for a connection, all in all
_LAST_PORT = 65_535
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"


class PortTaken(InputOutput):
    """The port for the daemon's figures cannot be had."""

    default_advice = "Choose another --status-port, or end the program that has it."


class Answer(NamedTuple):
    """A reply: its code, the type of its body, the body."""

    code: HTTPStatus
    kind: str
    body: bytes


class Pages:
    """What is answered to which path; tests ask it without a socket."""

    def __init__(self, board: Board, metrics: Metrics, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._board = board
        self._metrics = metrics
        self._ticks = ticks
        self._known = {"/live": self._live, "/ready": self._ready, "/metrics": self._figures, "/status": self._status}

    def answer(self, request: bytes) -> Answer:
        """Return the reply to a request's head."""
        line, *headers = request.decode("latin-1").split("\r\n")
        method, _, rest = line.partition(" ")
        target, _, version = rest.partition(" ")
        if not version.startswith("HTTP/1."):
            return _words(HTTPStatus.BAD_REQUEST, "This is no HTTP request.")
        if not _is_for_us(headers):  # a page in a browser, that was given our address under its own name
            return _words(HTTPStatus.MISDIRECTED_REQUEST, "Ask for 127.0.0.1 or localhost.")
        if method != "GET":
            return _words(HTTPStatus.METHOD_NOT_ALLOWED, "GET only.")
        page = self._known.get(target.partition("?")[0])
        return page() if page else _words(HTTPStatus.NOT_FOUND, "There are " + ", ".join(self._known) + ".")

    def _live(self) -> Answer:
        """Tell whether the daemon still goes round; one that does not is to be started again."""
        fault = self._silent()
        return _words(HTTPStatus.SERVICE_UNAVAILABLE, fault) if fault else _words(HTTPStatus.OK, "The daemon lives.")

    def _ready(self) -> Answer:
        """Tell whether new files are converted, and why not."""
        status, fault = self._board.status, self._silent()
        if fault or status is None:
            return _words(HTTPStatus.SERVICE_UNAVAILABLE, fault)
        text = f"{status.state}: {status.reason}" if status.reason else str(status.state)
        if status.owner:
            text += f"; at work is {status.owner}"
        return _words(HTTPStatus.OK if status.state in READY else HTTPStatus.SERVICE_UNAVAILABLE, text)

    def _figures(self) -> Answer:
        return Answer(HTTPStatus.OK, CONTENT_TYPE, self._metrics.text())

    def _status(self) -> Answer:
        status = self._board.status
        if status is None:
            return _words(HTTPStatus.SERVICE_UNAVAILABLE, "starting")
        return Answer(HTTPStatus.OK, _JSON, json.dumps(plain(status)).encode())

    def _silent(self) -> str:
        """Return what is wrong with a daemon that publishes nothing, empty if it does."""
        if self._board.status is None:
            return "starting"
        age = self._ticks() - self._board.ticks
        return f"no sign of the daemon for {age:.0f} s" if age >= SILENT else ""


def _is_for_us(headers: list[str]) -> bool:
    hosts = [value.strip() for name, _, value in (line.partition(":") for line in headers) if name.lower() == "host"]
    return all(host.lower() in _NAMES or host.lower().rpartition(":")[0] in _NAMES for host in hosts)


def _words(code: HTTPStatus, text: str) -> Answer:
    return Answer(code, _TEXT, f"{text}\n".encode("utf-8", "backslashreplace"))


class Endpoint:
    """The thread that answers; `close` ends it, and so does the end of the process. Raises PortTaken."""

    def __init__(self, port: int, pages: Pages) -> None:
        self._listening = _listen(port)
        self.port: int = self._listening.getsockname()[1]
        self._pages = pages
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="status-port", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more, and give the port back."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._listening.close()

    async def _serve(self) -> None:
        async with await asyncio.start_server(self._meet, sock=self._listening, limit=_MOST):
            await self._end.wait()
            await self._finish()

    async def _finish(self) -> None:
        """Close all connections, those too that are just being accepted: asyncio forgets them if its server closes."""
        latest = self._loop.time() + _DEADLINE
        for writer in self._open:
            writer.transport.abort()
        while (tasks := asyncio.all_tasks() - {asyncio.current_task()}) and self._loop.time() < latest:
            await asyncio.wait(tasks, timeout=_DEADLINE)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close the connection, whatever happens."""
        self._open.add(writer)
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):  # it has gone, or says nothing
            if len(self._open) <= _ATONCE and not self._end.is_set():
                async with asyncio.timeout(_DEADLINE):
                    await self._talk(reader, writer)
        if writer.transport.get_write_buffer_size():  # nobody reads it
            writer.transport.abort()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._open.remove(writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = self._pages.answer(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            answer = _words(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request is too large.")
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):  # a fault of ours ends no thread
            answer = _words(HTTPStatus.INTERNAL_SERVER_ERROR, "tukscal has a fault of its own.")
        writer.write(_head(answer) + answer.body)
        await writer.drain()


def _head(answer: Answer) -> bytes:
    lines = (
        f"HTTP/1.1 {answer.code.value} {answer.code.phrase}",
        f"Content-Type: {answer.kind}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Allow: GET",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _listen(port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise PortTaken(f"{port} is no port.", advice=f"A port is a number up to {_LAST_PORT}.")
    try:
        return socket.create_server((_HERE, port))
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise PortTaken(f"Port {port} on this computer {why}.") from None
