"""The queue in the store: order, admission, ends of attempts, take-over, sweeping. Times are given."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.sync.service.store.model import (
    Account,
    AccountKind,
    Admission,
    Converted,
    Failed,
    JobState,
    NewRevision,
    Quotas,
    Refusal,
    Replay,
    SealedUpload,
    Sender,
    Spent,
)
from tukscal.sync.service.store.sqlite import SqliteStore

T = TypeVar("T")
NOW = 1_770_000_000.0
FREE = Quotas(minute=0, hour=0, at_once=0, stored=0, queue=0, address=0)


class Bench:
    """A store in a file and short words for what tests do with it."""

    def __init__(self, path: Path | None) -> None:
        self.store = SqliteStore(path)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what a call of the store returns."""
        return asyncio.run(call)

    def account(self, name: str, kind: AccountKind = AccountKind.STUDENT) -> str:
        """Add an account and return its id."""
        self.run(self.store.accounts.add(Account(id=name, kind=kind, created=NOW, seen=NOW)))
        return name

    def admit(
        self, account: str, job: str, *, size: int = 10, premium: bool = False, at: float = NOW,
        quotas: Quotas = FREE, sender: Sender | None = None,
    ) -> Admission:  # fmt: skip
        """Upload."""
        return self.run(self.store.jobs.admit(new(account, job, size, premium), sender or Sender(), quotas, at))

    def claim(self, count: int = 1, at: float = NOW, lease: str = "me", patience: float = 600.0) -> list[str]:
        """Claim jobs and return their ids."""
        return [one.job.id for one in self.run(self.store.jobs.claim(lease, count, at, patience))]

    def state(self, account: str, job: str) -> JobState:
        """Return where a job stands."""
        found = self.run(self.store.jobs.get(account, job))
        assert found is not None
        return found.state


def new(account: str, job: str, size: int = 10, premium: bool = False) -> SealedUpload:
    """Return an upload."""
    return SealedUpload(
        id=job, account=account, name="", size=size, sha256="", premium=premium, calendar=None, sealed=b"sealed " * 3
    )


def done(job: str, body: bytes = b"packed") -> Converted:
    """Return a good end."""
    made = NewRevision(revision=5, sha256="ab", size=6, name="", live=frozenset({"1"}), cancelled={}, packed=body)
    return Converted(
        id=job,
        new=made,
        calendar="uploads/lectures-2026-S2",
        kind="lectures",
        entries=1,
        problems=("a",),
        duration=1.0,
        cpu=0.5,
    )


def failed(job: str, state: JobState, *, due: float = NOW, keep: bool = True) -> Failed:
    """Return a bad end."""
    return Failed(
        id=job, state=state, due=due, cause="io", message="m", advice="a", duration=2.0, died=False, keep=keep
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench with three accounts."""
    made = Bench(tmp_path / "store.db")
    for name in "abc":
        made.account(name)
    yield made
    made.store.close()


def test_premium_goes_first_then_small_files(bench: Bench) -> None:
    """Of what is due, premium accounts' jobs go first, then small files, then what came earlier."""
    for number, (size, premium) in enumerate([(30, False), (10, False), (99, True), (10, False), (50, True)]):
        account = bench.account(f"account-{number}")
        bench.admit(account, f"j{number}", size=size, premium=premium, at=NOW + number)
    assert bench.claim(5, NOW + 9) == ["j4", "j2", "j1", "j3", "j0"]


def test_who_waited_long_goes_before_all(bench: Bench) -> None:
    """A large file is not put off for ever: past the patience it goes before premium ones."""
    bench.admit("a", "large", size=10_000, at=NOW)
    bench.admit("b", "small", premium=True, at=NOW + 601)
    assert bench.claim(1, NOW + 602, patience=600.0) == ["large"]


@given(
    jobs=st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 50)), max_size=8),
    claims=st.integers(0, 3),
)
def test_places_are_those_in_which_jobs_are_claimed(jobs: list[tuple[int, bool, int]], claims: int) -> None:
    """The place somebody is told is the place in which the job is claimed, whatever else waits."""
    bench = Bench(None)
    for number, (size, premium, after) in enumerate(jobs):
        bench.account(f"a{number}")
        bench.admit(f"a{number}", f"j{number}", size=size, premium=premium, at=NOW + after)
    bench.claim(claims, NOW + 60)
    found = [bench.run(bench.store.jobs.get(f"a{number}", f"j{number}")) for number in range(len(jobs))]
    waiting = [job for job in found if job is not None and job.place is not None]
    told = [job.id for job in sorted(waiting, key=lambda job: job.place or 0)]
    assert [job.place for job in sorted(waiting, key=lambda job: job.place or 0)] == list(range(1, len(waiting) + 1))
    assert bench.claim(99, NOW + 60) == told
    bench.store.close()


