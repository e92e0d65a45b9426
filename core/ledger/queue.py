"""Into the queue and out of it: enqueue, claim, release, take over, record."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from . import leases, outbox, sql
from .model import LETHAL, Done, Enqueued, Failure, Job, NewJob, Outcome, Retries, State, Tried, Verdict, decide
from .store import Store

CHUNK = 1_000  # jobs a transaction
_PROMOTION = 1.0  # seconds between two looks for retries that are due
_WHILE_OTHERS_RUN = 1.0  # seconds after which to look again


@dataclass(slots=True, kw_only=True)
class Holder:
    """The process at the queue: its lease, its retry rules, and when it last looked for retries."""

    lease: str
    retries: Retries
    watch: leases.Watch = field(default_factory=leases.Watch)
    promoted: dict[str, float] = field(default_factory=dict)


class Queue:
    """Jobs on their way into the queue and out of it."""

    def __init__(self, store: Store, holder: Holder) -> None:
        self._store = store
        self._holder = holder

    def enqueue(self, batch: int, jobs: Iterable[NewJob], seen: Mapping[Path, int] | None = None) -> Enqueued:
        """Put jobs into the queue; an unfinished job for the same output is brought up to date, not doubled.

        A dead letter for the same output is queued again: somebody asked for it. With `seen`, the result each output
        had when it was looked at, a job is left out if its output has got a later one that is made of the same.
        Raises InputOutput or NotWritable.
        """
        waiting, found = iter(jobs), list[tuple[int, str]]()
        while chunk := list(islice(waiting, CHUNK)):
            with self._store.writing():
                added = [_enqueue(self._store, batch, job, seen) for job in chunk]
            found += added
        return Enqueued(
            ids=tuple(number for number, _ in found),
            added=sum(fate == "added" for _, fate in found),
            renewed=sum(fate == "renewed" for _, fate in found),
            running=tuple(number for number, fate in found if fate == "running"),
            done=tuple(number for number, fate in found if fate == "done"),
        )

    def replay(self, ids: Iterable[int]) -> int:
        """Queue dead letters again, as if never tried; return how many there were."""
        with self._store.writing():
            return self._store.each(sql.REPLAY, ({"id": number} for number in ids))

    def claim(self, queue: str, count: int = 1) -> list[Job]:
        """Take the next jobs of a queue: by priority, then the smallest first, then the oldest."""
        now = self._store.now()
        with self._store.writing():
            _promote(self._store, self._holder, queue, now)
            found = self._store.rows(
                sql.CLAIM, {"queue": queue, "count": count, "lease": self._holder.lease, "now": now}
            )
        return sorted(map(sql.job_of, found), key=lambda job: (-job.priority, job.size, job.id))

    def next_due(self, queue: str) -> float | None:
        """Return the seconds until a queue has work: 0 for now, None if nothing in it is open.

        While all that is open is being worked on, by whomever, it is worth a look a second later.
        """
        value = {"queue": queue}
        with self._store.reading():
            if self._store.rows(sql.ANY_QUEUED, value):
                return 0.0
            ((earliest,),), ((latest,),) = self._store.rows(sql.EARLIEST, value), self._store.rows(sql.LATEST, value)
            ((running,),) = self._store.rows(sql.RUNNING, value)
        if earliest is None:
            return _WHILE_OTHERS_RUN if running else None
        now = self._store.now()
        return 0.0 if latest > now + self._holder.retries.longest else max(0.0, float(earliest) - now)

    def held(self) -> set[int]:
        """Return the running jobs that are ours."""
        return {int(number) for (number,) in self._store.rows(sql.HELD, {"lease": self._holder.lease})}

    def release(self, ids: Iterable[int]) -> int:
        """Put jobs we hold back into the queue, nothing counted; return how many we held."""
        with self._store.writing():
            return self._store.each(sql.RELEASE, ({"id": number, "lease": self._holder.lease} for number in ids))

    def take_over(self) -> int:
        """Put the running jobs of dead holders back into the queue and return how many; show that we live ourselves."""
        ticks = self._store.ticks()
        if self._holder.watch.may_beat(ticks) and self._store.rows(sql.HOLDING, {"lease": self._holder.lease}):
            with self._store.writing():
                self._store.run(sql.BEAT, {"lease": self._holder.lease})
        held = [(str(lease), int(beat)) for lease, beat in self._store.rows(sql.HOLDERS)]
        self._holder.watch.keep({lease for lease, _ in held})
        dead = [
            lease
            for lease, beat in held
            if lease != self._holder.lease and _is_dead(self._store, self._holder, lease, beat)
        ]
        return sum(self.take_over_of(lease) for lease in dead)

    def take_over_of(self, lease: str) -> int:
        """Put the running jobs of one lease back into the queue, each with an attempt that counts against nobody."""
        values = {"lease": lease, "now": self._store.now()}
        with self._store.writing():
            self._store.run(sql.INTERRUPT, values)
            self._store.run(sql.FORGET, values)
            return self._store.run(sql.TAKE_OVER, values)

    def record(self, outcomes: Sequence[Outcome]) -> list[int]:
        """Record how jobs ended, all in one transaction; return those refused because another process took them over.

        Raises InputOutput or NotWritable; then nothing was written, and the same outcomes may be given again.
        """
        with self._store.writing():
            return [outcome.job for outcome in outcomes if not _record(self._store, self._holder, outcome)]


def _enqueue(store: Store, batch: int, new: NewJob, seen: Mapping[Path, int] | None) -> tuple[int, str]:
    values = sql.given(new) | {"batch": batch, "now": store.now()}
    there = store.rows(sql.UNFINISHED, {"output": values["output"]})
    if not there and seen is not None and (done := _made_since(store, new, seen.get(new.output, 0))):
        return done, "done"
    if not there:
        return store.insert(sql.ADD, values), "added"
    job = sql.job_of(there[0])
    if job.state is State.RUNNING:
        return job.id, "running"
    store.run(sql.RENEW, values | {"id": job.id})
    if job.state not in (State.QUEUED, State.FAILED) or _decides(job) != _decides(new):
        store.run(sql.REQUEUE, {"id": job.id, "now": store.now()})
    return job.id, "renewed"


def _made_since(store: Store, new: NewJob, seen: int) -> int | None:
    """Return the result of an output that is later than one that was seen and made of what a new job is made of."""
    there = store.rows(sql.CURRENT, {"output": sql.path_bytes(new.output)})
    job = sql.job_of(there[0]) if there else None
    return job.id if job and job.id > seen and _decides(job) == _decides(new) else None


def _decides(job: Job | NewJob) -> tuple[str, ...]:
    """Return what decides the result: where it changed, earlier attempts say nothing any more."""
    return (job.sha256, job.options, job.selection, job.term, job.parser)


def _promote(store: Store, holder: Holder, queue: str, now: float) -> None:
    """Queue failed jobs whose time has come; a time further off than any wait was set by a clock that moved."""
    ticks = store.ticks()
    if ticks - holder.promoted.get(queue, float("-inf")) < _PROMOTION:
        return
    store.run(sql.PROMOTE_DUE, {"queue": queue, "now": now})
    store.run(sql.PROMOTE_ABSURD, {"queue": queue, "latest": now + holder.retries.longest})
    holder.promoted[queue] = ticks


def _is_dead(store: Store, holder: Holder, lease: str, beat: int) -> bool:
    fate = leases.fate(lease, local=store.local)
    if fate is leases.Liveness.UNKNOWN:
        return holder.watch.is_silent(lease, beat, store.ticks())
    return fate is leases.Liveness.DEAD


def _record(store: Store, holder: Holder, outcome: Outcome) -> bool:
    there = store.rows(sql.MINE, {"job": outcome.job, "lease": holder.lease})
    if not there:
        return False
    values = sql.attempt_values(outcome, store.now())
    store.run(sql.ATTEMPT, values)
    output, peak, *before = there[0]
    tried = _tried(before, outcome)
    values |= {"output": output, "peak": max(peak, outcome.peak or 0) or None}
    values |= {"attempts": tried.attempts, "deaths": tried.deaths, "duration": tried.duration}
    if isinstance(outcome, Done):
        _finish(store, outcome, values)
    else:
        _fail(store, values, decide(outcome.cause, tried, holder.retries, random.random()))  # noqa: S311 - no secret
    return True


def _tried(before: Sequence[Any], outcome: Outcome) -> Tried:
    """Return what a job has behind it, from what it had before and how this attempt ended."""
    attempts, deaths, duration = before
    died = isinstance(outcome, Failure) and outcome.cause in LETHAL
    return Tried(attempts=attempts + 1, deaths=deaths + died, duration=duration + float(outcome.duration))


def _finish(store: Store, done: Done, values: dict[str, object]) -> None:
    names = ("sha256", "source_stamp", "kind", "entries", "problems", "output_sha256", "output_stamp")
    values |= {name: getattr(done, name) for name in names}
    store.run(sql.SUPERSEDE, values)
    store.run(sql.FINISH, values)
    if done.push:
        outbox.add(store, values | {"calendar": done.calendar, "account": done.account})


def _fail(store: Store, values: dict[str, object], verdict: Verdict) -> None:
    again, now = verdict.state is State.FAILED, store.now()
    values |= {"state": verdict.state, "next_attempt": now + verdict.delay if again else None}
    store.run(sql.FAIL, values | {"completed": None if again else now})
