"""A full store, a dead conveyor, health."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import httpx
from tukscal.sync.service.settings import IntakeSettings
from tukscal.tests.sync.service.serving import Served, converted, ended, serving, settings, upload
from tukscal.tests.waiting import until


def fill(here: Served, *, pages: int | None = None) -> None:
    """Let the store's file grow no more; or to so many pages."""

    def bound(connection: object) -> None:
        (now,) = connection.execute("PRAGMA page_count").fetchone()  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages or now}").fetchone()  # type: ignore[attr-defined]

    here.store.database.submit_write(bound).result(10)


def test_a_full_disk(tmp_path: Path) -> None:
    """With no room in the store an upload is 507 with a time, feeds and pages are served, and with room all goes on."""
    with serving(settings(tmp_path)) as here, here.person() as student:
        converted(student)
        feed = student.post("/v1/feeds", json={"calendars": ["uploads/lectures-2026-S2"]}).json()
        path = "/feeds/" + next(str(value) for value in feed.values() if ".ics" in str(value)).rpartition("/")[2]
        assert student.get(path).status_code == 200
        fill(here)
        answers = [upload(student, b"%PDF-1.4\n" + b"x" * 200_000 + b"\n%%EOF") for _ in range(2)]
        assert {answer.status_code for answer in answers} == {507}
        assert answers[0].headers["Retry-After"]
        assert answers[0].json()["cause"] == "io"
        assert student.get(path).status_code == 200
        assert student.get("/").status_code == 200
        fill(here, pages=1_000_000)
        assert upload(student).status_code == 202


def test_little_room_on_the_disk(tmp_path: Path) -> None:
    """With less room than is wanted nothing is taken and the service is not ready; it lives and shows what it has."""
    wanted = replace(settings(tmp_path), intake=replace(IntakeSettings(), free_disk=10**18))
    with serving(wanted) as here, here.person() as student:
        assert upload(student).status_code == 507
        ready = student.get("/ready")
        assert (ready.status_code, list(ready.json()["faults"])) == (503, ["disk"])
        assert ready.headers["Retry-After"]
        assert student.get("/live").status_code == 200


def test_an_end_the_store_cannot_take_is_kept(tmp_path: Path) -> None:
    """A calendar that cannot be written down is not lost: it is written when there is room, and /ready tells why."""
    with serving(settings(tmp_path)) as here, here.person() as student:
        converted(student)
        here.service.conveyor.loop.paused = True  # nothing is started
        job = upload(student).json()["id"]
        fill(here)
        here.service.conveyor.loop.paused = False
        here.service.conveyor.wake()
        until(lambda: "full" in here.service.conveyor.trouble, "the trouble")
        assert "full" in student.get("/ready").json()["faults"]["pool"]
        fill(here, pages=1_000_000)
        assert ended(student, job)["state"] == "done"
        until(lambda: student.get("/ready").status_code == 200, "an end of the trouble")


def test_health_answers_while_it_converts(tmp_path: Path) -> None:
    """/live and /ready answer at once while all workers convert; the bound is a busy machine's."""
    wanted = replace(settings(tmp_path), rates=replace(settings(tmp_path).rates, uploads_at_once=0))
    with serving(wanted) as here, here.person() as one, here.person() as other:
        jobs = [(person, upload(person).json()["id"]) for person in (one, other) for _ in range(4)]
        longest = 0.0
        for path in ("/live", "/ready") * 10:
            begun = time.monotonic()
            assert httpx.get(here.url + path).status_code == 200
            longest = max(longest, time.monotonic() - begun)
        assert longest < 5
        for person, job in jobs:
            assert ended(person, job)["state"] == "done"


def test_a_conveyor_that_stops_is_said(tmp_path: Path) -> None:
    """When nothing is converted any more /ready says so, and uploads are still taken."""
    with serving(settings(tmp_path)) as here, here.person() as student:
        here.service.conveyor.loop.stop(at_once=True)  # as if a fault had ended it
        here.service.conveyor.wake()
        until(lambda: not here.service.conveyor.alive, "its end")
        assert student.get("/ready").json()["faults"] == {"pool": "The conveyor has stopped."}
        assert upload(student).status_code == 202