def test_of_one_account_one_job_at_a_time(bench: Bench) -> None:
    """An account's second job is claimed when its first is done, and is given the calendar that made."""
    bench.admit("a", "a1")
    bench.admit("a", "a2", at=NOW + 1)
    bench.admit("b", "b1", at=NOW + 2)
    assert bench.claim(5, NOW + 3) == ["a1", "b1"]
    assert bench.claim(5, NOW + 3) == []
    bench.run(bench.store.jobs.finish("me", [done("a1", b"first")], NOW + 4))
    (claimed,) = bench.run(bench.store.jobs.claim("me", 5, NOW + 5, 600.0))
    assert (claimed.job.id, dict(claimed.previous)) == ("a2", {"uploads/lectures-2026-S2": b"first"})


def test_a_job_waits_for_its_time(bench: Bench) -> None:
    """A job that is to be tried again is claimed when it is due, not before."""
    bench.admit("a", "a1")
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [failed("a1", JobState.WAITING, due=NOW + 30)], NOW))
    assert bench.claim(1, NOW + 29) == []
    assert bench.claim(1, NOW + 30) == ["a1"]


def test_an_end_counts_for_its_holder_only(bench: Bench) -> None:
    """What a process reports of a job somebody else holds by now, or that was deleted, changes nothing."""
    bench.admit("a", "a1")
    bench.admit("b", "b1")
    bench.claim(2)
    bench.run(bench.store.jobs.remove("b", "b1"))
    bench.run(bench.store.jobs.finish("another", [done("a1")], NOW))
    bench.run(bench.store.jobs.finish("me", [done("b1")], NOW))
    assert bench.state("a", "a1") is JobState.RUNNING
    assert bench.run(bench.store.calendars.get("b", "uploads/lectures-2026-S2")) is None


def test_what_a_dead_process_held_is_queued_again(bench: Bench) -> None:
    """Released jobs can be claimed again, with no attempt counted; those of others stay theirs."""
    bench.admit("a", "a1")
    bench.admit("b", "b1")
    bench.claim(1, lease="dead")
    bench.claim(1, lease="alive")
    assert sorted(bench.run(bench.store.jobs.leases())) == ["alive", "dead"]
    assert bench.run(bench.store.jobs.release("dead")) == 1
    assert bench.claim(5) == ["a1"]
    found = bench.run(bench.store.jobs.get("a", "a1"))
    assert found is not None
    assert found.attempts == 0


def test_a_revision_is_larger_than_the_one_there(bench: Bench) -> None:
    """A result gets a revision above that of the calendar there is, also when a client put a later one meanwhile."""
    bench.admit("a", "a1")
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [done("a1")], NOW))
    bench.admit("a", "a2")
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [done("a2")], NOW))
    found = [bench.run(bench.store.jobs.get("a", job)) for job in ("a1", "a2")]
    assert [job.revision for job in found if job] == [5, 6]


