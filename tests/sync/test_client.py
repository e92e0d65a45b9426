"""One request to the service: what goes out, what comes back, and what never shows."""

from __future__ import annotations

import asyncio
import gc
import traceback

import pytest
from tukscal.sync import wire
from tukscal.sync.client import CalendarUpload, Service
from tukscal.sync.retry import FailureKind, PushFailed
from tukscal.tests.sync import faulty
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN, Fault, MadeService, answers, in_turn, refuses
from tukscal.tests.sync.pushing import body, login

ONE = CalendarUpload(key="out/Müller, A.; 50% &c?#x", revision=7, body=body("one"))


def put(address: str, upload: CalendarUpload = ONE, **choices: float) -> wire.StoredCalendar | PushFailed:
    """Push once; return the answer or the failure."""

    async def call() -> wire.StoredCalendar | PushFailed:
        async with Service(login(address), clock=lambda: 1_790_000_000.0, **choices) as service:  # type: ignore[arg-type]
            try:
                return await service.put(upload)
            except PushFailed as failure:
                return failure

    return asyncio.run(call())


def test_a_request_is_as_agreed(service: MadeService) -> None:
    """The key is in the path, the rest in the headers; the answer is what was stored, and a repetition is known."""
    first, again = put(service.address), put(service.address)
    assert isinstance(first, wire.StoredCalendar)
    assert isinstance(again, wire.StoredCalendar)
    assert (first.state, again.state) == ("stored", "replayed")
    assert service.stored.calendars[ONE.key].body == ONE.body
    (request, repeated) = service.requests
    assert request.headers["idempotency-key"] == wire.idempotency_key(ACCOUNT, ONE.key, 7, ONE.body)
    assert request.headers["tukscal-revision"] == "7"
    assert request.headers["tukscal-content-sha256"] == wire.content_sha256(ONE.body)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert repeated.body == request.body


def test_small_calendars_are_sent_as_they_are(service: MadeService) -> None:
    """What compressing makes no smaller is not compressed."""
    small = CalendarUpload(key="a", revision=1, body=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert isinstance(put(service.address, small), wire.StoredCalendar)
    assert "content-encoding" not in service.requests[0].headers


def test_connections_are_used_again(service: MadeService) -> None:
    """Many requests share as many connections as may be in flight."""

    async def many() -> None:
        async with Service(login(service.address), in_flight=2) as client:
            await asyncio.gather(
                *(client.put(CalendarUpload(key=str(n), revision=1, body=body("x"))) for n in range(20))
            )

    asyncio.run(many())
    assert len(service.requests) == 20
    assert service.connections <= 2


@pytest.mark.parametrize(
    ("fault", "kind", "wait"),
    [
        (faulty.RESET, FailureKind.UNREACHABLE, None),
        (faulty.LOST, FailureKind.UNREACHABLE, None),
        (faulty.HALF, FailureKind.UNREACHABLE, None),
        (faulty.TOO_SHORT, FailureKind.UNREACHABLE, None),
        (faulty.GARBAGE, FailureKind.UNREACHABLE, None),
        (faulty.ENDLESS, FailureKind.BROKEN, None),
        (faulty.LIES, FailureKind.BROKEN, None),
        (faulty.LOGIN_PAGE, FailureKind.BROKEN, None),
        (faulty.ELSEWHERE, FailureKind.BROKEN, None),
        (answers(200, b"{}", "application/json"), FailureKind.BROKEN, None),
        (answers(200, b"", "application/json"), FailureKind.BROKEN, None),
        (answers(204), FailureKind.BROKEN, None),
        (answers(500), FailureKind.BROKEN, None),
        (answers(502), FailureKind.BROKEN, None),
        (answers(504), FailureKind.BROKEN, None),
        (answers(429), FailureKind.BUSY, None),
        (answers(429, retry_after="7"), FailureKind.BUSY, 7.0),
        (answers(503, retry_after="-7"), FailureKind.BUSY, None),
        (answers(503, retry_after="1000000000"), FailureKind.BUSY, 3_600.0),
        (answers(503, retry_after="Mon, 21 Sep 2026 14:14:20 GMT"), FailureKind.BUSY, 60.0),
        (answers(507, retry_after="9"), FailureKind.LATER, 9.0),
        (answers(408), FailureKind.LATER, None),
        (answers(425), FailureKind.LATER, None),
        (refuses(409, "in_progress", retry_after="1"), FailureKind.LATER, 1.0),
        (refuses(409, "superseded"), FailureKind.SUPERSEDED, None),
        (refuses(409, "other"), FailureKind.REFUSED, None),
        (refuses(422, "idempotency_mismatch"), FailureKind.REFUSED, None),
        (answers(404, b"<html>", "text/html"), FailureKind.REFUSED, None),
        (answers(401), FailureKind.UNAUTHORIZED, None),
        (refuses(403, "forbidden"), FailureKind.UNAUTHORIZED, None),
        (answers(403, b"<html>", "text/html"), FailureKind.REFUSED, None),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_failures_have_their_kind(service: MadeService, fault: Fault, kind: FailureKind, wait: float | None) -> None:
    """Each way to go wrong is of the kind that decides what is done, with the time the service asks to wait."""
    service.faults = in_turn(fault)
    failure = put(service.address)
    assert isinstance(failure, PushFailed)
    assert (failure.kind, failure.wait) == (kind, wait)
    assert failure.message.endswith((".", ")", "answered 404", "answered 403")) or failure.message
    assert failure.message.isprintable()


@pytest.mark.parametrize("fault", [faulty.RESET, faulty.SILENCE, faulty.HALF, answers(401), answers(500)])
def test_a_failure_holds_no_token(service: MadeService, fault: Fault) -> None:
    """Neither the failure's text nor its traceback nor anything that can be reached from it has the token."""
    service.faults = in_turn(fault)
    failure = put(service.address, total=0.5)
    assert isinstance(failure, PushFailed)
    assert failure.__context__ is failure.__cause__ is None
    text = "".join(traceback.format_exception(failure))
    assert TOKEN not in text + repr(failure) + repr(vars(failure))
    assert not any(TOKEN in repr(one) for one in gc.get_referents(failure))


def test_a_slow_answer_is_cut_off(service: MadeService) -> None:
    """The time for a request is for all of it, however much trickles in."""
    service.faults = in_turn(faulty.SILENCE)
    failure = put(service.address, total=0.2)
    assert isinstance(failure, PushFailed)
    assert failure.kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://a..b"])
def test_nobody_there(address: str) -> None:
    """A port nobody listens at, a name nobody has and one that cannot be are all out of reach, in a sentence."""
    failure = put(address, total=5.0)
    assert isinstance(failure, PushFailed)
    assert failure.kind is FailureKind.UNREACHABLE
    assert failure.message.endswith(".")
