"""The queue: what goes in, in which order it comes out, and what becomes of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.ledger import INTERRUPTED, Attempt, Enqueued, Ledger, Outcome, Retries, State
from tukscal.tests.core.ledger.ledgers import START, Place, done, failure, finish_all, new_job, queued

ODD_NAMES = [b"/in/plain.pdf", b"/in/\xff\xfe.pdf", "/in/\N{PARTY POPPER}.pdf".encode(), b"/in/a\nb\x1b[31m.pdf", b"-x"]


def states(ledger: Ledger, **which: object) -> dict[str, int]:
    """Return the states there are jobs in."""
    return {state.value: count for state, count in ledger.history.counts(**which).items() if count}  # type: ignore[arg-type]


# ---- in


def test_a_job_comes_out_as_it_went_in(ledger: Ledger) -> None:
    """A claimed job has all that was given, under our lease, started now."""
    new = new_job(7, priority=3, selection="s", term="t", source_stamp="stamp")
    batch = ledger.history.begin("batch", {"folder": "x"})
    (number,) = ledger.queue.enqueue(batch, [new]).ids
    (job,) = ledger.queue.claim("queue")
    assert {name: getattr(job, name) for name in new.__slots__} == {name: getattr(new, name) for name in new.__slots__}
    assert (job.id, job.batch, job.state, job.lease) == (number, batch, State.RUNNING, ledger.lease)
    assert (job.created, job.started, job.completed, job.attempts) == (START, START, None, 0)
    assert ledger.history.job(number) == job
    assert ledger.history.job(number + 1) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows names are text")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_name_a_system_allows_comes_back(ledger: Ledger, name: bytes) -> None:
    """Paths are kept as bytes: what is no UTF-8, holds a newline, ESC or an emoji is the same path afterwards."""
    path = Path(os.fsdecode(name))
    queued(ledger, new_job(source=path, output=path))
    (job,) = ledger.queue.claim("queue")
    assert (job.source, job.output) == (path, path)
    assert ledger.queue.record([done(job)]) == []
    assert list(ledger.history.results([path])) == [path]


def test_messages_with_odd_names_are_kept(ledger: Ledger) -> None:
    """A message that quotes a name that is no UTF-8 shows it with an escape; the rest is as it was."""
    queued(ledger, new_job())
    (job,) = ledger.queue.claim("queue")
    ledger.queue.record([failure(job, "damaged", message="\udcff is no PDF: \N{PARTY POPPER}\x1b\n\0 " + "x" * 5_000)])
    (letter,) = ledger.history.dead_letters()
    assert (letter.message or "")[:29] == "\\udcff is no PDF: \N{PARTY POPPER}\x1b\n\0 xxxxxx"


def test_an_output_is_queued_once(ledger: Ledger) -> None:
    """A job for an output that waits already is brought up to date: one row, in the new batch."""
    first = queued(ledger, new_job(1), new_job(2))
    batch = ledger.history.begin("again")
    again = ledger.queue.enqueue(batch, [new_job(2, priority=1), new_job(3)])
    assert again == Enqueued(ids=(first[1], 3), added=1, renewed=1, running=())
    assert states(ledger) == {"queued": 3}
    assert states(ledger, batch=batch) == {"queued": 2}
    assert [job.output.name for job in ledger.queue.claim("queue", 3)] == ["2.ics", "1.ics", "3.ics"]


def test_what_others_made_since_is_left_out(ledger: Ledger) -> None:
    """With what was seen, a job is left out exactly if its output has a later result that is made of the same."""
    queued(ledger, new_job(1), new_job(2))
    finish_all(ledger)
    first, second = (ledger.history.results([new_job(n).output])[new_job(n).output].id for n in (1, 2))
    seen = {new_job(1).output: first}
    found = ledger.queue.enqueue(ledger.history.begin("again"), [new_job(1), new_job(2), new_job(3)], seen)
    assert (found.added, found.done) == (2, (second,))
    other = new_job(2, sha256="other")
    found = ledger.queue.enqueue(ledger.history.begin("again"), [other], {})
    assert (found.added, found.done) == (1, ())


def test_the_same_output_twice_in_one_call_is_one_job(ledger: Ledger) -> None:
    """Of two jobs for one output the later one counts."""
    batch = ledger.history.begin("test")
    found = ledger.queue.enqueue(batch, [new_job(1), new_job(1, sha256="other")])
    assert (len(set(found.ids)), found.added, found.renewed) == (1, 1, 1)
    assert [job.sha256 for job in ledger.queue.claim("queue", 5)] == ["other"]


def test_a_running_job_is_left_alone(ledger: Ledger) -> None:
    """Who is at an output finishes; the number tells the caller to come again."""
    queued(ledger, new_job(1))
    (job,) = ledger.queue.claim("queue")
    found = ledger.queue.enqueue(ledger.history.begin("again"), [new_job(1, sha256="newer")])
    assert found == Enqueued(ids=(job.id,), added=0, renewed=0, running=(job.id,))
    assert ledger.history.job(job.id) == job


@pytest.mark.parametrize(
    ("changes", "attempts"),
    [
        ({}, 1),
        ({"priority": 5, "source": Path("/in/moved.pdf")}, 1),
        ({"sha256": "new"}, 0),
        ({"options": "new"}, 0),
        ({"selection": "new"}, 0),
        ({"term": "new"}, 0),
        ({"parser": "2"}, 0),
    ],
)
def test_new_content_or_options_begin_anew(ledger: Ledger, changes: dict[str, Any], attempts: int) -> None:
    """A failed job that is queued again keeps its attempts, unless something that decides its result is new."""
    queued(ledger, new_job())
    ledger.queue.record([failure(job, "io") for job in ledger.queue.claim("queue")])
    (number,) = queued(ledger, new_job(**changes))
    job = ledger.history.job(number)
    assert job is not None
    assert (job.attempts, job.state) == (attempts, State.FAILED if attempts else State.QUEUED)
    assert (job.cause, job.duration, job.next_attempt is None) == (("io", 0.25, False) if attempts else (None, 0, True))


def test_a_dead_letter_that_is_asked_for_again_is_queued(ledger: Ledger) -> None:
    """Queueing the output of a dead letter queues that job, as if never tried; there is never a second one."""
    (number,) = queued(ledger, new_job())
    ledger.queue.record([failure(job, "damaged") for job in ledger.queue.claim("queue")])
    assert states(ledger) == {"dead": 1}
    assert queued(ledger, new_job()) == (number,)
    assert states(ledger) == {"queued": 1}
    assert [attempt.cause for attempt in ledger.history.attempts(number)] == ["damaged"]


def test_a_done_job_stays_as_history(ledger: Ledger) -> None:
    """A job for an output that is done is a new row, and when done itself the current one."""
    (first,) = queued(ledger, new_job(1))
    finish_all(ledger)
    (second,) = queued(ledger, new_job(1, sha256="newer"))
    output = new_job(1).output
    assert ledger.history.results([output])[output].id == first
    finish_all(ledger)
    assert ledger.history.results([output])[output].id == second
    old = ledger.history.job(first)
    assert old is not None
    assert (old.state, old.superseded) == (State.DONE, second)
    assert states(ledger) == {"done": 2}


def test_thousands_are_queued_in_pieces(ledger: Ledger) -> None:
    """More jobs than one transaction holds are all there, in order."""
    ids = queued(ledger, *(new_job(n) for n in range(2_345)))
    assert len(set(ids)) == 2_345
    assert list(ids) == sorted(ids)
    assert states(ledger) == {"queued": 2_345}


# ---- out


def test_the_order_is_priority_then_size_then_age(ledger: Ledger) -> None:
    """Higher priorities come first, of those the smaller files, of those the older jobs; other queues not at all."""
    jobs = [(0, 30), (0, 10), (5, 99), (0, 10), (-1, 1)]
    ids = queued(ledger, *(new_job(n, priority=p, size=s) for n, (p, s) in enumerate(jobs)))
    queued(ledger, new_job(9, queue="another", priority=9))
    assert [job.id for job in ledger.queue.claim("queue", 2)] == [ids[2], ids[1]]
    assert [job.id for job in ledger.queue.claim("queue", 9)] == [ids[3], ids[0], ids[4]]
    assert ledger.queue.claim("queue") == []


def test_a_parked_job_waits_until_it_is_queued_again(ledger: Ledger, place: Place) -> None:
    """Nobody claims a parked job or counts it in its queue; queued again, it goes on with what it has behind it."""
    waits, fails = queued(ledger, new_job(1), new_job(2), batch=1)
    (job,) = ledger.queue.claim("queue")
    ledger.queue.record([failure(job, cause="io")])
    assert ledger.retention.park([waits, fails], batch=1) == 0, "they are the batch's own"
    assert [ledger.retention.park([waits, fails], batch=2) for _ in range(2)] == [2, 0]
    place.clock.turn(1_000)
    assert (ledger.queue.claim("queue", 2), ledger.queue.next_due("queue")) == ([], None)
    assert not any(ledger.history.counts(queue="queue").values())
    assert {job.parked for job in ledger.retention.waiting(1)} == {True}
    queued(ledger, new_job(1), new_job(2), batch=2)
    place.clock.turn(2)
    assert [(job.id, job.attempts, job.parked) for job in ledger.queue.claim("queue", 2)] == [
        (waits, 1, False), (fails, 0, False)
    ]  # fmt: skip


def test_a_released_job_waits_again(ledger: Ledger, place: Place) -> None:
    """What we hold and give back is queued, with nothing counted; what another holds is not ours to give."""
    ids = queued(ledger, new_job(1), new_job(2))
    ledger.queue.claim("queue", 1)
    with place.open(lease="boot/space/1/1") as other:
        other.queue.claim("queue", 1)
        assert ledger.queue.release(ids) == 1
    assert states(ledger) == {"queued": 1, "running": 1}
    job = ledger.history.job(ids[0])
    assert job is not None
    assert (job.attempts, job.lease, job.started) == (0, None, None)
    assert ledger.history.attempts(ids[0]) == []


# ---- outcomes


def test_done_writes_everything_down(ledger: Ledger, place: Place) -> None:
    """A done job has its result, its times, what it took; and an attempt without a cause."""
    queued(ledger, new_job())
    (job,) = ledger.queue.claim("queue")
    place.clock.turn(2)
    assert ledger.queue.record([done(job, started=START + 1, sha256="read", source_stamp="of what was read")]) == []
    found = ledger.history.job(job.id)
    assert found is not None
    assert (found.state, found.kind, found.entries, found.problems) == (State.DONE, "lectures", 20, 1)
    assert (found.output_sha256, found.output_stamp) == (done(job).output_sha256, "stamp")
    assert (found.sha256, found.source_stamp) == ("read", "of what was read")
    assert (found.started, found.completed, found.duration, found.peak) == (START + 1, START + 2, 0.5, 50_000_000)
    assert (found.attempts, found.worker, found.cause, found.message) == (1, 4711, None, None)
    assert ledger.history.attempts(job.id) == [
        Attempt(job=job.id, number=1, worker=4711, started=START + 1, ended=START + 2, cause=None, message=None,
                duration=0.5, peak=50_000_000)
    ]  # fmt: skip


def test_a_job_that_was_done_at_the_second_try_shows_both(ledger: Ledger, place: Place) -> None:
    """Durations add up, the larger peak stays, the cause is forgotten, each attempt has its row."""
    queued(ledger, new_job())
    ledger.queue.record([failure(job, "io", peak=60_000_000) for job in ledger.queue.claim("queue")])
    place.clock.turn(20)
    (job,) = ledger.queue.claim("queue")
    assert (job.attempts, job.cause) == (1, "io")
    ledger.queue.record([done(job)])
    found = ledger.history.job(job.id)
    assert found is not None
    assert (found.attempts, found.duration, found.peak, found.cause) == (2, 0.75, 60_000_000, None)
    assert [(one.number, one.cause) for one in ledger.history.attempts(job.id)] == [(1, "io"), (2, None)]


def test_what_is_no_longer_ours_is_refused(ledger: Ledger, place: Place) -> None:
    """The outcome of a job that another holds, that is done or that never was, changes nothing; the rest is written."""
    ids = queued(ledger, new_job(1), new_job(2))
    ledger.queue.claim("queue", 2)
    ledger.queue.take_over_of(ledger.lease)
    with place.open(lease="boot/space/1/1") as other:
        (taken,) = other.queue.claim("queue", 1)
        mine = ledger.queue.claim("queue", 1)
        assert ledger.queue.record([done(taken, push=True), done(mine[0]), done(mine[0]), done(99)]) == [
            ids[0],
            ids[1],
            99,
        ]
        assert ledger.history.job(taken.id) == taken
        assert ledger.outbox.pending() == []
        assert other.queue.record([done(taken)]) == []
    assert states(ledger) == {"done": 2}


def test_all_outcomes_are_written_or_none(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the middle of a group leaves nothing of it, and the same group can be written again."""
    queued(ledger, *(new_job(n) for n in range(3)))
    jobs = ledger.queue.claim("queue", 3)
    group: list[Outcome] = [done(jobs[0], push=True), failure(jobs[1], "damaged"), done(jobs[2])]
    with monkeypatch.context() as patch:
        patch.setattr("tukscal.core.ledger.queue.decide", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ledger.queue.record(group)
    assert states(ledger) == {"running": 3}
    assert ledger.outbox.pending() == []
    assert ledger.history.attempts(jobs[0].id) == []
    assert ledger.queue.record(group) == []
    assert states(ledger) == {"done": 2, "dead": 1}


@pytest.mark.parametrize(
    ("causes", "state"),
    [
        (["io", "io", "io"], "dead"),
        (["crash", "crash"], "quarantined"),
        (["timeout", "memory"], "quarantined"),
        (["io", "crash", "crash"], "quarantined"),
        (["crash", "io", "io"], "dead"),
        (["encrypted"], "dead"),
    ],
)
def test_failures_end_in_a_dead_letter(ledger: Ledger, place: Place, causes: list[str], state: str) -> None:
    """A job is tried as often as its causes allow, then lies among the dead letters with the last one."""
    (number,) = queued(ledger, new_job())
    for count, cause in enumerate(causes, 1):
        (job,) = ledger.queue.claim("queue")
        ledger.queue.record([failure(job, cause)])
        assert states(ledger) == ({state: 1} if count == len(causes) else {"failed": 1})
        place.clock.turn(20)
    assert ledger.queue.claim("queue") == []
    (letter,) = ledger.history.dead_letters()
    assert (letter.id, letter.cause, letter.attempts) == (number, causes[-1], len(causes))
    assert letter.message == f"It failed: {causes[-1]}."
    assert letter.completed == place.clock.wall - 20
    assert [attempt.cause for attempt in ledger.history.attempts(number)] == causes


def test_retry_limits_are_the_ledgers(place: Place) -> None:
    """A ledger that is opened with other limits goes by them."""
    with place.open(retries=Retries(transient=1)) as ledger:
        queued(ledger, new_job())
        ledger.queue.record([failure(job, "io") for job in ledger.queue.claim("queue")])
        assert states(ledger) == {"dead": 1}


# ---- time


def test_a_retry_waits_for_its_time(ledger: Ledger, place: Place) -> None:
    """A failed job is not claimed before its time, and `next_due` says how long that is."""
    assert ledger.queue.next_due("queue") is None
    queued(ledger, new_job())
    assert ledger.queue.next_due("queue") == 0
    (job,) = ledger.queue.claim("queue")
    assert ledger.queue.next_due("queue") == 1.0  # it may come back
    ledger.queue.record([failure(job, "io")])
    due = ledger.queue.next_due("queue")
    assert due is not None
    assert 2.5 <= due <= 7.5
    place.clock.turn(due - 0.01)
    assert ledger.queue.claim("queue") == []
    place.clock.turn(1.01)  # retries are looked for once a second
    assert ledger.queue.next_due("queue") == 0
    assert [job.id for job in ledger.queue.claim("queue")] == [job.id]
    assert ledger.queue.next_due("other queue") is None


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0, -3_600.0, 400_000_000.0, -400_000_000.0])
def test_no_clock_makes_a_retry_wait_for_ever(ledger: Ledger, place: Place, jump: float) -> None:
    """After the wall clock moved by an hour, a day, or past 2038, a retry is due at once: no wait is that long."""
    queued(ledger, new_job())
    ledger.queue.record([failure(job, "io") for job in ledger.queue.claim("queue")])
    place.clock.wall += jump
    place.clock.forward += 1
    assert ledger.queue.next_due("queue") == 0
    assert len(ledger.queue.claim("queue")) == 1


