"""Every limit and place of the service, from a TOML file, the environment and the command line.

A TOML file has one table a section (`[feeds]`, `[rates]`, ...) and `public_url`, `store` at its top; the environment
says TUKSCAL_FEEDS_MAX_AGE. Sizes are bytes, times seconds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ...core.errors import InputOutput, NoSuchFile

T = TypeVar("T")
_PREFIX = "TUKSCAL"
_MIB = 2**20
_HOUR = 3600.0
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large things may be."""

    calendar: int = 4 * _MIB
    """Of a calendar that is put."""
    student_calendar: int = 512 * 1024
    """Of one that a student puts."""
    feed: int = 8 * _MIB
    """Of all calendars of one feed."""
    pdf: int = 10 * _MIB
    pages: int = 100
    json: int = 64 * 1024
    """Of any other body."""
    calendars: int = 50_000
    """Of one account."""
    stored: int = 50 * _MIB
    """Of one account's PDFs and of a student's calendars; a faculty's calendars are counted, not weighed."""
    feeds: int = 50_000
    """Of one account."""
    selections: int = 1_000
    """Of one account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """What subscribers are told."""

    max_age: int = 900
    """Cache-Control of a feed."""
    cancelled_days: int = 30
    """How long a cancelled event stays in the feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """How long a sign-in lasts."""

    student: float = 365 * _DAY
    """Since the last visit."""
    admin: float = 8 * _HOUR
    """Since logging in."""
    admin_addresses: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks an admin may log in from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long rows are kept."""

    idempotency: float = 2 * _DAY
    """Answers for repeats; at least a day is promised."""
    renderings: float = 7 * _DAY
    """Bytes of feeds that nobody reads."""
    students: float = 400 * _DAY
    """Accounts of students nobody has come back to, and whose feeds nobody reads."""
    sweep: float = 600.0
    """Seconds between two sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """How PDFs are converted."""

    workers: int = 0
    """Processes; 0 is one a core as memory allows."""
    queue: int = 500
    queue_share: float = 0.8
    """Of the queue that the students of one network may fill."""
    timeout: float = 60.0
    """A PDF."""
    job_timeout: float = 300.0
    """A job, all attempts together."""
    starts: float = 10.0
    """Conversions begun a second."""
    memory: int = 1024 * _MIB
    first_retry: float = 5.0
    """Before a second attempt."""
    patience: float = 600.0
    """After so long a job goes before all others: large files are not put off for ever."""
    grace: float = 10.0
    """For what runs when the service is told to end."""
    terms: str = ""
    """Folder of teaching dates; empty for those of the package."""
    keep_pdf: float = _DAY
    keep_jobs: float = 30 * _DAY
    cpu_price: float = 0.0
    """Of a CPU-hour, in whatever currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often somebody may ask; 0 is no limit."""

    uploads_minute: int = 5
    uploads_hour: int = 10
    uploads_at_once: int = 2
    status_minute: int = 100
    lists_minute: int = 100
    """Lists of jobs."""
    writes_minute: int = 60
    """Calendars, feeds and selections a student makes or changes."""
    anonymous_hour: int = 300
    """Uploads without an account from one address; then a proof of work."""
    address_minute: int = 30_000
    """Requests from one address: a campus shares one."""
    abuse: int = 300
    """Refused requests of one account in `block` seconds; then it is blocked for as long."""
    logins_failed: int = 5
    """In `block` seconds, then the address is blocked for as long."""
    block: float = 900.0
    storage: str = "memory://"
    """Where counters are: memory:// or redis://..."""
    challenge_cost: int = 100
    """Of the proof of work: hashes a try; with three digits 4,096 tries on average."""
    challenge_prefix: str = "000"
    """Hexadecimal digits a found key begins with; each one more makes it 16 times harder."""
    challenge: float = 600.0
    """How long a challenge can be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a connection and a body may take."""

    header: float = 10.0
    """Until the whole head of a request is there."""
    body: float = 30.0
    """Until the whole body is there."""
    grace: float = 5.0
    """Before `rate` counts."""
    rate: int = 1024
    """Bytes a second a body comes with, at least, on the whole."""
    memory: int = 96 * _MIB
    """Of all bodies that are being read at one moment."""
    parts: int = 20
    """Of a form."""
    connections: int = 4_000
    """At one moment; one more ends the one that has been idle longest."""
    share: float = 0.75
    """Of the connections that one address may have; a proxy that is named may have all."""
    keep_alive: float = 30.0
    """Until an idle connection is closed."""
    send: float = 30.0
    """In which a client takes something of its answer: `rate` bytes a second at least."""
    unsent: int = 64 * _MIB
    """Of all answers that are not taken yet; beyond that the one that has waited longest ends."""
    free_disk: int = 100 * _MIB
    """Below so little space nothing more is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Who may look in, and where faults are told."""

    metrics_addresses: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks /metrics is for."""
    sentry: str = field(default="", repr=False)
    """DSN; empty for none."""
    slow_query: float = 0.25
    """From which a query is counted as slow."""
    accounts: int = 20
    """The largest accounts whose storage is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it; `key` is the master secret of cookies, from TUKSCAL_KEY."""

    store: Path = Path("tukscal.db")
    public_url: str = ""
    """What links begin with; empty for where it listens."""
    key: str = field(default="", repr=False)
    readers: int = 3
    """Threads that read the store."""
    sizes: Sizes = field(default_factory=Sizes)
    feeds: Feeds = field(default_factory=Feeds)
    sessions: Sessions = field(default_factory=Sessions)
    keeping: Keeping = field(default_factory=Keeping)
    jobs: Jobs = field(default_factory=Jobs)
    rates: Rates = field(default_factory=Rates)
    intake: Intake = field(default_factory=Intake)
    outside: Outside = field(default_factory=Outside)

    @property
    def https(self) -> bool:
        """Tell whether people reach the service over TLS."""
        return self.public_url.startswith("https://")


def read_settings(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a TOML file, over which the environment goes.

    Raises NoSuchFile, or InputOutput with the name of what is not a setting or not of its type.
    """
    read = _toml(file) if file else {}
    _check_names(environment)
    return _from_environment(_changed(Settings(), read, ()), environment, ())


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise NoSuchFile(f"There is no file {file}.", file=str(file)) from None
    except (OSError, ValueError) as error:
        raise InputOutput(f"{file} cannot be read: {error}.", file=str(file), advice="Mend the file.") from None


