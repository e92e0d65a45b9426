"""Every limit and place of the service, from a TOML file, the environment and the command line.

A TOML file has one table a section (`[feeds]`, `[rates]`, ...) and `public_url`, `store` at its top; the environment
says TUKSCAL_FEEDS_MAX_AGE. Sizes are bytes, times seconds.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from ...core.errors import InputOutput, NoSuchFile

_PREFIX = "TUKSCAL_"
_MIB = 2**20
_HOUR = 3600.0
_DAY = 86_400.0


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(one.strip() for one in given if one.strip())
    for one in found:
        ip_network(one, strict=False)
    return found


Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Networks = Annotated[tuple[str, ...], AfterValidator(_networks)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeSettings:
    """How large things may be."""

    calendar: Count = 4 * _MIB  # of a calendar that is put
    student_calendar: Count = 512 * 1024  # of one that a student puts
    feed: Count = 8 * _MIB  # of all calendars of one feed
    pdf: Count = 10 * _MIB
    pages: Count = 100
    json: Count = 64 * 1024  # of any other body
    calendars: Count = 50_000  # of one account
    stored: Count = 50 * _MIB
    """Of one account's PDFs and of a student's calendars; a faculty's calendars are counted, not weighed."""
    feeds: Count = 50_000  # of one account
    selections: Count = 1_000  # of one account


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """What subscribers are told."""

    max_age: Count = 900  # Cache-Control of a feed
    cancelled_days: Count = 30  # how long a cancelled event stays in the feed


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How long a sign-in lasts."""

    student: Number = 365 * _DAY  # since the last visit
    admin: Number = 8 * _HOUR  # since logging in
    admin_addresses: Networks = ("127.0.0.0/8", "::1/128")  # networks an admin may log in from


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long rows are kept."""

    idempotency: Number = 2 * _DAY  # answers for repeats; at least a day is promised
    renderings: Number = 7 * _DAY  # bytes of feeds that nobody reads
    students: Number = 400 * _DAY  # accounts of students nobody has come back to, and whose feeds nobody reads
    sweep: Number = 600.0  # seconds between two sweeps


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How PDFs are converted."""

    workers: Count = 0  # processes; 0 is one a core as memory allows
    queue: Count = 500
    queue_share: Number = 0.8  # of the queue that the students of one network may fill
    timeout: Number = 60.0  # a PDF
    job_timeout: Number = 300.0  # a job, all attempts together
    starts: Number = 10.0  # conversions begun a second
    memory: Count = 1024 * _MIB
    first_retry: Number = 5.0  # before a second attempt
    patience: Number = 600.0  # after so long a job goes before all others: large files are not put off for ever
    grace: Number = 10.0  # for what runs when the service is told to end
    terms: str = ""  # folder of teaching dates; empty for those of the package
    keep_pdf: Number = _DAY
    keep_jobs: Number = 30 * _DAY
    cpu_price: Number = 0.0  # of a CPU-hour, in whatever currency


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSettings:
    """How often somebody may ask; 0 is no limit."""

    uploads_minute: Count = 5
    uploads_hour: Count = 10
    uploads_at_once: Count = 2
    status_minute: Count = 100
    lists_minute: Count = 100  # lists of jobs
    writes_minute: Count = 60  # calendars, feeds and selections a student makes or changes
    anonymous_hour: Count = 300  # uploads without an account from one address; then a proof of work
    address_minute: Count = 30_000  # requests from one address: a campus shares one
    abuse: Count = 300  # refused requests of one account in `block` seconds; then it is blocked for as long
    logins_failed: Count = 5  # in `block` seconds, then the address is blocked for as long
    block: Number = 900.0
    storage: str = "memory://"  # where counters are: memory:// or redis://HOST:PORT
    challenge_cost: Count = 100  # of the proof of work: hashes a try; with three digits 4,096 tries on average
    challenge_prefix: str = "000"  # hexadecimal digits a found key begins with; each one more makes it 16 times harder
    challenge: Number = 600.0  # how long a challenge can be answered


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """What a connection and a body may take."""

    header: Number = 10.0  # until the whole head of a request is there
    body: Number = 30.0  # until the whole body is there
    grace: Number = 5.0  # before `rate` counts
    rate: Count = 1024  # bytes a second a body comes with, at least, on the whole
    memory: Count = 96 * _MIB  # of all bodies that are being read at one moment
    parts: Count = 20  # of a form
    connections: Count = 4_000  # at one moment; one more ends the one that has been idle longest
    share: Number = 0.75  # of the connections that one address may have; a proxy that is named may have all
    keep_alive: Number = 30.0  # until an idle connection is closed
    send: Number = 30.0  # in which a client takes something of its answer: `rate` bytes a second at least
    unsent: Count = 64 * _MIB  # of all answers that are not taken yet; beyond that the one that has waited longest ends
    free_disk: Count = 100 * _MIB  # below so little space nothing more is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideSettings:
    """Who may look in, and where faults are told."""

    metrics_addresses: Networks = ("127.0.0.0/8", "::1/128")  # networks /metrics is for
    sentry: str = field(default="", repr=False)  # DSN; empty for none
    slow_query: Number = 0.25  # from which a query is counted as slow
    accounts: Count = 20  # the largest accounts whose storage is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it; `key` is the master secret of cookies, from TUKSCAL_KEY."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # of the sections too

    store: Path = Path("tukscal.db")
    public_url: str = ""  # what links begin with; empty for where it listens
    key: str = field(default="", repr=False)
    readers: Count = 3  # threads that read the store
    sizes: SizeSettings = field(default_factory=SizeSettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    keeping: RetentionSettings = field(default_factory=RetentionSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    rates: RateSettings = field(default_factory=RateSettings)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    outside: OutsideSettings = field(default_factory=OutsideSettings)

    @property
    def https(self) -> bool:
        """Tell whether people reach the service over TLS."""
        return self.public_url.startswith("https://")


def read_settings(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a TOML file, over which the environment goes.

    Raises NoSuchFile, or InputOutput with the name of what is not a setting or not of its type.
    """
    given = dict(_toml(file)) if file else {}
    for name, value in _variables(environment).items():
        if not isinstance(value, dict):
            given[name] = value
        elif isinstance(there := given.setdefault(name, {}), dict):  # what else a file has there is refused below
            there.update(value)
    try:
        return TypeAdapter(Settings).validate_python(given)
    except ValidationError as error:
        raise _wrong(error) from None


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise NoSuchFile(f"There is no file {file}.", file=str(file)) from None
    except (OSError, ValueError) as error:
        raise InputOutput(f"{file} cannot be read: {error}.", file=str(file), advice="Mend the file.") from None


