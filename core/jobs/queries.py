"""What people ask of the ledger: pages of jobs, some tried again or thrown away, copies of the whole."""

from __future__ import annotations

import heapq
import math
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import InputOutput, NoSuchFile, NotWritable
from ..ledger import LETTERS, Batch, Filter, Job, Keep, Ledger, State
from ..ledger.opening import unused_name

RETRIED = (State.FAILED, *LETTERS)
"""What `retry` is for: jobs that wait for their next attempt, and dead letters."""

_ALL = Keep(days=math.inf, jobs=sys.maxsize)
_PAGE = 1_000
_MAGIC = b"SQLite format 3\0"


def open_existing(path: Path) -> Ledger:
    """Open a ledger that is there, to change something in it; no history is thrown away for that.

    Raises NoSuchFile if there is none, InputOutput or NotWritable.
    """
    require_ledger(path)
    return Ledger.open(path, keep=_ALL)


def ask_existing(path: Path) -> Ledger:
    """Open a ledger that is there to ask it, without changing, mending or moving anything.

    Raises NoSuchFile if there is none, InputOutput or NotWritable.
    """
    require_ledger(path)
    return Ledger.ask(path)


def require_ledger(path: Path) -> None:
    """Raise NoSuchFile if there is no ledger at a path; an empty file is none."""
    if not os.path.lexists(path) or _is_empty(path):
        advice = "`tukscal batch` begins one; name another with --ledger."
        raise NoSuchFile(f"There is no ledger {path} yet: nothing was converted with it.", advice=advice)


def _is_empty(path: Path) -> bool:
    try:
        state = os.stat(path)
    except OSError:  # what it is, opening says
        return False
    return stat.S_ISREG(state.st_mode) and not state.st_size


def require_job(ledger: Ledger, number: int) -> Job:
    """Return a job. Raises NoSuchFile if the ledger has none of that number."""
    found = ledger.history.job(number)
    if found is None:
        advice = "`tukscal jobs list` shows the numbers of the jobs."
        raise NoSuchFile(f"There is no job {number} in the ledger {ledger.path}.", advice=advice)
    return found


def newest_batch(ledger: Ledger) -> Batch:
    """Return the newest batch. Raises NoSuchFile if there is none."""
    for batch in ledger.history.batches(1):
        return batch
    advice = "`tukscal batch` begins one; name another ledger with --ledger."
    raise NoSuchFile(f"There is no batch in the ledger {ledger.path}.", advice=advice)


def require_batch(ledger: Ledger, number: int) -> int:
    """Return the number of a batch that is there. Raises NoSuchFile."""
    if number <= newest_batch(ledger).id and number > 0:
        return number
    advice = "`tukscal jobs batches` shows the numbers of the batches."
    raise NoSuchFile(f"There is no batch {number} in the ledger {ledger.path}.", advice=advice)


def newest(ledger: Ledger, wanted: Filter) -> Iterator[Job]:
    """Yield all jobs that are wanted, the newest first; a page at a time."""
    wanted = replace(wanted, limit=_PAGE)
    while page := ledger.history.jobs(wanted):
        yield from page
        if len(page) < _PAGE:
            return
        wanted = replace(wanted, after=page[-1].id)


def newest_of(ledger: Ledger, states: Iterable[State], wanted: Filter) -> Iterator[Job]:
    """Yield all jobs in one of these states, the newest first."""
    streams = [newest(ledger, replace(wanted, state=state)) for state in states]
    return heapq.merge(*streams, key=lambda job: (-job.created, -job.id))


# ---- tried again, thrown away


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which jobs a person means: these, or all that failed for a cause, in a batch, or at all."""

    ids: tuple[int, ...] = ()
    cause: str | None = None
    batch: int | None = None


def chosen(ledger: Ledger, which: Which, states: Sequence[State]) -> list[int]:
    """Return the numbers of the jobs meant that are in one of these states.

    Raises NoSuchFile for a job that is named and not there.
    """
    if which.ids:
        named = [require_job(ledger, number) for number in dict.fromkeys(which.ids)]
        return [job.id for job in named if job.state in states]
    return [job.id for job in newest_of(ledger, states, Filter(cause=which.cause, batch=which.batch))]


def retry(ledger: Ledger, ids: Sequence[int]) -> int:
    """Queue jobs again as if never tried; return how many of them are."""
    return _in_pages(ledger.queue.replay, ids)


def discard(ledger: Ledger, ids: Sequence[int]) -> int:
    """Delete dead letters with their attempts; return how many there were."""
    return _in_pages(ledger.retention.discard, ids)


def _in_pages(change: Callable[[Sequence[int]], int], ids: Sequence[int]) -> int:
    """Change many jobs without keeping a running batch waiting for all of them."""
    return sum(change(ids[start : start + _PAGE]) for start in range(0, len(ids), _PAGE))


# ---- whole ledgers


def forget(path: Path, days: float) -> int:
    """Delete the record of jobs done longer ago than so many days; return how many are fewer.

    Raises NoSuchFile, InputOutput or NotWritable.
    """
    with open_existing(path) as ledger:
        before = ledger.history.counts()[State.DONE]
    with Ledger.open(path, keep=Keep(days=days)) as ledger:
        ledger.retention.purge()
        return max(0, before - ledger.history.counts()[State.DONE])


def back_up(ledger: Ledger, target: Path) -> None:
    """Write a copy of a ledger, in place of an older copy but of nothing else.

    Raises InputOutput or NotWritable.
    """
    if _is_same(ledger.path, target):
        raise NotWritable(f"{target} is the ledger itself.", advice="Name another file.", file=str(target))
    if os.path.lexists(target) and target.is_file() and not _is_database(target):
        advice = "Name a new file, or an older backup. Nothing was changed."
        raise NotWritable(f"{target} is there already and is no backup of a ledger.", advice=advice, file=str(target))
    ledger.retention.backup(target)


def open_for_restore(path: Path, source: Path) -> Ledger:
    """Open the ledger that is to become what a backup holds, or make it. Raises NoSuchFile if there is no backup."""
    if not source.is_file():
        raise NoSuchFile(f"There is no file {source}.", file=str(source))
    return Ledger.open(path, keep=_ALL)


def put_back(ledger: Ledger, source: Path) -> Path | None:
    """Make a ledger what a backup holds; return where the present one was kept, None if it was empty.

    Raises NoSuchFile, InputOutput or NotWritable; then nothing is changed.
    """
    if _is_same(ledger.path, source):
        raise InputOutput(f"{source} is the ledger itself.", advice="Name a backup.", file=str(source))
    kept = unused_name(ledger.path, "before-restore", time.time()) if sum(ledger.history.counts().values()) else None
    if kept:
        ledger.retention.backup(kept)
    try:
        ledger.retention.restore(source)
    except BaseException:
        if kept:
            kept.unlink(missing_ok=True)
        raise
    return kept


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_database(path: Path) -> bool:
    """Return whether a file is empty or a SQLite database."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) in (b"", _MAGIC)
    except OSError:
        return False
