"""The ledger of jobs: one SQLite file that survives whatever happens to those who use it."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from . import history, leases, opening
from .history import History, Retention
from .model import (
    INTERRUPTED,
    LETTERS,
    OPEN,
    Attempt,
    Backlog,
    Batch,
    Delivered,
    Delivery,
    Done,
    Enqueued,
    Failure,
    Filter,
    Job,
    Keep,
    NewJob,
    Outcome,
    Outgoing,
    Retries,
    Stamps,
    Standing,
    State,
    Stats,
    WatchedFolder,
)
from .outbox import LONGEST_WAIT, NAME_TAKEN, Outbox, pushing_alone
from .queue import Holder, Queue
from .store import Clock, Habits, Store

__all__ = [
    "INTERRUPTED",
    "LETTERS",
    "LONGEST_WAIT",
    "NAME_TAKEN",
    "OPEN",
    "Attempt",
    "Backlog",
    "Batch",
    "Delivered",
    "Delivery",
    "Done",
    "Enqueued",
    "Failure",
    "Filter",
    "Job",
    "Keep",
    "Ledger",
    "NewJob",
    "Outcome",
    "Outgoing",
    "Retries",
    "Stamps",
    "Standing",
    "State",
    "Stats",
    "WatchedFolder",
    "pushing_alone",
]

_KEEP = Keep()
_RETRIES = Retries()


class Ledger:
    """An open ledger. It belongs to the thread and the process that opened it."""

    def __init__(self, store: Store, holder: Holder, keep: Keep, opened: opening.Opened) -> None:
        self._store = store
        self._holder = holder
        self.queue = Queue(store, holder)
        self.outbox = Outbox(store)
        self.history = History(store)
        self.retention = Retention(store, keep, holder.lease)
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
        holder = Holder(lease=lease or str(leases.mine()), retries=retries)
        ledger = cls(store, holder, keep, opened)
        try:
            ledger.retention.purge(chunks=history.AT_START)
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
        return cls(store, Holder(lease=str(leases.mine()), retries=_RETRIES), _KEEP, opened)

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