def test_a_clock_that_went_back_a_little_delays_a_little(ledger: Ledger, place: Place) -> None:
    """Five seconds back cost a retry at most five seconds."""
    queued(ledger, new_job())
    ledger.queue.record([failure(job, "io") for job in ledger.queue.claim("queue")])
    due = ledger.queue.next_due("queue")
    place.clock.wall -= 5
    later = ledger.queue.next_due("queue")
    assert due is not None
    assert later == pytest.approx(due + 5)


# ---- dead letters


def test_dead_letters_are_replayed(ledger: Ledger) -> None:
    """A replayed letter waits as if never tried; what is no dead letter is not touched."""
    ids = queued(ledger, *(new_job(n) for n in range(1, 6)))
    jobs = ledger.queue.claim("queue", 4)
    ledger.queue.record([failure(jobs[0], "damaged"), done(jobs[1]), failure(jobs[2], "io")])
    assert ledger.queue.replay([*ids, 99]) == 1
    assert states(ledger) == {"queued": 2, "running": 1, "done": 1, "failed": 1}
    job = ledger.history.job(ids[0])
    assert job is not None
    assert (job.attempts, job.cause, job.completed, job.duration) == (0, None, None, 0.0)


def test_dead_letters_are_discarded(ledger: Ledger) -> None:
    """A discarded letter is gone with its attempts; what is no dead letter stays."""
    ids = queued(ledger, new_job(1), new_job(2), new_job(3))
    jobs = ledger.queue.claim("queue", 2)
    ledger.queue.record([failure(jobs[0], "damaged"), done(jobs[1])])
    assert ledger.retention.discard([*ids, 99]) == 1
    assert states(ledger) == {"queued": 1, "done": 1}
    assert (ledger.history.job(ids[0]), ledger.history.attempts(ids[0])) == (None, [])