def test_only_dead_letters_with_a_pdf_are_replayed(bench: Bench) -> None:
    """A dead letter is queued again while its PDF is kept; then it is "upload again"; others are not replayed."""
    bench.admit("a", "a1")
    assert bench.run(bench.store.jobs.replay("a", "a1", NOW)) is Replay.NOT_NOW
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [failed("a1", JobState.DEAD)], NOW))
    assert bench.run(bench.store.jobs.replay("b", "a1", NOW)) is None
    assert bench.run(bench.store.jobs.replay(None, "a1", NOW)) is Replay.QUEUED
    assert bench.claim() == ["a1"]
    bench.run(bench.store.jobs.finish("me", [failed("a1", JobState.DEAD)], NOW))
    bench.run(bench.store.jobs.sweep(NOW + 86_400, pdfs=86_400, jobs=1e9))
    assert bench.run(bench.store.jobs.replay("a", "a1", NOW)) is Replay.NO_PDF


def test_pdfs_go_after_a_day_whatever_became_of_them(bench: Bench) -> None:
    """The sweeper deletes every PDF that is a day old, of waiting jobs too, which are told to upload again."""
    bench.admit("a", "old", at=NOW)
    bench.admit("b", "young", at=NOW + 1)
    assert bench.run(bench.store.jobs.sweep(NOW + 86_400, pdfs=86_400, jobs=1e9))["pdfs"] == 1
    found = bench.run(bench.store.jobs.get("a", "old"))
    assert found is not None
    assert (found.state, found.pdf, found.advice) == (JobState.DEAD, False, "Upload the PDF again.")
    assert bench.claim(5, NOW + 86_400) == ["young"]


def test_ended_jobs_are_forgotten_in_time(bench: Bench) -> None:
    """Rows of jobs that ended go when they are old enough; open ones stay."""
    bench.admit("a", "a1")
    bench.admit("b", "b1")
    bench.claim(1)
    bench.run(bench.store.jobs.finish("me", [done("a1")], NOW))
    assert bench.run(bench.store.jobs.sweep(NOW + 101, pdfs=1e9, jobs=100))["jobs"] == 1
    assert bench.run(bench.store.jobs.find("a1")) is None
    assert bench.run(bench.store.jobs.find("b1")) is not None


def test_uploads_are_counted_in_any_minute_and_hour(bench: Bench) -> None:
    """The sixth upload within a minute and the eleventh within an hour are refused until the first of them is over."""
    quotas = Quotas(minute=2, hour=3, at_once=0, stored=0, queue=0, address=0)
    assert [bench.admit("a", f"m{n}", at=NOW + n, quotas=quotas).refusal for n in range(3)] == [
        None,
        None,
        Refusal.RATE,
    ]
    minute, hour = bench.admit("a", "m3", at=NOW + 3, quotas=quotas).standings
    assert (minute.remaining, minute.reset, minute.allowed) == (0, 57, False)
    assert (hour.remaining, hour.allowed) == (1, True)
    assert bench.admit("a", "m4", at=NOW + 60.1, quotas=quotas).refusal is None
    refused = bench.admit("a", "m5", at=NOW + 200, quotas=quotas)
    assert refused.refusal is Refusal.RATE
    assert refused.standings[1].reset == 3400
    assert bench.admit("b", "m6", at=NOW + 200, quotas=quotas).refusal is None


def test_a_refused_upload_leaves_no_trace(bench: Bench) -> None:
    """What is refused is not stored and counts against nothing."""
    quotas = Quotas(minute=5, hour=0, at_once=1, stored=0, queue=0, address=0)
    bench.admit("a", "a1", quotas=quotas)
    assert [bench.admit("a", f"x{n}", quotas=quotas).refusal for n in range(9)] == [Refusal.AT_ONCE] * 9
    assert bench.run(bench.store.jobs.find("x0")) is None
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [done("a1")], NOW))
    (minute,) = bench.admit("a", "a2", quotas=quotas).standings
    assert minute.remaining == 3


