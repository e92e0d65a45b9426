"""The client, through a network that breaks, against the real service: results arrive, each once."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tukscal.core.ledger import Delivery
from tukscal.sync import wire
from tukscal.sync.client import CalendarUpload, Service
from tukscal.sync.retry import FailureKind, PushFailed
from tukscal.sync.service.access.secrets import OWN_SCOPES, Scope, make_admin
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.clock import Clock
from tukscal.tests.sync import faulty
from tukscal.tests.sync.faulty import FaultyProxy, only_puts
from tukscal.tests.sync.pushing import Desk, login
from tukscal.tests.sync.service.routes.people import ADMIN, PASSWORD, token_for
from tukscal.tests.sync.service.samples import calendar, lecture
from tukscal.tests.sync.service.serving import Served, serving, settings

RESULTS = 200
MANY = 10_000 if os.environ.get("TUKSCAL_SOAK") else 800


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The real service, with an admin."""
    (tmp_path / "service").mkdir()
    wanted, clock = settings(tmp_path / "service"), Clock()
    store = SqliteStore(wanted.store)
    asyncio.run(make_admin(store, ADMIN, PASSWORD, clock.now()))
    store.close()
    with serving(wanted, clock) as running:
        yield running


@pytest.fixture
def faculty(served: Served) -> Iterator[httpx.Client]:
    """A program of a faculty, with its token."""
    with served.person() as admin:
        assert admin.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD}).status_code == 204
        token = token_for(admin, "science", *OWN_SCOPES)
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0) as client:
        yield client


def contents(text: str) -> bytes:
    """A calendar that the service takes."""
    return calendar(lecture(group=f"G{text}"))


def token_of(client: httpx.Client) -> str:
    """The token a client sends."""
    return client.headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.slow
def test_two_hundred_results_through_a_faulty_network(served: Served, faculty: httpx.Client, tmp_path: Path) -> None:
    """Half of all requests fail in one way or another, replies are lost: the service ends with exactly our results.

    Every calendar has the revision and the bytes the ledger says, was taken once, and was taken though replies were
    lost after it was stored.
    """
    draw = random.Random(7)  # noqa: S311 - a course of events, no secret
    ways = (*faulty.TRANSIENT, *[faulty.LOST] * 5)
    account = str(faculty.get("/v1/account").json()["id"])
    desk = Desk(tmp_path, content=contents)
    with FaultyProxy(int(served.url.rpartition(":")[2])) as proxy:
        proxy.faults = only_puts(lambda request: draw.choice(ways) if draw.random() < 0.5 else None)
        who = login(proxy.address, token_of(faculty), account)
        desk.make(*((f"{number:03}", "01") for number in range(RESULTS)))
        desk.drain(who, patience=3_600)
        desk.make(*((f"{number:03}", "02") for number in range(0, RESULTS, 2)))
        desk.make(*((f"{number:03}", "01") for number in range(0, RESULTS, 4)))
        desk.drain(who, patience=3_600)
    assert desk.rows() == desk.ledger.outbox.refused() == []
    assert desk.ledger.outbox.backlog().states[Delivery.SENT] == RESULTS + RESULTS // 2
    desk.ledger.close()
    listed = faculty.get("/v1/calendars", params={"limit": 1_000}).json()["calendars"]
    assert [item["key"] for item in listed] == [f"out/{number:03}" for number in range(RESULTS)]
    wanted = Counter(wire.content_sha256(contents("02" if number % 4 == 2 else "01")) for number in range(RESULTS))
    assert Counter(item["sha256"] for item in listed) == wanted
    assert proxy.met["lost"] > 20


@pytest.mark.slow
def test_all_results_after_days_offline(served: Served, faculty: httpx.Client, tmp_path: Path) -> None:
    """Made over five days without a network, each pushed for in vain now and then: all arrive, each once."""
    account = str(faculty.get("/v1/account").json()["id"])
    desk = Desk(tmp_path, content=contents)
    with FaultyProxy(int(served.url.rpartition(":")[2])) as proxy:
        who = login(proxy.address, token_of(faculty), account)
        proxy.faults = lambda request: faulty.RESET
        for day in range(5):
            desk.make(*((f"{number:05}", "01") for number in range(day, MANY, 5)))
            desk.drain(who, patience=30)
            desk.clock.turn(86_400)
        assert 5 <= len(proxy.requests) < 500  # the service was left alone, and asked whether it is back
        proxy.faults = only_puts(lambda request: faulty.LOST if len(proxy.requests) % 20 == 0 else None)
        pushed = desk.drain(who, patience=3_600, in_flight=16)
    assert pushed.rows["sent"] == desk.ledger.outbox.backlog().states[Delivery.SENT] == MANY
    assert desk.rows() == desk.ledger.outbox.refused() == []
    desk.ledger.close()
    assert proxy.met["lost"] > MANY / 50  # as often a calendar was stored and nobody told
    assert listed(faculty) == {f"out/{number:05}": wire.content_sha256(contents("01")) for number in range(MANY)}


def listed(faculty: httpx.Client) -> dict[str, str]:
    """Return the names and hashes of all calendars the service has of a faculty, page by page."""
    found: dict[str, str] = {}
    after: str | None = ""
    while after is not None:
        page = faculty.get("/v1/calendars", params={"limit": 1_000, "after": after}).json()
        found |= {item["key"]: item["sha256"] for item in page["calendars"]}
        after = page["next"]
    return found


def test_each_refusal_of_the_service_is_understood(served: Served, faculty: httpx.Client) -> None:
    """What the real service refuses is of the kind the client thinks."""
    account = str(faculty.get("/v1/account").json()["id"])
    good = CalendarUpload(key="a", revision=5, body=contents("01"))

    async def kinds() -> list[FailureKind | str]:
        found: list[FailureKind | str] = []
        for token, upload in (
            (token_of(faculty), good),
            (token_of(faculty), good),
            (token_of(faculty), CalendarUpload(key="a", revision=4, body=contents("02"))),
            (token_of(faculty), CalendarUpload(key="b", revision=1, body=b"no calendar")),
            ("wrong", good),
        ):
            async with Service(login(served.url, token, account)) as service:
                try:
                    found.append((await service.put(upload)).state)
                except PushFailed as failure:
                    found.append(failure.kind)
        return found

    assert asyncio.run(kinds()) == [
        "stored",
        "replayed",
        FailureKind.SUPERSEDED,
        FailureKind.REFUSED,
        FailureKind.UNAUTHORIZED,
    ]


def test_who_am_i(served: Served, faculty: httpx.Client) -> None:
    """The client reads who the real service says it is."""

    async def ask() -> wire.TokenAccount:
        async with Service(login(served.url, token_of(faculty), "nobody")) as service:
            return await service.account()

    answer = asyncio.run(ask())
    assert answer.id == faculty.get("/v1/account").json()["id"]
    assert Scope.CALENDARS_WRITE in answer.scopes
