"""The values of the store: times in unix seconds (UTC), sizes in bytes, sha256 in hex, hashes of secrets 32 bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """What a program signs in with; `scopes` are names of sync/service/access/scopes.py."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A calendar's bytes, checked and compressed; `cancelled` is UID -> a calendar of that event alone, compressed."""

    revision: int
    sha256: str
    size: int
    name: str
    live: frozenset[str]
    """UIDs of the events that take place."""
    cancelled: Mapping[str, bytes]
    packed: bytes
    """zlib."""


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
    answer: bytes
    """JSON, kept for repeats."""
    condition: Condition = Condition()
    now: float
    most_calendars: int
    """Of the account."""
    most_bytes: int = 0
    """Of the account; 0 is any."""


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
    """A secret address under which calendars are read; `keys` are those of its calendars."""

    id: str
    account: str
    name: str
    selection: str | None
    created: float
    rotated: float
    hits: int = 0
    unchanged: int = 0
    """Of the hits, those answered with 304."""
    read: float | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """All that decides a feed's bytes: (calendar, revision) in their order, and what the selection says."""

    id: str
    account: str
    calendars: tuple[tuple[int, int], ...]
    selection: str
    """JSON, empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A feed's bytes, gzipped; `until` is when a cancelled event's time in it is over, None for never."""

    fingerprint: bytes
    etag: str
    """sha256 of the plain bytes."""
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
    active: int
    """Accounts seen in the last day."""
    returning: int
    """Of those, made earlier."""
    calendars: int
    feeds: int
    stored: int
    """Bytes of all calendars' newest revisions."""
