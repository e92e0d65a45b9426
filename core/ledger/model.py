"""The values of the ledger: jobs, attempts, outcomes, questions; and whether a failed job is tried again.

Times are unix seconds (UTC), durations seconds, sizes bytes, hashes hexadecimal sha256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ..backoff import Backoff
from ..errors import Crashed, InputOutput, OutOfMemory, TimedOut

INTERRUPTED = "interrupted"  # the cause of an attempt, and of a queued job, whose process ended before it was done


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for its turn
    RUNNING = "running"  # held by a process under a lease
    DONE = "done"  # its output is on the disk
    FAILED = "failed"  # will be tried again by itself
    DEAD = "dead"  # failed for good
    QUARANTINED = "quarantined"  # ended its worker twice: by a crash, the time or the memory limit


OPEN = (State.QUEUED, State.RUNNING, State.FAILED)  # something will happen by itself
LETTERS = (State.DEAD, State.QUARANTINED)  # the dead letters: a person decides


class Delivery(StrEnum):
    """Where a row of the outbox stands."""

    PENDING = "pending"  # to be pushed, or pushed again
    SENT = "sent"  # the service has it
    REFUSED = "refused"  # the service does not want it
    SUPERSEDED = "superseded"  # a newer one for the same output took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A calendar to be made of a PDF, or for a student of a list.

    `queue` is a hash of everything that decides who may do it; `options`, `selection` and `term` are hashes of what
    decides the result, `parser` the version of what reads; `source_stamp` is opaque text that changes with the file.
    """

    source: Path
    output: Path
    sha256: str
    size: int
    queue: str
    options: str = ""
    selection: str = ""
    term: str = ""
    parser: str = ""
    priority: int = 0
    source_stamp: str = ""
    student: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the ledger holds it; the fields are the columns of the table."""

    id: int
    batch: int
    queue: str
    source: Path
    output: Path
    sha256: str  # of the PDF
    size: int  # of the PDF
    kind: str | None  # of timetable
    state: State
    cause: str | None  # of the last failure
    message: str | None  # the sentence that goes with it
    priority: int  # the larger the sooner
    attempts: int  # since it was queued for this content, without interrupted ones
    deaths: int  # attempts that ended their worker
    next_attempt: float | None
    lease: str | None  # of the process that holds it, or held it last
    worker: int | None  # process id
    entries: int | None
    problems: int | None
    output_sha256: str | None
    output_stamp: str | None
    options: str
    selection: str
    term: str
    parser: str
    created: float
    started: float | None  # of the last attempt
    completed: float | None
    duration: float  # over all attempts
    peak: int | None  # the most memory an attempt took
    details: str | None  # of the last attempt, JSON
    superseded: int | None  # the job that made a newer result for the same output
    source_stamp: str
    parked: bool  # waits until a daemon has seen its PDF stand still
    put_away: bool  # the daemon moved or deleted its PDF
    student: str | None  # whose calendar it is, as the file is named; `source` is the list then
    confirmed: float | None  # when both files were last read and found as recorded

    @property
    def origin(self) -> str:
        """What the calendar is made of, as people see it: the PDF, or LIST#STUDENT."""
        return str(self.source) if self.student is None else f"{self.source}#{self.student}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a job; `cause` is None when it was done, and `interrupted` when its process ended before it."""

    job: int
    number: int
    worker: int | None
    started: float | None
    ended: float
    cause: str | None
    message: str | None
    duration: float
    peak: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What every attempt leaves: the job, the worker's process id, when it began, how long it took, its peak memory.

    `details` is JSON text for lists and reports.
    """

    job: int
    worker: int | None = None
    started: float | None = None
    duration: float = 0.0
    peak: int | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(_Outcome):
    """A job whose output is on the disk; `push` puts a row into the outbox in the same transaction.

    `sha256` and `source_stamp` are of the bytes that were read, if they are not those the job was queued with;
    `calendar` is the name it is pushed under, `account` whose it is (empty: of whoever is logged in then).
    """

    sha256: str | None = None
    source_stamp: str | None = None
    kind: str | None
    entries: int
    problems: int
    output_sha256: str
    output_stamp: str = ""
    push: bool = False
    calendar: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(_Outcome):
    """An attempt that ended badly, with its named cause and the sentence for a person."""

    cause: str
    message: str


Outcome = Done | Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """What became of the jobs given to the queue; `ids` is in their order."""

    ids: tuple[int, ...]
    added: int  # new rows
    renewed: int  # unfinished jobs for the same output, brought up to date
    running: tuple[int, ...]  # jobs left alone because somebody is at work on that output
    done: tuple[int, ...] = ()  # results others made since, of what the jobs would be made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which jobs: each field that is given narrows it. `part` is a piece of the source's or the output's path.

    `since` and `until` are about `created`, the latter excluded; `after` is the last job of the page before.
    """

    state: State | None = None
    cause: str | None = None
    batch: int | None = None
    part: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int = 100
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One command's jobs; `details` and `summary` are what it wrote down as JSON."""

    id: int
    created: float
    command: str
    details: object
    ended: float | None
    summary: object


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFolder:
    """A folder as a daemon found it when it began to watch it; the fields are columns of the table."""

    source: Path
    output: Path
    lease: str  # of the daemon
    keeps_done: bool  # whether it leaves converted PDFs where they are
    keeps_failed: bool
    place: str  # on which file system the folder was, JSON
    mounts: tuple[str, ...]  # folders in it where other file systems were mounted


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A row of the outbox: a result to be pushed."""

    id: int
    job: int
    output: Path
    sha256: str  # of the output
    created: float
    state: Delivery
    attempts: int
    next_attempt: float
    completed: float | None
    message: str | None
    calendar: str  # the name it is pushed under
    revision: int  # grows with each result of a calendar
    account: str  # whose it is; empty for whoever is logged in
    cause: str  # why it was not taken the last time, empty for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How one try to push a row of the outbox ended; one that stays pending is due again after `delay` seconds.

    `attempts` is how many count against it so far, `account` whose it was when it was sent, `there` the revision the
    service has if that is a higher one.
    """

    id: int
    state: Delivery
    attempts: int = 0
    delay: float = 0.0
    cause: str = ""
    message: str | None = None
    account: str = ""
    there: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What stands in the outbox: rows in each state, why rows wait (cause -> rows, "" for those not tried yet).

    `next_due` is in how many seconds the next one is due, `last_sent` when one was sent last.
    """

    states: Mapping[Delivery, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    next_due: float | None = None
    last_sent: float | None = None


class Standing(NamedTuple):
    """What a current result was made of, and how its PDF and its calendar were found then; of a hundred thousand."""

    source: str
    source_stamp: str
    output_stamp: str | None
    options: str
    selection: str
    term: str
    parser: str
    started: float | None
    problems: int | None
    confirmed: float | None


class Stamps(NamedTuple):
    """How the PDF and the calendar of a current result were found, and when both were read and found as recorded."""

    output: Path
    sha256: str
    output_sha256: str
    source_stamp: str
    output_stamp: str
    confirmed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Figures of a batch or of the whole ledger, times and memory from the newest done jobs only (`sample` of them).

    `seconds` and `memory` (bytes) are the 50th, 95th and 99th percentile and the largest, empty where nothing is done;
    `rate` is done jobs a second.
    """

    states: Mapping[State, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)
    sample: int = 0
    seconds: tuple[float, ...] = ()
    memory: tuple[float, ...] = ()
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How much history: done jobs of so many days, and of those the newest `jobs`."""

    days: float = 90.0
    jobs: int = 1_000_000


TRANSIENT = frozenset({InputOutput.cause})  # may go away by itself
LETHAL = frozenset({Crashed.cause, TimedOut.cause, OutOfMemory.cause})  # ended the worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how long a job is tried; everything else than `io` and the lethal causes is tried once."""

    transient: int = 3  # attempts
    lethal: int = 2  # attempts that end their worker
    first: float = 5.0  # seconds before the second attempt, doubled for each one more
    total: float = 300.0  # seconds all attempts may take together

    @property
    def backoff(self) -> Backoff:
        """The waits between attempts."""
        return Backoff(first=self.first, low=0.5, high=1.5)

    @property
    def longest(self) -> float:
        """Seconds no wait is longer than: what is due later than this was set by another clock."""
        return self.backoff.delay(max(self.transient - 1, 1), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a job has behind it, the attempt that just failed included."""

    attempts: int
    deaths: int
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state a failed job goes into, and for FAILED the seconds until the next attempt."""

    state: State
    delay: float = 0.0


def decide(cause: str, tried: Tried, retries: Retries, draw: float) -> Verdict:
    """Return what follows from a failure; `draw` is a random number in [0, 1) that spreads retries over time."""
    if cause in LETHAL:
        worn_out = tried.deaths >= retries.lethal or tried.duration >= retries.total
        return Verdict(state=State.QUARANTINED) if worn_out else Verdict(state=State.FAILED)
    if cause in TRANSIENT and tried.attempts < retries.transient and tried.duration < retries.total:
        return Verdict(state=State.FAILED, delay=retries.backoff.delay(tried.attempts, draw))
    return Verdict(state=State.DEAD)
