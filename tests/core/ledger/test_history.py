"""What is asked about jobs: counts, pages, results, figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.ledger import Filter, Job, Ledger, State, Stats
from tukscal.tests.core.ledger.ledgers import START, Place, done, failure, finish_all, new_job, queued

Filled = tuple[Ledger, list[Job]]
CAUSES = ["encrypted", "damaged", "crash", "io"]


def fill(ledger: Ledger, place: Place) -> list[Job]:
    """Make forty jobs in four batches over forty minutes, in every state, and return them as they are."""
    ids: list[int] = []
    for batch in range(4):
        number = ledger.history.begin(f"batch {batch}")
        for count in range(10):
            ids += ledger.queue.enqueue(number, [new_job(10 * batch + count)]).ids
            place.clock.turn(60)
    for count, job in enumerate(ledger.queue.claim("queue", 35)):
        if count % 5 == 0:
            ledger.queue.record([done(job)])
        elif count % 5 < 4:
            ledger.queue.record([failure(job, CAUSES[count % 4])])
    return [found for number in ids if (found := ledger.history.job(number))]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A ledger with jobs of all kinds, and those jobs."""
    place = Place(tmp_path_factory.mktemp("filled") / "ledger.sqlite")
    with place.open() as ledger:
        yield ledger, fill(ledger, place)


def expected(jobs: list[Job], wanted: Filter) -> list[int]:
    """Return the numbers of the jobs a filter lets through, by plain comparison."""
    through = [
        job
        for job in sorted(jobs, key=lambda job: (job.created, job.id), reverse=True)
        if wanted.state in (None, job.state)
        and wanted.cause in (None, job.cause)
        and wanted.batch in (None, job.batch)
        and (wanted.part is None or wanted.part in str(job.source) or wanted.part in str(job.output))
        and (wanted.since is None or job.created >= wanted.since)
        and (wanted.until is None or job.created < wanted.until)
    ]
    place = next((index + 1 for index, job in enumerate(through) if job.id == wanted.after), 0)
    return [job.id for job in through[place:]][: wanted.limit]


def maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return values or None."""
    return st.none() | values


TIMES = st.integers(0, 40).map(lambda minutes: START + 60 * minutes)


@settings(max_examples=150)
@given(wanted=st.builds(
    Filter, state=maybe(st.sampled_from(State)), cause=maybe(st.sampled_from(CAUSES)), batch=maybe(st.integers(1, 5)),
    part=maybe(st.sampled_from(["1", "/in/2", "9.ics", "nowhere", "%"])), since=maybe(TIMES), until=maybe(TIMES),
    limit=st.integers(1, 50),
))  # fmt: skip
def test_a_filter_is_what_it_says(filled: Filled, wanted: Filter) -> None:
    """Whatever fields are given, the page is that of plain comparison, the newest first."""
    ledger, jobs = filled
    assert [job.id for job in ledger.history.jobs(wanted)] == expected(jobs, wanted)


def test_pages_follow_one_another(filled: Filled) -> None:
    """Page after page, each beginning after the last job of the one before, every job comes once, in order."""
    ledger, jobs = filled
    for wanted in (Filter(), Filter(batch=2), Filter(state=State.DEAD), Filter(cause="damaged"), Filter(part="/in/1")):
        whole = expected(jobs, Filter(**_fields(wanted, limit=100)))
        seen: list[int] = []
        while page := ledger.history.jobs(Filter(**_fields(wanted, limit=3, after=seen[-1] if seen else None))):
            seen += [job.id for job in page]
        assert seen == whole
        assert len(seen) == len(set(seen)) > 2


def _fields(wanted: Filter, **changes: object) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in wanted.__slots__} | changes


def test_a_page_after_a_job_that_is_gone_goes_on_from_there(ledger: Ledger, place: Place) -> None:
    """If the last job of a page was discarded meanwhile, the next page begins where it was."""
    ids: list[int] = []
    for number in range(5):
        ids += queued(ledger, new_job(number))
        place.clock.turn(1)
    ledger.queue.record([failure(job, "damaged") for job in ledger.queue.claim("queue", 5)])
    ledger.retention.discard([ids[2]])
    assert [job.id for job in ledger.history.jobs(Filter(after=ids[2]))] == [ids[1], ids[0]]
    ledger.retention.discard([ids[0], ids[1]])
    assert ledger.history.jobs(Filter(after=ids[1])) == []


def test_dead_letters_are_both_kinds(filled: Filled) -> None:
    """Dead and quarantined jobs are listed together, the newest first, at most so many."""
    ledger, jobs = filled
    letters = [job.id for job in reversed(jobs) if job.state in (State.DEAD, State.QUARANTINED)]
    assert [job.id for job in ledger.history.dead_letters()] == letters
    assert [job.id for job in ledger.history.dead_letters(3)] == letters[:3]


def test_counts_are_those_of_the_jobs(filled: Filled) -> None:
    """Every state has its count, in all and in each batch and queue; what does not exist has none."""
    ledger, jobs = filled
    assert ledger.history.counts() == {state: sum(job.state is state for job in jobs) for state in State}
    assert ledger.history.counts(queue="queue") == ledger.history.counts()
    for batch in range(1, 6):
        count = {state: sum(job.state is state and job.batch == batch for job in jobs) for state in State}
        assert ledger.history.counts(batch=batch) == count
    assert set(ledger.history.counts(queue="nobody's").values()) == {0}


def test_a_queue_and_a_batch_at_once_is_no_question(ledger: Ledger) -> None:
    """Counting both by queue and by batch is refused: nobody needs it, and no index has it."""
    with pytest.raises(ValueError, match="a queue or for a batch"):
        ledger.history.counts(queue="queue", batch=1)


def test_results_are_the_current_ones(ledger: Ledger) -> None:
    """Of many outputs those that are done have their newest result, the others none."""
    queued(ledger, *(new_job(n) for n in range(1_200)))
    finish_all(ledger)
    queued(ledger, *(new_job(n, sha256="newer") for n in range(0, 1_200, 100)))
    newer = {job.output: job.id for job in finish_all(ledger)}
    queued(ledger, new_job(5_000))
    found = ledger.history.results(Path(f"/out/{n}.ics") for n in [*range(1_300), 5_000])
    assert len(found) == 1_200
    assert {path: job.id for path, job in found.items() if job.sha256 == "newer"} == newer
    assert all(path == job.output and job.superseded is None for path, job in found.items())
    assert list(ledger.history.unfinished([Path("/out/5000.ics"), Path("/out/1.ics")])) == [Path("/out/5000.ics")]


def test_all_current_results_pass_by(ledger: Ledger) -> None:
    """`current` yields each output's current job once, in order, across pages, while others write."""
    queued(ledger, *(new_job(n) for n in range(2_100)))
    finish_all(ledger)
    queued(ledger, new_job(7, sha256="newer"))
    finish_all(ledger)
    walk = ledger.history.current()
    seen = [next(walk).output]
    queued(ledger, new_job(9_999))
    finish_all(ledger)
    seen += [job.output for job in walk]
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 2_101


