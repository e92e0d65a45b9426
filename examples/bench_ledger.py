"""What the ledger costs: every question at ten thousand and at a million jobs, and a commit under both journals.

    python examples/bench_ledger.py [JOBS ...]

Everything is measured in one run, in a folder of its own on the disk that holds the temporary files.
"""

from __future__ import annotations

import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from tukscal.core.ledger import Done, Filter, Job, Ledger, NewJob, State, schema, sql, store

NOW = 1_790_000_000.0
BATCHES = 100
ROUNDS = 25
OPTIONS = sha256(b"options").hexdigest()
QUEUE = sha256(b"queue").hexdigest()
# Of a hundred jobs: what became of them. The rest is done.
SHARES = ((State.QUEUED, 1), (State.FAILED, 1), (State.DEAD, 1), (State.QUARANTINED, 1))
Question = Callable[[Ledger], object]


# ---- a large ledger, quickly


def rows(jobs: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of so many jobs over sixty days, in the order of their columns."""
    chance = random.Random(4)  # noqa: S311 - the same in every run
    for number in range(jobs):
        yield _row(number, jobs, chance)


def _row(number: int, jobs: int, chance: random.Random) -> tuple[Any, ...]:
    states = [state for state, share in SHARES for _ in range(share)]
    state = dict(enumerate(states)).get(number % 100, State.DONE)
    done, waits = state is State.DONE, state is State.QUEUED
    created = NOW - 86_400 * 60 * (1 - number / jobs)
    cause = None if done or waits else {State.FAILED: "io", State.DEAD: "damaged"}.get(state, "timeout")
    content = sha256(str(chance.randrange(jobs)).encode()).hexdigest()
    values: dict[str, Any] = {
        "id": number + 1,
        "batch": 1 + number * BATCHES // jobs,
        "queue": QUEUE,
        "source": f"/home/faculty/timetables/{number // 1000}/u{number:08}.pdf".encode(),
        "output": f"/home/faculty/calendars/{number // 1000}/u{number:08}.ics".encode(),
        "sha256": content,
        "size": chance.randrange(8_000, 18_000),
        "kind": "lectures" if done else None,
        "state": state,
        "cause": cause,
        "message": None if cause is None else f"u{number:08}.pdf could not be converted.",
        "priority": 0,
        "attempts": 0 if waits else 1,
        "deaths": 2 * (state is State.QUARANTINED),
        "next_attempt": NOW + 3_600 if state is State.FAILED else None,
        "lease": None,
        "worker": None if waits else 4711,
        "entries": 30 if done else None,
        "problems": 0 if done else None,
        "output_sha256": content if done else None,
        "output_stamp": "18000-1790000000000000000-4711" if done else None,
        "options": OPTIONS,
        "selection": "",
        "term": "",
        "parser": "tukscal 0.1.0, pypdfium2 5.3",
        "created": created,
        "started": None if waits else created + 1,
        "completed": created + 2 if done or state in (State.DEAD, State.QUARANTINED) else None,
        "duration": chance.random() / 20,
        "peak": None if waits else 60_000_000,
        "superseded": None,
        "source_stamp": "18000-1790000000000000000-4712",
        "parked": False,
        "put_away": False,
    }
    return tuple(values.get(name) for name in sql.JOB_COLUMNS)


def fill(path: Path, jobs: int) -> None:
    """Make a ledger with so many jobs: rows first, then triggers and indexes."""
    with Ledger.open(path):
        pass
    later = [text for text in schema.SCHEMA if " INDEX " in text or "TRIGGER" in text]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for text in later:
            kind, name = ("TRIGGER" if "TRIGGER" in text else "INDEX"), text.partition(" ON ")[0].split()
            connection.execute(f"DROP {kind} {name[2 if kind == 'TRIGGER' else name.index('INDEX') + 1]}")
        _insert(connection, jobs)
        for text in later:
            connection.execute(text)
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, jobs: int) -> None:
    marks = ", ".join("?" * len(sql.JOB_COLUMNS))
    connection.executemany(f"INSERT INTO jobs ({', '.join(sql.JOB_COLUMNS)}) VALUES ({marks})", rows(jobs))  # noqa: S608
    connection.execute(
        """INSERT INTO attempts (job, number, worker, started, ended, cause, message, duration, peak)
        SELECT id, 1, worker, started, started + 1, cause, message, duration, peak FROM jobs WHERE attempts > 0"""
    )
    connection.execute(
        """INSERT INTO outbox (job, output, sha256, created, next_attempt, state)
        SELECT id, output, output_sha256, completed, completed, iif(id % 1000 = 7, 'pending', 'sent')
        FROM jobs WHERE state = 'done'"""
    )
    connection.execute(schema.TALLY)
    for number in range(BATCHES):
        created = NOW - 86_400 * 60 * (1 - number / BATCHES)
        connection.execute("INSERT INTO batches (created, command, details) VALUES (?, 'batch', '{}')", (created,))


# ---- questions


def questions(jobs: int) -> dict[str, Question]:
    """Return every question with what is asked."""
    middle, outputs = (
        jobs // 2,
        [Path(f"/home/faculty/calendars/{n // 1000}/u{n:08}.ics") for n in range(0, jobs, jobs // 64)],
    )
    content = sha256(b"1").hexdigest()
    return {
        "counts of the queue": lambda ledger: ledger.history.counts(queue=QUEUE),
        "counts of a batch": lambda ledger: ledger.history.counts(batch=50),
        "counts of all": lambda ledger: ledger.history.counts(),
        "next_due": lambda ledger: ledger.queue.next_due(QUEUE),
        "take_over": lambda ledger: ledger.queue.take_over(),
        "job": lambda ledger: ledger.history.job(middle),
        "attempts": lambda ledger: ledger.history.attempts(middle),
        "results of 64 outputs": lambda ledger: ledger.history.results(outputs),
        "unfinished of 64 outputs": lambda ledger: ledger.history.unfinished(outputs),
        "same_content": lambda ledger: ledger.history.same_content(content),
        "jobs: the newest 100": lambda ledger: ledger.history.jobs(Filter()),
        "jobs: 100 of a batch": lambda ledger: ledger.history.jobs(Filter(batch=50)),
        "jobs: 100 dead": lambda ledger: ledger.history.jobs(Filter(state=State.DEAD)),
        "jobs: 100 of a cause in a batch": lambda ledger: ledger.history.jobs(Filter(batch=50, cause="damaged")),
        "jobs: 100 of a month ago": lambda ledger: ledger.history.jobs(Filter(until=NOW - 30 * 86_400)),
        "jobs: 100 after the middle": lambda ledger: ledger.history.jobs(Filter(after=middle)),
        "jobs: a piece of a path, newest": lambda ledger: ledger.history.jobs(
            Filter(part=f"u{jobs - 100:08}"[:-2], limit=10)
        ),
        "jobs: a piece of a path, nowhere": lambda ledger: ledger.history.jobs(Filter(part="nowhere")),
        "dead_letters: 1,000": lambda ledger: ledger.history.dead_letters(),
        "stats of all": lambda ledger: ledger.history.stats(),
        "stats of a batch": lambda ledger: ledger.history.stats(50),
        "batches": lambda ledger: ledger.history.batches(),
        "pending: 100 of the outbox": lambda ledger: ledger.outbox.pending(),
        "purge, nothing to do": lambda ledger: ledger.retention.purge(),
    }


def milliseconds(call: Callable[[], object], rounds: int) -> float:
    """Return the median of what a call takes."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(1_000 * (time.perf_counter() - start))
    return statistics.median(times)


def measure(path: Path, jobs: int) -> dict[str, float]:
    """Return the milliseconds of each question, of the queue's work, and of a start."""
    with _open(path) as ledger:
        found = {}
        for name, question in questions(jobs).items():
            rounds = 3 if "nowhere" in name else ROUNDS
            found[name] = milliseconds(lambda question=question: question(ledger), rounds)  # type: ignore[misc]
        found |= _work(ledger)
    found["open"] = milliseconds(lambda: _open(path).close(), ROUNDS)
    found["open, the first of a day"] = milliseconds(lambda: _open(path, NOW + 172_800).close(), 1)
    return found


def _work(ledger: Ledger) -> dict[str, float]:
    new = iter([_new_job(number) for number in range(64 * ROUNDS)])
    batch, claimed = ledger.history.begin("bench"), list[Job]()
    enqueue = milliseconds(lambda: ledger.queue.enqueue(batch, islice(new, 64)), ROUNDS)
    claim = milliseconds(lambda: claimed.extend(ledger.queue.claim(QUEUE, 64)), ROUNDS)
    waiting = iter(claimed)
    record = milliseconds(lambda: ledger.queue.record([done(job) for job in islice(waiting, 64)]), ROUNDS)
    return {"enqueue 64": enqueue, "claim 64": claim, "record 64": record}


def _new_job(number: int) -> NewJob:
    name = f"new{number:08}"
    digest = sha256(name.encode()).hexdigest()
    return NewJob(
        source=Path(f"/in/{name}.pdf"), output=Path(f"/out/{name}.ics"), sha256=digest, size=1, queue=QUEUE,
        options=OPTIONS, parser="tukscal 0.1.0", priority=1,
    )  # fmt: skip


def done(job: Job) -> Done:
    """Return the good end of a job."""
    return Done(
        job=job.id, worker=1, duration=0.02, peak=60_000_000, kind="lectures", entries=30, problems=0,
        output_sha256=job.sha256, output_stamp="stamp", push=True,
    )  # fmt: skip


def _open(path: Path, now: float = NOW) -> Ledger:
    return Ledger.open(path, clock=lambda: now)


# ---- commits


@contextmanager
def journal(mode: str) -> Iterator[None]:
    """Let ledgers keep a journal, whatever the SQLite at hand would choose."""
    chosen = vars(store)["best_mode"]
    vars(store)["best_mode"] = lambda _: mode
    try:
        yield
    finally:
        vars(store)["best_mode"] = chosen


def commits(folder: Path) -> list[tuple[str, list[float]]]:
    """Return per journal the milliseconds of recording 1 and 64 jobs; the journals take turns."""
    times: dict[tuple[str, int], list[float]] = {(mode, size): [] for mode in ("wal", "truncate") for size in (1, 64)}
    for turn in range(4):
        for mode in ("wal", "truncate"):
            with journal(mode), _open(folder / f"{mode}-{turn}") as ledger:
                ledger.queue.enqueue(ledger.history.begin("bench"), [_new_job(number) for number in range(65 * 20)])
                for size in (1, 64):
                    for _ in range(20):
                        ends = [done(job) for job in ledger.queue.claim(QUEUE, size)]
                        start = time.perf_counter()
                        ledger.queue.record(ends)
                        times[mode, size].append(1_000 * (time.perf_counter() - start))
    return [(mode, [statistics.median(times[mode, size]) for size in (1, 64)]) for mode in ("wal", "truncate")]


# ---- the page


def main(sizes: list[int]) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="tukscal-bench-") as name:
        folder, columns = Path(name), list[dict[str, float]]()
        for jobs in sizes:
            start = time.perf_counter()
            fill(folder / str(jobs), jobs)
            size = os.path.getsize(folder / str(jobs)) / 2**20
            print(f"{jobs:,} jobs made in {time.perf_counter() - start:.0f} s, {size:,.0f} MiB", file=sys.stderr)
            columns.append(measure(folder / str(jobs), jobs))
        print(
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores; median ms\n"
        )
        print("| | " + " | ".join(f"{jobs:,} jobs" for jobs in sizes) + " |\n|---|" + "---:|" * len(sizes))
        for question in columns[0]:
            print(f"| {question} | " + " | ".join(f"{column[question]:,.2f}" for column in columns) + " |")
        print("\n| journal | record 1 | record 64 | of that, a job |\n|---|---:|---:|---:|")
        for mode, (one, many) in commits(folder):
            print(f"| {mode} | {one:.2f} | {many:.2f} | {many / 64:.3f} |")


if __name__ == "__main__":
    main([int(text.replace(",", "")) for text in sys.argv[1:]] or [10_000, 1_000_000])
