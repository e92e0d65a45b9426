"""What strangers found in batches: each fault was mended and stays so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tukscal.core.batch import BatchRequest, Plan, check_files
from tukscal.core.batch_run import BatchRun, Stopping
from tukscal.core.convert import CalendarOptions, TermChoice
from tukscal.core.errors import BadRows, NoSuchFile
from tukscal.core.ledger import Ledger
from tukscal.core.plan import PlanOptions
from tukscal.core.pool import InProcess
from tukscal.core.results import Finished
from tukscal.examples.generator import content
from tukscal.examples.generator.malformed import MALFORMED

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
            if isinstance(event, Plan):
                other = BatchRun(request(folder, replace(OPTIONS, plan=PlanOptions(expand=True))), ledger, InProcess())
                for planned in other:
                    assert isinstance(planned, Plan | Stopping)
                    if isinstance(planned, Plan):
                        other.stop()  # it has planned, and ends before its first
        assert (run.summary.done, run.summary.left) == (0, 6)
        again = BatchRun(request(folder), ledger, InProcess())
        assert [event for event in again if isinstance(event, Finished)]
        assert (again.summary.done, again.summary.left) == (6, 0)


def test_a_ledger_restored_meanwhile_is_noticed(folder: Path) -> None:
    """A ledger that does not know our jobs any more, because an older one was restored, leaves them undone and said."""
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.backup(folder / "copy.db")
        run = BatchRun(request(folder), ledger, InProcess())
        for event in run:
            if isinstance(event, Plan):
                ledger.restore(folder / "copy.db")
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
