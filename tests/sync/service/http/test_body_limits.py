"""Clients that do not behave, against the real server with short times."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tukscal.core.system import process
from tukscal.sync.service.settings import IntakeSettings, SizeSettings
from tukscal.tests.sync.service.http.raw import LATEST, answer, chunk, connected, head, status
from tukscal.tests.sync.service.serving import Served, converted, pdf, serving, settings
from tukscal.tests.waiting import until

PDF = "Content-Type: application/pdf"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run one service with short times for the tests of this file."""
    intake = IntakeSettings(
        header=0.4, body=5.0, grace=0.5, rate=50_000, connections=60, keep_alive=5.0, memory=4 * 2**20
    )
    wanted = replace(
        settings(tmp_path_factory.mktemp("service")), intake=intake, sizes=SizeSettings(pdf=3 * 2**20, calendar=100_000)
    )
    with serving(wanted) as here:
        yield here


def test_a_head_that_does_not_end(running: Served) -> None:
    """A head that comes byte by byte is answered with 408 when its time is over, however lively the bytes come."""
    with connected(running.port) as made:
        begun = time.monotonic()
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                for byte in head() * 100:
                    if stop.wait(0.05):
                        return
                    made.sendall(bytes([byte or 65]) if byte not in b"\r\n" else b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        reply = answer(made)
        stop.set()
        dripping.join()
    assert status(reply) in (408, 0)  # 0: a reset took the answer with it
    assert 0.3 < time.monotonic() - begun < 5


def test_a_connection_that_says_nothing(running: Served) -> None:
    """A connection without a request is closed when the time of a head is over."""
    with connected(running.port) as made:
        assert status(answer(made)) == 408


def test_the_second_head_has_the_same_time(running: Served) -> None:
    """On a connection that was used, half a head is ended as well."""
    with connected(running.port) as made:
        made.sendall(head("/live", method="GET"))
        reply = b""
        while not reply.endswith(b"{}}"):
            reply += made.recv(65536)
        made.sendall(b"GET /li")
        assert status(answer(made)) == 408


def test_a_body_that_does_not_come(running: Served) -> None:
    """A body that stops, or comes too slowly, is answered with 408 as soon as it is behind the rate."""
    with connected(running.port) as made:
        begun = time.monotonic()
        made.sendall(head("/v1/jobs", PDF, "Content-Length: 5000") + b"%PDF-1.4")
        reply = made.recv(1)
        assert 0.4 < time.monotonic() - begun < 5  # sooner than the time of a whole body
        reply += answer(made)
        assert status(reply) == 408
        assert b'"cause": "too_slow"' in reply
        assert b"connection: close" in reply.lower()


def test_a_body_has_its_time_however_it_comes(running: Served) -> None:
    """A body that keeps the rate and never ends is ended by its time."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Transfer-Encoding: chunked"))
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begun < 20:
                made.sendall(chunk(b"x" * 2000))
                if _readable(made, 0.02):
                    break
        assert status(answer(made)) == 408
        assert time.monotonic() - begun < 15


def test_an_endless_body_is_counted(running: Served) -> None:
    """A chunked body is counted as it comes, and answered with 413 where the limit is passed."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Transfer-Encoding: chunked"))
        with contextlib.suppress(OSError):
            for _ in range(100):
                made.sendall(chunk(b"x" * 65_536))
                if _readable(made, 0.0):
                    break
        assert status(answer(made)) == 413


def test_a_length_that_is_too_much(running: Served) -> None:
    """A Content-Length beyond the limit is answered before anything is sent."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Content-Length: 1000000000"))
        assert status(answer(made)) == 413


def test_no_length_is_no_body(running: Served) -> None:
    """A POST without a length has no body, and is answered as an empty one; a GET with a chunked body is refused."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Connection: close"))
        assert status(answer(made)) == 422
    with connected(running.port) as made:
        made.sendall(head("/live", "Transfer-Encoding: chunked", method="GET"))
        assert status(answer(made)) == 400


@pytest.mark.parametrize(
    "lines", [["Content-Length: x"], ["Content-Length: -5"], ["Content-Length: 5", "Content-Length: 6"]]
)
def test_a_length_that_is_none(running: Served, lines: list[str]) -> None:
    """A length that is no number, or two of them, is 400."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, *lines))
        assert status(answer(made)) == 400


def test_a_head_that_is_too_long(running: Served) -> None:
    """A head that goes on and on is 400."""
    with connected(running.port) as made:
        with contextlib.suppress(OSError):
            made.sendall(head("/live", "X-Long: " + "x" * 2_000_000, method="GET"))
        assert status(answer(made)) in (400, 0)  # 0: a reset took the answer with it


def test_an_answer_before_the_body_ends(running: Served) -> None:
    """What is refused by its head alone gets its whole answer while the body is still being sent."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Authorization: Bearer wrong", "Transfer-Encoding: chunked"))
        reply = answer(made)
        assert status(reply) == 401
        assert json.loads(reply.partition(b"\r\n\r\n")[2])["cause"] == "unauthorized"


