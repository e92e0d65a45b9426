"""What the service asks of a store, a Protocol per family; tests/sync/service/store runs over every store.

All of it is durable when it returns. What is another account's is not there: None, False, or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from .model import (
    AccessBlock,
    Account,
    AccountKind,
    Admission,
    BrowserSession,
    CalendarRecord,
    Claimed,
    Condition,
    Converted,
    Counts,
    Failed,
    Feed,
    FeedParts,
    FeedState,
    JobRecord,
    Newcomer,
    NewPut,
    Put,
    QueueFigures,
    Quotas,
    Rendering,
    Replay,
    SealedUpload,
    Sender,
    StoredSelection,
    Token,
)


class AccountStore(Protocol):
    """Accounts, their sessions and tokens."""

    async def add(self, account: Account, session: BrowserSession | None = None) -> bool:
        """Add an account, and a session of it; False if one of that kind has the name."""

    async def get(self, account: str) -> Account | None:
        """Return an account."""

    async def named(self, kind: AccountKind, name: str) -> Account | None:
        """Return the account with a name."""

    async def recovered(self, hashed: bytes) -> Account | None:
        """Return the account a recovery link is for."""

    async def page(self, after: str, limit: int) -> Sequence[Account]:
        """Return accounts, ordered by id."""

    async def set_recovery(self, account: str, hashed: bytes) -> bool:
        """Replace the recovery link."""

    async def set_premium(self, account: str, premium: bool) -> bool:
        """Change what an account pays for."""

    async def set_password(self, account: str, password: str) -> bool:
        """Change an admin's password and end all sessions."""

    async def remove(self, account: str) -> bool:
        """Remove an account and all that is its own."""

    async def counts(self, now: float) -> Counts:
        """Return figures."""


class SessionStore(Protocol):
    """Signed-in browsers."""

    async def add(self, session: BrowserSession) -> None:
        """Add a session."""

    async def get(self, hashed: bytes, now: float) -> tuple[BrowserSession, Account] | None:
        """Return a session that has not expired, with its account."""

    async def touch(self, hashed: bytes, now: float, expires: float) -> None:
        """Write down a visit."""

    async def remove(self, hashed: bytes) -> bool:
        """End a session."""

    async def remove_all(self, account: str) -> int:
        """End all sessions of an account."""


class TokenStore(Protocol):
    """What programs sign in with."""

    async def add(self, token: Token) -> None:
        """Add a token."""

    async def get(self, hashed: bytes, now: float) -> tuple[Token, Account] | None:
        """Return a token that is neither expired nor revoked, with its account."""

    async def page(self, account: str | None, after: str, limit: int) -> Sequence[Token]:
        """Return tokens, of an account or of all, ordered by id."""

    async def revoke(self, token: str, now: float) -> bool:
        """Make a token worthless; False if there is none."""

    async def used(self, times: Mapping[str, float]) -> None:
        """Write down when tokens were last used."""


class CalendarStore(Protocol):
    """Calendars by account and key."""

    async def put(self, new: NewPut) -> Put:
        """Store a revision with the answer for repeats, in one transaction."""

    async def answer(self, account: str, idempotency: str) -> bytes | None:
        """Return the answer kept for repeats under an idempotency key."""

    async def get(self, account: str, key: str) -> CalendarRecord | None:
        """Return a calendar."""

    async def body(self, account: str, key: str) -> tuple[CalendarRecord, bytes] | None:
        """Return a calendar and its compressed bytes."""

    async def page(self, account: str, after: str, limit: int) -> Sequence[CalendarRecord]:
        """Return calendars, ordered by key."""

    async def remove(self, account: str, key: str, condition: Condition) -> bool | None:
        """Remove a calendar; False if the condition does not hold, None if there is none."""


class SelectionStore(Protocol):
    """Which events feeds show."""

    async def add(self, selection: StoredSelection, most: int) -> bool:
        """Add a selection; False if the account has as many as it may."""

    async def get(self, account: str, selection: str) -> StoredSelection | None:
        """Return a selection."""

    async def page(self, account: str, after: str, limit: int) -> Sequence[StoredSelection]:
        """Return selections, ordered by id."""

    async def change(self, changed: StoredSelection) -> bool:
        """Replace name and content."""

    async def remove(self, account: str, selection: str) -> bool | None:
        """Remove a selection; False if a feed uses it, None if there is none."""


