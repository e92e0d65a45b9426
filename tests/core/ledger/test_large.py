"""The ledger that is measured is one: as sound as one made job by job."""

from __future__ import annotations

from pathlib import Path

from tukscal.core.ledger import Ledger, State
from tukscal.examples import bench_ledger


def test_the_measured_ledger_is_sound(tmp_path: Path) -> None:
    """A ledger made quickly for measuring has its jobs, sums and indexes, and answers every question measured."""
    path = tmp_path / "large"
    bench_ledger.fill(path, 2_000)
    with Ledger.open(path, clock=lambda: bench_ledger.NOW) as ledger:
        assert ledger.moved_aside is None
        assert ledger.retention.check() == ()
        assert ledger.history.counts() == {state: 1_920 if state is State.DONE else 20 for state in State} | {
            State.RUNNING: 0
        }
        assert ledger.history.counts(queue=bench_ledger.QUEUE) == ledger.history.counts()
        assert len(ledger.history.jobs()) == 100
        assert all(question(ledger) is not None for question in bench_ledger.questions(2_000).values())
