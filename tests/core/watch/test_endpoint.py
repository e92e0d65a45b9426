"""The daemon's figures over HTTP: what is answered, to whom, and that nobody can hold it up."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from tukscal.core.watch import endpoint as module
from tukscal.core.watch.endpoint import Endpoint, HttpReply, Pages, PortTaken
from tukscal.core.watch.reporters import DaemonMetrics
from tukscal.core.watch.status import SILENT, DaemonState, StatusBoard, plain
from tukscal.tests.clock import Clock
from tukscal.tests.core.watch.statuses import busy


@pytest.fixture
def clock() -> Clock:
    """The daemon's clock."""
    return Clock()


@pytest.fixture
def board(clock: Clock) -> StatusBoard:
    """Where the daemon publishes."""
    return StatusBoard(clock.ticks)


@pytest.fixture
def pages(board: StatusBoard, clock: Clock) -> Pages:
    """What is answered, without a socket."""
    return Pages(board, DaemonMetrics(lambda: board.status), ticks=clock.ticks)


@pytest.fixture
def port(pages: Pages) -> Iterator[int]:
    """The port of a running endpoint."""
    with closing(Endpoint(0, pages)) as running:
        yield running.port


def get(pages: Pages, path: str) -> tuple[int, str]:
    """Return code and text of a page."""
    answer = pages.answer(path, ["localhost:9"])
    return answer.code.value, answer.body.decode()


def talk(port: int, sent: bytes) -> bytes:
    """Return everything the endpoint says to some bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(sent)
        with line.makefile("rb") as reader:
            return reader.read()


@pytest.mark.parametrize(
    ("state", "owner", "reason", "code", "text"),
    [
        (DaemonState.WORKING, "", "", 200, "working"),
        (DaemonState.IDLE, "", "", 200, "idle"),
        (DaemonState.STARTING, "", "", 503, "starting"),
        (DaemonState.DEGRADED, "", "the share is gone", 503, "degraded: the share is gone"),
        (DaemonState.STANDBY, "process 7 on b", "", 503, "standby; at work is process 7 on b"),
        (DaemonState.DRAINING, "", "", 503, "draining"),
    ],
)
def test_ready_only_where_files_are_converted(
    pages: Pages, board: StatusBoard, state: DaemonState, owner: str, reason: str, code: int, text: str
) -> None:
    """Ready is 200 for a daemon at work or with nothing to do, else 503 with the reason; live is 200 in every state."""
    board.publish(busy(state=state, owner=owner, reason=reason))
    assert get(pages, "/ready") == (code, text + "\n")
    assert get(pages, "/live")[0] == 200


def test_a_daemon_that_hangs_is_not_live(pages: Pages, board: StatusBoard, clock: Clock) -> None:
    """Without a new status for a minute, live and ready are 503 and say so; with one they are 200 again."""
    board.publish(busy())
    clock.turn(SILENT - 1)
    assert get(pages, "/live")[0] == get(pages, "/ready")[0] == 200
    clock.turn(1)
    assert get(pages, "/live") == get(pages, "/ready") == (503, "no sign of the daemon for 60 s\n")
    board.publish(busy())
    assert get(pages, "/live")[0] == 200


def test_before_the_first_status(pages: Pages) -> None:
    """A daemon that has published nothing is starting: 503 everywhere but for the figures."""
    assert {path: get(pages, path)[0] for path in ("/live", "/ready", "/status", "/metrics")} == {
        "/live": 503, "/ready": 503, "/status": 503, "/metrics": 200,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"GET /live HTTP/1.1\r\nHost: 127.0.0.1:8\r\n\r\n", 200),
        (b"GET /live?x=1 HTTP/1.0\r\n\r\n", 200),
        (b"GET /live HTTP/1.1\r\nhost: LOCALHOST\r\n\r\n", 200),
        (b"GET /live HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        (b"GET /live HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET /live HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", 421),
        (b"GET /live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 421),
        (b"POST /live HTTP/1.1\r\n\r\n", 405),
        (b"HEAD /live HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"GET /live\r\n\r\n", 400),
        (b"\xff\xfe\r\n\r\n", 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
    ],
)
def test_each_request_has_its_code(port: int, board: StatusBoard, request_: bytes, code: int) -> None:
    """GET for a page that is there, in this computer's name; everything else is refused by its code."""
    board.publish(busy())
    assert talk(port, request_).startswith(b"HTTP/1.1 %d " % code)


