"""Clients that do not behave, on bare sockets; import as `tukscal.tests.sync.service.http.raw`."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

LATEST = 20.0
"""Seconds anything here may take."""


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Yield a connection to this computer."""
    with socket.create_connection(("127.0.0.1", port), LATEST) as made:
        yield made


def answer(made: socket.socket) -> bytes:
    """Return everything until the other side closes."""
    found = bytearray()
    with contextlib.suppress(ConnectionError):
        while data := made.recv(65536):
            found += data
    return bytes(found)


def head(path: str = "/v1/jobs", *lines: str, method: str = "POST") -> bytes:
    """Return the head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode()


def status(reply: bytes) -> int:
    """Return the status of an answer; 0 of none."""
    words = reply.split(b" ", 2)
    return int(words[1]) if reply.startswith(b"HTTP/1.1 ") and len(words) > 1 else 0


def chunk(data: bytes) -> bytes:
    """Return a chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
