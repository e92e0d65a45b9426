"""The end of a job: when a group is due, which files are written, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tukscal.core.errors import Damaged, InputOutput, NotWritable, TukscalError
from tukscal.core.jobs import commit
from tukscal.core.jobs.commit import Finished, Push, QueueSource, TakenOver
from tukscal.core.jobs.task import Details, Made
from tukscal.core.ledger import Job, Ledger, State
from tukscal.core.pool import Outcome
from tukscal.core.system.files import FileChange, FolderGone, sha256, stamp
from tukscal.tests.clock import Clock
from tukscal.tests.core.ledger.ledgers import new_job, queued


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that lies beside the outputs."""
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


def claimed(ledger: Ledger, folder: Path, count: int = 1) -> list[Job]:
    """Return jobs at work: job N makes N.ics in a folder."""
    queued(ledger, *(new_job(number, output=folder / f"{number}.ics") for number in range(count)))
    return ledger.queue.claim("queue", count)


def made(data: bytes = b"calendar", **changes: Any) -> Made:
    """Return a calendar to be written."""
    values: dict[str, Any] = {
        "data": data, "sha256": "", "source_stamp": "", "output_sha256": sha256(data), "kind": "tests", "entries": 3,
        "problem_count": 1, "details": Details(events=3),
    }  # fmt: skip
    return Made(**{**values, **changes})


def outcome(value: Made | None = None, error: TukscalError | None = None) -> Outcome:
    """Return how a call ended."""
    return Outcome(
        key="", value=value, error=error, died=False, worker=4711, started=1_790_000_000.0, duration=0.5, peak=5_000
    )


def note_beside(job: Job, result: Made | TukscalError) -> list[FileChange]:
    """Write beside each output what became of it."""
    text = "made" if isinstance(result, Made) else result.message
    return [FileChange(job.output.with_suffix(".txt"), text.encode())]


def told(finished: list[Finished]) -> list[tuple[int, State, str | None]]:
    """Return number, state and cause of jobs that ended."""
    return [(one.job.id, one.state, one.error.cause if one.error else None) for one in finished]


def results(ledger: Ledger, **choices: Any) -> QueueSource:
    """Return where outcomes wait to be written and recorded together."""
    return QueueSource(ledger, "queue", lambda job: made, **choices)


# ---- when a group is due


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that results go by."""
    clock = Clock()
    monkeypatch.setattr(commit, "time", SimpleNamespace(monotonic=clock.ticks))
    return clock


def test_a_group_waits_a_twentieth_of_a_second_for_others(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    """A group is due 0.05 s after its first result, however late the others come; the next group counts anew."""
    first, second, third = claimed(ledger, tmp_path, 3)
    waiting = results(ledger)
    due = [waiting.due]

    def after(seconds: float, job: Job | None = None) -> None:
        clock.turn(seconds)
        if job is not None:
            waiting.add(job, outcome(made()))
        due.append(waiting.due)

    after(0, first)
    after(0.04, second)
    after(0.02)
    assert due == [False, False, False, True]
    assert len(waiting.commit()) == 2
    clock.forward, due = 200.0, [waiting.due]
    after(0, third)
    after(commit.LONGEST)
    assert (due, commit.LONGEST) == ([False, False, True], 0.05)


def test_a_group_of_sixty_four_waits_for_nobody(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    """The 64th result makes a group due at once, the 63rd does not."""
    waiting = results(ledger)
    for number, job in enumerate(claimed(ledger, tmp_path, 64), 1):
        waiting.add(job, outcome(made()))
        assert (len(waiting), waiting.due) == (number, number == 64)


# ---- what is written and recorded


def test_a_calendar_is_written_and_recorded(ledger: Ledger, tmp_path: Path) -> None:
    """A result is at its output, and the ledger holds what it was made of, its figures and the file's stamp."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger, beside=note_beside)
    waiting.add(job, outcome(made(sha256="b" * 64, source_stamp="read")))
    assert told(waiting.commit()) == [(job.id, State.DONE, None)]
    assert job.output.read_bytes() == b"calendar"
    assert job.output.with_suffix(".txt").read_bytes() == b"made"
    recorded = ledger.history.job(job.id)
    assert recorded is not None
    assert (recorded.state, recorded.sha256, recorded.source_stamp) == (State.DONE, "b" * 64, "read")
    assert (recorded.kind, recorded.entries, recorded.problems, recorded.worker) == ("tests", 3, 1, 4711)
    assert (recorded.output_sha256, recorded.output_stamp) == (sha256(b"calendar"), stamp(job.output))
    assert (len(waiting), waiting.commit(), ledger.outbox.pending()) == (0, [], [])


def test_what_was_queued_stands_where_nothing_else_was_read(ledger: Ledger, tmp_path: Path) -> None:
    """A result that names no other bytes leaves the PDF's hash and stamp as the job was queued with them."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger)
    waiting.add(job, outcome(made()))
    waiting.commit()
    recorded = ledger.history.job(job.id)
    assert recorded is not None
    assert (recorded.sha256, recorded.source_stamp) == (job.sha256, job.source_stamp)


def test_a_result_to_be_pushed_is_in_the_outbox(ledger: Ledger, tmp_path: Path) -> None:
    """With a push each calendar is in the outbox under its name and account."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger, push=Push(lambda output: f"mine-{output.stem}", "alice"))
    waiting.add(job, outcome(made()))
    waiting.commit()
    assert [(row.calendar, row.account) for row in ledger.outbox.pending()] == [("mine-0", "alice")]


