"""What strangers found: each fault was mended and stays so."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from tukscal.core.errors import InputOutput, NoTerm
from tukscal.core.pdf.limits import Limits
from tukscal.examples.generator import content
from tukscal.sync import wire
from tukscal.sync.service.access.secrets import make_admin
from tukscal.sync.service.conversion import ConversionInput, convert_upload
from tukscal.sync.service.logs import set_up
from tukscal.sync.service.settings import SizeSettings, read_settings
from tukscal.tests.sync.service.samples import calendar, lecture
from tukscal.tests.sync.service.serving import Served, converted, serving, settings, upload
from tukscal.tests.waiting import until

NAME, PASSWORD = "Ada", "correct horse battery"


def admin(here: Served, client: httpx.Client) -> httpx.Client:
    """Return an admin who has logged in."""
    asyncio.run(make_admin(here.store, NAME, PASSWORD, here.clock.now()))
    assert client.post("/v1/admin/login", json={"name": NAME, "password": PASSWORD}).status_code == 204
    return client


def put(client: httpx.Client, key: str, body: bytes) -> httpx.Response:
    """Put a calendar."""
    headers = {"Content-Type": "text/calendar", wire.REVISION: "1"}
    return client.put(wire.calendar_path(key), content=body, headers=headers)


def work(data: bytes, today: date, **previous: bytes) -> ConversionInput:
    """Return what a worker is given."""
    return ConversionInput(
        data=data, name="a.pdf", calendar=None, previous=previous, today=today, revision=1, limits=Limits(), terms=None
    )


def test_last_years_calendar_does_not_decide_the_year() -> None:
    """Lectures uploaded next year have next year's dates or none, whatever calendar is there."""
    data = content.made("lectures", 4).pdf
    made = convert_upload(work(data, date(2026, 3, 1)))
    assert made.calendar.startswith("uploads/lectures-2026")
    with pytest.raises(NoTerm):
        convert_upload(work(data, date(2027, 3, 1), **{made.calendar: made.new.packed}))


def test_each_half_year_has_a_calendar_of_its_own(tmp_path: Path) -> None:
    """The second semester's lectures take nothing of the first one's away."""
    halves = [content.made("lectures", 4, offered=(half,)).pdf for half in ("S1", "S2")]
    with serving(settings(tmp_path)) as here, here.person() as student:
        keys = {converted(student, data)["calendar"] for data in halves}
        listed = {one["key"]: one["events"] for one in student.get("/v1/calendars").json()["calendars"]}
    assert keys == listed.keys() == {"uploads/lectures-2026-S1", "uploads/lectures-2026-S2"}
    assert all(listed.values())


