"""Pages of jobs, and changes to many of them, do not depend on how they are divided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.errors import NoSuchFile
from tukscal.core.jobs import queries
from tukscal.core.jobs.queries import Which
from tukscal.core.ledger import LETTERS, Done, Failure, Filter, Ledger, NewJob, State
from tukscal.tests.clock import Clock

CAUSES = ("damaged", "encrypted", "too_large")


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Two batches of 12 jobs, of which two in three are dead or quarantined, three of them queued each second.

    Pages hold 4 jobs.
    """
    monkeypatch.setattr(queries, "_PAGE", 4)
    clock = Clock()
    with Ledger.open(tmp_path / "ledger.db", clock=clock.now) as made:
        batches = [made.history.begin("batch"), made.history.begin("batch")]
        for number in range(24):
            clock.turn(number % 3 == 0)
            path = Path(f"/x/{number:02}")
            new = NewJob(source=path, output=path, sha256="0" * 64, size=1, queue=f"q{number}")
            made.queue.enqueue(batches[number % 2], [new])
            _end(made, made.queue.claim(f"q{number}")[0].id, number)
        yield made


def _end(ledger: Ledger, job: int, number: int) -> None:
    cause = CAUSES[number % 4 % 3]
    failure = Failure(job=job, cause=cause, message="It failed.")
    done = Done(job=job, kind="tests", entries=1, problems=0, output_sha256="1" * 64, duration=1.0, peak=number + 1)
    ledger.queue.record([failure if number % 3 else done])


def test_pages_join_without_gap_or_repeat(ledger: Ledger) -> None:
    """All jobs come once, the newest first, though many were queued in the same moment."""
    found = list(queries.newest(ledger, Filter()))
    assert [job.id for job in found] == list(range(24, 0, -1))
    assert found == ledger.history.jobs(Filter(limit=1_000))


@pytest.mark.parametrize("wanted", [Filter(), Filter(batch=1), Filter(cause="damaged"), Filter(part="1")])
def test_states_merge_in_order(ledger: Ledger, wanted: Filter) -> None:
    """Jobs of several states are those of one list that are so, in its order."""
    ledger.queue.replay([2])
    states = (State.DEAD, State.QUEUED, State.DONE)
    expected = [job for job in queries.newest(ledger, wanted) if job.state in states]
    assert expected
    assert list(queries.newest_of(ledger, states, wanted)) == expected


def test_which_jobs_are_meant(ledger: Ledger) -> None:
    """Numbers mean those that failed among them, each once; else a cause and a batch mean all that failed so."""
    letters = [job for job in queries.newest(ledger, Filter()) if job.state in LETTERS]
    assert len(letters) == 16
    assert queries.chosen(ledger, Which(), LETTERS) == [job.id for job in letters]
    assert queries.chosen(ledger, Which(ids=(3, 1, 2, 3)), LETTERS) == [3, 2]
    damaged = [job.id for job in letters if job.cause == "damaged" and job.batch == 1]
    assert queries.chosen(ledger, Which(cause="damaged", batch=1), LETTERS) == damaged
    with pytest.raises(NoSuchFile, match="There is no job 25 in the ledger"):
        queries.chosen(ledger, Which(ids=(1, 25)), LETTERS)


def test_many_are_changed_page_by_page(ledger: Ledger) -> None:
    """Retry and discard change each job once and say how many, however many transactions that takes."""
    letters = queries.chosen(ledger, Which(), LETTERS)
    assert queries.retry(ledger, letters[:9]) == 9
    assert ledger.history.counts()[State.QUEUED] == 9
    assert queries.discard(ledger, letters) == 7
    assert sum(ledger.history.counts().values()) == 17


def test_figures_are_of_what_was_measured(ledger: Ledger) -> None:
    """Percentiles of memory are sizes that done jobs had; without one there are none."""
    found = ledger.history.stats()
    assert list(found.memory) == [10, 22, 22, 22]  # 1, 4, 7, 10, 13, 16, 19, 22
    assert found.seconds == (1.0, 1.0, 1.0, 1.0)
    assert ledger.history.stats(1).memory == (7, 19, 19, 19)
    assert ledger.history.stats(99).memory == ()