def test_the_same_content_is_found(ledger: Ledger) -> None:
    """All jobs for one content, whatever their state, the newest first."""
    ids = queued(ledger, *(new_job(n, sha256="same" if n % 2 else f"{n}") for n in range(5)))
    finish_all(ledger)
    assert [job.id for job in ledger.history.same_content("same")] == [ids[3], ids[1]]
    assert ledger.history.same_content("unheard of") == []


def test_batches_are_kept_with_what_was_said(ledger: Ledger, place: Place) -> None:
    """A batch has its command, its details, its end and summary, whatever JSON can hold; the newest comes first."""
    details = {"folder": "/\udcff", "emoji": "\N{PARTY POPPER}", "list": [1, 2.5, None, True]}
    first = ledger.history.begin("batch", details)
    place.clock.turn(5)
    second = ledger.history.begin("watch")
    ledger.history.end_batch(first, {"done": 3})
    newest, older = ledger.history.batches()
    assert (newest.id, newest.command, newest.details, newest.ended, newest.summary) == (
        second, "watch", None, None, None
    )  # fmt: skip
    assert (older.id, older.details, older.created, older.ended, older.summary) == (
        first, details, START, START + 5, {"done": 3}
    )  # fmt: skip
    assert [batch.id for batch in ledger.history.batches(1)] == [second]


# ---- figures


def test_figures_of_nothing_are_zero(ledger: Ledger) -> None:
    """An empty ledger has figures too."""
    assert ledger.history.stats() == Stats(states=dict.fromkeys(State, 0))


def test_figures_are_those_of_the_jobs(ledger: Ledger, place: Place) -> None:
    """Percentiles are durations that were measured, the rate is done jobs a second, causes are counted."""
    queued(ledger, *(new_job(n) for n in range(110)))
    for number, job in enumerate(ledger.queue.claim("queue", 100), 1):
        place.clock.turn(0.5)
        ledger.queue.record([done(job, duration=number / 10, peak=number)])
    ledger.queue.record([failure(job, "damaged") for job in ledger.queue.claim("queue", 7)])
    ledger.queue.record([failure(job, "io") for job in ledger.queue.claim("queue", 2)])
    first = ledger.history.stats()
    assert first.seconds == (5.0, 9.5, 9.9, 10.0)
    assert (first.sample, first.memory) == (100, (50, 95, 99, 100))
    assert first.rate == pytest.approx(2.0)
    assert first.causes == {"damaged": 7, "io": 2}
    assert first.states[State.QUEUED] == 1
    assert ledger.history.stats(batch=1) == first
    assert ledger.history.stats(batch=2) == Stats(states=dict.fromkeys(State, 0))