def test_a_network_is_blocked(tmp_path: Path) -> None:
    """A block of a network holds for each address in it, and no other."""
    with serving(settings(tmp_path), proxies="127.0.0.1") as here, here.person() as client:
        new = {"who": "address:10.1.0.0/16", "reason": "noise"}
        assert admin(here, client).post("/v1/admin/blocks", json=new).status_code == 201
        answers = [
            httpx.get(here.url, headers={"X-Forwarded-For": one}).status_code for one in ("10.1.2.3", "10.2.2.3")
        ]
        assert answers == [403, 200]
        assert client.delete("/v1/admin/blocks/address:10.1.0.0/16").status_code == 204
        assert httpx.get(here.url, headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 200


def test_passwords_tried_at_once_are_few(tmp_path: Path) -> None:
    """Of thirty wrong passwords at the same moment no more are looked at than block the address, or two at a time."""
    wanted = settings(tmp_path)
    with serving(replace(wanted, rates=replace(wanted.rates, logins_failed=5))) as here, here.person() as client:
        admin(here, client)

        def attempt(_: int) -> int:
            with here.person() as one:
                return one.post("/v1/admin/login", json={"name": NAME, "password": "wrong wrong wrong"}).status_code

        with ThreadPoolExecutor(30) as many:
            answers = list(many.map(attempt, range(30)))
        assert set(answers) == {401, 429}
        assert answers.count(401) <= 6


def test_wrong_passwords_keep_no_student_out(tmp_path: Path) -> None:
    """Where an address may not log in any more, a link to come back by still works; wrong links block nobody."""
    wanted = settings(tmp_path)
    with serving(replace(wanted, rates=replace(wanted.rates, logins_failed=2))) as here, here.person() as student:
        converted(student)
        link = student.post("/v1/account/recovery").json()["url"]
        with here.person() as other:
            for number in range(5):
                assert other.post(f"/recover/{number}").status_code == 404
            for _ in range(3):
                other.post("/v1/admin/login", json={"name": NAME, "password": "wrong wrong wrong"})
            assert other.post("/v1/admin/login", json={"name": NAME, "password": PASSWORD}).status_code == 429
            assert other.post(link.removeprefix(here.url)).status_code == 303
            assert len(other.get("/v1/calendars").json()["calendars"]) == 1


def test_an_admins_cookie_is_of_no_use_elsewhere(tmp_path: Path) -> None:
    """Whatever an admin's session asks for, it asks from an allowed network."""
    with serving(settings(tmp_path), proxies="127.0.0.1") as here, here.person() as client:
        admin(here, client)
        for method, path in (("GET", "/v1/account"), ("POST", "/v1/account/logout-everywhere"), ("GET", "/v1/tokens")):
            assert client.request(method, path, headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 403
        assert client.get("/v1/account").status_code == 200


@pytest.mark.parametrize("boundary", ["a" * 300, '"' + "b" * 300 + '"', "\u00e9"])
def test_a_boundary_that_is_none(tmp_path: Path, boundary: str) -> None:
    """A form with an odd boundary is a bad request, not a fault of ours."""
    with serving(settings(tmp_path, workers=1)) as here, here.person() as student:
        kind = f"multipart/form-data; boundary={boundary}".encode()
        answer = student.post("/v1/jobs", content=b"--x--", headers=[(b"Content-Type", kind)])
        assert answer.status_code in (400, 415)


def test_who_hangs_up_is_no_fault(tmp_path: Path) -> None:
    """A client that is gone in the middle of its body leaves no error in the log."""
    lines = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    try:
        set_up("info", lines)
        with serving(settings(tmp_path, workers=1)) as here:
            with socket.create_connection(("127.0.0.1", here.port)) as client:
                client.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\n"
                               b"Content-Length: 1000\r\n\r\n%PDF")  # fmt: skip
            until(lambda: '"route"' in lines.getvalue(), "the request's line")
    finally:
        logging.getLogger().handlers[:] = handlers
    assert "error" not in {line.split('"level": "')[1].split('"')[0] for line in lines.getvalue().splitlines()}
    assert "Traceback" not in lines.getvalue()


def test_a_students_writes_have_bounds(tmp_path: Path) -> None:
    """A student puts no calendar larger than any timetable's, and not without end; a feed has a size."""
    wanted = settings(tmp_path)
    rates = replace(wanted.rates, writes_minute=4)
    sizes = SizeSettings(student_calendar=3_000, feed=10)
    with serving(replace(wanted, rates=rates, sizes=sizes)) as here, here.person() as student:
        job = converted(student)
        large = calendar(*(lecture(f"COS {number}") for number in range(200, 260)))
        assert put(student, "large", large).status_code == 413
        assert put(student, "small", calendar(lecture())).status_code == 201
        made = student.post("/v1/feeds", json={"calendars": [job["calendar"]]})
        assert made.status_code == 201
        assert student.get("/feeds/" + made.json()["url"].rpartition("/")[2]).status_code == 413
        assert student.post("/v1/selections", json={}).status_code == 201
        answer = student.post("/v1/selections", json={})
        assert (answer.status_code, answer.json()["cause"]) == (429, "rate_limited")


def test_one_network_does_not_fill_the_queue(tmp_path: Path) -> None:
    """The students of one network leave places in the queue for those of others."""
    wanted = settings(tmp_path, queue=5, queue_share=0.6, starts=0.0001)
    with serving(wanted, proxies="127.0.0.1") as here:

        def sent(address: str) -> int:
            with here.person(**{"X-Forwarded-For": address}) as student:
                return upload(student).status_code

        assert [sent("10.0.0.1") for _ in range(5)].count(202) in (3, 4)  # one may run already
        assert sent("10.0.0.2") == 202


def test_a_store_is_its_owners_alone(tmp_path: Path) -> None:
    """The store and what SQLite puts beside it can be read by nobody else."""
    with serving(settings(tmp_path, workers=1)):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("service.db*")}
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_person_gets_a_page(tmp_path: Path) -> None:
    """A browser that asks for a page is told what went wrong on one; a program gets a problem."""
    with serving(settings(tmp_path, workers=1)) as here:
        page = httpx.get(f"{here.url}/nothing", headers={"Accept": "text/html,*/*"})
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "This did not work" in page.text
        assert httpx.get(f"{here.url}/nothing").headers["content-type"] == wire.PROBLEM_TYPE
        program = httpx.get(f"{here.url}/v1/nothing", headers={"Accept": "text/html"})
        assert program.headers["content-type"] == wire.PROBLEM_TYPE
        assert httpx.head(here.url).status_code == 200


