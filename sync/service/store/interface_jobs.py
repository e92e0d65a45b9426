"""What the service asks of a store about jobs and limits; durable when it returns, like the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from .job_model import (
    Admission,
    Block,
    Claimed,
    Converted,
    Failed,
    Job,
    Newcomer,
    NewJob,
    QueueFigures,
    Quotas,
    Replay,
    Sender,
)


class Jobs(Protocol):
    """PDFs to be converted."""

    async def admit(
        self, new: NewJob, sender: Sender, quotas: Quotas, now: float, newcomer: Newcomer | None = None
    ) -> Admission:
        """Take an upload with its job, or refuse it and leave no trace; one of many at a time sees the others.

        A newcomer's account and session are stored with it.
        """

    async def crowded(self, network: str | None, now: float) -> tuple[int, int]:
        """Return the open jobs of all, and a network's uploads in the last hour."""

    async def get(self, account: str, job: str) -> Job | None:
        """Return a job with its place."""

    async def find(self, job: str) -> Job | None:
        """Return anybody's job."""

    async def page(self, account: str, before: float, limit: int) -> Sequence[Job]:
        """Return an account's jobs, the newest first, made before a moment."""

    async def remove(self, account: str, job: str) -> bool:
        """Delete a job and its PDF; what a worker makes of it then is thrown away."""

    async def replay(self, account: str | None, job: str, now: float) -> Replay | None:
        """Queue a dead letter again, of an account or of anybody; None if there is no such job."""

    async def letters(self, limit: int) -> Sequence[Job]:
        """Return dead letters, the newest first."""

    async def result(self, account: str, job: str) -> tuple[Job, bytes | None] | None:
        """Return a job and its calendar, compressed; None for that if a newer revision took its place."""

    async def claim(self, lease: str, count: int, now: float, patience: float) -> Sequence[Claimed]:
        """Take jobs that are due: those that waited longer than `patience`, premium ones, then small ones.

        Of one account one job at a time: each goes on from the calendar of the one before.
        """

    async def finish(self, lease: str, ended: Sequence[Converted | Failed], now: float) -> None:
        """Record how attempts ended, all or none; of jobs the lease no longer holds, nothing."""

    async def release(self, lease: str) -> int:
        """Queue again what a lease holds; nothing is counted against it. Return how many."""

    async def leases(self) -> Mapping[str, int]:
        """Return who holds jobs, and their beats."""

    async def beat(self, lease: str) -> None:
        """Raise the counter that shows a holder lives."""

    async def figures(self, now: float) -> QueueFigures:
        """Return figures."""

    async def heads(self, length: int) -> Sequence[bytes]:
        """Return how the stored PDFs begin, each beginning once."""

    async def sweep(self, now: float, *, pdfs: float, jobs: float) -> Mapping[str, int]:
        """Delete PDFs and finished jobs older than so many seconds, and counters that are over."""

    async def stored(self, limit: int) -> Sequence[tuple[str, int]]:
        """Return the accounts that store most, with their bytes of PDFs and calendars."""


class Blocks(Protocol):
    """Who may not."""

    async def put(self, block: Block) -> None:
        """Add a block or change it."""

    async def remove(self, who: str) -> bool:
        """Lift a block."""

    async def all(self, now: float) -> Sequence[Block]:
        """Return the blocks that hold."""
