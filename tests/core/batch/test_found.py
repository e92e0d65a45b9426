"""What strangers found in batches: each fault was mended and stays so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.batch.plan import BatchPlan, BatchRequest, Digests, check_files, enqueue
from tukscal.core.batch.run import BatchRun, Stopping
from tukscal.core.calendar.convert import CalendarOptions, TermChoice
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.errors import BadRows, NoSuchFile
from tukscal.core.jobs import commit
from tukscal.core.jobs.commit import Finished
from tukscal.core.jobs.fingerprint import look
from tukscal.core.jobs.task import Made
from tukscal.core.ledger import Enqueued, Job, Ledger
from tukscal.core.pool import InProcess
from tukscal.core.system.files import sha256, stamp
from tukscal.examples.generator import content
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.tests.core.ledger.ledgers import finish_all, new_job, queued

OPTIONS = CalendarOptions(today=date(2026, 7, 1), year=2026)


def request(folder: Path, options: CalendarOptions = OPTIONS) -> BatchRequest:
    """Return what is asked for."""
    return BatchRequest(sources=(folder / "in",), output=folder / "out", options=options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `in` of six timetables."""
    (tmp_path / "in").mkdir()
    for number in range(6):
        (tmp_path / "in" / f"{number}.pdf").write_bytes(content.made("tests", number).pdf)
    return tmp_path


def test_what_another_run_took_is_not_done(folder: Path) -> None:
    """Jobs another run took, with other options, are left, and said to be; the next run of the same does them."""
    with Ledger.open(folder / "ledger.db") as ledger:
        run = BatchRun(request(folder), ledger, InProcess())
        for event in run:
            if isinstance(event, BatchPlan):
                other = BatchRun(request(folder, replace(OPTIONS, plan=PlanOptions(expand=True))), ledger, InProcess())
                for planned in other:
                    assert isinstance(planned, BatchPlan | Stopping)
                    if isinstance(planned, BatchPlan):
                        other.stop()  # it has planned, and ends before its first
        assert (run.summary.done, run.summary.left) == (0, 6)
        again = BatchRun(request(folder), ledger, InProcess())
        assert [event for event in again if isinstance(event, Finished)]
        assert (again.summary.done, again.summary.left) == (6, 0)


def test_a_ledger_restored_meanwhile_is_noticed(folder: Path) -> None:
    """A ledger that does not know our jobs any more, because an older one was restored, leaves them undone and said."""
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.retention.backup(folder / "copy.db")
        run = BatchRun(request(folder), ledger, InProcess())
        for event in run:
            if isinstance(event, BatchPlan):
                ledger.retention.restore(folder / "copy.db")
        assert (run.summary.done, run.summary.left) == (0, 6)


def test_lost_warnings_come_back(folder: Path) -> None:
    """A calendar with rows that could not be used has its warnings beside it, again after somebody removed them."""
    (folder / "in" / "odd.pdf").write_bytes(MALFORMED["day-empty"].pdf())

    def done() -> int:
        with Ledger.open(folder / "ledger.db") as ledger:
            run = BatchRun(request(folder), ledger, InProcess())
            for _ in run:
                pass
            return run.summary.done

    assert done() == 7
    warnings = folder / "out" / "odd.warnings.txt"
    text = warnings.read_bytes()
    assert done() == 0
    warnings.unlink()
    assert done() == 1
    assert warnings.read_bytes() == text


def test_warnings_find_a_place(folder: Path) -> None:
    """Where a person's own notes have the name, the warnings stand beside them."""
    (folder / "in" / "odd.pdf").write_bytes(MALFORMED["day-empty"].pdf())
    (folder / "out").mkdir()
    (folder / "out" / "odd.warnings.txt").write_text("mine")
    with Ledger.open(folder / "ledger.db") as ledger:
        for _ in BatchRun(request(folder), ledger, InProcess()):
            pass
    assert (folder / "out" / "odd.warnings.txt").read_text() == "mine"
    assert b"could not use everything" in (folder / "out" / "odd.tukscal-warnings.txt").read_bytes()


def test_files_for_all_are_read_first(folder: Path) -> None:
    """Teaching dates and groups for all PDFs that are not there, or cannot be read, are known before the first PDF."""
    (folder / "groups.toml").write_text("groups = [")
    with pytest.raises(NoSuchFile):
        check_files(request(folder, replace(OPTIONS, term=TermChoice(file=folder / "none.toml"))))
    with pytest.raises(BadRows):
        check_files(replace(request(folder), select=folder / "groups.toml"))
    with pytest.raises(NoSuchFile):
        check_files(replace(request(folder), select=folder / "none.toml"))
    check_files(request(folder))


