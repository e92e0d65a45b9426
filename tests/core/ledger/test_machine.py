"""The ledger beside a plain model: whatever two processes do, die of and live through, both say the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tukscal.core.ledger import Filter, Job, Keep, Ledger, Outcome, Retries, State, leases
from tukscal.tests.clock import Clock
from tukscal.tests.core.ledger.ledgers import done, failure, new_job

KEEP = Keep(days=2, jobs=4)
RETRIES = Retries()
QUEUES = ("queue", "queue", "queue", "other")
DAY = 86_400.0
JOBS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=5)
WHO = st.integers(0, 1)
ENDS = st.sampled_from(["done", "push", "push", "io", "io", "crash", "timeout", "memory", "encrypted"])
STARTS: dict[int, str] = {}  # process id -> start, for processes that live


@dataclass
class Known:
    """What the model knows of a job."""

    id: int
    output: Path
    queue: str
    batch: int
    content: str
    order: tuple[int, int]  # minus priority, size
    state: State = State.QUEUED
    holder: str = ""
    attempts: int = 0
    deaths: int = 0
    duration: float = 0.0
    due: float = 0.0
    completed: float = 0.0
    current: bool = True
    pushes: bool = False
    rows: int = 0  # of attempts


class Machine(RuleBasedStateMachine):
    """Two processes on one ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.jobs: dict[int, Known] = {}
        self.pids = 0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("tukscal.core.system.machine.process_start", STARTS.get)
        self.ledgers: list[Ledger] = []

    @initialize()
    def begin(self) -> None:
        """Two processes open the ledger, and there is work from the beginning."""
        self.ledgers = [self.open(), self.open()]
        self.put(0, "queue", [(0, 0, 0), (1, 1, 1), (2, 2, 0), (3, 1, 1)])

    def teardown(self) -> None:
        """Close and remove everything."""
        for ledger in self.ledgers:
            ledger.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    def open(self) -> Ledger:
        """Open the ledger as a new process; what is old goes."""
        self.pids += 1
        lease = str(replace(leases.mine(), pid=10_000_000 + self.pids, start="1"))
        STARTS[10_000_000 + self.pids] = "1"
        clock = self.clock
        ledger = Ledger.open(
            self.folder / "ledger", keep=KEEP, clock=clock.now, ticks=clock.ticks, lease=lease, patience=5
        )
        self.forget_old()
        return ledger

    # ---- what happens

    @rule(who=WHO, queue=st.sampled_from(QUEUES), jobs=JOBS)
    def enqueue(self, who: int, queue: str, jobs: list[tuple[int, int, int]]) -> None:
        """Somebody queues jobs: for a few outputs, with a few contents."""
        self.put(who, queue, jobs)

    def put(self, who: int, queue: str, jobs: list[tuple[int, int, int]]) -> None:
        """Enqueue: what waits is brought up to date, what runs is left, the rest is new."""
        ledger = self.ledgers[who]
        batch = ledger.history.begin("test")
        new = [new_job(n, queue=queue, sha256=f"{c}", size=c * 10, priority=p % 2) for n, c, p in jobs]
        found = ledger.queue.enqueue(batch, new)
        running = []
        for job, number in zip(new, found.ids, strict=True):
            there = next((k for k in self.jobs.values() if k.output == job.output and k.state is not State.DONE), None)
            if there is None:
                assert number not in self.jobs
                order = (-job.priority, job.size)
                self.jobs[number] = Known(number, job.output, queue, batch, job.sha256, order)
                continue
            assert number == there.id
            if there.state is State.RUNNING:
                running.append(number)
                continue
            if there.state in (State.DEAD, State.QUARANTINED) or there.content != job.sha256:
                self.anew(there)
            there.queue, there.batch, there.content = queue, batch, job.sha256
            there.order = (-job.priority, job.size)
        assert list(found.running) == running

    @rule(who=WHO, queue=st.sampled_from(QUEUES), count=st.integers(1, 4))
    def claim(self, who: int, queue: str, count: int) -> None:
        """Somebody takes the next jobs."""
        self.clock.turn(1)
        self.take(who, queue, count)

    def take(self, who: int, queue: str, count: int) -> list[Job]:
        """Claim: exactly those jobs whose turn it is, and nobody else has them."""
        for job in self.jobs.values():
            late = job.due > self.clock.wall + RETRIES.longest
            if job.state is State.FAILED and job.queue == queue and (job.due <= self.clock.wall or late):
                job.state = State.QUEUED
        waiting = [job for job in self.jobs.values() if job.state is State.QUEUED and job.queue == queue]
        due = sorted(waiting, key=lambda job: (job.order, job.id))[:count]
        assert (self.ledgers[who].queue.next_due(queue) == 0) == bool(waiting)
        claimed = self.ledgers[who].queue.claim(queue, count)
        assert [job.id for job in claimed] == [job.id for job in due]
        for job in due:
            job.state, job.holder = State.RUNNING, self.ledgers[who].lease
        return claimed

    def write(self, who: int, outcomes: list[Outcome]) -> None:
        """Record: what somebody else holds, or nobody, is refused."""
        refused = self.ledgers[who].queue.record(outcomes)
        assert refused == [outcome.job for outcome in outcomes if not self.end(outcome, self.ledgers[who])]

    @rule(who=WHO, ends=st.lists(st.tuples(st.integers(0, 5), ENDS), min_size=1, max_size=4))
    def record(self, who: int, ends: list[tuple[int, str]]) -> None:
        """Somebody writes down how jobs ended, theirs and others'."""
        running = sorted(number for number, job in self.jobs.items() if job.state is State.RUNNING)
        numbers = [*running, *sorted(self.jobs)]
        self.write(who, [_outcome(numbers[index], end) for index, end in ends if index < len(numbers)])

    @rule(who=WHO, queue=st.sampled_from(QUEUES), ends=st.lists(ENDS, min_size=1, max_size=3))
    def work(self, who: int, queue: str, ends: list[str]) -> None:
        """Somebody takes jobs after a while and brings each to its end."""
        self.clock.turn(20)
        claimed = self.take(who, queue, len(ends))
        self.write(who, [_outcome(job.id, end) for job, end in zip(claimed, ends, strict=False)])

    @rule(ends=st.lists(ENDS, min_size=1, max_size=4))
    def finish_what_runs(self, ends: list[str]) -> None:
        """Everybody writes down how the jobs they are at ended."""
        running = sorted(number for number, job in self.jobs.items() if job.state is State.RUNNING)
        outcomes = [_outcome(number, end) for number, end in zip(running, ends, strict=False)]
        for who, ledger in enumerate(self.ledgers):
            self.write(who, [one for one in outcomes if self.held(self.jobs[one.job], ledger.lease)])

    @rule(who=WHO, indexes=st.sets(st.integers(0, 5), max_size=2))
    def release(self, who: int, indexes: set[int]) -> None:
        """Somebody gives jobs back."""
        ledger, numbers = self.ledgers[who], sorted(self.jobs)
        asked = [numbers[index] for index in indexes if index < len(numbers)]
        ours = [self.jobs[n] for n in asked if self.held(self.jobs[n], ledger.lease)]
        assert ledger.queue.release(asked) == len(ours)
        for job in ours:
            job.state = State.QUEUED

    @rule(who=WHO)
    def die(self, who: int) -> None:
        """A process ends without a word; another one starts in its place."""
        self.ledgers[who].close()
        del STARTS[leases.Lease.parse(self.ledgers[who].lease).pid]  # type: ignore[union-attr]
        self.ledgers[who] = self.open()

    @rule(who=WHO)
    def take_over(self, who: int) -> None:
        """Somebody looks for the dead."""
        living = {ledger.lease for ledger in self.ledgers}
        stalled = [job for job in self.jobs.values() if job.state is State.RUNNING and job.holder not in living]
        assert self.ledgers[who].queue.take_over() == len(stalled)
        for job in stalled:
            job.state, job.rows = State.QUEUED, job.rows + 1

    @rule(seconds=st.sampled_from([1.0, 6.0, 40.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.turn(seconds)

    @rule(days=st.sampled_from([1, -1]))
    def jump(self, days: int) -> None:
        """Somebody sets the clock."""
        self.clock.wall += days * DAY

    @rule(who=WHO, indexes=st.sets(st.integers(0, 5), max_size=2))
    def replay(self, who: int, indexes: set[int]) -> None:
        """A person queues dead letters again."""
        asked = self.some(indexes)
        letters = [job for job in asked if job.state in (State.DEAD, State.QUARANTINED)]
        assert self.ledgers[who].queue.replay([job.id for job in asked]) == len(letters)
        for job in letters:
            self.anew(job)

    @rule(who=WHO, indexes=st.sets(st.integers(0, 5), max_size=1))
    def discard(self, who: int, indexes: set[int]) -> None:
        """A person throws dead letters away."""
        asked = self.some(indexes)
        letters = [job for job in asked if job.state in (State.DEAD, State.QUARANTINED)]
        assert self.ledgers[who].retention.discard([job.id for job in asked]) == len(letters)
        for job in letters:
            del self.jobs[job.id]

    @rule(who=WHO)
    def purge(self, who: int) -> None:
        """Old history goes."""
        assert self.ledgers[who].retention.purge() == self.forget_old()

    # ---- what must be so

    @precondition(lambda self: self.ledgers)
    @invariant()
    def says_the_same(self) -> None:
        """Every job is there, in its state, held by at most one; sums, results and outbox follow from that."""
        ledger = self.ledgers[0]
        found = {job.id: job for job in ledger.history.jobs(Filter(limit=1_000))}
        assert {number: _seen(job) for number, job in found.items()} == {n: _is(job) for n, job in self.jobs.items()}
        assert ledger.history.counts() == {
            state: sum(job.state is state for job in self.jobs.values()) for state in State
        }
        for queue in set(QUEUES):
            ours = [job.state for job in self.jobs.values() if job.queue == queue]
            assert ledger.history.counts(queue=queue) == {state: ours.count(state) for state in State}
        current = {job.output: job.id for job in self.jobs.values() if job.state is State.DONE and job.current}
        assert {
            path: job.id for path, job in ledger.history.results(new_job(n).output for n in range(4)).items()
        } == current
        assert {row.job for row in ledger.outbox.pending()} == {job.id for job in self.jobs.values() if job.pushes}
        assert {n: len(ledger.history.attempts(n)) for n in self.jobs} == {n: job.rows for n, job in self.jobs.items()}
        assert ledger.retention.check() == ()

    # ---- the model

    def some(self, indexes: set[int]) -> list[Known]:
        """Return some of the jobs there are."""
        numbers = sorted(self.jobs)
        return [self.jobs[numbers[index]] for index in sorted(indexes) if index < len(numbers)]

    def held(self, job: Known, lease: str) -> bool:
        """Tell whether somebody holds a job."""
        return job.state is State.RUNNING and job.holder == lease

    def anew(self, job: Known) -> None:
        """Let a job begin as if never tried."""
        job.state, job.attempts, job.deaths, job.duration = State.QUEUED, 0, 0, 0.0

    def end(self, outcome: Outcome, ledger: Ledger) -> bool:
        """Let a job end; return False if it is not theirs to end."""
        job = self.jobs[outcome.job]
        if not self.held(job, ledger.lease):
            return False
        cause = getattr(outcome, "cause", None)
        job.attempts, job.rows, job.duration = job.attempts + 1, job.rows + 1, job.duration + outcome.duration
        job.deaths += cause in ("crash", "timeout", "memory")
        job.completed = self.clock.wall
        if cause is None:
            self.become_done(job, push=getattr(outcome, "push", False))
        elif job.deaths and cause != "io":
            stop = job.deaths >= 2 or job.duration >= 300
            job.state = (
                (State.QUARANTINED if stop else State.FAILED) if cause in ("crash", "timeout", "memory") else State.DEAD
            )
        else:
            job.state = State.FAILED if cause == "io" and job.attempts < 3 and job.duration < 300 else State.DEAD
        if job.state is State.FAILED:
            found = ledger.history.job(job.id)
            assert found is not None
            assert found.next_attempt is not None
            assert 0 <= found.next_attempt - self.clock.wall <= RETRIES.longest
            job.due = found.next_attempt
        return True

    def become_done(self, job: Known, *, push: bool) -> None:
        """Let a job be the current result of its output."""
        for other in self.jobs.values():
            if other.output == job.output and other.state is State.DONE:
                other.current = False
                other.pushes = other.pushes and not push
        job.state, job.current, job.pushes = State.DONE, True, push

    def forget_old(self) -> int:
        """Forget done jobs beyond what is kept, except those still to be pushed; return how many."""
        finished = sorted((j for j in self.jobs.values() if j.state is State.DONE), key=lambda j: (j.completed, j.id))
        old = [job for job in finished if job.completed < self.clock.wall - KEEP.days * DAY and not job.pushes]
        rest = [job for job in finished if job not in old]
        surplus = max(0, len(rest) - KEEP.jobs)
        old += [job for job in rest if not job.pushes][:surplus]
        for job in old:
            del self.jobs[job.id]
        return len(old)


def _outcome(number: int, end: str) -> Outcome:
    if end in ("done", "push"):
        return done(number, push=end == "push", duration=1.0)
    return failure(number, end, duration=100.0 if end == "timeout" else 1.0)


def _seen(job: Job) -> tuple[object, ...]:
    holder = job.lease if job.state is State.RUNNING else ""
    return (job.state, job.output, job.queue, job.batch, job.sha256, holder, job.attempts, job.deaths, job.duration)


def _is(job: Known) -> tuple[object, ...]:
    holder = job.holder if job.state is State.RUNNING else ""
    return (job.state, job.output, job.queue, job.batch, job.content, holder, job.attempts, job.deaths, job.duration)


TestMachine = pytest.mark.slow(Machine.TestCase)
TestMachine.settings = settings(
    max_examples=2_000 if os.environ.get("TUKSCAL_SOAK") else 150, stateful_step_count=60, deadline=None
)
