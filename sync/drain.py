"""The process that pushes while another converts: conversion never waits for a network.

On Linux it is forked, first of all, before its parent has a thread, a pool or a ledger open; its log lines come back
through multiprocessing-logging. That library is for this process alone: it works by what a fork inherits, so neither
the pool's workers (a fork server's, short-lived, killed at any moment, which may not hold a queue's lock) nor a spawned
process can use it. Elsewhere, and to start again later, the process is spawned, and its lines come through a pipe.

Its parent's death ends it: the pipe it listens to comes to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Protocol

from multiprocessing_logging import MultiProcessingHandler

from ..core.decode import from_json
from ..core.errors import TukscalError, Unauthorized, own_fault
from ..core.ledger import Ledger, pushing_alone
from ..core.system import process
from .credentials import Credentials, ServiceLogin
from .outbox import Drain, Pushed, Waiter
from .wire import names

_LOG = logging.getLogger("tukscal.sync")
_WAKE, _END = b"w", b"e"
_AT_THE_END = 1.0  # seconds: what is due later than this is left for the next time
_ORPHANED = 2.0  # seconds what is in flight has when the parent is gone
_TURN = 1.0  # seconds between looks whether another process still pushes
_CODE = "from tukscal.sync.drain import spawned; spawned()"

Tell = Callable[[int, str, Mapping[str, object]], None]
"""Takes a line of the log: its level, as in logging, the event, the fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainOptions:
    """What the process is told: where the ledger is, and the folder in which it finds who is logged in.

    Results below `offer` that never were in the outbox are put there first, under `prefix` for the folder's own name.
    """

    ledger: str
    credentials: str
    offer: str = ""
    prefix: str | None = None
    in_flight: int = 8


class DrainProcess(Protocol):
    """The process as its parent sees it."""

    @property
    def pid(self) -> int | None:
        """Its number."""

    def wake(self) -> None:
        """Say that there is something to push."""

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""

    def end(self, seconds: float) -> int | None:
        """Let it push what is due, at most so many seconds; return its exit code, None if it had to be killed."""


# ---- as the parent sees it


class _Parent:
    """The parent's side of the pipe."""

    def __init__(self, mouth: int) -> None:
        self._mouth: int | None = mouth
        os.set_blocking(mouth, False)

    def wake(self) -> None:
        """Say that there is something to push."""
        self._say(_WAKE)

    def _say(self, word: bytes) -> None:
        if self._mouth is not None:
            with contextlib.suppress(OSError):  # full of words nobody heard yet, or nobody is there
                os.write(self._mouth, word)

    def _hang_up(self) -> None:
        if self._mouth is not None:
            os.close(self._mouth)
            self._mouth = None


class Forked(_Parent):
    """A forked process; make it before the first thread."""

    def __init__(self, options: DrainOptions, tell: Tell) -> None:
        context = multiprocessing.get_context("fork")
        lines: Queue[logging.LogRecord] = context.Queue()
        ears, mouth = os.pipe()
        self._process = context.Process(
            target=_forked, args=(options, ears, mouth, lines), name="tukscal-drain", daemon=True
        )
        self._process.start()
        os.close(ears)
        super().__init__(mouth)
        # The handler begins a thread, so it comes after the fork; it is given the queue the process has.
        self._handler = MultiProcessingHandler("drain-lines", sub_handler=_Telling(tell))
        self._handler.queue = lines
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._process.exitcode

    def end(self, seconds: float) -> int | None:
        """Let it push what is due, at most so many seconds; return its exit code, None if it had to be killed."""
        self._say(_END)
        self._process.join(seconds)
        self._hang_up()
        self._process.join(_ORPHANED + 1)
        killed = self._process.exitcode is None
        if killed:
            self._process.kill()
            self._process.join()
        self._handler.close()
        return None if killed else self._process.exitcode


