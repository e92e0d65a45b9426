"""The outbox: results on their way to the central service.

A row comes in the transaction that calls its job done. Each calendar has one name at the service and one output here;
two outputs are never mixed under one name.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..system.sqlite import is_busy
from . import sql
from .model import Backlog, Delivered, Delivery, Job, Outgoing
from .store import Store, translated

LONGEST_WAIT = 3_600.0  # seconds; no service is obeyed that asks for more
NAME_TAKEN = "name_taken"  # the cause of a row whose name another output has
HIGHER_THERE = "superseded"  # that of one of which the service has another state, under a higher revision
_PAGE = 500
_NOBODY: dict[str, object] = {"delivery": Delivery.PENDING, "cause": "", "message": None}


def add(store: Store, values: dict[str, object]) -> None:
    """Put a result into the outbox, in the transaction that is open; what waited for its output is superseded."""
    store.run(sql.OUTBOX_SUPERSEDE, values)
    revision = _next_revision(store, values)
    refusal = _NOBODY if revision is not None else _taken(store, str(values["calendar"]))
    store.run(sql.OUTBOX_ADD, values | refusal | {"revision": revision or 0})


def _next_revision(store: Store, values: dict[str, object]) -> int | None:
    """Return the revision after all before of a calendar, None if its name belongs to another output."""
    stamp = int(store.now() * 1_000)  # milliseconds: a ledger that is lost goes on above what was sent before
    if not values["calendar"]:
        return stamp
    found = store.rows(sql.CALENDAR_NEXT, values | {"stamp": stamp})
    return int(found[0][0]) if found else None


def _taken(store: Store, calendar: str) -> dict[str, object]:
    ((output, _, _),) = store.rows(sql.CALENDAR, {"calendar": calendar})
    message = sql.text(f"The name {calendar} belongs to {sql.path_of(output)}.")
    return {"delivery": Delivery.REFUSED, "cause": NAME_TAKEN, "message": message}


class Outbox:
    """The results to be pushed, and what became of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def offer(self, folder: Path, name: Callable[[Path], str], account: str) -> int:
        """Put current results below a folder into the outbox that never were in it as they are; return how many."""
        start = sql.path_bytes(folder) + os.fsencode(os.sep)
        after, end, count = start, start[:-1] + bytes([start[-1] + 1]), 0
        while page := self._store.rows(sql.OUTBOX_CURRENT, {"after": after, "end": end, "limit": _PAGE}):
            jobs = [sql.job_of(row) for row in page]
            with self._store.writing():
                count += sum(_offer(self._store, job, name(job.output), account) for job in jobs)
            after = sql.path_bytes(jobs[-1].output)
        return count

    def pending(self, limit: int = 100) -> list[Outgoing]:
        """Return the rows that wait, in the order in which they are due."""
        return [sql.outgoing_of(row) for row in self._store.rows(sql.OUTBOX_PENDING, {"limit": limit})]

    def due(self, limit: int) -> list[Outgoing]:
        """Return the rows that are to be pushed now."""
        return [
            sql.outgoing_of(row) for row in self._store.rows(sql.OUTBOX_DUE, {"limit": limit, "now": self._store.now()})
        ]

    def next_push(self) -> float | None:
        """Return the seconds until something is to be pushed, 0 for now, None if nothing waits.

        A time further off than any wait was set by another clock.
        """
        ((earliest,),) = self._store.rows(sql.OUTBOX_NEXT)
        if earliest is None:
            return None
        now = self._store.now()
        if earliest > now + LONGEST_WAIT:
            with self._store.writing():
                self._store.run(sql.OUTBOX_ABSURD, {"now": now, "latest": now + LONGEST_WAIT})
            return 0.0
        return max(0.0, float(earliest) - now)

    def settle(self, deliveries: Sequence[Delivered]) -> None:
        """Record how pushes ended, in one transaction."""
        if deliveries:
            with self._store.writing():
                self._store.each(sql.OUTBOX_SETTLE, (_settled(one, self._store.now()) for one in deliveries))
                for one in deliveries:
                    if one.state is Delivery.SENT:
                        self._store.run(sql.CALENDAR_SENT, {"account": one.account, "id": one.id})
                    elif one.there:
                        self._store.run(sql.CALENDAR_THERE, {"there": one.there, "id": one.id})

    def wake(self, cause: str, account: str) -> int:
        """Let an account's rows that wait for one cause be due now, as if never tried; return how many."""
        with self._store.writing():
            return self._store.run(sql.OUTBOX_WAKE, {"cause": cause, "account": account, "now": self._store.now()})

    def again(self, account: str | None = None) -> int:
        """Let all that waits or was refused be due now; return how many rows."""
        values: dict[str, object] = {"account": account, "now": self._store.now()}
        with self._store.writing():
            count = self._store.run(sql.OUTBOX_AGAIN, values)
        after = 0
        while page := self.refused(_PAGE, after):
            with self._store.writing():
                count += sum(_unrefuse(self._store, row, values) for row in page)
            after = page[-1].id
        return count

    def all_again(self, account: str) -> int:
        """Put every current result that has a name into the outbox again, under a new revision; return how many."""
        after, count = "", 0
        while page := self._store.rows(sql.CALENDARS, {"after": after, "limit": _PAGE}):
            with self._store.writing():
                count += sum(_once_more(self._store, key, output, account) for key, output in page)
            after = page[-1][0]
        return count

    def refused(self, limit: int = 100, after: int = 0) -> list[Outgoing]:
        """Return a page of what was refused, the oldest first."""
        return [sql.outgoing_of(row) for row in self._store.rows(sql.OUTBOX_REFUSED, {"limit": limit, "after": after})]

    def backlog(self) -> Backlog:
        """Return what stands in the outbox."""
        with self._store.reading():
            waiting = {str(cause): int(count) for cause, count in self._store.rows(sql.OUTBOX_WAITING)}
            ((refusals,),) = self._store.rows(sql.OUTBOX_REFUSALS)
            ((sent, superseded, last_sent),) = self._store.rows(sql.OUTBOX_COMPLETED)
            ((earliest,),) = self._store.rows(sql.OUTBOX_NEXT)
        states = {
            Delivery.PENDING: sum(waiting.values()),
            Delivery.SENT: sent,
            Delivery.REFUSED: refusals,
            Delivery.SUPERSEDED: superseded,
        }
        next_due = None if earliest is None else max(0.0, earliest - self._store.now())
        return Backlog(states=states, waiting=waiting, next_due=next_due, last_sent=last_sent)


