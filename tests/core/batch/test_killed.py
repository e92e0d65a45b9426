"""A batch whose process is killed anywhere: nothing is lost, nothing is done twice, every byte is the same."""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest
from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import BatchRun
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.ledger import Filter, Ledger, State
from tukscal.core.pool import InProcess
from tukscal.core.system.files import sha256
from tukscal.examples.generator import content
from tukscal.examples.generator.rows import Kind
from tukscal.tests.core import guarded
from tukscal.tests.core.batch.killed import STEPS
from tukscal.tests.waiting import eventually

COUNT = 16
KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
KILLS = 200 if os.environ.get("TUKSCAL_SOAK") else 6
MARK = "TUKSCAL_TEST_MARK"


@pytest.fixture(scope="module")
def pdfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Timetables of all kinds in two folders, one content twice, and files that are none."""
    folder = tmp_path_factory.mktemp("pdfs")
    (folder / "sub").mkdir()
    for number in range(COUNT):
        kind = KINDS[number % 3]
        place = folder / ("sub" if number % 2 else ".") / f"{number:02}.pdf"
        place.write_bytes(content.made(kind, number).pdf)
    shutil.copy(folder / "00.pdf", folder / "sub" / "again.pdf")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "text.pdf").write_bytes(b"%PDF-1.4\nnothing")
    return folder


@pytest.fixture(scope="module")
def reference(pdfs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nobody disturbs writes."""
    folder = tmp_path_factory.mktemp("reference")
    summary = finish(pdfs, folder)
    assert (summary["done"], summary["new"], summary["failed"]) == (COUNT + 1, COUNT + 1, {"damaged": 2})
    written = tree(folder / "out")
    assert len([name for name in written if name.endswith(".ics")]) == COUNT + 1
    return written


def start(step: str, pdfs: Path, folder: Path) -> subprocess.Popen[str]:
    """Start the batch in a process of its own; it and what it starts can be told by a mark."""
    arguments = [step, str(pdfs), str(folder / "out"), str(folder / "ledger.db")]
    return subprocess.Popen(
        [sys.executable, "-m", "tukscal.tests.core.batch.killed", *arguments],
        env={**os.environ, MARK: str(folder)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(pdfs: Path, folder: Path) -> dict[str, object]:
    """Run the batch to its end and return its summary."""
    with start("-", pdfs, folder) as process:
        output, _ = process.communicate()
        assert process.returncode == 0
    summary = ast.literal_eval(output)
    assert isinstance(summary, dict)
    return summary


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def marked(folder: Path) -> Iterator[int]:
    """The processes that belong to a run."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder) and guarded.alive(process.pid):
                yield process.pid
        except psutil.Error:
            continue


def check(pdfs: Path, folder: Path, reference: dict[str, bytes]) -> None:
    """Whether all is as if nobody had been killed, once the batch has been started again."""
    assert eventually(lambda: not list(marked(folder)), 2), "somebody outlived the parent"
    finish(pdfs, folder)
    assert tree(folder / "out") == reference  # the same files, the same bytes, no temporary ones
    with Ledger.open(folder / "ledger.db") as ledger:
        assert list(ledger.retention.check()) == []
        jobs = ledger.history.jobs(Filter(limit=1000))
        done = [job for job in jobs if job.state is State.DONE]
        assert {job.output.relative_to(folder / "out").as_posix(): job.output_sha256 for job in done} == {
            name: sha256(data) for name, data in reference.items() if name.endswith(".ics")
        }
        assert len(done) == COUNT + 1  # nothing was recorded twice
        assert sorted(job.source.name for job in jobs if job.state is State.DEAD) == ["empty.pdf", "text.pdf"]
        assert len(jobs) == COUNT + 3
        for job in done:
            ended = [attempt.cause for attempt in ledger.history.attempts(job.id)]
            assert ended.count(None) == 1  # done once
            assert set(ended) <= {None, "interrupted"}  # nobody is blamed for the kill
    assert finish(pdfs, folder)["unchanged"] == COUNT + 1  # and there is nothing left to do


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("times", [1, 3])
def test_killed_at_a_step(step: str, times: int, pdfs: Path, reference: dict[str, bytes], tmp_path: Path) -> None:
    """Killed with SIGKILL right after a step, and started again, the batch ends as if nothing had happened."""
    with start(f"{step}:{times}", pdfs, tmp_path) as process:
        process.communicate()
    if process.returncode == 0:
        assert step in ("S0-enqueued", "S1-claimed", "S6-recorded")  # steps that groups share may come once only
        assert times > 1
    else:
        assert process.returncode == -9
    check(pdfs, tmp_path, reference)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment(seed: int, pdfs: Path, reference: dict[str, bytes], tmp_path: Path) -> None:
    """Killed at random moments, several times in a row, the batch ends as if nothing had happened."""
    moments = random.Random(seed)  # noqa: S311 - moments, no secrets
    for _ in range(3):
        with start("-", pdfs, tmp_path) as process:
            try:
                process.communicate(timeout=moments.uniform(0.1, 1.2))
            except subprocess.TimeoutExpired:
                process.kill()
    check(pdfs, tmp_path, reference)


def test_two_runs_at_once(pdfs: Path, reference: dict[str, bytes], tmp_path: Path) -> None:
    """Two runs of the same command share the work: each PDF is converted once, by one of them, and both end well."""
    runs = [start("-", pdfs, tmp_path) for _ in range(2)]
    summaries = [ast.literal_eval(run.communicate()[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(summary["done"] for summary in summaries) == COUNT + 1
    assert all(summary["elsewhere"] == summary["left"] == 0 for summary in summaries)
    check(pdfs, tmp_path, reference)


def test_killed_and_started_with_other_options(pdfs: Path, reference: dict[str, bytes], tmp_path: Path) -> None:
    """What a killed run held is converted by the next one, also if that has other options."""
    with start("S2-started:2", pdfs, tmp_path) as process:
        process.communicate()
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        assert ledger.history.counts()[State.RUNNING] > 0
        batch = BatchRequest(
            sources=(pdfs,), output=tmp_path / "out",
            options=CalendarOptions(today=date(2026, 7, 1), year=2026, plan=PlanOptions(expand=True)),
        )  # fmt: skip
        run = BatchRun(batch, ledger, InProcess())
        for _ in run:
            pass
    assert (run.summary.done, run.summary.elsewhere, run.summary.left) == (COUNT + 1, 0, 0)