def test_a_folder_that_cannot_be_made_stops_nobody_else(folder: Path) -> None:
    """Where a file of somebody's is in the place of a folder, the PDFs meant for it are named, and the others done."""
    (folder / "in" / "law").mkdir()
    (folder / "in" / "0.pdf").rename(folder / "in" / "law" / "0.pdf")
    (folder / "out").mkdir()
    (folder / "out" / "law").write_text("notes")
    with Ledger.open(folder / "ledger.db") as ledger:
        run = BatchRun(request(folder), ledger, InProcess())
        (skipped,) = {one for event in run if isinstance(event, BatchPlan) for one in event.skipped}
    assert (run.summary.done, run.summary.no_place, run.summary.failures) == (5, 1, 1)
    assert (skipped.path, "law is not a folder" in skipped.reason) == (folder / "in" / "law" / "0.pdf", True)
    assert (folder / "out" / "law").read_text() == "notes"


def test_a_link_that_leads_out_of_out(folder: Path) -> None:
    """No calendar is written through a link in OUT that leads out of it; it is said, and the others are done."""
    for name in ("elsewhere", "in/law", "out"):
        (folder / name).mkdir()
    (folder / "in" / "0.pdf").rename(folder / "in" / "law" / "0.pdf")
    (folder / "out" / "law").symlink_to(folder / "elsewhere", target_is_directory=True)
    with Ledger.open(folder / "ledger.db") as ledger:
        run = BatchRun(request(folder), ledger, InProcess())
        (skipped,) = {one for event in run if isinstance(event, BatchPlan) for one in event.skipped}
    assert (run.summary.done, run.summary.no_place, list((folder / "elsewhere").iterdir())) == (5, 1, [])
    assert (skipped.path, "by a link" in skipped.reason) == (folder / "in" / "law" / "0.pdf", True)


class Meanwhile(InProcess):
    """Works in this process; does something once, when the first files have been looked at."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = meanwhile

    def start(self, key: Any, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Make the call."""
        super().start(key, function, *args, **kwargs)
        if function is look and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()


def done_by_another(folder: Path) -> None:
    """Let another run of the same begin and end."""
    with Ledger.open(folder / "ledger.db") as ledger:
        run = BatchRun(request(folder), ledger, InProcess())
        for _ in run:
            pass
    assert run.summary.done == 6


def test_what_another_run_made_after_the_look_is_not_made_again(folder: Path) -> None:
    """Calendars that came after a run had seen none, but before it asked the ledger, are there."""
    with Ledger.open(folder / "ledger.db") as ledger:
        run = BatchRun(request(folder), ledger, Meanwhile(lambda: done_by_another(folder)))
        for _ in run:
            pass
    assert (run.summary.done, run.summary.unchanged, run.summary.left, run.summary.failures) == (0, 6, 0, 0)


def test_what_another_run_made_before_the_queue_is_not_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calendars that came after a run had asked the ledger, but before it queued them, are there."""
    with Ledger.open(folder / "ledger.db") as ledger:
        enqueue = ledger.queue.enqueue

        def after_another(*values: Any) -> Enqueued:
            monkeypatch.undo()
            done_by_another(folder)
            return enqueue(*values)

        monkeypatch.setattr(ledger.queue, "enqueue", after_another)
        run = BatchRun(request(folder), ledger, InProcess())
        for _ in run:
            pass
    assert (run.summary.done, run.summary.unchanged, run.summary.left, run.summary.failures) == (0, 6, 0, 0)


def refuse(job: Job) -> Callable[[], Made]:
    """Nothing is converted here."""
    raise AssertionError(job)


def test_an_output_given_away_meanwhile_is_not_taken(folder: Path) -> None:
    """An output that became another PDF's calendar after it was looked whose it is stays that PDF's, and it is said."""
    output = folder / "t.ics"
    with Ledger.open(folder / "ledger.db") as ledger:
        queued(ledger, new_job(source=folder / "in" / "0.pdf", output=output))
        finish_all(ledger)
        output.touch()
        made = BatchPlan(
            batch=ledger.history.begin("batch", {}), digests=Digests("queue", "", "", "", ""), assign=refuse
        )
        late = new_job(2, source=folder / "in" / "1.pdf", output=output)
        enqueue(made, [(late, "")], ledger)
        assert (made.elsewhere, made.queued, ledger.queue.claim("queue")) == ([late], 0, [])
        (folder / "in" / "0.pdf").unlink()  # whose it was is gone
        enqueue(made, [(late, "")], ledger)
        assert (made.queued, len(ledger.queue.claim("queue"))) == (1, 1)


def test_a_calendar_changed_at_once_is_not_trusted(tmp_path: Path) -> None:
    """The stamp of a calendar is kept only if it holds what was written; else it is read again."""
    file = tmp_path / "a.ics"
    file.write_bytes(b"written")
    assert commit._stamp_of(file, sha256(b"written")) == stamp(file)
    file.write_bytes(b"changed")
    assert commit._stamp_of(file, sha256(b"written")) == ""
    assert commit._stamp_of(tmp_path / "gone.ics", sha256(b"written")) == ""
