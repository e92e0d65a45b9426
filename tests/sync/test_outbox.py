"""The outbox drained against a real service: every result arrives, in its order, once, whatever happens between."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest
from tukscal.core.ledger import Delivery
from tukscal.sync import wire
from tukscal.sync.client import CalendarUpload, Service
from tukscal.sync.credentials import Secret
from tukscal.sync.outbox import Task
from tukscal.sync.retry import FailureKind, PushFailed
from tukscal.tests.sync import faulty
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN, Fault, MadeService, in_turn, only_puts
from tukscal.tests.sync.pushing import Desk, body, login


def held(service: MadeService) -> dict[str, bytes]:
    """What the service has under each name."""
    return {key: kept.body for key, kept in service.stored.calendars.items()}


def test_results_arrive(desk: Desk, service: MadeService) -> None:
    """Each calendar arrives under its name, compressed, with its hashes; the ledger says sent, and nothing waits."""
    desk.make(("a", "one"), ("b", "two"))
    pushed = desk.drain(login(service.address))
    assert held(service) == {"out/a": body("one"), "out/b": body("two")}
    assert pushed.rows == {"sent": 2}
    assert desk.rows() == []
    assert desk.ledger.outbox.backlog().states == {"pending": 0, "sent": 2, "refused": 0, "superseded": 0}
    first = service.requests[0]
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert len(first.body) < len(first.plain)
    assert desk.drain(login(service.address)).rows == {}
    assert len(service.requests) == 2


def test_contents_a_b_a_end_as_a(desk: Desk, service: MadeService) -> None:
    """A result that is again what it was before the last one is pushed again, under its own revision."""
    for text in ("A", "B", "A"):
        desk.make(("a", text))
        desk.drain(login(service.address))
    assert held(service) == {"out/a": body("A")}
    revisions = [revision for _, revision, _ in service.stored.commits]
    assert revisions == sorted(set(revisions))
    assert len(revisions) == 3
    assert service.stored.replays == 0


def test_superseded_revisions_are_skipped(desk: Desk, service: MadeService) -> None:
    """Of several results of one calendar made while offline, only the newest is sent."""
    for text in ("one", "two", "three"):
        desk.make(("a", text))
    assert desk.drain(login(service.address)).rows == {"sent": 1}
    assert [commit[2] for commit in service.stored.commits] == [wire.content_sha256(body("three"))]
    assert desk.ledger.outbox.backlog().states[Delivery.SUPERSEDED] == 2


def test_a_clock_set_back_does_not_go_back(desk: Desk, service: MadeService) -> None:
    """Revisions grow when the clock is set back years between two results."""
    desk.make(("a", "one"))
    desk.drain(login(service.address))
    desk.clock.wall -= 10 * 365 * 86_400
    desk.make(("a", "two"))
    assert desk.drain(login(service.address)).rows == {"sent": 1}
    assert held(service) == {"out/a": body("two")}


def test_a_time_set_by_a_clock_that_was_wrong_is_not_waited_for(desk: Desk, service: MadeService) -> None:
    """What is due in years, because the clock was years ahead when it failed, is due now."""
    desk.clock.wall += 10 * 365 * 86_400
    desk.make(("a", "one"))
    desk.clock.wall -= 10 * 365 * 86_400
    assert desk.drain(login(service.address)).rows == {"sent": 1}


@pytest.mark.parametrize("fault", faulty.TRANSIENT, ids=lambda fault: fault.name)
def test_what_may_go_away_is_tried_again(desk: Desk, service: MadeService, fault: Fault) -> None:
    """After each fault that may go away by itself the calendar arrives, once, without anybody doing anything."""
    service.faults = only_puts(in_turn(fault, fault))
    desk.make(("a", "one"))
    pushed = desk.drain(login(service.address), patience=3_600)
    assert held(service) == {"out/a": body("one")}
    assert len(service.stored.commits) == 1
    assert pushed.rows["sent"] == 1
    assert service.met[fault.name] == 2
    assert len([request for request in service.requests if request.method == "PUT"]) == 3


def test_silence_is_not_waited_for_for_ever(desk: Desk, service: MadeService) -> None:
    """A service that takes the request and says nothing is given up after the time there is, and asked again."""
    service.faults = only_puts(in_turn(faulty.SILENCE))
    desk.make(("a", "one"))
    pushed = desk.drain(login(service.address), patience=60, total=0.3)
    assert pushed.rows == {"unreachable": 1, "sent": 1}
    assert pushed.last_failure == "The service did not answer within 0 seconds."


def test_nobody_there(desk: Desk, service: MadeService) -> None:
    """Where nobody listens the results wait, and the drain ends when the next try is far off."""
    with MadeService() as gone:
        address = gone.address
    desk.make(*((str(number), "x") for number in range(20)))
    pushed = desk.drain(login(address), patience=1)
    assert pushed.last_failure == "The service cannot be connected to."
    assert len(desk.rows()) == 20
    assert desk.drain(login(service.address), patience=3_600).rows["sent"] == 20


@pytest.mark.parametrize("status", [400, 404, 405, 412, 413, 415, 422])
def test_what_is_refused_is_not_tried_again(desk: Desk, service: MadeService, status: int) -> None:
    """A calendar the service refuses is asked about once, kept with the reason, and does not hold up the others."""
    service.faults = lambda request: faulty.refuses(status, "bad") if request.path.endswith("/a") else None
    desk.make(("a", "one"), ("b", "two"))
    pushed = desk.drain(login(service.address), patience=3_600)
    assert pushed.rows == {"push_refused": 1, "sent": 1}
    assert len(service.requests) == 2
    (row,) = desk.ledger.outbox.refused()
    assert (row.calendar, row.cause) == ("out/a", "push_refused")
    assert row.message == f"The service refused it ({status}): It is bad."
    service.faults = faulty.none
    assert desk.ledger.outbox.again() == 1
    assert desk.drain(login(service.address)).rows == {"sent": 1}


def test_a_newer_result_takes_the_place_of_a_refused_one(desk: Desk, service: MadeService) -> None:
    """What was refused is not offered again once there is a newer result of that calendar."""
    service.faults = in_turn(faulty.refuses(400, "bad"))
    desk.make(("a", "one"))
    desk.drain(login(service.address))
    desk.make(("a", "two"))
    assert desk.ledger.outbox.refused() == []
    assert desk.drain(login(service.address)).rows == {"sent": 1}


def test_after_eight_tries_it_is_kept(desk: Desk, service: MadeService) -> None:
    """A calendar that failed eight times is left for an hour or so, across restarts, while others go on."""
    service.faults = lambda request: faulty.FAILS if request.path.endswith("/bad") else None
    desk.make(("bad", "one"))
    began = desk.clock.wall
    pushed = desk.drain(login(service.address), patience=1_000)
    assert service.met["500"] == 8
    assert pushed.rows == {"push_retry": 8}
    assert desk.clock.wall - began < 8 * (30 + 120) + 1_000
    (row,) = desk.rows()
    assert row.attempts == 8
    assert 1_800 <= row.next_attempt - desk.clock.wall <= 3_600
    desk.restart()
    desk.make(("good", "two"))
    assert desk.drain(login(service.address), patience=1_000).rows == {"sent": 1}
    assert service.met["500"] == 8
    service.faults = faulty.none
    desk.clock.turn(3_600)
    assert desk.drain(login(service.address)).rows == {"sent": 1}


def test_a_service_that_fails_is_left_alone(desk: Desk, service: MadeService) -> None:
    """After five failures in a row nothing is sent; one question, in longer and longer pauses, finds out it is back."""
    service.faults = lambda request: faulty.FAILS
    desk.make(*((str(number), "x") for number in range(100)))
    desk.drain(login(service.address), patience=200, in_flight=1)
    puts = [request for request in service.requests if request.method == "PUT"]
    assert len(puts) == 5
    assert all(request.path == wire.ACCOUNT for request in service.requests[5:])
    before = len(service.requests)
    service.faults = faulty.none
    pushed = desk.drain(login(service.address), patience=3_600, in_flight=1)
    assert len(service.stored.calendars) == 100
    assert pushed.rows["sent"] == 100
    assert len(service.requests) - before == 100


def test_a_service_that_answers_and_takes_nothing_is_asked_less_and_less(desk: Desk, service: MadeService) -> None:
    """If questions are answered but nothing is taken, each pause is followed by one push, not five."""
    service.faults = only_puts(lambda request: faulty.FAILS)
    desk.make(*((str(number), "x") for number in range(100)))
    desk.drain(login(service.address), patience=100, in_flight=1)
    kinds = [request.method for request in service.requests]
    assert kinds[:5] == ["PUT"] * 5
    assert all(two == ["GET", "PUT"] for two in (kinds[at : at + 2] for at in range(5, len(kinds) - 1, 2)))


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_to_wait_is_obeyed(desk: Desk, service: MadeService, status: int) -> None:
    """Retry-After holds up everything for that long, counts against no calendar, and survives a restart."""
    service.faults = in_turn(faulty.answers(status, retry_after="1000"))
    desk.make(("a", "one"), ("b", "two"))
    began = desk.clock.wall
    desk.drain(login(service.address), patience=10, in_flight=1)
    assert len(service.requests) == 1
    rows = {row.calendar: row for row in desk.rows()}
    assert rows["out/a"].attempts == 0
    assert 1_000 <= rows["out/a"].next_attempt - began <= 1_100
    desk.restart()
    desk.drain(login(service.address), patience=10)
    assert held(service) == {"out/b": body("two")}
    assert desk.drain(login(service.address), patience=3_600).rows == {"sent": 1}
    assert 1_000 <= desk.clock.wall - began <= 1_101


def test_a_token_that_is_not_taken_stops_everything(desk: Desk, service: MadeService) -> None:
    """One 401 ends the drain; nothing is lost or counted, and after logging in anew all arrives."""
    service.tokens = {"another": ACCOUNT}
    desk.make(*((str(number), "x") for number in range(50)))
    pushed = desk.drain(login(service.address), in_flight=1)
    assert pushed.unauthorized is not None
    assert len(service.requests) == 1
    assert [row.attempts for row in desk.rows()] == [0] * 50
    assert desk.drain(login(service.address, "another")).rows == {"sent": 50}


def test_a_token_without_the_right_loses_nothing(desk: Desk, service: MadeService) -> None:
    """A 403 of the service is about all calendars, so it ends the drain as a 401 does."""
    service.faults = in_turn(faulty.refuses(403, "forbidden"))
    desk.make(("a", "x"), ("b", "x"))
    assert desk.drain(login(service.address), in_flight=1).unauthorized is not None
    assert len(desk.rows()) == 2


def test_the_token_goes_nowhere_else(desk: Desk, service: MadeService) -> None:
    """A redirect is not followed: the other server is not asked anything."""
    with MadeService() as other:
        service.faults = lambda request: faulty.answers(307, location=f"{other.address}{request.path}")
        desk.make(("a", "one"))
        pushed = desk.drain(login(service.address), patience=0.5)
        assert pushed.last_failure == "The service sends us elsewhere (307); the token does not go there."
        assert other.requests == []
    assert len(desk.rows()) == 1


def test_results_of_another_account_wait_for_it(desk: Desk, service: MadeService) -> None:
    """What was made for one account is not given to another; it goes when the first is back, or if it is taken over."""
    desk.account = login(service.address).owner
    desk.make(("a", "one"), ("b", "two"))
    desk.account = ""
    desk.make(("c", "three"))
    service.tokens = {TOKEN: "other"}
    other = login(service.address, account="other")
    pushed = desk.drain(other)
    assert pushed.rows == {"other_account": 2, "sent": 1}
    assert list(held(service)) == ["out/c"]
    service.tokens = {TOKEN: ACCOUNT}
    assert desk.drain(login(service.address)).rows == {"sent": 2}
    desk.account = login(service.address).owner
    desk.make(("a", "new"))
    service.tokens = {TOKEN: "other"}
    desk.ledger.outbox.again(other.owner)
    assert desk.drain(other).rows == {"sent": 1}


def test_two_outputs_are_not_mixed_under_one_name(desk: Desk, service: MadeService) -> None:
    """The second output under a name is refused with the first one's path, until that is not there any more."""
    desk.make(("a", "one"))
    desk.drain(login(service.address))
    first, desk.out = desk.out, desk.folder / "elsewhere"
    desk.out.mkdir()
    desk.make(("a", "two"))
    (row,) = desk.ledger.outbox.refused()
    assert row.message == f"The name out/a belongs to {first / 'a.ics'}."
    assert desk.ledger.outbox.again() == 0
    assert desk.drain(login(service.address)).rows == {}
    (first / "a.ics").unlink()
    assert desk.ledger.outbox.again() == 1
    assert desk.drain(login(service.address)).rows == {"sent": 1}
    assert held(service) == {"out/a": body("two")}