def _offer(store: Store, job: Job, calendar: str, account: str) -> bool:
    known = store.rows(sql.CALENDAR, {"calendar": calendar})
    output = sql.path_bytes(job.output)
    if known:
        there, sha256, sent_to = known[0]
        if there != output:
            return False  # it was told when it was converted that its name is another's
        if sha256 == job.output_sha256 and (not account or sent_to in ("", account)):
            return False  # it was in it, and went, or goes, to this very account
    values: dict[str, object] = {"job": job.id, "output": output, "output_sha256": job.output_sha256}
    add(store, values | {"calendar": calendar, "account": account, "now": store.now()})
    return True


def _settled(one: Delivered, now: float) -> dict[str, object]:
    over = one.state is not Delivery.PENDING
    return {
        "id": one.id,
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt": now + min(one.delay, LONGEST_WAIT),
        "completed": now if over else None,
        "cause": one.cause,
        "message": sql.text(one.message),
    }


def _unrefuse(store: Store, row: Outgoing, values: dict[str, object]) -> bool:
    """Let a refused row wait again, under a new revision if it never had one or the service has a higher one."""
    values = values | {"id": row.id, "revision": row.revision}
    if row.cause in (NAME_TAKEN, HIGHER_THERE):
        named: dict[str, object] = {"calendar": row.calendar, "output": sql.path_bytes(row.output)}
        known = store.rows(sql.CALENDAR, named)
        if known and not os.path.lexists(sql.path_of(known[0][0])):  # moved, or removed
            store.run(sql.CALENDAR_MOVE, named)
        values["revision"] = _next_revision(store, named | {"output_sha256": row.sha256})
    return values["revision"] is not None and store.run(sql.OUTBOX_UNREFUSE, values) > 0


def _once_more(store: Store, key: str, output: bytes, account: str) -> bool:
    found = store.rows(sql.CURRENT, {"output": output})
    if not found:
        return False
    job = sql.job_of(found[0])
    values: dict[str, object] = {"job": job.id, "output": output, "output_sha256": job.output_sha256}
    add(store, values | {"calendar": key, "account": account, "now": store.now()})
    return True


@contextlib.contextmanager
def pushing_alone(ledger: Path) -> Iterator[bool]:
    """Let one process push what is in a ledger; the block is told whether it is this one.

    The lock is an empty database beside it, because a dead process's lock on that is nobody's. Raises InputOutput or
    NotWritable.
    """
    ledger = Path(os.path.realpath(ledger))
    try:
        with contextlib.closing(
            sqlite3.connect(ledger.with_name(f"{ledger.name}.pushing"), timeout=0, isolation_level=None)
        ) as connection:
            yield _is_ours(connection)
    except sqlite3.Error as error:
        raise translated(error, ledger) from None


def _is_ours(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            return False
        raise
    return True
