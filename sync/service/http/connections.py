"""The server: uvicorn, with what it lacks against slow clients, and with starting and stopping as systemd likes it.

uvicorn waits for ever for the head of a request and for a client that takes no answer, and lets any number of
connections sit idle. Here a head has a time, an answer that nobody takes ends, and of too many connections, or too many
bytes of answers, the one that has been idle, or has waited, longest gives way.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI
from h11 import IDLE, ConnectionClosed, Data, EndOfMessage, LocalProtocolError, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from ....core.errors import InputOutput
from ....core.system import process
from ....core.system.systemd import Notifier
from ..settings import IntakeSettings, Settings

_BACKLOG = 2048  # connections the kernel keeps until they are accepted: a thousand come at one moment
_HEAD = 32 * 1024  # bytes of a request's head
_LINGER = 60_000  # milliseconds the kernel goes on with an answer nobody takes
_KERNEL = 64 * 1024  # bytes of an answer the kernel keeps for a client; by itself it keeps megabytes
_LOOKS = 64  # connections that are asked whether they are idle before one gives way
_FILES = 200  # open files beside the connections


class CannotListen(InputOutput):
    """The address or port cannot be had."""

    default_advice = "Choose another --host or --port, or end the program that has it."


class Unsent:
    """Bytes of answers that are not taken yet, by connection, the one that has waited longest first."""

    def __init__(self) -> None:
        self._bytes: dict[Guarded, int] = {}
        self.total = 0

    def note(self, connection: Guarded, count: int) -> None:
        """Remember how many bytes of a connection wait."""
        self.total += count - self._bytes.get(connection, 0)
        self._bytes[connection] = count

    def forget(self, connection: Guarded) -> None:
        """A connection has been taken everything from, or has ended."""
        self.total -= self._bytes.pop(connection, 0)

    def longest(self) -> Guarded:
        """Return the connection that has waited longest."""
        return next(iter(self._bytes))


class Guarded(H11Protocol):
    """uvicorn's HTTP/1.1 with times for heads and answers, and a bound on connections; `guarded` makes its class."""

    rules: ClassVar[IntakeSettings]
    proxies: ClassVar[tuple[str, ...]]
    """Addresses behind which there are many."""
    peers: ClassVar[Counter[str]]
    """Connections by address."""
    idle: ClassVar[dict[Guarded, None]]
    """Connections without a request, the one that has been so for longest first."""
    unsent: ClassVar[Unsent]

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self._head: asyncio.TimerHandle | None = None
        self._answer: asyncio.TimerHandle | None = None
        self._over = False  # whether an answer is written that is not taken yet
        self._untaken = 0  # bytes of the answer when its time began
        self._peer = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, if need be in the place of an idle one."""
        super().connection_made(transport)
        _bound(transport)
        transport.set_write_buffer_limits(high=0)  # we are told of every byte the kernel does not take
        self._peer = self.client[0] if self.client else ""
        self.peers[self._peer] += 1
        if self._peer not in self.proxies and self.peers[self._peer] > self.rules.connections * self.rules.share:
            self._make_room(self._peer)
        elif len(self.connections) > self.rules.connections:
            self._make_room(None)
        if not transport.is_closing():
            self.idle[self] = None
        self._wait_for_head()

    def _make_room(self, peer: str | None) -> None:
        """End the connection that has been idle longest, of an address or of all; this one if none is idle.

        When thousands come at one moment, many are not idle: what they have said was not read yet.
        """
        those = islice((one for one in self.idle if peer in (None, one._peer)), _LOOKS)
        oldest = next((one for one in those if not one._has_unread()), self)
        self.idle.pop(oldest, None)  # it hears of its end later
        oldest.transport.abort()

    def _has_unread(self) -> bool:
        made = self.transport.get_extra_info("socket")
        return made is not None and made.fileno() >= 0 and _is_readable(made.fileno())

    def data_received(self, data: bytes) -> None:
        """Read, and let the time of a head run from its first byte to its last."""
        super().data_received(data)
        if self.conn.their_state is not IDLE:
            _cancel(self._head)
            self._head = None
            self.idle.pop(self, None)
        elif self._head is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers."""
        _cancel(self._head, self._answer)
        self.idle.pop(self, None)
        self.unsent.forget(self)
        self.peers[self._peer] -= 1
        if self.peers[self._peer] <= 0:
            del self.peers[self._peer]
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Be idle again, when the client has taken the answer: the next one would wait beside it."""
        self._over = self.flow.write_paused and not self.transport.is_closing()
        if self._over:
            return
        if not self.transport.is_closing():
            self.idle[self] = None
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give a client a time to take its answer; if there are too many such answers, one ends."""
        super().pause_writing()
        self._wait_for_taking()
        self.unsent.note(self, self._untaken)
        while self.unsent.total > self.rules.unsent:
            longest = self.unsent.longest()
            self.unsent.forget(longest)
            longest.transport.abort()

    def resume_writing(self) -> None:
        """Go on: it took everything."""
        _cancel(self._answer)
        self._answer = None
        self.unsent.forget(self)
        super().resume_writing()
        if self._over:
            self.on_response_complete()

    def _wait_for_taking(self) -> None:
        self._untaken = self.transport.get_write_buffer_size()
        _cancel(self._answer)
        self._answer = self.loop.call_later(self.rules.send, self._take_stock)

    def _take_stock(self) -> None:
        """End an answer that is not taken, or as slowly as if somebody wanted to keep us busy."""
        left = self.transport.get_write_buffer_size()
        if self._untaken - left < self.rules.rate * self.rules.send:
            self.transport.abort()
            return
        self._wait_for_taking()
        self.unsent.note(self, left)

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(self.rules.header, self._too_slow)

    def _too_slow(self) -> None:
        """Answer a head that does not end, and close."""
        self._head = None
        if self.transport.is_closing():
            return
        with contextlib.suppress(LocalProtocolError):  # something of an answer is out already
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            for event in (
                Response(status_code=408, headers=headers, reason=b"Request Timeout"),
                Data(data=b"The head of the request came too slowly.\n"),
                EndOfMessage(),
                ConnectionClosed(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def guarded(rules: IntakeSettings, proxies: str = "") -> type[Guarded]:
    """Return the protocol with its rules."""
    behind = tuple(one.strip() for one in proxies.split(","))
    own = {"rules": rules, "proxies": behind, "peers": Counter(), "idle": {}, "unsent": Unsent()}
    return type("GuardedByRules", (Guarded,), own)


class Server(uvicorn.Server):
    """uvicorn's server, which tells systemd that it listens and that it ends."""

    def __init__(self, config: uvicorn.Config, told: Callable[[int], None]) -> None:
        super().__init__(config)
        self._told = told
        self._notifier = Notifier()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say on which port."""
        await super().startup(sockets)
        if self.started:
            self._notifier.ready()
            self._told(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        """Ping systemd's watchdog: the event loop goes round."""
        self._notifier.alive()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        self._notifier.stopping()
        await super().shutdown(sockets)


def server(app: FastAPI, settings: Settings, *, proxies: str = "", told: Callable[[int], None]) -> Server:
    """Return a server; `told` hears the port when it listens, `proxies` are addresses whose forwarded headers count."""
    process.allow_files(settings.intake.connections + _FILES)
    config = uvicorn.Config(
        app,
        http=guarded(settings.intake, proxies),
        ws="none",
        lifespan="on",
        access_log=False,  # ours has routes in the place of paths
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or "",
        backlog=_BACKLOG,
        timeout_keep_alive=max(1, int(settings.intake.keep_alive)),
        timeout_graceful_shutdown=max(1, int(settings.jobs.grace)),
        h11_max_incomplete_event_size=_HEAD,
    )
    made = Server(config, told)
    app.state.server = made
    return made


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=False)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotListen(f"{host}:{port} cannot be listened on: {why}.") from None


def _bound(transport: asyncio.Transport) -> None:
    """Let the kernel keep little of an answer, and end a connection whose client takes nothing, where it can."""
    made = transport.get_extra_info("socket")
    if made is None:
        return
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LINGER)


def _is_readable(number: int) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([number], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(0))


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()