def test_readiness_costs_one_write_a_moment(tmp_path: Path) -> None:
    """However often somebody asks, the store is written to once; strangers are not told what is wrong."""
    with serving(settings(tmp_path, workers=1), proxies="127.0.0.1") as here:
        written: list[str] = []
        here.store.database.watchers.append(lambda timing: written.append(timing.name))
        with here.person() as client:
            assert {client.get("/ready").status_code for _ in range(40)} == {200}
        assert 1 <= sum("touch" in name for name in written) < 20
        here.service.looked.until = 1e12
        here.service.looked.faults = {"store": "/secret/path cannot be written"}
        answer = httpx.get(f"{here.url}/ready", headers={"X-Forwarded-For": "8.8.8.8"})
        assert (answer.status_code, answer.json()["faults"]) == (503, {"store": "It does not work."})


@pytest.mark.parametrize(
    "environment",
    [
        {"TUKSCAL_RATES_UPLOAD_HOUR": "1"},
        {"TUKSCAL_JOBS_": "1"},
        {"TUKSCAL_SESSIONS_ADMIN_ADDRESSES": "here"},
        {"TUKSCAL_OUTSIDE_METRICS_ADDRESSES": "10.0.0.0/99"},
        {"TUKSCAL_JOBS_QUEUE": "-1"},
        {"TUKSCAL_JOBS_QUEUE": "2.5"},
        {"TUKSCAL_JOBS_TIMEOUT": "inf"},
        {"TUKSCAL_JOBS_TIMEOUT": "nan"},
        {"TUKSCAL_JOBS": "1"},
    ],
)
def test_settings_that_are_none(environment: dict[str, str]) -> None:
    """A variable with a slip in its name, or networks that are none, are refused when the service starts."""
    with pytest.raises(InputOutput):
        read_settings(None, environment)


def test_settings_with_networks(tmp_path: Path) -> None:
    """A network may be given by any address in it; a text in the place of a list is refused."""
    given = read_settings(None, {"TUKSCAL_SESSIONS_ADMIN_ADDRESSES": "10.1.2.3/8, 127.0.0.1", "TUKSCAL_KEY": "k"})
    assert given.sessions.admin_addresses == ("10.1.2.3/8", "127.0.0.1")
    (tmp_path / "a.toml").write_text('[sessions]\nadmin_addresses = "127.0.0.0/8"\n')
    with pytest.raises(InputOutput, match=r"sessions\.admin_addresses"):
        read_settings(tmp_path / "a.toml", {})


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    """A variable changes its own setting alone; what else the file says of the section stays."""
    (tmp_path / "a.toml").write_text('public_url = "https://a"\n[jobs]\nqueue = 7\ntimeout = 5\nterms = "/t"\n')
    given = read_settings(tmp_path / "a.toml", {"TUKSCAL_JOBS_QUEUE": "9", "TUKSCAL_STORE": "b.db", "OTHER_JOBS_X": ""})
    assert (given.jobs.queue, given.jobs.timeout, given.jobs.terms) == (9, 5.0, "/t")
    assert (given.store, given.public_url, given.sizes) == (Path("b.db"), "https://a", SizeSettings())
    (tmp_path / "a.toml").write_text("jobs = 3\n")
    for environment in ({}, {"TUKSCAL_JOBS_QUEUE": "9"}):
        with pytest.raises(InputOutput, match="The setting jobs is"):
            read_settings(tmp_path / "a.toml", environment)


def test_no_advice_of_commands() -> None:
    """What is told to somebody with a browser names no command and no option."""
    from tukscal.core.errors import CONVERSION_ERRORS
    from tukscal.sync.service import problems

    for kind in CONVERSION_ERRORS:
        advice = problems.advice_of(kind("It is so."))
        assert advice
        assert "--" not in advice
        assert "`" not in advice
