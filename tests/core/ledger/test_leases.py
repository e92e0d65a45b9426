"""Who holds a job, and when that holder is dead."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tukscal.core.ledger import State, leases
from tukscal.core.ledger.leases import Lease, Liveness
from tukscal.core.system import machine
from tukscal.tests.core.ledger.ledgers import Place, new_job, queued

ME = leases.mine()


def test_a_lease_is_text_and_back() -> None:
    """Our lease names boot, space, process and start, and is read back from its text."""
    assert Lease.parse(str(ME)) == ME
    assert ME.pid == os.getpid()
    assert ME.start == machine.process_start(os.getpid())


@pytest.mark.parametrize("text", ["", "a/b/c", "a/b/c/d", "a/b/-1/d", "a/b/1/d/e", "a/b/\N{SUPERSCRIPT TWO}/d"])
def test_what_is_no_lease_is_not_read(text: str) -> None:
    """Other text is no lease, and nothing is known of its holder."""
    assert Lease.parse(text) is None
    assert leases.fate(text, local=True) is Liveness.UNKNOWN


@pytest.mark.parametrize(
    ("holder", "local", "fate"),
    [
        (ME, True, Liveness.ALIVE),
        (replace(ME, start="1"), True, Liveness.DEAD),  # our number, another process
        (replace(ME, pid=2**22 + 1), True, Liveness.DEAD),
        (replace(ME, pid=2**22 + 1), False, Liveness.DEAD),
        (replace(ME, pid=os.getppid(), start=machine.process_start(os.getppid()) or ""), True, Liveness.ALIVE),
        (replace(ME, start=""), True, Liveness.UNKNOWN),
        (replace(ME, boot="before"), True, Liveness.DEAD),
        (replace(ME, boot="elsewhere"), False, Liveness.UNKNOWN),  # another computer, on a share
        (replace(ME, space="container", pid=2**22 + 1), True, Liveness.UNKNOWN),
    ],
)
def test_the_fate_of_a_holder(holder: Lease, local: bool, fate: Liveness) -> None:
    """A holder is dead if its boot is over or its process gone; what cannot be looked at is unknown."""
    assert leases.fate(str(holder), local=local) is fate


def test_a_killed_process_is_dead_before_it_is_buried() -> None:
    """A process that was killed and not yet waited for holds nothing any more."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        lease = str(replace(ME, pid=process.pid, start=machine.process_start(process.pid) or ""))
        assert leases.fate(lease, local=True) is Liveness.ALIVE
        process.kill()
        process.wait()
        assert leases.fate(lease, local=True) is Liveness.DEAD


@pytest.mark.parametrize(
    "dead",
    [replace(ME, start="1"), replace(ME, pid=2**22 + 1), replace(ME, boot="before")],
    ids=["start", "pid", "boot"],
)
def test_jobs_of_the_dead_are_taken_over(place: Place, dead: Lease) -> None:
    """One look frees the jobs of a dead holder; those of the living stay where they are."""
    with place.open() as ledger, place.open(lease=str(dead)) as gone:
        queued(ledger, *(new_job(n) for n in range(4)))
        mine, theirs = ledger.queue.claim("queue", 1), gone.queue.claim("queue", 2)
        assert ledger.queue.take_over() == 2
        assert ledger.queue.take_over() == 0
        assert ledger.history.counts()[State.RUNNING] == 1
        assert [job.id for job in ledger.queue.claim("queue", 5)][:2] == [job.id for job in theirs]
        assert mine[0].id not in [job.id for job in theirs]


def test_nobody_takes_over_from_itself(place: Place) -> None:
    """A holder whose own lease looks dead still keeps its jobs."""
    with place.open(lease=str(replace(ME, boot="before"))) as ledger:
        queued(ledger, new_job(1))
        ledger.queue.claim("queue")
        assert ledger.queue.take_over() == 0


@pytest.fixture
def on_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path lies on a share of another computer."""
    monkeypatch.setattr("tukscal.core.system.machine.is_local", lambda _: False)


@pytest.mark.usefixtures("on_a_share")
@pytest.mark.parametrize(
    "holder", [replace(ME, boot="elsewhere"), replace(ME, space="container")], ids=["host", "space"]
)
def test_who_cannot_be_looked_at_is_dead_after_a_minute_of_silence(place: Place, holder: Lease) -> None:
    """Such a holder's jobs are taken over once it raised no beat for a minute of our own clock, and not before."""
    with place.open() as ledger, place.open(lease=str(holder)) as other:
        queued(ledger, new_job(1), new_job(2))
        other.queue.claim("queue", 1)
        other.queue.take_over()
        assert ledger.queue.take_over() == 0
        for _ in range(20):  # it lives: a beat every ten seconds
            place.clock.turn(10)
            assert (other.queue.take_over(), ledger.queue.take_over()) == (0, 0)
        place.clock.turn(59)
        assert ledger.queue.take_over() == 0
        place.clock.turn(1)
        assert ledger.queue.take_over() == 1


@pytest.mark.usefixtures("on_a_share")
def test_a_wall_clock_kills_nobody(place: Place) -> None:
    """A day forward or back on the wall clock is no silence."""
    with place.open() as ledger, place.open(lease=str(replace(ME, boot="elsewhere"))) as other:
        queued(ledger, new_job(1))
        other.queue.claim("queue", 1)
        for jump in (86_400.0, -86_400.0, -86_400.0):
            assert ledger.queue.take_over() == 0
            place.clock.wall += jump
        assert ledger.queue.take_over() == 0


def test_beats_are_written_only_while_jobs_are_held(place: Place) -> None:
    """Who holds nothing writes nothing, and a beat is at most one in ten seconds."""
    with place.open() as ledger, place.raw() as raw:
        for _ in range(5):
            place.clock.turn(10)
            ledger.queue.take_over()
        assert raw.execute("SELECT count(*) FROM leases").fetchone() == (0,)
        queued(ledger, new_job(1))
        ledger.queue.claim("queue")
        for _ in range(40):
            place.clock.turn(1)
            ledger.queue.take_over()
        assert raw.execute("SELECT beat FROM leases").fetchall() == [(4,)]


def test_a_share_is_asked_once_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the dead every second does not read the table of mounts every second."""
    calls: list[Path] = []

    def is_local(path: Path) -> bool:
        calls.append(path)
        return True

    monkeypatch.setattr("tukscal.core.system.machine.is_local", is_local)
    with Place(tmp_path / "ledger").open() as ledger:
        before = len(calls)
        for _ in range(5):
            ledger.queue.take_over()
        assert len(calls) == before <= 2
