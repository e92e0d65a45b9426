"""A report from a real ledger: every job once, what was before, and a file that is whole or not there."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import BatchRun
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.errors import NotATimetable, NotWritable
from tukscal.core.ledger import Job, Ledger
from tukscal.core.pool import InProcess
from tukscal.core.report.batch import told_jobs
from tukscal.core.report.write import FORMATS, check_report_path, write_report
from tukscal.examples.generator import content
from tukscal.tests.core.ledger.ledgers import Place, done, failure, new_job

ASKED = {"sources": ["/in"], "output": "/out"}


def batch(ledger: Ledger, numbers: range, dead: range = range(0), command: str = "batch", **changes: Any) -> int:
    """Do a batch in which some jobs fail, and return its number."""
    number = ledger.history.begin(command, ASKED)
    ledger.queue.enqueue(number, [new_job(one, **changes) for one in numbers])
    while jobs := ledger.queue.claim("queue", 500):
        ledger.queue.record([_end(job, dead) for job in jobs])
    ledger.history.end_batch(number, {"batch": number, "seconds": 2.5, "failures": len(dead)})
    return number


def _end(job: Job, dead: range) -> Any:
    return failure(job, "damaged") if int(job.source.stem) in dead else done(job)


def written(ledger: Ledger, number: int, path: Path) -> Any:
    """Write a report and read it again: rows of CSV, a document, or the page."""
    write_report(path, ledger, number)
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(data)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))) if path.suffix == ".csv" else data


def test_every_job_of_the_batch_is_there_once(ledger: Ledger, tmp_path: Path) -> None:
    """Over several pages of the ledger, CSV and JSON have each job once, and none of another batch."""
    batch(ledger, range(5_000, 5_010))
    number = batch(ledger, range(2_500), range(0, 2_500, 9))
    rows, document = (written(ledger, number, tmp_path / f"r{ending}") for ending in (".csv", ".json"))
    expected = {f"/in/{one}.pdf" for one in range(2_500)}
    for sources in ([row["source"] for row in rows], [one["source"] for one in document["jobs"]]):
        assert len(sources) == 2_500
        assert set(sources) == expected
    assert document["totals"]["states"] == {
        state.value: count for state, count in ledger.history.counts(batch=number).items()
    }
    assert document["totals"]["causes"] == ledger.history.stats(number).causes == {"damaged": 278}


def test_what_was_before_is_known(ledger: Ledger, place: Place, tmp_path: Path) -> None:
    """Failures that had a calendar and calendars that had failed are told, with the run before of the same folder."""
    first = batch(ledger, range(6), range(3))
    place.clock.turn(3_600)
    batch(ledger, range(100, 101), command="watch")
    second = batch(ledger, range(6), range(2, 5), sha256="new")
    document = written(ledger, second, tmp_path / "r.json")
    before = {one["source"]: (one["state"], one["before"]) for one in document["jobs"]}
    assert before == {
        "/in/0.pdf": ("done", "failed"), "/in/1.pdf": ("done", "failed"), "/in/2.pdf": ("dead", None),
        "/in/3.pdf": ("dead", "calendar"), "/in/4.pdf": ("dead", "calendar"), "/in/5.pdf": ("done", None),
    }  # fmt: skip
    assert (document["totals"]["lost"], document["totals"]["recovered"]) == (2, 2)
    assert (document["before"]["id"], document["batch"]["id"]) == (first, second)
    assert written(ledger, first, tmp_path / "first.json")["before"] is None
    page = written(ledger, second, tmp_path / "r.html").decode()
    assert "It failed: damaged." in page
    assert f"The last run, batch {first}, was on " in page


def test_a_failure_within_the_run_is_not_one_before(ledger: Ledger, place: Place, tmp_path: Path) -> None:
    """A job that failed once and was done when tried again in the same run had not failed before."""
    number = ledger.history.begin("batch", ASKED)
    ledger.queue.enqueue(number, [new_job(1)])
    for end in (failure(1, "io"), done(1)):
        place.clock.turn(60)
        ledger.queue.claim("queue")
        assert ledger.queue.record([end]) == []
    (one,) = written(ledger, number, tmp_path / "r.json")["jobs"]
    assert (one["state"], one["attempts"], one["before"]) == ("done", 2, None)


def test_what_is_not_tried_again_is_on_the_page(ledger: Ledger, place: Place, tmp_path: Path) -> None:
    """A PDF that a batch left in quarantine is listed without a calendar; of another folder it is not."""
    first = ledger.history.begin("batch", ASKED)
    ledger.queue.enqueue(first, [new_job(1), new_job(2, output=Path("/elsewhere/out/2.ics"))])
    for _ in range(2):
        place.clock.turn(600)
        ledger.queue.record([failure(job, "crash") for job in ledger.queue.claim("queue", 10)])
    second = ledger.history.begin("batch", ASKED)
    ledger.history.end_batch(second, {"batch": second, "quarantined": 1})
    page = written(ledger, second, tmp_path / "r.html").decode()
    assert "<h1>1 of 1 PDF has no calendar</h1>" in page
    assert 'title="/in/1.pdf"' in page
    assert "/in/2.pdf" not in page


def test_a_run_that_was_killed_has_a_report(ledger: Ledger, tmp_path: Path) -> None:
    """A batch that never ended has jobs that are not done, no summary, and says so."""
    number = ledger.history.begin("batch", ASKED)
    ledger.queue.enqueue(number, [new_job(1)])
    document = written(ledger, number, tmp_path / "r.json")
    assert (document["batch"]["ended"], document["batch"]["summary"]) == (None, None)
    assert "The run did not come to its end" in written(ledger, number, tmp_path / "r.html").decode()


def test_two_real_runs(tmp_path: Path) -> None:
    """Of PDFs converted twice, one of them changed, the second report tells what the ledger knows of that one."""
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(3):
        (source / f"{number}.pdf").write_bytes(content.made("tests", number).pdf)
    (source / "bad.pdf").write_bytes(b"no PDF")
    request = BatchRequest(sources=(source,), output=out, options=CalendarOptions(today=date(2026, 7, 1), year=2026))
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        for seed in (0, 9):
            (source / "0.pdf").write_bytes(content.made("tests", seed).pdf)
            work = BatchRun(request, ledger, InProcess())
            assert len(list(work))
        summary = work.summary
        document = written(ledger, summary.batch, tmp_path / "r.json")
        page = written(ledger, summary.batch, out / "r.html").decode()
    done, bad = sorted(document["jobs"], key=lambda one: str(one["source"]))
    assert (done["source"], done["new"], done["before"]) == (str(source / "0.pdf"), False, None)
    assert done["changes"] == len(done["moved"]) > 0
    assert document["totals"]["changed"] == summary.changed == 1
    assert (bad["cause"], bad["advice"]) == ("not_a_timetable", NotATimetable.default_advice)
    assert document["before"]["summary"]["new"] == 3
    assert "<h1>1 of 4 PDFs has no calendar</h1>" in page
    assert done["moved"][0]["title"] in page
    assert '<a href="../in/bad.pdf"' in page


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_ledger_gives_the_same_report(ledger: Ledger, tmp_path: Path, ending: str) -> None:
    """A report of nothing new is the same file, but for the time in the JSON."""
    number = batch(ledger, range(20), range(3))
    one, other = (written(ledger, number, tmp_path / f"r{ending}") for _ in range(2))
    if ending == ".json":
        one.pop("made")
        other.pop("made")
    assert one == other


@pytest.mark.parametrize("ending", FORMATS)
def test_a_report_is_whole_or_not_there(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """If making it fails on the way, the report of before is as it was and nothing else is left in the folder."""
    number, path = batch(ledger, range(1_200)), tmp_path / "out" / f"report{ending}"
    path.parent.mkdir()
    write_report(path, ledger, number)
    before = path.read_bytes()

    def failing(*arguments: Any) -> Iterator[Any]:
        for place, told in enumerate(told_jobs(*arguments)):
            if place == 1_100:
                raise RuntimeError("on the way")
            yield told

    monkeypatch.setattr("tukscal.core.report.write.told_jobs", failing)
    with pytest.raises(RuntimeError, match="on the way"):
        write_report(path, ledger, number)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("name", ["report.txt", "report", ".html", "report.html.gz"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    """A file whose ending names no form is refused, with the endings there are."""
    with pytest.raises(NotWritable, match=r"ends in \.html, \.csv or \.json"):
        check_report_path(tmp_path / name)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A folder that is not there and a folder of that name are refused; capitals in the ending are not."""
    (tmp_path / "folder.html").mkdir()
    for path in (tmp_path / "missing" / "r.html", tmp_path / "folder.html"):
        with pytest.raises(NotWritable):
            check_report_path(path)
    check_report_path(tmp_path / "R.HTML")


def test_a_batch_nobody_knows_is_a_fault(ledger: Ledger, tmp_path: Path) -> None:
    """A number that is none raises LookupError and writes nothing."""
    with pytest.raises(LookupError):
        write_report(tmp_path / "r.csv", ledger, 99)
    assert os.listdir(tmp_path) == ["state"]


def test_an_old_batch_is_found(ledger: Ledger, tmp_path: Path) -> None:
    """A batch below the newest hundred is found too."""
    number = batch(ledger, range(3))
    for _ in range(150):
        ledger.history.begin("batch", ASKED)
    assert len(written(ledger, number, tmp_path / "r.csv")) == 3
