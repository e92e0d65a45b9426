"""The parts that work on one request, from its start to the next reload: they begin with everything to be looked at."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ..backoff import Backoff, Pause
from ..errors import InputOutput, NoSuchFile
from ..jobs.commit import Finished
from .earlier import Known, known
from .intake import Intake, WatchContext
from .monitor import FolderMonitor
from .scan import Scan
from .stability import Settled, Settling, is_below

_TAKEN = 64  # files taken into the queue in one turn
_TAKING = 1.0  # seconds after which no further one is taken in this turn
_GONE = 64  # files forgotten in one turn
_BACKOFF = Backoff(first=60.0, factor=1.0)  # until what could not be removed is tried again


class WatchSession:
    """Looks, waits until files stand still, takes them, and forgets what is gone."""

    def __init__(self, context: WatchContext) -> None:
        self.request = request = context.request
        self._reporters, self._ticks = context.reporters, context.ticks
        before = Known() if request.moved else known(context.ledger, request)
        self.settling = Settling(context.ticks, request.patience)
        self.monitor = FolderMonitor(
            request.source, request.batch.wanted, context.wake, request.rhythm, context.ticks, context.breathe, *before
        )
        self.intake = Intake(context)
        self.replaced = False
        """Whether the folder is another one than that its work began with: then everything begins anew."""
        self._gone: deque[str] = deque()
        self._gone_meanwhile: set[str] = set()  # PDFs that are gone and have a job that has not ended
        self._stuck: dict[str, str] = {}  # PDFs that are gone, and what of theirs could not be removed
        self._pause = Pause(context.ticks, _BACKOFF)
        self._swept = False
        self._skipped: set[Path] = set()  # told already
        self.unreadable: frozenset[Path] = frozenset()
        """Folders and files somebody expects calendars of and that cannot be read."""
        self._missing: set[str] = set()  # PDFs that were not there when they were read

    @property
    def due(self) -> float:
        """When, by the clock, there is something to do that nobody wakes us for."""
        times = [self.monitor.next_look]
        if self.settling.next_due is not None:
            times.append(self.settling.next_due)
        return 0.0 if self._gone else min(times)

    @property
    def still(self) -> bool:
        """Whether no file waits to be taken or forgotten."""
        return not self.settling.waiting and not self._gone

    def look(self, *, now: bool = False) -> int | None:
        """Look where there is a reason, or `now` at everything; return how many files there are if all was looked at.

        Raises InputOutput if the folder cannot be looked at.
        """
        scan = self.monitor.look_again() if now else self.monitor.look()
        if scan is None:
            return None
        if scan.error:
            raise InputOutput(scan.error, file=str(self.request.source))
        self.replaced = not self._is_ours()
        if self.replaced:
            return None
        self._see(scan)
        return len(scan.files) if scan.asked is None else None

    def _is_ours(self) -> bool:
        """Begin the work at the first look; tell later whether it is still the same folder."""
        home = self.monitor.home
        assert home is not None, "it was looked at"
        if self.intake.home is None:
            self.intake.begin(home, self.monitor.mounts)
        return self.intake.home is None or self.intake.home.is_same(home)

    def _note_skipped(self, scan: Scan) -> None:
        """Tell what a look left out, each once; what is gone may be told again when it comes back."""
        here = {one.path for one in scan.skipped}
        for one in scan.skipped:
            if one.path not in self._skipped:
                self._reporters.skipped(one)
        if scan.asked is None:
            self._skipped = here
            self.unreadable = frozenset(one.path for one in scan.skipped if one.bad)
        else:
            self._skipped |= here

    def _see(self, scan: Scan) -> None:
        self._note_skipped(scan)
        news = self.settling.see(scan)
        self.monitor.compare(news.new)
        self._gone += news.gone
        if scan.asked is None:  # a share that went and came back: what was not there for a moment was not converted
            for path in self._missing & scan.files.keys():
                self.settling.again(path)
            self._missing.clear()
            for refused in self.intake.refused:
                self.settling.again(str(refused))
            if not self._swept:  # after the first look: what was removed before
                swept = map(str, self.intake.sweep(scan.files.keys()))
                self._gone += [path for path in swept if not is_below(path, scan.unseen)]
                self._swept = True

    def take(self) -> None:
        """Put what stands still into the queue. Raises InputOutput or NotWritable; then it waits anew."""
        taken: list[str] = []
        try:
            again = self.intake.take(self._settled(taken))
        except BaseException:
            again = taken
            raise
        finally:
            for path in again:
                self.settling.again(path)

    def forget(self) -> None:
        """Forget what is gone, with its calendar; what cannot be removed is tried again now and then, and told once."""
        if self._stuck and not self._pause.left:
            self._pause.begin()
            self._gone += [path for path in self._stuck if path not in self._gone]
        for _ in range(min(_GONE, len(self._gone))):
            path = self._gone[0]
            told = self._stuck.get(path, "")
            trouble = ""
            if not os.path.lexists(path) and self.intake.is_open(Path(path)):
                self._gone_meanwhile.add(path)
            elif not os.path.lexists(path):
                calendar, trouble = self.intake.gone(Path(path))
                if calendar is not None:
                    self._reporters.log("removed", file=calendar, reason="its PDF is gone")
                if trouble and trouble != told:
                    self._reporters.log("not_removed", level=logging.WARNING, message=trouble)
            self._gone.popleft()
            self._stuck.pop(path, None)
            if trouble:
                self._stuck[path] = trouble
                self._pause.begin()

    def ended(self, one: Finished) -> None:
        """Do with a PDF what is asked for when its job has ended."""
        if isinstance(one.error, NoSuchFile) and not os.path.lexists(one.job.source):
            self._missing.add(str(one.job.source))
        self.intake.ended(one)
        path = str(one.job.source)
        if path in self._gone_meanwhile and not self.intake.is_open(one.job.source):
            self._gone_meanwhile.discard(path)
            self._gone.append(path)

    def _settled(self, taken: list[str]) -> Iterator[Settled]:
        until = self._ticks() + _TAKING
        for one in self.settling.ready(_TAKEN):
            taken.append(one.path)
            yield one
            if self._ticks() > until:
                return
