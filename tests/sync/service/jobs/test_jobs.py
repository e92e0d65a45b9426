"""A PDF on its way through the service, seen by the one who sent it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.calendar.convert import read_calendar
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.serving import Served, converted, ended, pdf, serving, settings, upload

NO_TIMETABLE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n168\n"
    b"%%EOF\n"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run one service for the tests of this file; each has people of its own."""
    with serving(settings(tmp_path_factory.mktemp("service"))) as here:
        yield here


def test_a_pdf_becomes_a_calendar(running: Served) -> None:
    """An upload is answered with its address and place at once, and its calendar can be read when it is done."""
    with running.person() as student:
        answer = upload(student)
        assert answer.status_code == 202
        assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
        assert (answer.json()["state"], answer.json()["place"]) == ("queued", 1)
        job = ended(student, answer.json()["id"])
        assert (job["state"], job["kind"], job["calendar"]) == ("done", "lectures", "uploads/lectures-2026-S2")
        result = student.get(f"/v1/jobs/{job['id']}/result")
        assert len(read_calendar(result.content).events) == job["events"] > 0
        assert student.get("/v1/calendars/uploads/lectures-2026-S2").content == result.content
        assert student.get(answer.headers["Location"]).json() == job


def test_the_pdf_is_deleted_with_the_end_of_its_job(running: Served) -> None:
    """When a job is done or its PDF is at fault, nothing of the PDF is left."""
    with running.person() as student:
        jobs = [converted(student)["id"], converted(student, NO_TIMETABLE)["id"]]
    assert running.rows("SELECT job FROM pdfs WHERE job IN (?, ?)", *jobs) == []


def test_the_next_upload_is_the_next_revision(running: Served) -> None:
    """A second timetable of the same kind goes on from the calendar of the first: same UIDs, a larger revision."""
    with running.person() as student:
        first, second = converted(student), converted(student)
        assert second["revision"] > first["revision"]
        old, new = (student.get(f"/v1/jobs/{job['id']}/result") for job in (first, second))
        assert [event.uid for event in read_calendar(old.content).events] == [
            event.uid for event in read_calendar(new.content).events
        ]


def test_a_calendar_can_be_named(running: Served) -> None:
    """With `calendar` the result gets that key; a key that cannot be is refused before anything is kept."""
    with running.person() as student:
        assert converted(student, calendar="mine/2026")["calendar"] == "mine/2026"
        answer = upload(student, calendar="../x")
        assert (answer.status_code, answer.json()["cause"]) == (400, "bad_key")


@pytest.mark.parametrize(
    ("data", "status", "cause"),
    [
        (b"", 422, "damaged"),
        (b"<html>", 422, "not_a_timetable"),
        (b"%PDF-1.4 no end", 422, "damaged"),
    ],
)
def test_what_is_no_pdf_is_refused_at_once(running: Served, data: bytes, status: int, cause: str) -> None:
    """What the cheap checks refuse never becomes a job, and no account is made for it."""
    (before,) = running.rows("SELECT count(*) FROM jobs")
    with running.person() as student:
        answer = upload(student, data)
        assert (answer.status_code, answer.json()["cause"]) == (status, cause)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert not student.cookies
    assert running.rows("SELECT count(*) FROM jobs") == [before]


def test_a_pdf_at_fault_fails_for_good(running: Served) -> None:
    """A PDF that is no timetable ends as failed with the command line's cause and advice, and cannot be replayed."""
    with running.person() as student:
        job = converted(student, NO_TIMETABLE)
        assert (job["state"], job["cause"], job["attempts"], job["pdf"]) == ("failed", "not_a_timetable", 1, False)
        assert job["message"]
        assert job["advice"]
        again = student.post(f"/v1/jobs/{job['id']}/replay")
        assert (again.status_code, again.json()["advice"]) == (410, "Upload the PDF again.")
        assert student.get(f"/v1/jobs/{job['id']}/result").status_code == 409


def test_a_form_is_an_upload_too(running: Served) -> None:
    """A form with the file `pdf` is taken, and its name kept without folders."""
    with running.person() as student:
        answer = student.post("/v1/jobs", files={"pdf": ("..\\..\\a/b/My week.pdf", pdf("tests"), "application/pdf")})
        assert answer.status_code == 202
        job = ended(student, answer.json()["id"])
        assert (job["state"], job["name"], job["kind"]) == ("done", "My week.pdf", "tests")


def test_nobody_sees_anothers_job(running: Served) -> None:
    """Status, result, replay and deletion of somebody else's job are 404, as if there were none."""
    with running.person() as one, running.person() as other:
        job = converted(one)["id"]
        converted(other)
        answers = [
            other.get(f"/v1/jobs/{job}"),
            other.get(f"/v1/jobs/{job}/result"),
            other.post(f"/v1/jobs/{job}/replay"),
            other.delete(f"/v1/jobs/{job}"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert one.get(f"/v1/jobs/{job}").status_code == 200


def test_a_job_can_be_deleted(running: Served) -> None:
    """A deleted job is gone; the calendar it made stays."""
    with running.person() as student:
        job = converted(student)["id"]
        assert student.delete(f"/v1/jobs/{job}").status_code == 204
        assert student.get(f"/v1/jobs/{job}").status_code == 404
        assert student.get("/v1/calendars/uploads/lectures-2026-S2").status_code == 200


def test_killed_twice_is_a_dead_letter(tmp_path: Path) -> None:
    """A PDF whose worker has to be killed twice is a dead letter: kept, listed for admins, tried again on demand."""
    with serving(settings(tmp_path, timeout=0.001)) as here, here.person() as student, here.person() as other:
        job = converted(student)
        assert (job["state"], job["cause"], job["attempts"], job["pdf"]) == ("dead", "timeout", 2, True)
        assert _letters(here) == [(job["id"],)]
        upload(other)
        assert other.post(f"/v1/jobs/{job['id']}/replay").status_code == 404
        again = student.post(f"/v1/jobs/{job['id']}/replay")
        # A worker may have claimed it before the answer is made.
        assert again.status_code == 202
        assert again.json()["state"] in ("queued", "running")
        assert ended(student, job["id"])["attempts"] == 2


def test_a_year_without_dates_is_kept_until_there_are_some(tmp_path: Path) -> None:
    """Lectures of a year nobody wrote the teaching dates of are a dead letter: the fault is not the PDF's."""
    with serving(settings(tmp_path), Clock(1_910_000_000.0)) as here, here.person() as student:
        job = converted(student)
        assert (job["state"], job["cause"], job["attempts"], job["pdf"]) == ("dead", "no_term", 1, True)


def test_what_lies_on_the_disk_is_sealed(tmp_path: Path) -> None:
    """While a PDF waits its bytes are on the disk encrypted only, and open with the key and as that job alone."""
    with serving(settings(tmp_path, starts=0.0001)) as here, here.person() as one, here.person() as other:
        converted(one)  # the only start there is
        assert upload(other).status_code == 202
        ((job, sealed),) = here.rows("SELECT job, sealed FROM pdfs")
        files = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
        assert sealed[:400] in files  # longer ones are cut into pages
        assert b"%PDF-1" not in files
        assert here.service.vault.open(sealed, job) == pdf()


def _letters(here: Served) -> list[tuple[str]]:
    return here.rows("SELECT id FROM jobs WHERE state = 'dead'")