def _variables(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what variables say as a file would; one that begins like a section is meant for it."""
    found: dict[str, Any] = {}
    defaults = {item.name: getattr(Settings(), item.name) for item in fields(Settings)}
    for variable, value in environment.items():
        name = variable.removeprefix(_PREFIX).lower()
        section, _, rest = name.partition("_")
        if not variable.startswith(_PREFIX):
            continue
        if name in defaults and not hasattr(defaults[name], "__dataclass_fields__"):
            found[name] = value
        elif section in defaults:
            is_list = isinstance(getattr(defaults[section], rest, None), tuple)
            found.setdefault(section, {})[rest] = value.split(",") if is_list else value
    return found


def _wrong(error: ValidationError) -> InputOutput:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"]))
    why = "is no setting" if first["type"] == "unexpected_keyword_argument" else f"is not right: {first['msg']}"
    return InputOutput(f"The setting {name} {why}.", advice="Mend the configuration or the environment.")


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> float:
        """Return the time of day, unix seconds (UTC)."""

    def ticks(self) -> float:
        """Return seconds of a clock that only goes forward."""


class SystemClock:
    """The clock of the computer."""

    def now(self) -> float:
        """Return the time of day, unix seconds (UTC)."""
        return time.time()

    def ticks(self) -> float:
        """Return seconds of a clock that only goes forward."""
        return time.monotonic()
