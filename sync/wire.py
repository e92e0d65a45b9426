"""What client and service agree on: names of headers and paths, keys, hashes, and the answers in JSON.

Nothing here opens a connection. Everything that arrives is checked: an answer that is not what was agreed on is Unfit,
never half an answer.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from urllib.parse import quote, urlsplit

from ..core.decode import Unfit, from_json

CALENDARS = "/v1/calendars"
ACCOUNT = "/v1/account"

CALENDAR_TYPE = "text/calendar"
JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"  # RFC 9457

IDEMPOTENCY_KEY = "Idempotency-Key"
REVISION = "Tukscal-Revision"
CONTENT_SHA256 = "Tukscal-Content-SHA256"  # of the plain body, whatever its Content-Encoding
REPLAYED = "Idempotent-Replayed"
REQUEST_ID = "X-Request-Id"

MAX_KEY_BYTES = 300
_MARK = 9  # characters of ~ and a hash
MAX_REVISION = 2**62  # there is always room for the next ones in 63 bits
_SAFE = "!$&'()*+,;=:@~/"  # besides letters, digits and "_.-": what a path may hold as it is (RFC 3986, 3.3)


class BadKey(ValueError):
    """A text that cannot name a calendar; the message says why."""


class Written(StrEnum):
    """What became of a calendar that was sent."""

    STORED = "stored"  # new bytes, or a new revision
    REPLAYED = "replayed"  # sent before under the same idempotency key; nothing was done again


class WireCause(StrEnum):
    """The causes of refusals that the service alone has; others are the command line's (core/errors.py)."""

    UNAUTHORIZED = "unauthorized"  # 401
    FORBIDDEN = "forbidden"  # 403, the token lacks the scope
    BLOCKED = "blocked"  # 403, for a while
    QUOTA = "quota"  # 403, the account has as much as it may
    NOT_FOUND = "not_found"  # 404
    SUPERSEDED = "superseded"  # 409, a newer revision is stored
    IN_PROGRESS = "in_progress"  # 409, the same idempotency key is being worked on
    CHANGED = "changed"  # 412, If-Match or If-None-Match
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"  # 422, the key is used with another body or is not its hash
    RATE_LIMITED = "rate_limited"  # 429
    UNAVAILABLE = "unavailable"  # 503
    STORAGE_FULL = "storage_full"  # 507


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCalendar:
    """The service's answer to a calendar it has taken: sha256 in hex of the plain body, the strong ETag with quotes."""

    key: str
    revision: int
    sha256: str
    etag: str
    state: Written

    def as_json(self) -> dict[str, object]:
        """Return what is sent as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAccount:
    """Who a token speaks for, and what it may do."""

    id: str
    scopes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return what is sent as JSON."""
        return {"id": self.id, "scopes": list(self.scopes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDetails:
    """A refusal (RFC 9457): `cause` is its name for programs, `detail` and `advice` are for people."""

    status: int
    cause: str
    title: str = ""
    detail: str = ""
    advice: str = ""
    type: str = "about:blank"
    instance: str = ""

    def as_json(self) -> dict[str, object]:
        """Return what is sent as JSON."""
        return asdict(self)


def calendar_key(text: str) -> str:
    """Return a text that can name a calendar: segments of printable characters with `/` between, 300 bytes at most.

    Raises BadKey.
    """
    if not text:
        raise BadKey("The name of a calendar cannot be empty.")
    if not text.isprintable():  # controls, line ends and lone surrogates, which UTF-8 has no bytes for
        raise BadKey("The name of a calendar has a character that cannot be printed.")
    if len(text.encode()) > MAX_KEY_BYTES:
        raise BadKey(f"The name of a calendar is longer than {MAX_KEY_BYTES} bytes.")
    if any(segment in ("", ".", "..") for segment in text.split("/")):
        raise BadKey("The name of a calendar has an empty part, or one of dots only.")  # URLs lose those on the way
    return text


def names(output: Path, prefix: str | None = None) -> Callable[[Path], str]:
    """Return what tells the name of each calendar below OUT; `prefix` stands for OUT's own name."""
    root = Path(os.path.abspath(output))
    first = prefix or root.name or "calendars"

    def name(calendar: Path) -> str:
        place = PurePath(os.path.relpath(calendar, root)).with_suffix("")
        return fit("/".join((first, *place.parts)))

    return name


def fit(wanted: str) -> str:
    """Return a name as the service takes it; one that had to be changed for that stays distinct."""
    try:
        return calendar_key(wanted)
    except BadKey:
        mark = f"~{hashlib.sha256(wanted.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    parts = ("".join(c if c.isprintable() else "_" for c in part) for part in wanted.split("/"))
    safe = "/".join(part if part.strip(".") else "_" for part in parts)
    short = safe.encode()[: MAX_KEY_BYTES - _MARK].decode(errors="ignore")
    return calendar_key(short + mark)


def calendar_path(key: str) -> str:
    """Return the path of a calendar's URL, percent-encoded. Raises BadKey."""
    return f"{CALENDARS}/{quote(calendar_key(key), safe=_SAFE)}"


def content_sha256(body: bytes) -> str:
    """Return the sha256 of a plain body, in hex."""
    return hashlib.sha256(body).hexdigest()


def etag(sha256: str) -> str:
    """Return the strong ETag of a calendar as it was sent, with its quotes."""
    return f'"{sha256}"'


def idempotency_key(account: str, key: str, revision: int, body: bytes) -> str:
    """Return sha256(account, calendar key, revision, plain body) in hex: the same for the same, different for others.

    Raises BadKey, and ValueError for an account or a revision that cannot be.
    """
    if not account or not account.isprintable():
        raise ValueError("An account's id is printable.")
    head = f"{account}\n{calendar_key(key)}\n{revision_number(revision)}\n"  # none of the three can hold a line end
    return hashlib.sha256(head.encode() + body).hexdigest()


def revision_number(value: int | str) -> int:
    """Return a revision, a positive integer of 62 bits. Raises ValueError."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("A revision is a whole number.")  # int() would take "1_000", " 7" and other digits too
    number = int(value)
    if not 0 < number <= MAX_REVISION:
        raise ValueError(f"A revision lies between 1 and {MAX_REVISION}.")
    return number


def server_address(text: str) -> str:
    """Return the address of a service: http or https, a host, perhaps a port and a path; no slash at its end.

    Raises ValueError, with a sentence.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("The address of a service begins with https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address of a service has no name or password in it.")
    if parts.query or parts.fragment:
        raise ValueError("The address of a service ends before any ? or #.")
    if parts.port == 0:  # reading the port also refuses one that is none
        raise ValueError("A service has no port 0.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def read_stored(text: bytes) -> StoredCalendar:
    """Read the answer to a calendar that was sent. Raises Unfit."""
    return from_json(StoredCalendar, text)


def read_account(text: bytes) -> TokenAccount:
    """Read the answer to who a token speaks for. Raises Unfit."""
    found = from_json(TokenAccount, text)
    if not found.id or not found.id.isprintable():
        raise Unfit("id cannot be an account")
    return found


def read_problem(text: bytes, status: int) -> ProblemDetails:
    """Read a refusal as far as it is one: whatever stands between may refuse too, in its own words."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = {}
    named = ("cause", "title", "detail", "advice") if isinstance(found, dict) else ()
    words = {name: value for name in named if isinstance(value := found.get(name), str)}
    return ProblemDetails(**{"cause": "", **words}, status=status)
