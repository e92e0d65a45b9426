"""What is asked about jobs: counts, pages, results, figures."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from . import rows, sql
from .model import LETTERS, Attempt, Batch, Filter, Job, Standing, State, Stats
from .store import Row, Store

_ID, _CREATED = sql.JOB_COLUMNS.index("id"), sql.JOB_COLUMNS.index("created")
_PAGE = 1_000
_SAMPLE = 10_000  # done jobs the times are taken from


def begin(store: Store, command: str, details: object) -> int:
    """Begin a batch and return its number."""
    values = {"now": store.now(), "command": rows.text(command), "details": json.dumps(details)}
    with store.writing():
        return store.insert(sql.BEGIN_BATCH, values)


def end_batch(store: Store, batch: int, summary: object) -> None:
    """Write down that a batch has ended."""
    with store.writing():
        store.run(sql.END_BATCH, {"now": store.now(), "summary": json.dumps(summary), "batch": batch})


def batches(store: Store, limit: int) -> list[Batch]:
    """Return the newest batches."""
    return [_batch(row) for row in store.rows(sql.BATCHES, {"limit": limit})]


def _batch(row: Row) -> Batch:
    number, created, command, details, ended, summary = row
    return Batch(
        id=number,
        created=created,
        command=command,
        details=json.loads(details),
        ended=ended,
        summary=json.loads(summary),
    )


def job(store: Store, number: int) -> Job | None:
    """Return a job, None if there is none."""
    return next(map(rows.job_of, store.rows(sql.JOB, {"id": number})), None)


def attempts(store: Store, number: int) -> list[Attempt]:
    """Return the attempts at a job, the first one first."""
    return [rows.attempt_of(row) for row in store.rows(sql.ATTEMPTS, {"job": number})]


def count_in_queue(store: Store, ids: Sequence[int], queue: str) -> int:
    """Return how many of some jobs are in a queue, or ended in it."""
    chunks = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
    values = ({"ids": json.dumps(list(chunk)), "queue": queue} for chunk in chunks)
    return sum(int(store.rows(sql.IN_QUEUE, value)[0][0]) for value in values)


def counts(store: Store, queue: str | None, batch: int | None) -> dict[State, int]:
    """Return the number of jobs in each state, of a queue, of a batch, or of all."""
    if queue is not None and batch is not None:
        raise ValueError("Ask for a queue or for a batch.")
    question = sql.COUNT_QUEUE if queue is not None else sql.COUNT_BATCH if batch is not None else sql.COUNT_ALL
    found: dict[str, int] = dict(store.rows(question, {"queue": queue, "batch": batch}))
    return {state: int(found.get(state, 0)) for state in State}


def jobs(store: Store, wanted: Filter, states: Iterable[State] = ()) -> list[Job]:
    """Return a page of jobs, the newest first: a page of each state, merged; `states` are all if not given."""
    values: dict[str, object] = {
        "batch": wanted.batch,
        "cause": wanted.cause,
        "part": None if wanted.part is None else os.fsencode(wanted.part),
        "since": -math.inf if wanted.since is None else wanted.since,
        "limit": wanted.limit,
    }
    with store.reading():
        values["created"], values["before"] = _end(store, wanted)
        states = states or (State if wanted.state is None else (wanted.state,))
        found = [row for state in states for row in store.rows(_question(wanted), values | {"state": state})]
    newest = sorted(found, key=lambda row: (row[_CREATED], row[_ID]), reverse=True)
    return [rows.job_of(row) for row in newest[: wanted.limit]]


def _question(wanted: Filter) -> str:
    if wanted.batch is not None:
        return sql.NEWEST_OF_BATCH
    return sql.NEWEST_BY_CAUSE if wanted.cause is not None else sql.NEWEST


def _end(store: Store, wanted: Filter) -> tuple[float, int]:
    """Return the time and number all jobs wanted are below.

    One bound and not two, so that the index is entered where the page begins. If the last job of the page before is
    gone, the nearest older one stands for it.
    """
    until = math.inf if wanted.until is None else wanted.until
    if wanted.after is None:
        return until, 0
    found = store.rows(sql.CREATED, {"id": wanted.after})
    return min((until, 0), (float(found[0][0]) if found else -math.inf, wanted.after))


def dead_letters(store: Store, limit: int) -> list[Job]:
    """Return dead and quarantined jobs, the newest first."""
    return jobs(store, Filter(limit=limit), LETTERS)


def results(store: Store, outputs: Iterable[Path]) -> dict[Path, Job]:
    """Return the current done job of each output that has one."""
    return _by_output(store, sql.CURRENT, outputs)


def standings(store: Store, first: str, limit: int) -> dict[str, Standing]:
    """Return what current results were made of, by output: from `first` on, in the order of the outputs' bytes."""
    found = store.rows(sql.STANDINGS, {"first": os.fsencode(first), "limit": limit})
    return dict(map(rows.standing_of, found))


def unfinished(store: Store, outputs: Iterable[Path]) -> dict[Path, Job]:
    """Return the job of each output that is open or a dead letter."""
    return _by_output(store, sql.UNFINISHED, outputs)


def _by_output(store: Store, question: str, outputs: Iterable[Path]) -> dict[Path, Job]:
    with store.reading():
        found = {path: store.rows(question, {"output": rows.path_bytes(path)}) for path in outputs}
    return {path: rows.job_of(there[0]) for path, there in found.items() if there}


def same_content(store: Store, sha256: str) -> list[Job]:
    """Return all jobs for a PDF's content, the newest first."""
    return [rows.job_of(row) for row in store.rows(sql.CONTENT, {"sha256": sha256})]


def current(store: Store) -> Iterator[Job]:
    """Yield the current done job of every output, ordered by output, a page at a time."""
    after = b""
    while page := store.rows(sql.CURRENT_PAGE, {"after": after, "limit": _PAGE}):
        found = [rows.job_of(row) for row in page]
        yield from found
        after = rows.path_bytes(found[-1].output)


# ---- figures


def stats(store: Store, batch: int | None) -> Stats:
    """Return figures of a batch or of all; times are those of the newest done jobs."""
    whole = batch is None
    with store.reading():
        states = counts(store, None, batch)
        causes: dict[str, int] = dict(store.rows(sql.CAUSES if whole else sql.CAUSES_OF_BATCH, {"batch": batch}))
        sample = store.rows(sql.SAMPLE if whole else sql.SAMPLE_OF_BATCH, {"batch": batch, "limit": _SAMPLE})
    if not sample:
        return Stats(states=states, causes=causes)
    times, peaks, ends = zip(*sample, strict=True)
    return Stats(
        states=states,
        causes=causes,
        sample=len(sample),
        durations=percentiles(times),
        peak=max(peaks),
        rate=_rate(ends),
    )


def percentiles(values: Iterable[float]) -> tuple[float, ...]:
    """Return the 50th, 95th and 99th percentile and the largest of values."""
    found = sorted(values)
    return tuple(percentile(found, share) for share in (0.5, 0.95, 0.99, 1)) if found else ()


def percentile(found: Sequence[float], share: float) -> float:
    """Return the value that such a share of sorted values does not exceed: one that was measured."""
    return found[max(0, math.ceil(share * len(found)) - 1)]


def _rate(ends: Sequence[float]) -> float:
    """Return done jobs a second between the first and the last."""
    span = max(ends) - min(ends)
    return (len(ends) - 1) / span if span > 0 else 0.0