def test_an_account_stores_so_much(bench: Bench) -> None:
    """PDFs that wait and a student's calendars count; a faculty's calendars do not."""
    quotas = Quotas(minute=0, hour=0, at_once=0, stored=25, queue=0, address=0)
    assert [bench.admit("a", f"a{n}", quotas=quotas).refusal for n in range(3)] == [None, None, Refusal.STORED]
    bench.claim()
    bench.run(bench.store.jobs.finish("me", [done("a0")], NOW))  # 6 bytes of calendar instead of 10 of PDF
    assert bench.admit("a", "a3", size=9, quotas=quotas).refusal is None
    assert bench.admit("a", "a4", size=1, quotas=quotas).refusal is Refusal.STORED
    faculty = bench.account("faculty", AccountKind.FACULTY)
    bench.admit(faculty, "f1", size=1)
    bench.claim(9)
    bench.run(bench.store.jobs.finish("me", [done("f1")], NOW))
    assert bench.admit(faculty, "f2", size=25, quotas=quotas).refusal is None


def test_the_queue_is_bounded(bench: Bench) -> None:
    """Of all accounts together no more jobs are open than the queue takes."""
    quotas = Quotas(minute=0, hour=0, at_once=0, stored=0, queue=2, address=0)
    assert [bench.admit(account, account, quotas=quotas).refusal for account in "abc"] == [None, None, Refusal.QUEUE]


def test_an_address_pays_with_work_once(bench: Bench) -> None:
    """Beyond its share an address needs a proof of work; each counts once, also after a restart."""
    quotas = Quotas(minute=0, hour=0, at_once=0, stored=0, queue=0, address=2)
    here = Sender(network="10.0.0.1")
    paid = Sender(network="10.0.0.1", spent=Spent(id=b"one", expires=NOW + 600))
    assert [bench.admit("a", f"a{n}", quotas=quotas, sender=here).refusal for n in range(3)] == [
        None,
        None,
        Refusal.ADDRESS,
    ]
    assert bench.admit("b", "b1", quotas=quotas, sender=paid).refusal is None
    path = bench.store.database.path
    bench.store.close()
    bench.store = SqliteStore(path)
    assert bench.admit("b", "b2", quotas=quotas, sender=paid).refusal is Refusal.CHALLENGE
    assert bench.admit("b", "b3", quotas=quotas, sender=Sender(network="10.0.0.2")).refusal is None
    assert bench.admit("c", "c1", at=NOW + 3601, quotas=quotas, sender=here).refusal is None


def test_a_hundred_at_once_get_no_more_than_is_left(bench: Bench) -> None:
    """Of a hundred uploads at the same moment with ten left, exactly ten are taken."""
    quotas = Quotas(minute=0, hour=10, at_once=0, stored=0, queue=0, address=0)

    async def race() -> list[Admission]:
        calls = (bench.store.jobs.admit(new("a", f"j{n}"), Sender(), quotas, NOW) for n in range(100))
        return list(await asyncio.gather(*calls))

    assert sum(one.refusal is None for one in bench.run(race())) == 10


def test_nothing_is_read_from_end_to_end(bench: Bench) -> None:
    """Every statement a request or the conveyor makes finds its rows by an index."""
    from tukscal.sync.service.store.sqlite import accounts, jobs

    told: list[str] = []

    def explain(connection: Any) -> None:
        statements = {
            name: text
            for module in (jobs, accounts)
            for name, text in vars(module).items()
            if isinstance(text, str) and text.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))
        }
        for name, text in statements.items():
            values = {word.strip(":,)("): 1 for word in text.split() if word.strip("(,").startswith(":")}
            plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", values or [1] * text.count("?")).fetchall()
            told.extend(f"{name}: {row[3]}" for row in plan if row[3].startswith("SCAN"))

    bench.store.database.submit_write(explain).result(30)
    # Figures for /metrics are asked for seldom; blocks, beats and stored PDFs are few.
    allowed = ("_STORED:", "_KINDS:", "_CALENDARS:", "_FEEDS:", "_BLOCKS:", "_FORGET_BEATS:", "_HEADS:")
    short = ("jobs_with_pdf",)  # a partial index: as long as what waits
    scans = [line for line in told if not line.endswith(short) and "CONSTANT ROW" not in line]
    assert [line for line in scans if not line.startswith(allowed)] == []