class Spawned(_Parent):
    """A process of a fresh interpreter, which can be started at any time and everywhere."""

    def __init__(self, options: DrainOptions, tell: Tell) -> None:
        command = [sys.executable, "-P", "-c", _CODE, json.dumps(asdict(options))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        assert self._process.stdin is not None, "asked for"
        super().__init__(os.dup(self._process.stdin.fileno()))
        self._process.stdin.close()
        self.pid = self._process.pid
        self._listening = threading.Thread(target=self._listen, args=(tell,), name="drain-lines", daemon=True)
        self._listening.start()

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._process.poll()

    def end(self, seconds: float) -> int | None:
        """Let it push what is due, at most so many seconds; return its exit code, None if it had to be killed."""
        self._say(_END)
        self._join(seconds)
        self._hang_up()
        self._join(_ORPHANED + 1)
        killed = self._process.poll() is None
        if killed:
            self._process.kill()
            self._process.wait()
        self._listening.join()
        return None if killed else self._process.returncode

    def _join(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def _listen(self, tell: Tell) -> None:
        assert self._process.stdout is not None, "asked for"
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError, KeyError):
                    found = json.loads(line)
                    tell(found["level"], found["event"], found["fields"])


def start(options: DrainOptions, tell: Tell) -> DrainProcess:
    """Start the process that pushes; call it before the first thread, pool or open ledger."""
    return Forked(options, tell) if process.START_METHOD == "forkserver" else Spawned(options, tell)


class _Telling(logging.Handler):
    """Gives log records to whoever keeps the common log."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a record."""
        self._tell(record.levelno, record.getMessage(), getattr(record, "fields", {}))


# ---- the process itself


def _forked(options: DrainOptions, ears: int, mouth: int, lines: Queue[logging.LogRecord]) -> None:
    os.close(mouth)  # the parent alone holds it: its end is the parent's
    _be_quiet(logging.handlers.QueueHandler(lines))
    sys.exit(work(options, ears))


def spawned() -> None:
    """Be the process, started with the options as JSON; for `Spawned`."""
    _be_quiet(_Telling(_print))
    sys.exit(work(from_json(DrainOptions, sys.argv[1]), sys.stdin.fileno()))


def _print(level: int, event: str, fields: Mapping[str, object]) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody listens any more
        print(json.dumps({"level": level, "event": event, "fields": dict(fields)}), flush=True)


def _be_quiet(handler: logging.Handler) -> None:
    """Leave the terminal and its keys to the parent, which says when to end; SIGTERM may end us at any moment."""
    for number in process.ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    _LOG.handlers[:] = [handler]
    _LOG.propagate = False
    _LOG.setLevel(logging.INFO)


def work(options: DrainOptions, ears: int) -> int:
    """Push until the parent says that it is enough or is gone; return the exit code. Errors are told in the log."""
    try:
        _work(options, Ears(ears))
    except TukscalError as error:
        fields = {"reason": error.message, "advice": error.advice or None, "cause": error.cause}
        _LOG.error("drain_stopped", extra={"fields": fields})
        return error.exit_code
    except Exception as error:
        fault = own_fault(error)
        _LOG.error("drain_stopped", extra={"fields": {"reason": fault.message, "cause": fault.cause}})
        return fault.exit_code
    return 0


def _work(options: DrainOptions, ears: Ears) -> None:
    path = Path(options.ledger)
    with contextlib.suppress(OSError):  # opening the ledger says what is wrong
        path.parent.mkdir(parents=True, exist_ok=True)
    while not ears.gone:
        with pushing_alone(path) as ours:
            if ours:
                with Ledger.open(path) as ledger:
                    _push(options, ledger, ears)
                return
        if ears.finishing:
            return
        ears.wait(_TURN)


def _push(options: DrainOptions, ledger: Ledger, ears: Ears) -> None:
    credentials = Credentials(Path(options.credentials))
    if options.offer:
        folder, identity = Path(options.offer), credentials.identity()
        offered = ledger.outbox.offer(folder, names(folder, options.prefix), identity.owner if identity else "")
        if offered:
            _LOG.info("older_results_added", extra={"fields": {"results": offered}})
    pushed = asyncio.run(_drain(ledger, credentials.login(), options.in_flight, ears))
    if pushed.unauthorized is not None:
        raise Unauthorized(pushed.unauthorized.message)


async def _drain(ledger: Ledger, login: ServiceLogin, in_flight: int, ears: Ears) -> Pushed:
    from .client import Service  # the parent has no use for it

    waiter, loop = Waiter(), asyncio.get_running_loop()
    async with Service(login, in_flight=in_flight) as service:
        drain = Drain(ledger, service, login.owner, in_flight=in_flight, rest=waiter)

        def heard() -> None:
            if ears.gone:
                drain.stop(_ORPHANED)
            elif ears.finishing:
                drain.finish(_AT_THE_END)
            waiter.wake()

        ears.listen(lambda: loop.call_soon_threadsafe(heard))
        return await drain.run()


class Ears:
    """Listens to the parent in a thread of its own."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._heard = threading.Event()
        self._tell: Callable[[], object] | None = None
        self.finishing = False
        self.gone = False
        threading.Thread(target=self._run, name="ears", daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Wait until something is heard."""
        self._heard.wait(seconds)
        self._heard.clear()

    def listen(self, tell: Callable[[], object]) -> None:
        """Call `tell`, in the thread, whenever something is heard; once at once, for what was heard before."""
        self._tell = tell
        tell()

    def _run(self) -> None:
        said = b"?"
        while said:
            try:
                said = os.read(self._pipe, 4_096)
            except OSError:
                said = b""
            self.finishing = self.finishing or _END in said
            self.gone = not said
            self._heard.set()
            if self._tell is not None:
                with contextlib.suppress(RuntimeError):  # its loop has ended
                    self._tell()
