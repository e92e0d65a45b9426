"""`--sync`: results go into the outbox, and a process of its own pushes them while others are made."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ...core.backoff import Backoff, Pause
from ...core.jobs.commit import Push
from ...core.ledger import Delivery, Ledger
from ...core.system.jsonlog import Log, open_log
from ..common.settings import config_folder

if TYPE_CHECKING:
    from ...sync.drain import DrainProcess

_WHAT = {"push_refused": "Not pushed", "service_left_alone": "Pushing paused", "drain_stopped": "Pushing stopped"}


class PushSummary(NamedTuple):
    """What pushing beside a command came to: rows pushed meanwhile, those that wait, those refused."""

    pushed: int
    waiting: int
    refused: int

    def lines(self) -> Iterator[str]:
        """Yield it as sentences."""
        yield f"Pushed: {self.pushed:,}."
        if self.waiting:
            yield f"Still to be pushed: {self.waiting:,}; `tukscal sync push` pushes them."
        if self.refused:
            yield f"Refused: {self.refused:,}; `tukscal sync status` shows why."


def push_words(level: int, event: str, fields: Mapping[str, object]) -> str:
    """Return a line of the log as a sentence if a person has to know it, else nothing."""
    if level < logging.WARNING:
        return ""
    about = f" {fields['calendar']}" if "calendar" in fields else ""
    why = " ".join(str(fields[name]) for name in ("reason", "advice") if fields.get(name))
    return f"{_WHAT.get(event, event)}{about}: {why}"


AT_THE_END = 5.0
"""Seconds a command waits for what can be pushed at once."""
_LOOK = 2.0  # seconds between looks whether the process still pushes
_BACKOFF = Backoff(first=300.0, factor=1.0)  # after its start, until one that ended is started again

Tell = Callable[[int, str, Mapping[str, object]], None]
"""Takes what the process that pushes tells: the level, as in logging, the event, the fields."""


def sync_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --sync and --sync-as; it gets `sync` and `sync_as`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--sync", is_flag=True, help="Push the calendars to the central service (see `tukscal login`)."),
    click.option("--sync-as", metavar="NAME", help="Name of the folder at the service; default the name of OUT."),
)


def push_of(output: Path, sync: bool, sync_as: str | None) -> Push | None:
    """Return how results go into the outbox, None if nobody asked for it. Raises click.UsageError or Unauthorized."""
    if not sync:
        if sync_as is not None:
            raise click.UsageError("--sync-as needs --sync.")
        return None
    from ...sync.credentials import Credentials
    from ...sync.wire import names

    identity = Credentials(config_folder()).identity()
    return Push(name=names(output, sync_as), account=identity.owner if identity else "")


class PushSession:
    """The process that pushes, for as long as a command runs."""

    def __init__(self, ledger: Path, output: Path, sync_as: str | None, tell: Tell) -> None:
        from ...sync import drain  # its library hooks into logging: for those who push only
        from ...sync.credentials import Credentials

        self._tell = tell
        self._heard_of = Counter[str]()
        self._credentials = Credentials(config_folder())
        self._stamp = self._credentials.stamp
        self._pause = Pause(time.monotonic, _BACKOFF)
        self._pause.begin()
        self._options = drain.DrainOptions(
            ledger=str(ledger.absolute()),
            credentials=str(config_folder().absolute()),
            offer=str(output.absolute()),
            prefix=sync_as,
        )
        self._process: DrainProcess | None = drain.start(self._options, self._heard)

    def wake(self) -> None:
        """Say that there may be something to push."""
        if self._process is not None:
            self._process.wake()

    def tend(self) -> None:
        """Start the process again if it ended: when somebody logged in meanwhile, or after a while."""
        if self._process is None or self._process.poll() is None:
            return
        stamp = self._credentials.stamp
        if stamp == self._stamp and (not stamp or self._pause.left):
            return
        from ...sync import drain

        self._process.end(0.0)
        self._stamp = stamp
        self._pause.begin()
        self._process = drain.Spawned(self._options, self._heard)  # there are threads now: no fork any more

    def end(self, ledger: Ledger, *, wait: bool) -> PushSummary:
        """Let it push what is due, if there is time for that, and return what it came to."""
        self.close(AT_THE_END if wait else 0.0)
        left = ledger.outbox.backlog().states
        return PushSummary(self._heard_of["pushed"], left[Delivery.PENDING], left[Delivery.REFUSED])

    def close(self, seconds: float = 0.0) -> None:
        """End the process; the second time changes nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.end(seconds)

    def _heard(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        self._heard_of[event] += 1
        self._tell(level, event, fields)


@contextmanager
def session(
    push: Push | None, ledger: Path, output: Path, sync_as: str | None, tell: Tell
) -> Iterator[PushSession | None]:
    """Let a process push while the block runs, if that is asked for; enter it before the first thread or ledger."""
    if push is None:
        yield None
        return
    begun = PushSession(ledger, output, sync_as, tell)
    try:
        yield begun
    finally:
        begun.close()


@contextmanager
def tended(begun: PushSession | None) -> Iterator[None]:
    """Look now and then, while the block runs, whether the process that pushes still does; let it finish at the end."""
    if begun is None:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK):
            begun.tend()

    looking = threading.Thread(target=look, name="tend-pushing", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
        begun.close(AT_THE_END)


# ---- the common log


log_option = click.option(
    "--log", "log_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a log to FILE, as JSON."
)


@contextmanager
def common_log(file: Path | None) -> Iterator[Log | None]:
    """Let the block, and what it starts, write into one file."""
    if file is None:
        yield None
        return
    log = open_log(file)
    try:
        with noted(log, "tukscal"):
            yield log
    finally:
        log.close()


@contextmanager
def noted(log: Log, name: str = "") -> Iterator[None]:
    """Let what Python's loggers of a name say, all of them by default, stand in the log like everything else."""
    logger = logging.getLogger(name)
    logger.addHandler(log)
    try:
        yield
    finally:
        logger.removeHandler(log)


def also(log: Log | None, tell: Tell) -> Tell:
    """Return what writes each line into the common log, if there is one, and passes it on."""
    if log is None:
        return tell
    kept = log

    def both(level: int, event: str, fields: Mapping[str, object]) -> None:
        write(kept, level, event, fields)
        tell(level, event, fields)

    return both


def write(log: Log, level: int, event: str, fields: Mapping[str, object]) -> None:
    """Write a line that came from another process."""
    log(event, level=level, **{name: value for name, value in fields.items() if value is not None})
