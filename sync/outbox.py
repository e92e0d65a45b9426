"""The outbox drained: due rows -> requests, several in flight -> what became of each, in the ledger.

The order of a calendar's revisions is kept by having one request for it at a time; what a newer result superseded is
never due. Nothing is held here that the ledger does not have: a process killed at any moment pushes again what it
does not know the fate of, under the same idempotency key.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..core.errors import InputOutput, TukscalError
from ..core.ledger import LONGEST_WAIT, Delivered, Delivery, Ledger, Outgoing
from ..core.system.files import read_file
from . import wire
from .client import CalendarUpload
from .retry import OF_THE_SERVICE, Circuit, FailureKind, PushFailed, PushRetries, again

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())  # whoever wants to know asks; else `logging` itself would print warnings

OTHER_ACCOUNT = "other_account"  # the cause of a row that waits for another account to be logged in
MOVED_ON = "output_moved_on"  # the cause of a row whose calendar is not on the disk as it was made
_MOST_BYTES = 10_000_000  # of a calendar
_POLL = 1.0  # seconds between looks into a ledger nobody wakes us for
_GROUP, _GROUP_SECONDS = 32, 0.05  # ends that are written down together, and how long the first waits for the others
_LOOKS = 3  # at a calendar that is not what its row says: a newer row may be on its way
_LOOK_AGAIN = 5.0


class Pushing(Protocol):
    """A service that takes calendars; both raise PushFailed."""

    async def put(self, upload: CalendarUpload) -> wire.StoredCalendar:
        """Push a calendar."""

    async def account(self) -> wire.TokenAccount:
        """Ask who the token speaks for."""


Task = asyncio.Task["PushOutcome | None"]
Rest = Callable[[Collection[Task], float], Awaitable[None]]
"""Waits until one of some tasks has ended, or so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOutcome:
    """How one row's request ended: what the ledger is told, the failure if it was one, whether it was a repetition."""

    row: Outgoing
    delivered: Delivered
    failure: PushFailed | None = None
    replayed: bool = False


@dataclass(slots=True, kw_only=True)
class Pushed:
    """What a drain came to: rows by their end, and why it stopped by itself if it did."""

    rows: Counter[str] = field(default_factory=Counter)
    unauthorized: PushFailed | None = None
    last_failure: str = ""


