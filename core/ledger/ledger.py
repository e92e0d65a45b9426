"""The ledger: what is to be converted, who is at it, what became of it. One SQLite file, one connection a process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from . import history, leases, opening, outbox, retention
from . import queue as jobs_queue
from .model import (
    Attempt,
    Backlog,
    Batch,
    Delivered,
    Enqueued,
    Filter,
    Job,
    Keep,
    NewJob,
    Outcome,
    Outgoing,
    Stamps,
    Standing,
    State,
    Stats,
)
from .rules import Retries
from .store import Clock, Habits, Store

_KEEP = Keep()
_RETRIES = Retries()


class Ledger:
    """An open ledger. It belongs to the thread and the process that opened it."""

    def __init__(self, store: Store, holder: jobs_queue.Holder, keep: Keep, opened: opening.Opened) -> None:
        self._store = store
        self._holder = holder
        self._keep = keep
        self.path = store.path
        self.journal = opened.journal  # SQLite's journal mode: wal or truncate
        self.moved_aside: Path | None = opened.moved_aside  # where a damaged ledger went that stood here

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        keep: Keep = _KEEP,
        retries: Retries = _RETRIES,
        clock: Clock = time.time,
        ticks: Clock = time.monotonic,
        patience: float = 60.0,
        lease: str | None = None,
    ) -> Self:
        """Open a ledger, making it and its folder if they are not there.

        `clock` tells unix seconds, `ticks` seconds that only go forward, `patience` is how many seconds to wait while
        another program holds the file, `lease` who holds jobs if not this process. Raises InputOutput or NotWritable.
        """
        habits = Habits(clock=clock, ticks=ticks, patience=patience)
        store, opened = opening.open_store(path, habits)
        holder = jobs_queue.Holder(lease=lease or str(leases.mine()), retries=retries)
        ledger = cls(store, holder, keep, opened)
        try:
            retention.purge(store, keep, holder.lease, chunks=retention.AT_START)
        except BaseException:
            store.close()
            raise
        return ledger

    @classmethod
    def ask(cls, path: Path, *, patience: float = 60.0) -> Self:
        """Open a ledger to ask it: nothing is made, brought up to date, mended, moved or thrown away.

        Raises NoSuchFile, InputOutput or NotWritable.
        """
        store, opened = opening.ask_store(path, Habits(clock=time.time, ticks=time.monotonic, patience=patience))
        return cls(store, jobs_queue.Holder(lease=str(leases.mine()), retries=_RETRIES), _KEEP, opened)

    def close(self) -> None:
        """Close the ledger; jobs still held stay held until the process ends."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def lease(self) -> str:
        """Under which this process holds jobs."""
        return self._holder.lease

    # ---- the queue

    def begin(self, command: str, details: object = None) -> int:
        """Begin a batch, the jobs of one command, and return its number; `details` is anything JSON can hold."""
        return history.begin(self._store, command, details)

    def end_batch(self, batch: int, summary: object = None) -> None:
        """Write down that a batch has ended, and what became of it."""
        history.end_batch(self._store, batch, summary)

    def enqueue(self, batch: int, jobs: Iterable[NewJob], seen: Mapping[Path, int] | None = None) -> Enqueued:
        """Put jobs into the queue, each output at most once; what nobody is at is brought up to date instead.

        With `seen`, the result each output had, what others made since of the same is not made again.
        """
        return jobs_queue.enqueue(self._store, batch, jobs, seen)

    def claim(self, queue: str, count: int = 1) -> list[Job]:
        """Take the next jobs of a queue under our lease: by priority, then the smallest, then the oldest."""
        return jobs_queue.claim(self._store, self._holder, queue, count)

    def held(self) -> set[int]:
        """Return the numbers of the jobs we hold, as far as nobody took them over."""
        return jobs_queue.held(self._store, self._holder)

    def release(self, ids: Iterable[int]) -> int:
        """Put jobs we hold back, nothing counted; return how many we held."""
        return jobs_queue.release(self._store, self._holder, ids)

    def record(self, outcomes: Sequence[Outcome]) -> list[int]:
        """Write down how jobs ended, all or nothing; return the jobs that are no longer ours."""
        return jobs_queue.record(self._store, self._holder, outcomes)

    def take_over(self) -> int:
        """Queue the jobs of dead processes again and return how many; cheap enough for every second."""
        return jobs_queue.take_over(self._store, self._holder)

    def take_over_of(self, lease: str) -> int:
        """Queue the running jobs of one lease again, whoever holds it."""
        return jobs_queue.take_over_of(self._store, lease)

    def next_due(self, queue: str) -> float | None:
        """Return the seconds until a queue has work: 0 for now, None if nothing is open, 1 while others are at it."""
        return jobs_queue.next_due(self._store, self._holder, queue)

    def replay(self, ids: Iterable[int]) -> int:
        """Queue dead letters again as if never tried; return how many."""
        return jobs_queue.replay(self._store, ids)

    def discard(self, ids: Iterable[int]) -> int:
        """Delete dead letters with their attempts; return how many."""
        return retention.discard(self._store, ids)

    def left(self, queue: str, batch: int) -> list[Job]:
        """Return what batches before `batch` left of a queue: waiting, or dead letters."""
        return retention.left(self._store, queue, batch)

    def waiting(self, batch: int) -> list[Job]:
        """Return the jobs of a batch that wait."""
        return retention.waiting(self._store, batch)

    def forget(self, ids: Iterable[int], batch: int = sys.maxsize) -> int:
        """Delete jobs that wait or are dead letters, of batches before `batch`; return how many."""
        return retention.forget(self._store, ids, batch)

    def park(self, ids: Iterable[int], batch: int, queue: str) -> int:
        """Move jobs that wait, of other batches than `batch`, to a queue nobody works on, until queued again."""
        return retention.park(self._store, ids, batch, queue)

    def mark(self, outputs: Iterable[Path], text: str) -> None:
        """Put a word in the place of the stamps of the PDFs of outputs: results and dead letters."""
        retention.mark(self._store, outputs, text)

    def restamp(self, stamps: Iterable[Stamps]) -> int:
        """Write down how the files of current results were found; return how many results are still those."""
        return retention.restamp(self._store, stamps)

    # ---- questions

    def job(self, number: int) -> Job | None:
        """Return a job, None if there is none."""
        return history.job(self._store, number)

    def attempts(self, number: int) -> list[Attempt]:
        """Return the attempts at a job, the first one first."""
        return history.attempts(self._store, number)

    def count_in_queue(self, ids: Sequence[int], queue: str) -> int:
        """Return how many of some jobs are in a queue, or ended in it."""
        return history.count_in_queue(self._store, ids, queue)

    def counts(self, *, queue: str | None = None, batch: int | None = None) -> dict[State, int]:
        """Return how many jobs of a queue, of a batch or of the ledger are in each state; every state is there."""
        return history.counts(self._store, queue, batch)

    def jobs(self, wanted: Filter | None = None) -> list[Job]:
        """Return a page of jobs, the newest first."""
        return history.jobs(self._store, wanted or Filter())

    def dead_letters(self, limit: int = 1_000) -> list[Job]:
        """Return dead and quarantined jobs, the newest first."""
        return history.dead_letters(self._store, limit)

    def results(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the current done job of each output that has one."""
        return history.results(self._store, outputs)

    def standings(self, first: str, limit: int) -> dict[str, Standing]:
        """Return what current results were made of: from output `first` on, in the order of the outputs' bytes."""
        return history.standings(self._store, first, limit)

    def unfinished(self, outputs: Iterable[Path]) -> dict[Path, Job]:
        """Return the job of each output that is not done: open, or a dead letter."""
        return history.unfinished(self._store, outputs)

    def same_content(self, sha256: str) -> list[Job]:
        """Return all jobs for a PDF's content, the newest first."""
        return history.same_content(self._store, sha256)

    def current(self) -> Iterator[Job]:
        """Yield the current done job of every output, ordered by output; others may write meanwhile."""
        return history.current(self._store)

    def stats(self, batch: int | None = None) -> Stats:
        """Return figures of a batch or of the whole ledger."""
        return history.stats(self._store, batch)

    def batches(self, limit: int = 20) -> list[Batch]:
        """Return the newest batches."""
        return history.batches(self._store, limit)

    # ---- the outbox

    def pending(self, limit: int = 100) -> list[Outgoing]:
        """Return what waits in the outbox, what is due first first."""
        return outbox.pending(self._store, limit)

    def due(self, limit: int) -> list[Outgoing]:
        """Return what is to be pushed now, what has been due longest first."""
        return outbox.due(self._store, limit)

    def next_push(self) -> float | None:
        """Return the seconds until something is to be pushed, 0 for now, None if nothing waits."""
        return outbox.next_push(self._store)

    def settle(self, deliveries: Sequence[Delivered]) -> None:
        """Write down how pushes ended, in one transaction; what was superseded meanwhile stays that."""
        outbox.settle(self._store, deliveries)

    def wake(self, cause: str, account: str) -> int:
        """Let an account's rows that wait for one cause be due now, as if never tried; return how many."""
        return outbox.wake(self._store, cause, account)

    def push_again(self, account: str | None = None) -> int:
        """Let all that waits or was refused be due now; with `account` it is from now on that one's.

        Return how many rows. What is refused because its name is another's stays so while that is there.
        """
        return outbox.again(self._store, account)

    def push_all_again(self, account: str) -> int:
        """Put all current results that ever were in the outbox there again; return how many.

        For a service that has lost what it had.
        """
        return outbox.all_again(self._store, account)

    def offer(self, folder: Path, name: Callable[[Path], str], account: str) -> int:
        """Put current results below a folder into the outbox that never went to an account as they are.

        Return how many.

        `name` returns what each is pushed under.
        """
        return outbox.offer(self._store, folder, name, account)

    def refused(self, limit: int = 100, after: int = 0) -> list[Outgoing]:
        """Return a page of what the service did not want, the oldest first; `after` is the row before the page."""
        return outbox.refused(self._store, limit, after)

    def backlog(self) -> Backlog:
        """Return what stands in the outbox."""
        return outbox.backlog(self._store)

    # ---- keeping

    def purge(self) -> int:
        """Delete history beyond what is kept; return how many jobs went."""
        return retention.purge(self._store, self._keep, self._holder.lease)

    def check(self) -> Sequence[str]:
        """Return what SQLite's integrity check finds wrong, nothing for a sound ledger."""
        return retention.check(self._store)

    def backup(self, path: Path) -> None:
        """Write a copy of the ledger as it is now, while others go on using it. Raises InputOutput or NotWritable."""
        retention.backup(self._store, path)

    def restore(self, path: Path) -> None:
        """Make the ledger what a backup holds, for all that have it open.

        Raises InputOutput, NoSuchFile or NotWritable.
        """
        retention.restore(self._store, path)
