"""What the conveyor decides, and how fast it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.ledger.leases import mine
from tukscal.core.ledger.rules import Tried
from tukscal.sync.service.conveyor_rules import Pace, follows
from tukscal.sync.service.settings import Jobs
from tukscal.sync.service.store.job_model import JobState
from tukscal.tests.sync.service.jobs.house import converted, ended, house, settings, upload


@given(rate=st.floats(0.5, 100), looks=st.lists(st.floats(0.001, 0.5), max_size=60))
def test_no_more_starts_than_the_rate(rate: float, looks: list[float]) -> None:
    """Whenever somebody looks, in no span are there more starts than the rate allows, and one at its beginning."""
    pace, now = Pace(rate), 0.0
    starts = []
    for after in looks:
        now += after
        while pace.may(now):
            pace.started(now)
            starts.append(now)
    for first, begun in enumerate(starts):
        for number, later in enumerate(starts[first:]):
            assert number <= (later - begun) * rate + 1e-6


def test_without_a_rate_all_may_start() -> None:
    """A rate of 0 is no limit."""
    pace = Pace(0.0)
    for _ in range(100):
        assert pace.may(0.0)
        pace.started(0.0)


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
    assert follows(cause, tried, Jobs(), 0.5)[0] is state


def test_a_job_has_five_minutes() -> None:
    """All attempts together may take `job_timeout`; then it is a dead letter."""
    assert follows("timeout", Tried(attempts=1, deaths=1, duration=300.0), Jobs(), 0.5)[0] is JobState.DEAD
    assert follows("io", Tried(attempts=1, deaths=0, duration=300.0), Jobs(), 0.5)[0] is JobState.DEAD


def test_waits_grow() -> None:
    """The wait before the third attempt is twice that before the second, spread by the draw."""
    waits = [follows("io", Tried(attempts=n, deaths=0, duration=0.0), Jobs(), 0.5)[1] for n in (1, 2)]
    assert waits == [5.0, 10.0]
    assert follows("io", Tried(attempts=1, deaths=0, duration=0.0), Jobs(), 0.0)[1] == 2.5


def test_an_end_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path) -> None:
    """A result the store never takes, for a fault of ours, fails its job alone; the others are done."""
    with house(settings(tmp_path)) as here, here.person() as student, here.person() as other:
        converted(other)
        trigger = """
            CREATE TRIGGER broken BEFORE INSERT ON revisions
            WHEN (SELECT key FROM calendars WHERE id = NEW.calendar) = 'broken'
            BEGIN SELECT RAISE(ABORT, 'a fault of ours'); END
            """
        here.store.database.submit_write(lambda c: c.execute(trigger)).result(10)
        here.service.conveyor._pace._next = float("inf")  # both are taken up together
        jobs = [upload(student, calendar="broken").json()["id"], upload(other).json()["id"]]
        here.service.conveyor._pace._next = 0.0
        here.service.conveyor.wake()
        assert ended(other, jobs[1])["state"] == "done"
        assert (ended(student, jobs[0])["state"], ended(student, jobs[0])["cause"]) == ("dead", "crash")
        assert converted(other)["state"] == "done"


def test_what_lies_under_our_own_lease_and_we_do_not_know(tmp_path: Path) -> None:
    """A job held by this very process that it knows nothing of is queued again."""
    with house(settings(tmp_path)) as here, here.person() as student:
        converted(student)
        here.service.conveyor._pace._next = float("inf")
        job = upload(student).json()["id"]
        hold = "UPDATE jobs SET state = 'running', lease = ? WHERE id = ?"
        here.store.database.submit_write(lambda c: c.execute(hold, (str(mine()), job)).rowcount).result(10)
        here.service.conveyor._pace._next = 0.0
        assert ended(student, job)["state"] == "done"