def test_an_empty_line_is_no_request(port: int) -> None:
    """Nothing but line ends is not answered."""
    assert talk(port, b"\r\n\r\n") == b""


def test_the_pages_over_a_real_connection(port: int, board: StatusBoard) -> None:
    """A client gets the status as JSON and the figures as text, each with its length, and the connection closed."""
    board.publish(busy())
    for path, kind in (("/status", "application/json"), ("/metrics", "text/plain; version=0.0.4; charset=utf-8")):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
            line.request("GET", path)
            reply = line.getresponse()
            body = reply.read()
        assert (reply.status, reply.getheader("Content-Type")) == (200, kind)
        assert reply.getheader("Content-Length") == str(len(body))
        assert reply.getheader("Connection") == "close"
        if path == "/status":
            assert json.loads(body) == json.loads(json.dumps(plain(busy())))
        else:
            assert b"tukscal_queue_jobs 7.0" in body


def test_only_this_computer_is_listened_to(port: int) -> None:
    """The socket is bound to the loopback address: its other addresses refuse."""
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_a_large_request_is_refused(port: int) -> None:
    """Headers without end are refused when they are too large, not read on."""
    assert talk(port, b"GET /live HTTP/1.1\r\nX: " + b"x" * 9_000).startswith(b"HTTP/1.1 431 ")


def test_silent_clients_hold_nobody_up(pages: Pages, board: StatusBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer silent connections than the most there may be, others are answered; beyond, they are closed at once;
    after the deadline the silent ones are closed too."""
    board.publish(busy())
    monkeypatch.setattr(module, "_DEADLINE", 1.0)
    with closing(Endpoint(0, pages)) as running, ExitStack() as stack:
        lines = [_silent(running.port, stack) for _ in range(module._ATONCE - 1)]
        assert talk(running.port, b"GET /live HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        lines.append(_silent(running.port, stack))
        assert ended(_silent(running.port, stack))
        lines[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            lines[-1].recv(1)
        lines[-1].settimeout(10)
        assert all(map(ended, lines))
        assert talk(running.port, b"GET /live HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def ended(line: socket.socket) -> bool:
    """Wait until a connection is closed from the other side, without an answer."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:  # it closed before it read everything
        return True


def _silent(port: int, stack: ExitStack) -> socket.socket:
    line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
    line.sendall(b"GET /li")
    return line


def test_a_client_that_leaves_costs_nothing(port: int, board: StatusBoard) -> None:
    """Connections closed in the midst of a request, one after the other, leave the endpoint as it was."""
    board.publish(busy())
    for _ in range(2 * module._ATONCE):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(b"GET /metrics HT")
            line.shutdown(socket.SHUT_WR)
            assert ended(line)
    assert talk(port, b"GET /live HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_fault_of_a_page_ends_no_thread(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails is 500, and the next request is answered."""

    def broken(target: str, hosts: list[str]) -> HttpReply:
        monkeypatch.undo()
        raise KeyError("bug")

    monkeypatch.setattr(pages, "answer", broken)
    with closing(Endpoint(0, pages)) as running:
        assert talk(running.port, b"GET /live HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 500 ")
        assert talk(running.port, b"GET /nothing HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_a_port_in_use_is_named(pages: Pages) -> None:
    """The second on a port is an error that says what to do; closed, the port can be had again."""
    with closing(Endpoint(0, pages)) as running:
        with pytest.raises(PortTaken, match=rf"Port {running.port} on this computer is in use\.") as caught:
            Endpoint(running.port, pages)
        assert "--status-port" in caught.value.advice
        assert (caught.value.cause, caught.value.exit_code) == ("io", 74)
    Endpoint(running.port, pages).close()


def test_a_number_that_is_no_port_is_named(pages: Pages) -> None:
    """70000 is an error, no traceback."""
    with pytest.raises(PortTaken, match="70000 is no port"):
        Endpoint(70_000, pages)


def test_closing_ends_the_thread(pages: Pages) -> None:
    """After close there is no thread and no port, with a client still connected too; twice is once."""
    before = threading.active_count()
    running = Endpoint(0, pages)
    with ExitStack() as stack:
        line = _silent(running.port, stack)
        running.close()
        assert ended(line)
    running.close()
    assert threading.active_count() == before
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", running.port), timeout=5):
        pass