def test_numbers_are_never_given_twice(ledger: Ledger) -> None:
    """A job after a discarded one has a number nobody ever had: what names the old one cannot mean the new."""
    (number,) = queued(ledger, new_job(1))
    ledger.queue.record([failure(job, "damaged") for job in ledger.queue.claim("queue")])
    ledger.retention.discard([number])
    assert queued(ledger, new_job(2)) == (number + 1,)


# ---- the outbox


def test_a_result_to_be_pushed_is_in_the_outbox(ledger: Ledger) -> None:
    """Done with `push` puts one row into the outbox; a newer result of the same output takes its place."""
    queued(ledger, new_job(1), new_job(2), new_job(3))
    jobs = ledger.queue.claim("queue", 3)
    ledger.queue.record([done(jobs[0], push=True), done(jobs[1], push=True), done(jobs[2])])
    assert [(row.job, row.output, row.sha256, row.state) for row in ledger.outbox.pending()] == [
        (job.id, job.output, done(job).output_sha256, "pending") for job in jobs[:2]
    ]
    queued(ledger, new_job(1, sha256="newer"))
    (newer,) = ledger.queue.claim("queue")
    ledger.queue.record([done(newer, push=True)])
    assert [row.job for row in ledger.outbox.pending()] == [jobs[1].id, newer.id]
    assert [row.job for row in ledger.outbox.pending(1)] == [jobs[1].id]


# ---- stalled jobs


def test_the_jobs_of_a_lease_are_taken_over(ledger: Ledger, place: Place) -> None:
    """They wait again, each with an interrupted attempt that counts against nobody; jobs of others stay."""
    ids = queued(ledger, *(new_job(n) for n in range(4)))
    ledger.queue.claim("queue", 1)
    with place.open(lease="gone/space/1/1") as gone:
        gone.queue.claim("queue", 2)
    place.clock.turn(3)
    assert ledger.queue.take_over_of("gone/space/1/1") == 2
    assert states(ledger) == {"queued": 3, "running": 1}
    job = ledger.history.job(ids[1])
    assert job is not None
    assert (job.attempts, job.lease) == (0, None)
    (attempt,) = ledger.history.attempts(ids[1])
    assert (attempt.number, attempt.cause, attempt.started, attempt.ended) == (1, INTERRUPTED, START, START + 3)
    assert ledger.queue.take_over_of("gone/space/1/1") == 0