def test_a_failure_is_recorded_with_its_file(ledger: Ledger, tmp_path: Path) -> None:
    """A call that failed writes no calendar; the note beside it says why, and an error without a file gets the PDF."""
    plain, named = claimed(ledger, tmp_path, 2)
    waiting = results(ledger, beside=note_beside)
    waiting.add(plain, outcome(error=Damaged("It is torn.")))
    waiting.add(named, outcome(error=Damaged("It is torn too.", file="inner.pdf")))
    finished = waiting.commit()
    assert told(finished) == [(plain.id, State.DEAD, "damaged"), (named.id, State.DEAD, "damaged")]
    assert [one.error.file for one in finished if one.error] == [str(plain.source), "inner.pdf"]
    assert not plain.output.exists()
    assert plain.output.with_suffix(".txt").read_text() == "It is torn."
    recorded = ledger.history.job(plain.id)
    assert recorded is not None
    assert (recorded.cause, recorded.message) == ("damaged", "It is torn.")


def test_a_failure_that_may_go_away_is_not_the_end(ledger: Ledger, tmp_path: Path) -> None:
    """What became of a job is what the ledger says: a file that could not be read will be tried again."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger)
    waiting.add(job, outcome(error=InputOutput("The drive is away.")))
    assert told(waiting.commit()) == [(job.id, State.FAILED, "io")]


def test_a_job_somebody_took_over_is_not_written(ledger: Ledger, tmp_path: Path) -> None:
    """What is no longer held when a group is committed is neither written nor told; the rest of the group is."""
    kept, lost = claimed(ledger, tmp_path, 2)
    waiting = results(ledger)
    waiting.add(lost, outcome(made()))
    waiting.add(kept, outcome(made()))
    ledger.queue.release([lost.id])
    assert told(waiting.commit()) == [(kept.id, State.DONE, None)]
    assert (kept.output.exists(), lost.output.exists(), len(waiting)) == (True, False, 0)


# ---- what cannot be written


def test_an_output_that_cannot_be_written_fails_its_job_alone(ledger: Ledger, tmp_path: Path) -> None:
    """An output in whose place a folder stands is a failure whose note says so; the other calendar is done."""
    bad, good = claimed(ledger, tmp_path, 2)
    bad.output.mkdir()
    waiting = results(ledger, beside=note_beside)
    waiting.add(bad, outcome(made()))
    waiting.add(good, outcome(made()))
    failed, done = waiting.commit()
    assert (done.job.id, done.state, good.output.read_bytes()) == (good.id, State.DONE, b"calendar")
    assert failed.error is not None
    assert (failed.job.id, failed.made, failed.error.file) == (bad.id, None, str(bad.output))
    assert bad.output.with_suffix(".txt").read_text() == failed.error.message
    assert good.output.with_suffix(".txt").read_text() == "made"
    assert waiting.full is None


def test_a_note_that_cannot_be_written_fails_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """A calendar whose note cannot be written is done."""
    (job,) = claimed(ledger, tmp_path)
    job.output.with_suffix(".txt").mkdir()
    waiting = results(ledger, beside=note_beside)
    waiting.add(job, outcome(made()))
    assert told(waiting.commit()) == [(job.id, State.DONE, None)]
    assert job.output.read_bytes() == b"calendar"


def test_a_folder_that_is_gone_stops_the_rest(ledger: Ledger, tmp_path: Path) -> None:
    """Where the folder of an output is gone, also if only the note lies there, `full` holds the error from then on."""
    here, there = claimed(ledger, tmp_path, 2)

    def elsewhere(job: Job, result: Made | TukscalError) -> list[FileChange]:
        return [FileChange(tmp_path / "gone" / "note.txt", b"note")] if job.id == there.id else []

    waiting = results(ledger, beside=elsewhere)
    waiting.add(there, outcome(made()))
    (finished,) = waiting.commit()
    assert isinstance(finished.error, FolderGone)
    assert waiting.full is finished.error
    waiting.add(here, outcome(made()))
    assert told(waiting.commit()) == [(here.id, State.DONE, None)]
    assert waiting.full is finished.error


def test_who_may_not_write_any_more_writes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """Outputs another process took over are neither written nor noted, and their jobs are given back, not failed."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger, beside=note_beside, may=lambda: TakenOver("Another daemon is at work."))
    waiting.add(job, outcome(made()))
    assert waiting.commit() == []
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".ics", ".txt")] == []
    recorded = ledger.history.job(job.id)
    assert recorded is not None
    assert (recorded.state, recorded.attempts, len(waiting)) == (State.QUEUED, 0, 0)


def test_who_may_not_write_for_another_reason_fails(ledger: Ledger, tmp_path: Path) -> None:
    """Any other reason not to write is the job's failure."""
    (job,) = claimed(ledger, tmp_path)
    waiting = results(ledger, may=lambda: NotWritable("Not now."))
    waiting.add(job, outcome(made()))
    (finished,) = waiting.commit()
    assert (finished.error and finished.error.message, job.output.exists()) == ("Not now.", False)


def test_what_is_dropped_is_forgotten(ledger: Ledger, tmp_path: Path) -> None:
    """Dropping returns the jobs in the order they came, and leaves nothing to commit."""
    jobs = claimed(ledger, tmp_path, 2)
    waiting = results(ledger)
    for job in jobs:
        waiting.add(job, outcome(made()))
    assert waiting.drop() == jobs
    assert (len(waiting), waiting.due, waiting.commit()) == (0, False, [])
    assert not any(job.output.exists() for job in jobs)