class FeedStore(Protocol):
    """Secret addresses under which calendars are read."""

    async def add(self, feed: Feed, hashed: bytes, most: int) -> bool | None:
        """Add a feed; None if a calendar or the selection is not there, False if there are as many as may be."""

    async def get(self, account: str, feed: str) -> Feed | None:
        """Return a feed."""

    async def page(self, account: str, after: str, limit: int) -> Sequence[Feed]:
        """Return feeds, ordered by id."""

    async def rotate(self, account: str, feed: str, hashed: bytes, now: float) -> bool:
        """Give a feed another secret."""

    async def remove(self, account: str, feed: str) -> bool:
        """Remove a feed."""

    async def look(
        self, hashed: bytes, fingerprint: Callable[[FeedState], bytes]
    ) -> tuple[FeedState, Rendering | None] | None:
        """Return what the feed with a secret shows, and its bytes if they are stored; `fingerprint` is pure."""

    async def parts(self, shown: Sequence[tuple[int, int]]) -> FeedParts | None:
        """Return what a feed is rendered from, None if one of the revisions is no longer the newest."""

    async def keep(self, made: Rendering, calendars: Iterable[int]) -> None:
        """Store bytes made of these calendars, if all of them are still there; they go with any of them."""

    async def count(self, hits: Mapping[str, tuple[int, int]], used: Iterable[bytes], now: float) -> None:
        """Add to feeds' hits and unchanged, and write down which renderings were used."""


class JobStore(Protocol):
    """PDFs to be converted."""

    async def admit(
        self, new: SealedUpload, sender: Sender, quotas: Quotas, now: float, newcomer: Newcomer | None = None
    ) -> Admission:
        """Take an upload with its job, or refuse it and leave no trace; one of many at a time sees the others.

        A newcomer's account and session are stored with it.
        """

    async def crowded(self, network: str | None, now: float) -> tuple[int, int]:
        """Return the open jobs of all, and a network's uploads in the last hour."""

    async def get(self, account: str, job: str) -> JobRecord | None:
        """Return a job with its place."""

    async def find(self, job: str) -> JobRecord | None:
        """Return anybody's job."""

    async def page(self, account: str, before: float, limit: int) -> Sequence[JobRecord]:
        """Return an account's jobs, the newest first, made before a moment."""

    async def remove(self, account: str, job: str) -> bool:
        """Delete a job and its PDF; what a worker makes of it then is thrown away."""

    async def replay(self, account: str | None, job: str, now: float) -> Replay | None:
        """Queue a dead letter again, of an account or of anybody; None if there is no such job."""

    async def letters(self, limit: int) -> Sequence[JobRecord]:
        """Return dead letters, the newest first."""

    async def result(self, account: str, job: str) -> tuple[JobRecord, bytes | None] | None:
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


class BlockStore(Protocol):
    """Who may not."""

    async def put(self, block: AccessBlock) -> None:
        """Add a block or change it."""

    async def remove(self, who: str) -> bool:
        """Lift a block."""

    async def all(self, now: float) -> Sequence[AccessBlock]:
        """Return the blocks that hold."""


class ServiceStore(Protocol):
    """All families, and what keeps them."""

    accounts: AccountStore
    sessions: SessionStore
    tokens: TokenStore
    calendars: CalendarStore
    selections: SelectionStore
    feeds: FeedStore
    jobs: JobStore
    blocks: BlockStore

    async def sweep(self, now: float, *, answers: float, renderings: float, students: float) -> Mapping[str, int]:
        """Delete what is older than its seconds, and expired sessions; return how many of each.

        A student without a session, not seen for `students` seconds and without a feed read since, is forgotten.
        """

    async def check(self) -> None:
        """Read and write something. Raises InputOutput."""

    def close(self) -> None:
        """Finish and close."""