@pytest.mark.parametrize("change", ["changed", "removed"])
def test_a_calendar_that_was_changed_is_not_pushed(desk: Desk, service: MadeService, change: str) -> None:
    """A file that is not what was made is looked at three times, then the row says so; nothing wrong is sent."""
    desk.make(("a", "one"))
    file = desk.out / "a.ics"
    if change == "changed":
        file.write_bytes(b"something else")
    else:
        file.unlink()
    pushed = desk.drain(login(service.address), patience=60)
    assert pushed.rows == {"output_moved_on": 3}
    assert service.requests == []
    (row,) = desk.ledger.outbox.refused()
    assert str(file) in (row.message or "")


def test_a_calendar_on_its_way_to_be_newer_is_waited_for(desk: Desk, service: MadeService) -> None:
    """Between the writing of a newer calendar and its record the old row waits, and the newer one is sent."""
    desk.make(("a", "one"))
    (desk.out / "a.ics").write_bytes(body("two"))
    assert desk.drain(login(service.address)).rows == {"output_moved_on": 1}
    desk.make(("a", "two"))
    assert desk.drain(login(service.address)).rows == {"sent": 1}
    assert held(service) == {"out/a": body("two")}


def test_a_higher_one_at_the_service_stays_until_somebody_decides(desk: Desk, service: MadeService) -> None:
    """If the service has another state under a higher revision, ours is refused by name; sent again, it goes over it.

    Another ledger made it, or a clock that ran ahead: neither may lose a calendar in silence.
    """
    ahead = int(desk.clock.now() * 1_000) + 600_000
    service.stored.calendars["out/a"] = faulty.Kept(ahead, b"from elsewhere")
    desk.make(("a", "one"))
    assert desk.drain(login(service.address)).rows == {"superseded": 1}
    assert held(service) == {"out/a": b"from elsewhere"}
    (row,) = desk.ledger.outbox.refused()
    assert "another state of it, under a higher revision" in (row.message or "")
    assert desk.ledger.outbox.again() == 1
    assert desk.drain(login(service.address)).rows == {"sent": 1}
    assert service.stored.calendars["out/a"] == faulty.Kept(ahead + 1, body("one"))