def _changed(settings: T, read: Mapping[str, Any], above: tuple[str, ...]) -> T:
    known = {item.name for item in fields(settings)}  # type: ignore[arg-type]  # always one of the dataclasses above
    changes: dict[str, Any] = {}
    for name, value in read.items():
        path = (*above, name)
        if name not in known:
            raise _wrong(path, "is no setting")
        old = getattr(settings, name)
        changes[name] = _changed(old, _table(value, path), path) if is_dataclass(old) else _typed(old, value, path)
    return replace(settings, **changes)  # type: ignore[type-var]


def _check_names(environment: Mapping[str, str]) -> None:
    """Refuse variables that begin like a section of the settings and are none: somebody meant one."""
    sections = {item.name for item in fields(Settings) if is_dataclass(getattr(Settings(), item.name))}
    for name in environment:
        prefix, section, rest = [*name.lower().split("_", 2), "", ""][:3]
        if prefix == _PREFIX.lower() and section in sections:
            known = {item.name for item in fields(getattr(Settings(), section))}
            if rest not in known:
                raise _wrong((section, rest), f"({name}) is no setting")


def _from_environment(settings: T, environment: Mapping[str, str], above: tuple[str, ...]) -> T:
    changes: dict[str, Any] = {}
    for name in get_type_hints(type(settings)):
        path, old = (*above, name), getattr(settings, name)
        given = environment.get("_".join((_PREFIX, *path)).upper())
        if is_dataclass(old):
            changes[name] = _from_environment(old, environment, path)
        elif given is not None:
            changes[name] = _typed(old, given.split(",") if isinstance(old, tuple) else given, path)
    return replace(settings, **changes)  # type: ignore[type-var]


def _table(value: object, path: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(path, "is a table")
    return value


def _typed(old: Any, value: Any, path: tuple[str, ...]) -> object:
    """Return a value as the type its default has."""
    try:
        if isinstance(old, tuple):
            if isinstance(value, str):
                raise TypeError  # its letters would be taken for networks
            for network in value:
                ip_network(str(network).strip(), strict=False)
            return tuple(str(item).strip() for item in value if str(item).strip())
        made = type(old)(value) if not isinstance(old, Path) else Path(value)
    except (TypeError, ValueError):
        raise _wrong(path, f"needs a value like {old!r}, not {value!r}") from None
    if isinstance(made, int | float) and not 0 <= made < float("inf"):
        raise _wrong(path, "is not negative")
    return made


def _wrong(path: tuple[str, ...], why: str) -> InputOutput:
    return InputOutput(f"The setting {'.'.join(path)} {why}.", advice="Mend the configuration or the environment.")
