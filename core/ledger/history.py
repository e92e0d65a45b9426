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


class History:
    """What was asked for, what was done, and what stands now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, command: str, details: object = None) -> int:
        """Begin a batch and return its number."""
        values = {"now": self._store.now(), "command": rows.text(command), "details": json.dumps(details)}
        with self._store.writing():
            return self._store.insert(sql.BEGIN_BATCH, values)

    def end_batch(self, batch: int, summary: object = None) -> None:
        """Write down that a batch has ended."""
        with self._store.writing():
            self._store.run(sql.END_BATCH, {"now": self._store.now(), "summary": json.dumps(summary), "batch": batch})

    def batches(self, limit: int = 20) -> list[Batch]:
        """Return the newest batches."""
        return [_batch(row) for row in self._store.rows(sql.BATCHES, {"limit": limit})]

    def job(self, number: int) -> Job | None:
        """Return a job, None if there is none."""
        return next(map(rows.job_of, self._store.rows(sql.JOB, {"id": number})), None)

    def attempts(self, number: int) -> list[Attempt]:
        """Return the attempts at a job, the first one first."""
        return [rows.attempt_of(row) for row in self._store.rows(sql.ATTEMPTS, {"job": number})]

    def count_in_queue(self, ids: Sequence[int], queue: str) -> int:
        """Return how many of some jobs are in a queue, or ended in it."""
        chunks = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
        values = ({"ids": json.dumps(list(chunk)), "queue": queue} for chunk in chunks)
        return sum(int(self._store.rows(sql.IN_QUEUE, value)[0][0]) for value in values)

    def counts(self, *, queue: str | None = None, batch: int | None = None) -> dict[State, int]:
        """Return the number of jobs in each state, of a queue, of a batch, or of all."""
        if queue is not None and batch is not None:
            raise ValueError("Ask for a queue or for a batch.")
        question = sql.COUNT_QUEUE if queue is not None else sql.COUNT_BATCH if batch is not None else sql.COUNT_ALL
        found: dict[str, int] = dict(self._store.rows(question, {"queue": queue, "batch": batch}))
        return {state: int(found.get(state, 0)) for state in State}

    def jobs(self, wanted: Filter | None = None) -> list[Job]:
        """Return a page of jobs, the newest first."""
        wanted = wanted or Filter()
        return self._page(wanted, State if wanted.state is None else (wanted.state,))

    def _page(self, wanted: Filter, states: Iterable[State]) -> list[Job]:
        """Return a page of each state, merged."""
        values: dict[str, object] = {
            "batch": wanted.batch,
            "cause": wanted.cause,
            "part": None if wanted.part is None else os.fsencode(wanted.part),
            "since": -math.inf if wanted.since is None else wanted.since,
            "limit": wanted.limit,
        }
        with self._store.reading():
            values["created"], values["before"] = _end(self._store, wanted)
            found = [row for state in states for row in self._store.rows(_question(wanted), values | {"state": state})]
        newest = sorted(found, key=lambda row: (row[_CREATED], row[_ID]), reverse=True)
        return [rows.job_of(row) for row in newest[: wanted.limit]]

    def dead_letters(self, limit: int = 1_000) -> list[Job]:
        """Return dead and quarantined jobs, the newest first."""
        return self._page(Filter(limit=limit), LETTERS)

    def results(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the current done job of each output that has one."""
        return _by_output(self._store, sql.CURRENT, outputs)

    def standings(self, first: str, limit: int) -> dict[str, Standing]:
        """Return what current results were made of, by output: from `first` on, in the order of the outputs' bytes."""
        found = self._store.rows(sql.STANDINGS, {"first": os.fsencode(first), "limit": limit})
        return dict(map(rows.standing_of, found))

    def unfinished(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the job of each output that is open or a dead letter."""
        return _by_output(self._store, sql.UNFINISHED, outputs)

    def same_content(self, sha256: str) -> list[Job]:
        """Return all jobs for a PDF's content, the newest first."""
        return [rows.job_of(row) for row in self._store.rows(sql.CONTENT, {"sha256": sha256})]

    def current(self) -> Iterator[Job]:
        """Yield the current done job of every output, ordered by output, a page at a time."""
        after = b""
        while page := self._store.rows(sql.CURRENT_PAGE, {"after": after, "limit": _PAGE}):
            found = [rows.job_of(row) for row in page]
            yield from found
            after = rows.path_bytes(found[-1].output)

    def stats(self, batch: int | None = None) -> Stats:
        """Return figures of a batch or of all; times are those of the newest done jobs."""
        whole = batch is None
        with self._store.reading():
            states = self.counts(batch=batch)
            causes: dict[str, int] = dict(
                self._store.rows(sql.CAUSES if whole else sql.CAUSES_OF_BATCH, {"batch": batch})
            )
            sample = self._store.rows(sql.SAMPLE if whole else sql.SAMPLE_OF_BATCH, {"batch": batch, "limit": _SAMPLE})
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


def _by_output(store: Store, question: str, outputs: Iterable[Path]) -> dict[Path, Job]:
    with store.reading():
        found = {path: store.rows(question, {"output": rows.path_bytes(path)}) for path in outputs}
    return {path: rows.job_of(there[0]) for path, there in found.items() if there}


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