def test_another_service_gets_everything(desk: Desk, service: MadeService) -> None:
    """What one service has another does not: after logging in there it is offered, once; and again when asked for."""
    there = login(service.address)
    desk.make(("a", "one"), ("b", "two"))
    desk.drain(there)

    def offered(account: str) -> int:
        return desk.ledger.outbox.offer(desk.out, lambda output: f"out/{output.stem}", account)

    assert offered(there.owner) == 0
    with faulty.made_service() as other:
        elsewhere = login(other.address)
        assert offered(elsewhere.owner) == 2
        desk.drain(elsewhere)
        assert held(other) == {"out/a": body("one"), "out/b": body("two")}
        assert offered(elsewhere.owner) == 0
        other.stored.calendars.clear()
        other.stored.keys.clear()
        assert desk.ledger.outbox.all_again(elsewhere.owner) == 2
        desk.drain(elsewhere)
        assert held(other) == {"out/a": body("one"), "out/b": body("two")}


@pytest.mark.parametrize(
    ("cause", "kind"),
    [("forbidden", FailureKind.UNAUTHORIZED), ("blocked", FailureKind.BUSY), ("quota", FailureKind.REFUSED)],
)
def test_what_403_means(service: MadeService, cause: str, kind: FailureKind) -> None:
    """A token without the right stops everything, a block is waited for, a full account refuses this calendar."""
    service.faults = in_turn(faulty.refuses(403, cause, retry_after="7"))

    async def put() -> None:
        async with Service(login(service.address)) as client:
            await client.put(CalendarUpload(key="a", revision=1, body=b"x"))

    with pytest.raises(PushFailed) as failed:
        asyncio.run(put())
    assert failed.value.kind is kind
    assert failed.value.wait == (7 if kind is FailureKind.BUSY else None)


def test_one_request_for_a_calendar_at_a_time(
    desk: Desk, service: MadeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an older result is in flight the newer one of the same calendar waits, and arrives last."""
    service.faults = in_turn(Fault(name="slow", reaches=True, seconds=0.3))
    desk.make(("a", "one"))
    rest, in_flight = desk.rest, []

    async def busy(tasks: Collection[Task], seconds: float) -> None:
        in_flight.append(len(tasks))
        while not service.requests:
            await asyncio.sleep(0.01)
        if len(in_flight) == 1:
            desk.make(("a", "two"))
        await rest(tasks, seconds)

    monkeypatch.setattr(desk, "rest", busy)
    desk.drain(login(service.address), patience=60)
    assert set(in_flight) == {1}
    hashes = [sha256 for _, _, sha256 in service.stored.commits]
    assert hashes == [wire.content_sha256(body(text)) for text in ("one", "two")]


def test_a_secret_does_not_show() -> None:
    """A token shows in no text that is made of what holds it, and cannot be written down."""
    import pickle

    who = login("http://127.0.0.1:1")
    assert TOKEN not in f"{who} {who!r} {who.token} {who.token!r}"
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TOKEN))
