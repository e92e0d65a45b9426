"""Jobs with the same content, options and dates: one is converted, the others get what came of it."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Literal

from ..errors import BadRows, Crashed, InputOutput, NoSuchFile, NotWritable, OutOfMemory, TimedOut
from ..ledger import Job
from ..pool import Outcome
from .task import Made

_KEPT = 8  # outcomes; jobs are done in the order of their size, so that twins come one after the other
# What happened to one path or names it says nothing about another; what killed a worker is tried again, alone.
_ITS_OWN = (BadRows, InputOutput, NoSuchFile, NotWritable, Crashed, OutOfMemory, TimedOut)


class Twins:
    """Who is converted and who waits for whom."""

    def __init__(self, share: Callable[[Job], Hashable]) -> None:
        self._share = share
        self._keys: dict[int, Hashable] = {}
        self._waiting: defaultdict[Hashable, list[Job]] = defaultdict(list)
        self._ended: OrderedDict[Hashable, Outcome] = OrderedDict()

    def begin(self, job: Job) -> Outcome | Literal["waits"] | None:
        """Return None if a job is to be converted, the outcome if it is known, "waits" while its twin is at it."""
        key = self._share(job)
        if key is None:
            return None
        if key in self._ended:
            return self._ended[key]
        if key in self._keys.values():
            self._waiting[key].append(job)
            return "waits"
        self._keys[job.id] = key
        return None

    def end(self, job: Job, outcome: Outcome) -> list[Job]:
        """Return the jobs that get the same outcome; those that must be converted after all are begun again."""
        key = self._keys.pop(job.id, None)
        if key is None or isinstance(outcome.error, _ITS_OWN) or _is_other(outcome, job):
            return []
        self._ended[key] = outcome
        while len(self._ended) > _KEPT:
            self._ended.popitem(last=False)
        return self._waiting.pop(key, [])

    def stranded(self) -> list[Job]:
        """Return and forget the jobs whose twin ended in a way that says nothing about them."""
        orphaned = [key for key in self._waiting if key not in self._keys.values()]
        return [job for key in orphaned for job in self._waiting.pop(key)]

    def forget(self) -> list[Job]:
        """Return all jobs that wait, and forget everything."""
        waiting = [job for jobs in self._waiting.values() for job in jobs]
        self._waiting.clear()
        self._keys.clear()
        return waiting


def _is_other(outcome: Outcome, job: Job) -> bool:
    """Tell whether another content was converted than the job was queued for: the file changed since."""
    made = outcome.value
    return isinstance(made, Made) and made.sha256 != job.sha256


def again(outcome: Outcome, job: Job) -> Outcome:
    """Return an outcome as that of another job, which took no time of its own."""
    error = copy.copy(outcome.error)
    if error is not None:
        error.file = None
    value = replace(outcome.value, source_stamp="") if isinstance(outcome.value, Made) else outcome.value
    return replace(outcome, key=job.id, value=value, error=error, died=False, duration=0.0, peak=0)
