"""The loop over any source of jobs: how fast it starts, and that no job is lost or done twice."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import InputOutput
from tukscal.core.jobs import loop as module
from tukscal.core.jobs.loop import Loop, Pace
from tukscal.core.pool import Executor, InProcess, Outcome


@dataclass(frozen=True)
class Job:
    """A job."""

    id: int


class Numbers:
    """A source of numbered jobs; `refuses` says how often it cannot write anything down."""

    def __init__(self, count: int, now: list[float]) -> None:
        self.waiting = [Job(number) for number in range(count)]
        self.now = now
        self.begun: list[float] = []
        self.ended: list[Job] = []
        self.recorded: list[Job] = []
        self.refuses = 0

    @property
    def due(self) -> bool:
        """At once."""
        return bool(self.ended)

    def __len__(self) -> int:
        return len(self.ended)

    def take_over(self, *, busy: bool) -> None:
        """Find nobody dead."""

    def claim(self, free: int, running: int) -> list[Job]:
        """Take as many as there are places."""
        taken, self.waiting = self.waiting[:free], self.waiting[free:]
        return taken

    def start(self, job: Job, pool: Executor) -> bool:
        """Begin one; every seventh has its end without."""
        self.begun.append(self.now[0])
        if job.id % 7 == 6:
            self.ended.append(job)
            return False
        pool.start(job.id, int)
        return True

    def end(self, job: Job, outcome: Outcome) -> list[Job]:
        """Note it."""
        self.ended.append(job)
        return []

    def commit(self) -> list[Job]:
        """Write down what ended."""
        if self.refuses and self.ended:
            self.refuses -= 1
            raise InputOutput("The disk is full.")
        ended, self.ended = self.ended, []
        self.recorded += ended
        return ended

    def drop(self) -> list[Job]:
        """Forget what is not written down."""
        ended, self.ended = self.ended, []
        return ended

    def release(self, jobs: Collection[Job]) -> None:
        """Take jobs back."""
        self.waiting += jobs

    def next_due(self) -> float | None:
        """Nobody knows."""
        return 0.0

    def any_open(self) -> bool:
        """Tell whether any waits."""
        return bool(self.waiting)


@given(rate=st.floats(0.5, 100), ahead=st.booleans(), looks=st.lists(st.floats(0.001, 0.5), max_size=60))
def test_no_more_starts_than_the_rate(rate: float, ahead: bool, looks: list[float]) -> None:
    """However often it turns, in no span are there more starts than the rate allows, and one at its beginning."""
    now = [0.0]
    source = Numbers(100, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
        loop = Loop(source, InProcess(), pace=Pace(rate=rate, ahead=ahead))
        for after in looks:
            loop.step(0.0)
            now[0] += after
    assert len(source.begun) >= (len(looks) > 0)
    for first, begun in enumerate(source.begun):
        for number, later in enumerate(source.begun[first:]):
            assert number <= (later - begun) * rate + 1e-6


def test_without_a_rate_all_may_start() -> None:
    """Without a rate each turn starts what there is a place for, and all are done."""
    source = Numbers(100, [0.0])
    told = [job for turn in Loop(source, InProcess()).run() for job in turn]
    assert told == source.recorded
    assert sorted(job.id for job in told) == list(range(100))


@given(refuses=st.integers(0, 5), stop=st.integers(0, 30))
def test_none_is_lost_or_done_twice(refuses: int, stop: int) -> None:
    """Stopped after any turn, with a source that fails now and then, each job is recorded once or waits again."""
    source = Numbers(20, [0.0])
    source.refuses = refuses
    loop = Loop(source, InProcess())
    for _ in range(stop):
        with contextlib.suppress(InputOutput):
            loop.step(0.0)
    loop.release()
    assert sorted(job.id for job in [*source.recorded, *source.waiting]) == list(range(20))
