"""The daemon's figures over HTTP, for this computer alone: /live, /ready, /metrics and /status.

Threads of their own answer from the last published status, so a probe never waits for the daemon, nor the daemon for
a probe. GET only, small requests, a deadline for each, few at once.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import json
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from ..errors import InputOutput
from .reporters import CONTENT_TYPE, DaemonMetrics
from .status import READY, SILENT, StatusBoard, plain

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


class HttpReply(NamedTuple):
    """A reply: its code, the type of its body, the body."""

    code: HTTPStatus
    kind: str
    body: bytes


class Pages:
    """What is answered to which path; tests ask it without a socket."""

    def __init__(
        self, board: StatusBoard, metrics: DaemonMetrics, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._board = board
        self._metrics = metrics
        self._ticks = ticks
        self._known = {"/live": self._live, "/ready": self._ready, "/metrics": self._figures, "/status": self._status}

    def answer(self, target: str, hosts: Iterable[str]) -> HttpReply:
        """Return the reply to a request for a path, made to computers of these names."""
        if not all(map(_is_ours, hosts)):  # a page in a browser, that was given our address under its own name
            return _words(HTTPStatus.MISDIRECTED_REQUEST, "Ask for 127.0.0.1 or localhost.")
        page = self._known.get(target.partition("?")[0])
        return page() if page else _words(HTTPStatus.NOT_FOUND, "There are " + ", ".join(self._known) + ".")

    def _live(self) -> HttpReply:
        """Tell whether the daemon still goes round; one that does not is to be started again."""
        fault = self._silent()
        return _words(HTTPStatus.SERVICE_UNAVAILABLE, fault) if fault else _words(HTTPStatus.OK, "The daemon lives.")

    def _ready(self) -> HttpReply:
        """Tell whether new files are converted, and why not."""
        status, fault = self._board.status, self._silent()
        if fault or status is None:
            return _words(HTTPStatus.SERVICE_UNAVAILABLE, fault)
        text = f"{status.state}: {status.reason}" if status.reason else str(status.state)
        if status.owner:
            text += f"; at work is {status.owner}"
        return _words(HTTPStatus.OK if status.state in READY else HTTPStatus.SERVICE_UNAVAILABLE, text)

    def _figures(self) -> HttpReply:
        return HttpReply(HTTPStatus.OK, CONTENT_TYPE, self._metrics.text())

    def _status(self) -> HttpReply:
        status = self._board.status
        if status is None:
            return _words(HTTPStatus.SERVICE_UNAVAILABLE, "starting")
        return HttpReply(HTTPStatus.OK, _JSON, json.dumps(plain(status)).encode())

    def _silent(self) -> str:
        """Return what is wrong with a daemon that publishes nothing, empty if it does."""
        if self._board.status is None:
            return "starting"
        age = self._ticks() - self._board.ticks
        return f"no sign of the daemon for {age:.0f} s" if age >= SILENT else ""


def _is_ours(host: str) -> bool:
    return host.lower() in _NAMES or host.lower().rpartition(":")[0] in _NAMES


def _words(code: HTTPStatus, text: str) -> HttpReply:
    return HttpReply(code, _TEXT, f"{text}\n".encode("utf-8", "backslashreplace"))


class Endpoint(socketserver.ThreadingTCPServer):
    """The threads that answer; `close` ends them, and so does the end of the process. Raises PortTaken."""

    allow_reuse_address = os.name == "posix"  # elsewhere it would share a port that is in use
    request_queue_size = _ATONCE

    def __init__(self, port: int, pages: Pages) -> None:
        if not 0 <= port <= _LAST_PORT:
            raise PortTaken(f"{port} is no port.", advice=f"A port is a number up to {_LAST_PORT}.")
        try:
            super().__init__((_HERE, port), _Handler)
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
            raise PortTaken(f"Port {port} on this computer {why}.") from None
        self.port: int = self.server_address[1]
        self.pages = pages
        self._since: dict[socket.socket, float] = {}  # when each open connection began
        self._thread = threading.Thread(target=self.serve_forever, name="status-port", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more, and give the port back."""
        self.shutdown()
        self._thread.join()
        self._hang_up(list(self._since))
        self.server_close()

    def service_actions(self) -> None:
        """End, twice a second, the connections that are late."""
        latest = time.monotonic() - _DEADLINE
        self._hang_up([line for line, since in list(self._since.items()) if since <= latest])

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Tell whether there is room for one more connection; else it is closed."""
        return len(self._since) < _ATONCE

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own."""
        self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and forget it."""
        self._since.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell nobody of a client that has gone, or says nothing."""

    def _hang_up(self, lines: Iterable[socket.socket]) -> None:
        for line in lines:
            with contextlib.suppress(OSError):  # its thread closed it
                line.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One request and its answer, after which the connection is closed."""

    server: Endpoint
    protocol_version = "HTTP/1.1"
    default_request_version = ""  # of a request that names none: its refusal has a head, too
    timeout = _DEADLINE
    rbufsize = 0

    def setup(self) -> None:
        """Read no more than a request may have."""
        super().setup()
        self.rfile = _Head(self.rfile)

    def do_GET(self) -> None:
        """Answer."""
        if not self.request_version:
            return self.send_error(HTTPStatus.BAD_REQUEST)
        try:
            self._send(self.server.pages.answer(self.path, self.headers.get_all("Host", [])))
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):  # a fault of ours ends no thread
            self._send(_words(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error."))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request in words; what has no method here is not allowed."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._send(_words(HTTPStatus.METHOD_NOT_ALLOWED, "GET only."))
        else:
            self._send(_words(HTTPStatus(code), "This is no request that can be answered."))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Tell nobody."""

    def _send(self, answer: HttpReply) -> None:
        self.send_response_only(answer.code)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Allow", "GET")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


class _Head(io.BufferedReader):
    """A request's lines, as many as it may have."""

    _left = _MOST

    def readline(self, size: int | None = -1) -> bytes:
        """Return a whole line. Raises LineTooLong, which the library answers, or EOFError for a client that left."""
        line = super().readline(self._left)
        self._left -= len(line)
        if not line.endswith(b"\n"):
            raise EOFError if self._left else http.client.LineTooLong("request")
        return line