def test_an_answer_outlives_the_rest_of_a_body(running: Served) -> None:
    """Somebody who sends a whole body before reading gets the answer to its head all the same."""
    for _ in range(3):
        with connected(running.port) as made:
            made.sendall(head("/v1/jobs", PDF, "Authorization: Bearer wrong", "Content-Length: 2900000"))
            for _ in range(29):
                made.sendall(b"x" * 100_000)
                _readable(made, 0.005)
            assert status(answer(made)) == 401


def test_bodies_share_a_memory(running: Served) -> None:
    """When all bodies together hold as much as they may, the next is answered with 503, and memory is given back."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connected(running.port)) for _ in range(3)]
        for made in held:
            made.sendall(head("/v1/jobs", PDF, "Content-Length: 1600000"))
            with contextlib.suppress(OSError):
                made.sendall(b"x" * 1_500_000)
        replies = [status(answer(made)) for made in held]
        assert replies.count(503) == 1
        assert replies.count(408) == 2
    with running.person() as student:
        assert converted(student)["state"] == "done"


def test_a_gzip_bomb(running: Served) -> None:
    """A compressed body that unpacks to more than the limit is 413, and costs no more memory than the limit."""
    bomb = gzip.compress(b"\0" * 300_000_000, 9)[: 3 * 2**20]
    with running.person() as student:
        converted(student)  # has an account
        process.forget_peak()
        before = process.resident(os.getpid())
        headers = {"Content-Type": "application/pdf", "Content-Encoding": "gzip"}
        answered = student.post("/v1/jobs", content=bomb, headers=headers)
        assert answered.status_code == 413
        assert process.peak() - before < 50 * 2**20


@pytest.mark.parametrize(
    ("body", "encoding", "status_code"),
    [
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"%PDF-1.4 %%EOF")[:-4], "gzip", 400),
        (gzip.compress(b"%PDF-1.4 %%EOF") + b"more", "gzip", 400),
        (b"%PDF", "br", 415),
        (gzip.compress(pdf()), "gzip", 202),
    ],
    ids=["none", "half", "more", "br", "whole"],
)
def test_other_encodings(running: Served, body: bytes, encoding: str, status_code: int) -> None:
    """gzip is unpacked if it is whole; what is none is 400, another encoding 415."""
    with running.person() as student:
        headers = {"Content-Type": "application/pdf", "Content-Encoding": encoding}
        assert student.post("/v1/jobs", content=body, headers=headers).status_code == status_code


def form(*parts: tuple[str, bytes], end: bytes = b"--x--\r\n") -> bytes:
    """Return a form: of each part the rest of its Content-Disposition, and its body."""
    pieces = (
        b"--x\r\nContent-Disposition: form-data" + rest.encode() + b"\r\n\r\n" + body + b"\r\n" for rest, body in parts
    )
    return b"".join(pieces) + end


@pytest.mark.parametrize(
    ("body", "status_code"),
    [
        (form(('; name="pdf"; filename="a.pdf"', pdf())), 202),
        (form(('; name="pdf"; filename="a.pdf"', pdf()), *[('; name="f"', b"")] * 40_000), 400),
        (form(("", b"x" * 2_000_000)), 400),
        (form(('; name="pdf"', pdf())), 400),
        (form(('; name="pdf"; filename="a"', pdf()), ('; name="pdf"; filename="b"', pdf())), 400),
        (form(('; name="pdf"; filename="a.pdf"', pdf()), end=b""), 400),
        (form(('; name="pdf"; filename="a.pdf"\r\nX: ' + "y" * 3000, pdf())), 400),
        (b"no form", 400),
        (b"", 400),
    ],
    ids=["one", "flood", "nameless", "no-file", "two", "half", "headers", "none", "empty"],
)
def test_forms(running: Served, body: bytes, status_code: int) -> None:
    """A form with exactly one file `pdf` is taken; floods of parts, nameless parts and half forms are 400."""
    with running.person() as student:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answered = student.post("/v1/jobs", content=body, headers=headers)
        assert answered.status_code == status_code, answered.text


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/json", ""])
def test_other_types(running: Served, kind: str) -> None:
    """What is neither a PDF nor a form is 415."""
    with running.person() as student:
        assert student.post("/v1/jobs", content=pdf(), headers={"Content-Type": kind}).status_code == 415


def test_idle_connections_give_way(tmp_path: Path) -> None:
    """With more connections than there may be the oldest idle one is closed, and whoever comes is served."""
    wanted = replace(settings(tmp_path), intake=IntakeSettings(connections=20, header=60.0))
    with serving(wanted) as here, contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(connected(here.port))
        with here.person() as student:
            assert converted(student)["state"] == "done"
        until(lambda: len(here.app.state.server.server_state.connections) <= 20, "a bound on connections")


def test_who_has_said_something_is_not_idle(tmp_path: Path) -> None:
    """Of connections that all come while the server is busy, none gives way whose request only was not read yet."""
    wanted = replace(settings(tmp_path), intake=IntakeSettings(connections=20, header=60.0))
    with serving(wanted) as here, contextlib.ExitStack() as stack:
        busy = threading.Event()
        here.app.state.server.servers[0].get_loop().call_soon_threadsafe(busy.wait, LATEST)
        try:
            asking = [stack.enter_context(connected(here.port)) for _ in range(3)]
            for one in asking:
                one.sendall(head("/live", "Connection: close", method="GET"))
            for _ in range(60):
                stack.enter_context(connected(here.port))
        finally:
            busy.set()
        assert [status(answer(one)) for one in asking] == [200, 200, 200]


def test_an_answer_nobody_takes(running: Served) -> None:
    """A client that takes nothing of its answers does not keep the others waiting."""
    with connected(running.port) as made:
        with contextlib.suppress(OSError):
            made.settimeout(0.5)
            for _ in range(2000):
                made.sendall(head("/openapi.json", method="GET"))
        begun = time.monotonic()
        assert httpx.get(f"{running.url}/live").status_code == 200
        assert time.monotonic() - begun < 5


def taking_nothing(stack: contextlib.ExitStack, port: int, request: bytes) -> socket.socket:
    """Ask for something and read nothing, with as little room for it on the way as can be."""
    made = stack.enter_context(socket.socket())
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(LATEST)
    made.connect(("127.0.0.1", port))
    made.sendall(request)
    return made


def unsent(here: Served) -> int:
    """Return how many bytes of answers wait."""
    total: int = here.app.state.server.config.http_protocol_class.unsent.total
    return total


def test_answers_nobody_takes_are_bounded(tmp_path: Path) -> None:
    """Of more unread answers than there may be those that wait longest end; the others come whole, whoever reads."""
    most = 2**20
    wanted = replace(settings(tmp_path), intake=IntakeSettings(unsent=most, send=60.0))
    with serving(wanted) as here, contextlib.ExitStack() as stack:
        whole = httpx.get(f"{here.url}/openapi.json").content
        ask = head("/openapi.json", method="GET") * 20
        greedy = [taking_nothing(stack, here.port, ask) for _ in range(2 * most // len(whole))]
        assert httpx.get(f"{here.url}/openapi.json").content == whole
        until(lambda: most / 2 < unsent(here) <= most, "a bound on unread answers")
        last = greedy[-1]
        last.sendall(head("/live", "Connection: close", method="GET"))
        assert answer(last).count(whole) == 20
        got = [answer(one).count(whole) for one in greedy[:5]]
        assert max(got) < 20
        for one in greedy:
            one.close()
        until(lambda: unsent(here) == 0, "the end of what was unread")


def test_an_answer_taken_slowly(tmp_path: Path) -> None:
    """Who takes an answer slowly but steadily has it whole; who takes less than `rate` is ended."""
    wanted = replace(settings(tmp_path), intake=IntakeSettings(send=3.0, rate=2_000))
    with serving(wanted) as here, contextlib.ExitStack() as stack:
        whole = httpx.get(f"{here.url}/openapi.json").content
        times = 20
        ask = head("/openapi.json", method="GET") * times + head("/live", "Connection: close", method="GET")
        steady, stuck = (taking_nothing(stack, here.port, ask) for _ in range(2))
        found, pause = bytearray(), threading.Event()
        with contextlib.suppress(ConnectionError):
            while data := steady.recv(65536):
                found += data
                pause.wait(0.02)
        assert bytes(found).count(whole) == times
        until(lambda: unsent(here) == 0, "the end of what nobody takes")
        assert answer(stuck).count(whole) < times


def test_rules_are_counted(running: Served) -> None:
    """What ended a body is counted by its rule."""
    with connected(running.port) as made:
        made.sendall(head("/v1/jobs", PDF, "Content-Length: 1000000000"))
        answer(made)
    text = httpx.get(f"{running.url}/metrics").text
    assert 'tukscal_limited_total{rule="too_large"}' in text


def _readable(made: socket.socket, seconds: float) -> bool:
    return bool(select.select([made], [], [], seconds)[0])
