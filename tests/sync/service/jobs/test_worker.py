"""What the conveyor decides, and what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.ledger.leases import mine
from tukscal.core.ledger.model import Tried
from tukscal.core.pool import Guards, Pool
from tukscal.core.system.sqlite import DiskFailed
from tukscal.sync.service.access.vault import Vault, new_master
from tukscal.sync.service.conversion import convert_behind
from tukscal.sync.service.settings import JobSettings, Settings
from tukscal.sync.service.store.model import Claimed, JobRecord, JobState
from tukscal.sync.service.worker import Conveyor, ConveyorResources, follows
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.serving import converted, ended, serving, settings, upload


@pytest.mark.parametrize(
    ("cause", "attempts", "deaths", "state"),
    [
        ("io", 1, 0, JobState.WAITING),
        ("io", 2, 0, JobState.WAITING),
        ("io", 3, 0, JobState.DEAD),
        ("timeout", 1, 1, JobState.WAITING),
        ("memory", 2, 2, JobState.DEAD),
        ("crash", 2, 2, JobState.DEAD),
        ("no_term", 1, 0, JobState.DEAD),
        ("damaged", 1, 0, JobState.FAILED),
        ("encrypted", 1, 0, JobState.FAILED),
        ("not_a_timetable", 1, 0, JobState.FAILED),
        ("bad_rows", 1, 0, JobState.FAILED),
        ("too_large", 1, 0, JobState.FAILED),
    ],
)
def test_attempts_are_as_alone(cause: str, attempts: int, deaths: int, state: JobState) -> None:
    """`io` is tried three times, what ends its worker twice, the rest once; a PDF not at fault stays for replay."""
    tried = Tried(attempts=attempts, deaths=deaths, duration=1.0)
    assert follows(cause, tried, JobSettings(), 0.5)[0] is state


def test_a_job_has_five_minutes() -> None:
    """All attempts together may take `job_timeout`; then it is a dead letter."""
    assert follows("timeout", Tried(attempts=1, deaths=1, duration=300.0), JobSettings(), 0.5)[0] is JobState.DEAD
    assert follows("io", Tried(attempts=1, deaths=0, duration=300.0), JobSettings(), 0.5)[0] is JobState.DEAD


def test_waits_grow() -> None:
    """The wait before the third attempt is twice that before the second, spread by the draw."""
    waits = [follows("io", Tried(attempts=n, deaths=0, duration=0.0), JobSettings(), 0.5)[1] for n in (1, 2)]
    assert waits == [5.0, 10.0]
    assert follows("io", Tried(attempts=1, deaths=0, duration=0.0), JobSettings(), 0.0)[1] == 2.5


def test_an_end_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path) -> None:
    """A result the store never takes, for a fault of ours, fails its job alone; the others are done."""
    with serving(settings(tmp_path)) as here, here.person() as student, here.person() as other:
        converted(other)
        trigger = """
            CREATE TRIGGER broken BEFORE INSERT ON revisions
            WHEN (SELECT key FROM calendars WHERE id = NEW.calendar) = 'broken'
            BEGIN SELECT RAISE(ABORT, 'a fault of ours'); END
            """
        here.store.database.submit_write(lambda c: c.execute(trigger)).result(10)
        here.service.conveyor.loop.paused = True  # both are taken up together
        jobs = [upload(student, calendar="broken").json()["id"], upload(other).json()["id"]]
        here.service.conveyor.loop.paused = False
        here.service.conveyor.wake()
        assert ended(other, jobs[1])["state"] == "done"
        assert (ended(student, jobs[0])["state"], ended(student, jobs[0])["cause"]) == ("dead", "crash")
        assert converted(other)["state"] == "done"


def test_what_lies_under_our_own_lease_and_we_do_not_know(tmp_path: Path) -> None:
    """A job held by this very process that it knows nothing of is queued again."""
    with serving(settings(tmp_path)) as here, here.person() as student:
        converted(student)
        here.service.conveyor.loop.paused = True
        job = upload(student).json()["id"]
        hold = "UPDATE jobs SET state = 'running', lease = ? WHERE id = ?"
        here.store.database.submit_write(lambda c: c.execute(hold, (str(mine()), job)).rowcount).result(10)
        here.service.conveyor.loop.paused = False
        assert ended(student, job)["state"] == "done"


def test_one_call_an_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload is one call of a worker, the first as well as one that goes on from a calendar."""
    calls: list[object] = []
    start = Pool.start

    def counted(self: Pool, key: Any, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        calls.append(function)
        start(self, key, function, *args, **kwargs)

    monkeypatch.setattr(Pool, "start", counted)
    with serving(settings(tmp_path)) as here, here.person() as student:
        assert [converted(student)["state"] for _ in range(2)] == ["done", "done"]
    assert calls == [convert_behind] * 2


class FullStore:
    """A store with one job, whose PDF does not open; nothing can be written into it any more."""

    def __init__(self, full: Callable[[], None]) -> None:
        self._full = full
        self._left = [
            JobRecord(
                id="a", account="b", name="", size=1, sha256="", premium=False, state=JobState.QUEUED, created=0.0,
                due=0.0, pdf=True,
            )
        ]  # fmt: skip
        self.tries = 0

    async def release(self, _lease: str) -> int:
        return 0

    async def leases(self) -> Mapping[str, int]:
        return {}

    async def claim(self, *_: object) -> Sequence[Claimed]:
        jobs, self._left = self._left, []
        return [Claimed(job=job, sealed=b"") for job in jobs]

    async def finish(self, *_: object) -> None:
        self.tries += 1
        self._full()
        await asyncio.sleep(0)  # what was called for begins
        raise DiskFailed("The disk is full.")


def test_a_full_store_is_not_asked_all_the_time_when_the_service_ends() -> None:
    """Within the grace a store that takes nothing is tried again after waits that double up to two seconds."""
    clock, waits, settings = Clock(), list[float](), Settings(jobs=JobSettings(grace=10.0))

    async def ended() -> int:
        closing: list[asyncio.Task[None]] = []
        told = asyncio.Event()

        def full() -> None:
            if not closing:
                closing.append(asyncio.ensure_future(conveyor.close()))
                told.set()

        def rest(seconds: float) -> None:
            waits.append(seconds)
            clock.turn(seconds)
            if sum(waits) >= settings.jobs.grace:
                conveyor.loop.stop(at_once=True)

        store = FullStore(full)
        jobs: Any = store
        with Pool(1, Guards()) as pool:
            means = ConveyorResources(
                jobs=jobs, vault=Vault(new_master()), settings=settings, clock=clock, pool=pool, tell=lambda _: None
            )
            conveyor = Conveyor(means, ticks=clock.ticks, rest=rest)
            conveyor.start()
            await told.wait()
            await closing[0]
        return store.tries

    assert asyncio.run(ended()) == len(waits)
    assert waits == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0, 0.25]


class DeafStore(FullStore):
    """A store that gives no job: its disk fails at the question; the third time the service ends."""

    async def claim(self, *_: object) -> Sequence[Claimed]:
        self.tries += 1
        if self.tries == 3:
            self._full()
        raise DiskFailed("The disk fails.")


def test_a_store_that_gives_no_jobs_is_asked_after_waits_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """While a claim fails each step asks again after the wait, and the failure is logged once, not at every step."""

    async def ended() -> int:
        closing: list[asyncio.Task[None]] = []
        told = asyncio.Event()

        def full() -> None:
            closing.append(asyncio.ensure_future(conveyor.close()))
            told.set()

        store = DeafStore(full)
        jobs: Any = store
        with Pool(1, Guards()) as pool:
            means = ConveyorResources(
                jobs=jobs, vault=Vault(new_master()), settings=Settings(), clock=Clock(), pool=pool,
                tell=lambda _: None,
            )  # fmt: skip
            conveyor = Conveyor(means)
            conveyor.start()
            await told.wait()
            await closing[0]
        return store.tries

    assert asyncio.run(ended()) == 3
    assert [record.getMessage() for record in caplog.records] == ["nothing is converted for now: The disk fails."]