class Waiter:
    """Waits for tasks, for a time to pass, or to be woken; the clock that goes by itself."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """End the waiting; from the loop's own thread."""
        self._woken.set()

    async def __call__(self, tasks: Collection[Task], seconds: float) -> None:
        """Wait."""
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({*tasks, woken}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._woken.clear()


class Drain:
    """Pushes what one account has in a ledger's outbox."""

    def __init__(
        self,
        ledger: Ledger,
        service: Pushing,
        owner: str,
        *,
        in_flight: int = 8,
        retries: PushRetries | None = None,
        ticks: Callable[[], float] = time.monotonic,
        rest: Rest | None = None,
    ) -> None:
        """Push rows of `owner`, and those of nobody in particular; the ledger is open in this thread."""
        self._ledger = ledger
        self._service = service
        self._owner = owner
        self._lanes = in_flight
        self._retries = retries or PushRetries()
        self._ticks = ticks
        self._rest = rest or Waiter()
        self._circuit = Circuit(ticks)
        self._tasks: dict[Task, str] = {}  # with the calendar each is about
        self._ended: list[PushOutcome] = []  # not written down yet
        self._since = 0.0  # when the first of these ended
        self._patience: float | None = None
        self._end_by = float("inf")
        self._stopped = False
        self.pushed = Pushed()

    def finish(self, patience: float, seconds: float = float("inf")) -> None:
        """Come to an end when nothing is to be done within `patience`, or so many seconds have passed."""
        self._patience, self._end_by = patience, self._ticks() + seconds

    def stop(self, seconds: float = float("inf")) -> None:
        """Begin nothing new, and end after what is in flight, at the latest in so many seconds."""
        self._stopped, self._end_by = True, self._ticks() + seconds

    async def run(self) -> Pushed:
        """Push until told to end, or the token is not taken. Raises InputOutput or NotWritable for the ledger."""
        self._ledger.outbox.wake(OTHER_ACCOUNT, self._owner)
        try:
            while not self._over():
                self._begin()
                await self._rest(list(self._tasks), self._until_something())
                self._settle()
        finally:
            await self._abandon()
        return self.pushed

    # ---- when

    def _over(self) -> bool:
        if self._tasks or self._ended:
            return self._ticks() >= self._end_by
        if self._stopped or self.pushed.unauthorized is not None or self._ticks() >= self._end_by:
            return True
        return self._patience is not None and self._next_due() > self._patience

    def _next_due(self) -> float:
        """Return the seconds until something can be begun."""
        due = self._ledger.outbox.next_push()
        return float("inf") if due is None else max(due, self._circuit.wait)

    def _until_something(self) -> float:
        by_the_end = max(0.0, self._end_by - self._ticks())
        if self._tasks:
            return min(_GROUP_SECONDS if self._ended else _POLL, by_the_end)
        return min(max(0.01, self._next_due()), _POLL if self._patience is None else float("inf"), by_the_end)

    # ---- requests

    def _begin(self) -> None:
        """Fill the free lanes, or ask a service that failed whether it is back."""
        if self._stopped or self.pushed.unauthorized is not None:
            return
        if self._circuit.closed:
            self._fill()
        elif not self._tasks and not self._circuit.wait and self._ledger.outbox.next_push() is not None:
            self._start(self._probe(), "")

    def _fill(self) -> None:
        free = self._lanes - len(self._tasks)
        busy = {*self._tasks.values(), *(ended.row.calendar for ended in self._ended)}
        # What is in flight or not written down is still due, and so may be newer rows of the same calendars.
        for row in self._ledger.outbox.due(self._lanes + 2 * len(busy)) if free else ():
            if free and row.calendar not in busy:
                busy.add(row.calendar)
                free -= 1
                self._start(self._push(row), row.calendar)

    def _start(self, request: Awaitable[PushOutcome | None], calendar: str) -> None:
        self._tasks[asyncio.ensure_future(request)] = calendar

    async def _probe(self) -> None:
        try:
            await self._service.account()
        except PushFailed as failure:
            self._note(failure)
            if failure.kind is FailureKind.UNAUTHORIZED:
                self.pushed.unauthorized = failure
            self._circuit.probed(well=False)
            return
        if self._circuit.probed(well=True):
            again_due = self._ledger.outbox.wake(FailureKind.UNREACHABLE, self._owner)
            _LOG.info("service_is_back", extra={"fields": {"due": again_due}})

    async def _push(self, row: Outgoing) -> PushOutcome:
        """Push one row and return how that ended."""
        if row.account not in ("", self._owner):
            message = f"It belongs to {row.account}."
            return self._wait(row, OTHER_ACCOUNT, message, LONGEST_WAIT, row.attempts)
        try:
            wire.calendar_key(row.calendar)
        except wire.BadKey as error:
            return _over(row, Delivery.REFUSED, FailureKind.REFUSED, str(error))
        body = _body(row)
        if isinstance(body, str):
            if row.attempts + 1 < _LOOKS:
                return self._wait(row, MOVED_ON, body, _LOOK_AGAIN, row.attempts + 1)
            return _over(row, Delivery.REFUSED, MOVED_ON, body)
        try:
            stored = await self._service.put(CalendarUpload(key=row.calendar, revision=row.revision, body=body))
        except PushFailed as failure:
            return self._failed(row, failure)
        self._circuit.answered()
        delivered = Delivered(id=row.id, state=Delivery.SENT, attempts=row.attempts + 1, account=self._owner)
        return PushOutcome(row=row, delivered=delivered, replayed=stored.state is wire.Written.REPLAYED)

    def _failed(self, row: Outgoing, failure: PushFailed) -> PushOutcome:
        """Return what a failure means for a row, having told the circuit what it means for the service."""
        self._note(failure)
        if failure.kind is FailureKind.BUSY:
            self._circuit.busy(failure.wait)
        elif failure.kind in OF_THE_SERVICE:
            if self._circuit.failed():
                fields = {"reason": failure.message, "seconds": round(self._circuit.wait, 1)}
                _LOG.warning("service_left_alone", extra={"fields": fields})
        elif failure.kind is FailureKind.UNAUTHORIZED:
            self.pushed.unauthorized = failure
            return self._wait(row, failure.kind, failure.message, 0.0, row.attempts)
        else:
            self._circuit.answered()
        retry = again(failure, row.attempts, self._retries)
        if retry is not None:
            return self._wait(row, failure.kind, failure.message, retry.delay, retry.attempts, failure)
        return _over(row, Delivery.REFUSED, failure.kind, failure.message, failure)

    def _wait(
        self, row: Outgoing, cause: str, message: str, delay: float, attempts: int, failure: PushFailed | None = None
    ) -> PushOutcome:
        delivered = Delivered(
            id=row.id, state=Delivery.PENDING, attempts=attempts, delay=delay, cause=cause, message=message
        )
        return PushOutcome(row=row, delivered=delivered, failure=failure)

    def _note(self, failure: PushFailed) -> None:
        self.pushed.last_failure = failure.message

    # ---- the ledger

    def _settle(self) -> None:
        """Write down how requests ended, a group in one transaction; a death before costs no more than repetitions."""
        now = self._ticks()
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]
            if (ended := task.result()) is not None:
                self._since = self._since if self._ended else now
                self._ended.append(ended)
        if self._tasks and len(self._ended) < _GROUP and now < self._since + _GROUP_SECONDS:
            return
        self._ledger.outbox.settle([ended.delivered for ended in self._ended])
        for ended in self._ended:
            self._tell(ended)
        self._ended.clear()

    def _tell(self, ended: PushOutcome) -> None:
        row, delivered = ended.row, ended.delivered
        self.pushed.rows[delivered.cause or delivered.state] += 1
        fields: dict[str, object] = {"calendar": row.calendar, "revision": row.revision}
        if delivered.state is Delivery.SENT:
            _LOG.info("pushed", extra={"fields": {**fields, "repeated": ended.replayed or None}})
            return
        event = "not_pushed_yet" if delivered.state is Delivery.PENDING else f"push_{delivered.state}"
        fields |= {"cause": delivered.cause, "reason": delivered.message}
        if delivered.state is Delivery.PENDING:
            fields |= {"seconds": round(delivered.delay, 1)}
        level = logging.WARNING if delivered.state is Delivery.REFUSED else logging.INFO
        _LOG.log(level, event, extra={"fields": fields})

    async def _abandon(self) -> None:
        """Let go of what is still in flight: it is pushed again under the same key. What has ended is written down."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = {task: calendar for task, calendar in self._tasks.items() if not task.cancelled()}
        if not any(task.exception() for task in self._tasks):
            self._settle()


def _over(row: Outgoing, state: Delivery, cause: str, message: str, failure: PushFailed | None = None) -> PushOutcome:
    attempts = row.attempts + (failure is not None)
    delivered = Delivered(
        id=row.id, state=state, attempts=attempts, cause=cause, message=message, there=failure.there if failure else 0
    )
    return PushOutcome(row=row, delivered=delivered, failure=failure)


def _body(row: Outgoing) -> bytes | str:
    """Return a calendar's bytes as they were recorded, or why there are none."""
    where: Path = row.output
    try:
        body = read_file(where, _MOST_BYTES)
    except InputOutput as error:
        return error.message
    except TukscalError as error:
        return f"{error.message.removesuffix('.')}: it was removed after it had been made."
    if wire.content_sha256(body) != row.sha256:
        return f"{where} is not what was made there: it was changed, or a newer one is on its way."
    return body
