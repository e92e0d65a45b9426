"""Messages over a socket between the parent and one worker, each a length and a pickled value.

The parent's end never blocks: a worker may stop in the middle of a message, or send one without end.
"""

from __future__ import annotations

import contextlib
import pickle
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..errors import TukscalError

MOST_BYTES = 64 * 2**20
"""The longest message: an answer is a timetable or a calendar, at most a few megabytes."""

_HEADER = struct.Struct("!Q")
_CHUNK = 2**18
_CHUNKS = 4  # read at a time, so that one worker that floods does not keep the others waiting


class Garbled(Exception):
    """What arrived is not a message: it is too long or cannot be unpickled."""


def pack(value: object) -> bytes:
    """Return a message."""
    payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _HEADER.pack(len(payload)) + payload


class Channel:
    """The parent's end."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end
        self._arrived = bytearray()
        self._leaving: deque[memoryview] = deque()
        self.ended = False
        """Whether the other end is closed; what came before can still be taken."""
        self.moving = False
        """Whether the last `read` brought anything."""

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
        return self._socket.fileno()

    @property
    def waiting(self) -> bool:
        """Whether data is waiting to be sent."""
        return bool(self._leaving)

    def send(self, message: bytes) -> None:
        """Send as much as the other end accepts now; `flush` sends the rest."""
        self._leaving.append(memoryview(message))
        self.flush()

    def flush(self) -> None:
        """Send waiting data, as much as the other end accepts."""
        try:
            while self._leaving:
                sent = self._socket.send(self._leaving[0])
                rest = self._leaving.popleft()[sent:]
                if rest:
                    self._leaving.appendleft(rest)
        except BlockingIOError:
            pass
        except OSError:  # the other end is gone: reading tells
            self._leaving.clear()

    def read(self) -> Iterator[object]:
        """Yield the values that have arrived completely.

        Raises Garbled at the first bytes that are not a message.
        """
        before = len(self._arrived)
        for _ in range(_CHUNKS):
            if not self._fill():
                break
        self.moving = len(self._arrived) > before
        return self._take()

    def read_rest(self) -> Iterator[object]:
        """Yield every complete message that a dead worker sent before it died."""
        while self._fill():
            pass
        return self._take()

    @property
    def open(self) -> bool:
        """Whether the other end is still open, as far as can be told without reading its data."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def finish(self) -> None:
        """Shut down the sending side, which tells the worker to exit."""
        self._leaving.clear()
        with contextlib.suppress(OSError):  # it is gone already
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close this end."""
        self._leaving.clear()
        self._socket.close()

    def _fill(self) -> bool:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.ended = not data
        self._arrived += data
        return bool(data) and len(self._arrived) <= MOST_BYTES + _CHUNK * _CHUNKS

    def _take(self) -> Iterator[object]:
        while len(self._arrived) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._arrived)
            if length > MOST_BYTES:
                raise Garbled
            end = _HEADER.size + length
            if len(self._arrived) < end:
                break
            with memoryview(self._arrived) as arrived, arrived[_HEADER.size : end] as payload:
                value = _unpack(payload)
            del self._arrived[:end]
            yield value


class Port:
    """The worker's end, which may block: a worker has nothing else to do."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(True)
        self._socket = end

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._socket.sendall(message)

    def receive(self) -> bytes | None:
        """Return the next message's pickled value, None when the parent has closed its end."""
        header = self._exactly(_HEADER.size)
        return None if header is None else self._exactly(_HEADER.unpack(header)[0])

    def _exactly(self, length: int) -> bytes | None:
        arrived = bytearray()
        while len(arrived) < length:
            data = self._socket.recv(min(length - len(arrived), _CHUNK))
            if not data:
                return None
            arrived += data
        return bytes(arrived)


def _unpack(payload: memoryview) -> object:
    try:
        return pickle.loads(payload)  # noqa: S301 - from our own worker
    except Exception:  # a dying worker may have written anything, and unpickling anything may raise anything
        raise Garbled from None


class Work(NamedTuple):
    """A module-level function and its arguments."""

    function: Callable[..., object]
    args: tuple[object, ...]
    kwargs: dict[str, object]


class Call(NamedTuple):
    """A pickled Work; its `number` comes back with the answer, `limit` is in seconds."""

    number: int
    limit: float
    work: bytes


class Ready(NamedTuple):
    """A worker has started and can be called."""


class Grown(NamedTuple):
    """A call's largest resident size so far, in bytes; a worker that is killed at its limit can no longer report it."""

    peak: int
    number: int


class LogMessage(NamedTuple):
    """A line for the parent to log: the plain attributes of a log record."""

    record: dict[str, object]


class Answer(NamedTuple):
    """The result of a call: a value or a TukscalError; `peak` in bytes."""

    value: object
    error: TukscalError | None
    peak: int = 0
    number: int = 0
