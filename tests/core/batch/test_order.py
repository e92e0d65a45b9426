"""The order of the steps: what the ledger calls done would be there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.ledger import Done, Ledger
from tukscal.core.ledger.queue import Queue
from tukscal.tests.core.batch.test_batch import Folder


def test_flushed_before_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every calendar is flushed, then renamed, then its folder flushed, and only then the ledger says done."""
    folder = Folder(tmp_path)
    for number in range(4):
        folder.put(f"{number % 2}/{number}.pdf", number)
    flushed: set[tuple[int, int]] = set()  # files, by device and inode, with all their bytes
    lasting: set[Path] = set()  # names that a power cut leaves
    renamed: set[Path] = set()
    recorded: list[Path] = []
    fsync, replace, record = os.fsync, os.replace, Queue.record

    def watched_fsync(handle: int) -> None:
        fsync(handle)
        state = os.fstat(handle)
        flushed.add((state.st_dev, state.st_ino))
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        lasting.update(name for name in renamed if name.parent == path)

    def watched_replace(old: str, new: Path) -> None:
        state = os.stat(old)
        assert (state.st_dev, state.st_ino) in flushed, "renamed before it was flushed"
        replace(old, new)
        renamed.add(Path(new))

    def watched_record(self: Queue, outcomes: Any) -> list[int]:
        with Ledger.ask(folder.file) as ledger:
            for outcome in outcomes:
                job = ledger.history.job(outcome.job)
                assert isinstance(outcome, Done)
                assert job is not None
                assert job.output in lasting, "recorded before its name was flushed"
                recorded.append(job.output)
        return record(self, outcomes)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    monkeypatch.setattr(Queue, "record", watched_record)
    assert folder.batch().done == 4
    assert sorted(recorded) == sorted(folder.out.rglob("*.ics"))


def test_the_ledger_flushes_every_commit(tmp_path: Path) -> None:
    """Whatever the journal, a commit is on the disk when it returns."""
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ((synchronous,),) = ledger._store.rows("PRAGMA synchronous")
        assert (synchronous, ledger.journal in ("wal", "truncate")) == (2, True)
