"""A daemon without processes under a clock that tests turn; import as `tukscal.tests.core.watch.watching`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tukscal.core.batch.plan import BatchRequest
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.ledger import Ledger
from tukscal.core.pool import Executor, InProcess, Outcome
from tukscal.core.system.jsonlog import Json, Log
from tukscal.core.system.systemd import Notifier
from tukscal.core.watch.daemon import Daemon, DaemonResources
from tukscal.core.watch.lease import DaemonLease
from tukscal.core.watch.monitor import Rhythm
from tukscal.core.watch.reporters import DaemonMetrics, Reporters
from tukscal.core.watch.request import WatchRequest
from tukscal.core.watch.stability import Patience
from tukscal.core.watch.status import DaemonState, DaemonStatus, Heartbeat, StatusBoard
from tukscal.examples.generator import content
from tukscal.tests.clock import Clock

SETTLE = 5.0
CONVERT = "tukscal.core.batch.plan.convert_task"
"""What a worker calls, to be replaced by a test."""


@cache
def pdf(seed: int = 1) -> bytes:
    """Return a timetable; each seed has another one."""
    return content.made("exams", seed).pdf


class Wide(InProcess):
    """Makes many calls in one turn."""

    @property
    def free(self) -> int:
        """How many more there may be."""
        return 64 - len(self._outcomes)


class Held(Wide):
    """Keeps what came of its calls while it is held, as if they took long."""

    held = False

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return what may be known."""
        return [] if self.held else super().wait(timeout)


class Lines(Log):
    """A log's lines, as values."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[dict[str, Any]] = []
        self.setFormatter(Json())

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self.all.append(json.loads(self.format(record)))

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of an event."""
        return [line for line in self.all if line["event"] == event]


class Watched:
    """A folder `in` that is watched, calendars in `out`, and the daemon between them."""

    def __init__(self, folder: Path, *, name: str = "", clock: Clock | None = None, **changes: Any) -> None:
        self.folder = folder
        self.source, self.out = folder / "in", folder / "out"
        self.source.mkdir(exist_ok=True)
        self.clock = clock or Clock()
        self.lines = Lines()
        self.board = StatusBoard(ticks=self.clock.ticks)
        self.metrics = DaemonMetrics(lambda: self.board.status)
        self.again: list[WatchRequest | None] = []
        self.pool: Executor = Wide()
        self.ledger_file = folder / f"ledger{name}.db"
        self.request = request(self.source, self.out, **changes)
        reporters = Reporters(
            log=self.lines,
            board=self.board,
            heartbeat=Heartbeat(folder / f"heartbeat{name}.json", ticks=self.clock.ticks, clock=self.clock.now),
            metrics=self.metrics,
            notifier=Notifier({}),
        )
        self.lease = DaemonLease(self.out, ticks=self.clock.ticks, host=f"host{name}")
        resources = DaemonResources(ledger=self.ledger, pool=lambda _: self.pool, again=lambda: self.again.pop(0))
        self.daemon = Daemon(self.request, resources, reporters, self.lease, ticks=self.clock.ticks)

    def ledger(self) -> Ledger:
        """Open the daemon's ledger."""
        return Ledger.open(self.ledger_file, clock=self.clock.now, ticks=self.clock.ticks, patience=0.0)

    def drop(self, name: str, data: bytes | None = None) -> Path:
        """Put a file into the folder; by default a timetable."""
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pdf() if data is None else data)
        return path

    def wait(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time go by, with a turn of the loop after each step."""
        for _ in range(round(seconds / step)):
            self.clock.turn(step)
            self.daemon.step(0)

    def works(self) -> Watched:
        """Let it become the owner and look at everything once; return it."""
        self.wait(6)
        return self

    def settle(self) -> None:
        """Let what was dropped be seen, stand still and be converted."""
        self.wait(SETTLE + 3)

    def tree(self) -> dict[str, bytes]:
        """Return the files in `out` that are for people."""
        paths = [path for path in self.out.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(self.out).as_posix(): path.read_bytes() for path in paths}

    def names(self) -> set[str]:
        """Return the names of the files in `out` that are for people."""
        return set(self.tree())

    def ended(self) -> list[str]:
        """Return the names of the files whose jobs ended for good, in that order, with their outcome."""
        events = ("done", "dead", "quarantined")
        return [f"{Path(line['file']).name} {line['event']}" for line in self.lines.all if line["event"] in events]

    def state(self) -> DaemonState:
        """Return what it said it does."""
        return self.status.state

    @property
    def status(self) -> DaemonStatus:
        """What was published last."""
        assert self.board.status is not None
        return self.board.status


def request(source: Path, out: Path, **changes: Any) -> WatchRequest:
    """Return what is asked for: looked at every second, without events."""
    options = CalendarOptions(today=date(2026, 7, 1), year=2026)
    asked = WatchRequest(
        batch=BatchRequest(sources=(source,), output=out, options=options),
        rhythm=Rhythm(poll=True, poll_every=1.0),
        patience=Patience(settle=SETTLE),
    )
    parts = {name: changes.pop(name) for name in ("strict", "select", "wanted", "options") if name in changes}
    return replace(asked, batch=replace(asked.batch, **parts), **changes)


@contextmanager
def watched(folder: Path, **given: Any) -> Iterator[Watched]:
    """Give a daemon that works, and end it as a signal would."""
    one = Watched(folder, **given)
    try:
        yield one.works()
        one.daemon.stop()
        one.daemon.run()
    finally:
        one.daemon.close()


def by_name(errors: Mapping[str, Exception], real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a conversion that raises the errors of files of these names, and does the others."""

    def convert(task: Any) -> Any:
        if task.source.name in errors:
            raise errors[task.source.name]
        return real(task)

    return convert
