"""The values of jobs and limits in the store. Times are unix seconds (UTC), durations seconds, sizes bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import Account, BrowserSession, NewRevision
from .rate_model import Allowance, Spent


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
    attempts: int  # without interrupted ones
    deaths: int  # attempts that ended their worker
    duration: float  # over all attempts
    cpu: float  # CPU-seconds of the last attempt
    cause: str | None
    message: str | None
    advice: str | None
    completed: float | None
    kind: str | None  # of timetable
    calendar: str | None  # key of the result
    revision: int | None  # of the result
    entries: int | None
    events: int | None
    problems: tuple[str, ...]
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
