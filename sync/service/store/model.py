"""The values of the store, and the conditions (If-Match, RFC 9110, 13.1) under which one is replaced.

Times are unix seconds (UTC), durations seconds, sizes bytes; sha256 is in hex, hashes of secrets are 32 bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class AccountKind(StrEnum):
    """Who an account is for."""

    STUDENT = "student"  # made by the first upload, without a name
    FACULTY = "faculty"  # made by an admin, speaks with tokens
    ADMIN = "admin"  # logs in with a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who has calendars; `password` is argon2's text, `recovery` the hash of the link's secret."""

    id: str
    kind: AccountKind
    name: str = ""
    created: float
    seen: float
    premium: bool = False
    recovery: bytes | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A signed-in browser."""

    hash: bytes
    account: str
    created: float
    seen: float
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program signs in with; `scopes` are the values of Scope."""

    id: str
    hash: bytes
    account: str
    name: str
    scopes: tuple[str, ...]
    created: float
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRecord:
    """The newest revision of a calendar, without its bytes."""

    id: int
    account: str
    key: str
    revision: int
    sha256: str
    size: int
    name: str
    events: int
    created: float
    updated: float

    @property
    def etag(self) -> str:
        """The strong ETag of its bytes."""
        return f'"{self.sha256}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A calendar's bytes, checked and compressed; `cancelled` is UID -> a calendar of that event alone, compressed."""

    revision: int
    sha256: str
    size: int
    name: str
    live: frozenset[str]  # UIDs of the events that take place
    cancelled: Mapping[str, bytes]
    packed: bytes  # zlib


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """If-Match and If-None-Match as they arrived."""

    match: str | None = None
    none_match: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPut:
    """A revision to be stored under an idempotency key."""

    account: str
    key: str
    revision: NewRevision
    idempotency: str
    answer: bytes  # JSON, kept for repeats
    condition: Condition = Condition()
    now: float
    most_calendars: int  # of the account
    most_bytes: int = 0  # of the account; 0 is any


class PutState(StrEnum):
    """What became of a calendar that was put."""

    CREATED = "created"
    UPDATED = "updated"
    REPLAYED = "replayed"  # done before; the answer is that one
    SUPERSEDED = "superseded"  # something newer is stored
    CONDITION = "condition"  # If-Match or If-None-Match does not hold
    TOO_MANY = "too_many"  # the account has as many as it may
    NO_ROOM = "no_room"  # the account stores as much as it may


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of a calendar that was put; `body` is the answer's JSON of the first time."""

    state: PutState
    status: int = 0
    body: bytes = b""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSelection:
    """Which events a feed shows; `content` is JSON (sync/service/feeds.py), `sha256` of it."""

    id: str
    account: str
    name: str
    content: str
    sha256: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A secret address under which calendars are read; `calendars` are their keys."""

    id: str
    account: str
    name: str
    selection: str | None
    created: float
    rotated: float
    hits: int = 0
    unchanged: int = 0  # of the hits, those answered with 304
    read: float | None = None
    calendars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """All that decides a feed's bytes: (calendar, revision) in their order, and what the selection says."""

    id: str
    account: str
    calendars: tuple[tuple[int, int], ...]
    selection: str  # JSON, empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A feed's bytes, gzipped; `until` is when a cancelled event's time in it is over, None for never."""

    fingerprint: bytes
    etag: str  # sha256 of the plain bytes
    packed: bytes
    made: float
    until: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedParts:
    """What a feed is rendered from: compressed bodies, and UID -> (since, compressed) of what was cancelled."""

    bodies: tuple[bytes, ...]
    cancelled: tuple[Mapping[str, tuple[float, bytes]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Figures of accounts and sessions, for metrics."""

    accounts: Mapping[str, int]
    sessions: int
    active: int  # accounts seen in the last day
    returning: int  # of those, made earlier
    calendars: int
    feeds: int
    stored: int  # bytes of all calendars' newest revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `amount` in any `seconds`; 0 is no limit. `exact` remembers each time, else they are counted."""

    name: str
    amount: int
    seconds: int
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Where somebody stands with a rule: what remains, and the whole seconds until more does."""

    rule: Rule
    remaining: int
    reset: int
    allowed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """An answer that was right: `id` may count once, and can be forgotten after `expires`, unix seconds."""

    id: bytes
    expires: float


def standing(rule: Rule, times: Sequence[float], now: float) -> Allowance:
    """Return where somebody stands whose last times within the rule's seconds, in order, are given; before one more."""
    if len(times) < rule.amount:
        oldest = times[0] if times else now
        return Allowance(rule=rule, remaining=rule.amount - len(times), reset=whole(oldest + rule.seconds - now))
    free = times[len(times) - rule.amount] + rule.seconds  # when the oldest of as many as are allowed is forgotten
    return Allowance(rule=rule, remaining=0, reset=whole(free - now), allowed=False)


def whole(seconds: float) -> int:
    """Return seconds rounded up, one at least: what Retry-After may say."""
    return max(1, math.ceil(seconds))


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for its turn
    RUNNING = "running"  # held by a process under a lease
    WAITING = "waiting"  # failed, will be tried again by itself
    DONE = "done"  # its calendar is stored
    FAILED = "failed"  # for good: the fault is the PDF's
    DEAD = "dead"  # a dead letter: the fault may be ours, a person can have it tried again


OPEN = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)  # something will happen by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as the store holds it; the fields are the columns of the table but for the last."""

    id: str
    account: str
    name: str  # of the file, for people
    size: int
    sha256: str  # of the PDF
    premium: bool
    state: JobState
    created: float
    due: float  # not before
    attempts: int = 0  # without interrupted ones
    deaths: int = 0  # attempts that ended their worker
    duration: float = 0.0  # over all attempts
    cpu: float = 0.0  # CPU-seconds of the last attempt
    cause: str | None = None
    message: str | None = None
    advice: str | None = None
    completed: float | None = None
    kind: str | None = None  # of timetable
    calendar: str | None = None  # key of the result
    revision: int | None = None  # of the result
    entries: int | None = None
    events: int | None = None
    problems: tuple[str, ...] = ()
    pdf: bool  # whether the PDF is still there
    place: int | None = None  # in the queue, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedUpload:
    """A PDF that was checked and sealed."""

    id: str
    account: str
    name: str
    size: int
    sha256: str
    premium: bool
    calendar: str | None  # the key wished for, None for that of its kind
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What an account and an address may upload; 0 is no limit."""

    minute: int
    hour: int
    at_once: int
    stored: int  # bytes of PDFs, and of the calendars of a student
    queue: int  # jobs of all
    address: int  # uploads an hour of an address without proof of work
    network: int = 0  # open jobs of a network


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where an upload comes from: its network if it is counted, the proof of work that came along."""

    network: str | None = None
    spent: Spent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """An account that is made with its first upload, and the session it comes with."""

    account: Account
    session: BrowserSession


class Refusal(StrEnum):
    """Why an upload was not taken."""

    RATE = "rate"  # too many in a minute or an hour
    AT_ONCE = "at_once"  # too many open jobs
    STORED = "stored"  # no room left
    QUEUE = "queue"  # too many jobs of all
    ADDRESS = "address"  # too many of the address: work is asked for
    CHALLENGE = "challenge"  # that work was used before


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of an upload: its place, or why not; where the account then stands with its rules."""

    refusal: Refusal | None = None
    place: int = 0
    standings: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A job to be done: its sealed PDF, and the account's calendars from uploads by key, compressed."""

    job: JobRecord
    sealed: bytes
    previous: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A job that ended well."""

    id: str
    new: NewRevision  # its revision is the least it may have
    calendar: str  # its key
    kind: str
    entries: int
    problems: tuple[str, ...]
    duration: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt that ended badly, and what follows; `keep` says whether the PDF may be needed again."""

    id: str
    state: JobState
    due: float
    cause: str
    message: str
    advice: str
    duration: float
    died: bool
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """What waits and runs; `oldest` is when the longest waiting one was taken, None if nothing waits."""

    queued: int
    waiting: int
    running: int
    dead: int
    oldest: float | None
    uploads_hour: int
    pdf_bytes: int


class Replay(StrEnum):
    """What became of a wish to try a job again."""

    QUEUED = "queued"
    NO_PDF = "no_pdf"  # deleted already
    NOT_NOW = "not_now"  # it is no dead letter


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessBlock:
    """Somebody who may not: `who` is "address:NETWORK", "login:NETWORK" or "account:ID"; `until` None is for ever."""

    who: str
    until: float | None
    reason: str
    made: float


_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\U0010ffff]*")')
_ANY = "*"


def matches(header: str | None, etag: str | None) -> bool:
    """Tell whether If-Match holds for a representation, None for none; compared strongly: W/ never matches."""
    if header is None:
        return True
    if header.strip() == _ANY:
        return etag is not None
    return any(tag == etag and not weak for weak, tag in _TAG.findall(header))


def none_matches(header: str | None, *etags: str | None) -> bool:
    """Tell whether If-None-Match holds: none of its tags is one of ours; compared weakly."""
    if header is None:
        return True
    if header.strip() == _ANY:
        return all(etag is None for etag in etags)
    return not any(tag in etags for _, tag in _TAG.findall(header))
