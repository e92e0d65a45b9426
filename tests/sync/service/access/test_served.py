"""Limits as those meet them who ask the running service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tukscal.sync.service.access.rates import HEADER, solve
from tukscal.sync.service.access.secrets import make_admin
from tukscal.sync.service.settings import RateSettings, Settings
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.serving import Served, converted, pdf, serving, settings, upload

PASSWORD = "correct horse battery"  # noqa: S105 - of this test alone


def limited(folder: Path, **rates: Any) -> Settings:
    """Return settings with these rates."""
    return replace(settings(folder), rates=replace(RateSettings(lists_minute=0), **rates))


def logged_in(here: Served, admin: httpx.Client) -> None:
    """Make an admin and log in."""
    asyncio.run(make_admin(here.store, "root", PASSWORD, here.clock.now()))
    assert admin.post("/v1/admin/login", json={"name": "root", "password": PASSWORD}).status_code == 204


def test_ten_of_a_hundred(tmp_path: Path) -> None:
    """Of a hundred uploads of one account at once with ten left exactly ten are taken, and none after a restart."""
    wanted = limited(tmp_path, uploads_minute=0, uploads_hour=11, uploads_at_once=0)
    clock = Clock()

    async def race(here: Served, cookies: httpx.Cookies) -> list[httpx.Response]:
        headers = {"Origin": here.url, "Content-Type": "application/pdf"}
        async with httpx.AsyncClient(base_url=here.url, cookies=cookies, headers=headers, timeout=60) as client:
            return await asyncio.gather(*(client.post("/v1/jobs", content=pdf()) for _ in range(100)))

    with serving(wanted, clock) as here, here.person() as student:
        converted(student)
        cookies = student.cookies
        answers = asyncio.run(race(here, cookies))
        assert sorted({answer.status_code for answer in answers}) == [202, 429]
        assert sum(answer.status_code == 202 for answer in answers) == 10
        assert here.rows("SELECT count(*) FROM jobs") == [(11,)]
        assert here.rows("SELECT count(*) FROM accounts") == [(1,)]
    clock.turn(60)
    with serving(wanted, clock) as here, here.person() as student:
        student.cookies = httpx.Cookies(dict(cookies.items()))
        refused = upload(student)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == refused.headers["X-RateLimit-Reset"] == "3540"
        assert '"uploads-hour";r=0;t=3540' in refused.headers["RateLimit"]
        clock.turn(3540)
        assert upload(student).status_code == 202


def test_so_many_at_a_time(tmp_path: Path) -> None:
    """An account has two PDFs under way; the third is refused for a moment, others are not."""
    wanted = replace(limited(tmp_path), jobs=replace(settings(tmp_path).jobs, starts=0.0001))
    with serving(wanted) as here, here.person() as first, here.person() as student, here.person() as other:
        converted(first)  # the only start there is
        assert [upload(student).status_code for _ in range(3)] == [202, 202, 429]
        refused = upload(student)
        assert '"uploads-at-once";r=0' in refused.headers["RateLimit"]
        assert refused.headers["Retry-After"] == refused.headers["X-RateLimit-Reset"]
        assert upload(other).status_code == 202


def test_a_full_queue_says_when(tmp_path: Path) -> None:
    """With the queue full uploads get 503 and a time, before their body is read; pages and jobs are still answered."""
    jobs = replace(settings(tmp_path).jobs, starts=0.0001, queue=2)
    with serving(replace(limited(tmp_path), jobs=jobs)) as here, here.person() as student, here.person() as other:
        job = converted(student)["id"]
        assert [upload(student).status_code for _ in range(2)] == [202, 202]
        refused = upload(other)
        assert (refused.status_code, refused.json()["cause"]) == (503, "queue_full")
        assert 1 <= int(refused.headers["Retry-After"]) <= 120
        assert other.get("/").status_code == 200
        assert student.get(f"/v1/jobs/{job}/result").status_code == 200
        assert other.get("/ready").status_code == 200


def test_status_is_asked_so_often(tmp_path: Path) -> None:
    """Polls are limited by account, with headers that agree; the service itself goes on."""
    with serving(limited(tmp_path, status_minute=5)) as here, here.person() as student, here.person() as other:
        job = converted(student)["id"]
        answers = [student.get(f"/v1/jobs/{job}") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[4].headers["RateLimit"].startswith('"status";r=0;t=')
        last = answers[5].headers
        assert last["Retry-After"] == last["X-RateLimit-Reset"]
        assert other.get("/v1/jobs/none").status_code == 401


def test_an_address_proves_its_work(tmp_path: Path) -> None:
    """After its share an address is asked for a proof of work, which opens the door once."""
    wanted = limited(tmp_path, anonymous_hour=2, challenge_cost=1, challenge_prefix="0")
    with serving(wanted) as here:
        for _ in range(2):
            with here.person() as student:
                assert upload(student).status_code == 202
        with here.person() as student:
            refused = upload(student)
            assert (refused.status_code, refused.json()["cause"]) == (429, "challenge_required")
            assert not student.cookies
            answer = solve(student.get("/v1/challenge").json())
            student.headers[HEADER] = answer
            assert upload(student).status_code == 202
        with here.person(**{HEADER: answer}) as student:
            assert upload(student).json()["cause"] == "challenge_required"


def test_forwarded_addresses_count_from_known_proxies_only(tmp_path: Path) -> None:
    """X-Forwarded-For is believed of a configured proxy, and is nothing otherwise."""
    wanted = limited(tmp_path, anonymous_hour=1)
    with serving(wanted) as here:
        for number, status in ((1, 202), (2, 429)):
            with here.person(**{"X-Forwarded-For": f"10.0.0.{number}"}) as student:
                assert upload(student).status_code == status
        assert here.rows("SELECT network FROM networks") == [("127.0.0.1",)]
    (tmp_path / "proxied").mkdir()
    with serving(limited(tmp_path / "proxied", anonymous_hour=1), proxies="127.0.0.1") as here:
        for address, status in (("10.0.0.1", 202), ("10.0.0.2", 202), ("10.0.0.1", 429), ("9.9.9.9, 10.0.0.2", 429)):
            with here.person(**{"X-Forwarded-For": address}) as student:
                assert upload(student).status_code == status, address


def test_wrong_passwords_block_logging_in(tmp_path: Path) -> None:
    """After some wrong passwords an address cannot log in for a while, with the right one neither; students go on."""
    clock = Clock()
    with serving(limited(tmp_path, logins_failed=2), clock) as here, here.person() as admin, here.person() as student:
        asyncio.run(make_admin(here.store, "root", PASSWORD, clock.now()))
        right, wrong = {"name": "root", "password": PASSWORD}, {"name": "root", "password": "wrong wrong wrong"}
        statuses = [admin.post("/v1/admin/login", json=login).status_code for login in (wrong, wrong, right)]
        assert statuses == [401, 401, 429]
        assert upload(student).status_code == 202
        clock.turn(901)
        assert admin.post("/v1/admin/login", json=right).status_code == 204


def test_an_admin_blocks_and_lifts(tmp_path: Path) -> None:
    """An admin blocks an account, and lifts the block; it survives a restart."""
    with serving(limited(tmp_path)) as here, here.person() as admin, here.person() as student:
        logged_in(here, admin)
        upload(student)
        ((account,),) = here.rows("SELECT account FROM jobs")
        made = admin.post("/v1/admin/blocks", json={"who": f"account:{account}", "reason": "floods"})
        assert made.status_code == 201
        blocked = student.get("/v1/jobs")
        assert (blocked.status_code, blocked.json()["cause"]) == (403, "blocked")
        assert [block["who"] for block in admin.get("/v1/admin/blocks").json()] == [f"account:{account}"]
        assert student.get("/v1/admin/blocks").status_code == 403
        cookies = dict(student.cookies)
    with serving(limited(tmp_path)) as here, here.person() as admin, here.person() as student:
        logged_in(here, admin)
        student.cookies.update(cookies)
        assert student.get("/v1/jobs").status_code == 403
        assert admin.delete(f"/v1/admin/blocks/account:{account}").status_code == 204
        assert admin.delete(f"/v1/admin/blocks/account:{account}").status_code == 404
        assert student.get("/v1/jobs").status_code == 200


def test_a_blocked_address_is_turned_away_at_the_gate(tmp_path: Path) -> None:
    """A blocked address gets nothing but the health of the service, until the time is over."""
    clock = Clock()
    with serving(limited(tmp_path), clock) as here, here.person() as student:
        asyncio.run_coroutine_threadsafe(
            here.service.blocks.add("address:127.0.0.1", "test", 100.0), _loop(here)
        ).result(10)
        refused = student.get("/")
        assert (refused.status_code, refused.headers["Retry-After"]) == (403, "100")
        assert student.get("/live").status_code == 200
        clock.turn(100)
        assert student.get("/").status_code == 200


def test_abuse_blocks_an_account(tmp_path: Path) -> None:
    """An account that goes on after many refusals is blocked for a while."""
    with serving(limited(tmp_path, status_minute=1, abuse=3)) as here, here.person() as student:
        job = converted(student)["id"]
        statuses = [student.get(f"/v1/jobs/{job}").status_code for _ in range(7)]
        assert statuses == [200, 429, 429, 429, 429, 403, 403]


@pytest.mark.parametrize("who", ["address:nowhere", "nobody", "login:"])
def test_a_block_names_somebody(tmp_path: Path, who: str) -> None:
    """What names no address and no account is refused."""
    with serving(limited(tmp_path)) as here, here.person() as admin:
        logged_in(here, admin)
        assert admin.post("/v1/admin/blocks", json={"who": who}).status_code == 422


def _loop(here: Served) -> asyncio.AbstractEventLoop:
    loop = here.service.conveyor._jobs.events
    assert loop is not None
    return loop
