"""What need not be read again: PDFs and calendars that lie there as they did when the result was recorded.

The kernel notes when a file last changed, in a time that nobody can set back; where it does not, and where a file had
changed just before it was read, its bytes are read and compared as everywhere.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ..ledger import Ledger, Standing
from ..system.files import stamp_on
from ..system.machine import notes_changes
from .sidecar import is_missing

_SETTLED = 10.0  # seconds between a file's last change and its reading: what writes in spurts has ended
_READ = "@"  # between the stamp of a file that was read again later and the time of that
_PAGE = 500  # outputs the ledger is asked for at once: they are wanted one after the other
_PAGES = 10  # that are remembered: whoever goes through a folder goes through it twice

SelectionOf = Callable[[str], str | None]
"""Tells the hash of the selection a PDF's result depends on, None if that takes reading."""


class Unchanged:
    """Compares what lies there with the ledger by stamps alone; for one thread. Paths are strings: there are many."""

    def __init__(self, ledger: Ledger, common: tuple[str, str, str], selection_of: SelectionOf) -> None:
        """Know results of these options, teaching dates and versions."""
        self._ledger = ledger
        self._common = common
        self._selection_of = selection_of
        self._noting: dict[int, bool] = {}
        self._pages: deque[_Page] = deque(maxlen=_PAGES)

    def owner(self, output: str) -> str | None:
        """Return the PDF that an output was last made of or is being made of, None if the ledger knows of none."""
        there = self._stands(output)
        if there is not None:
            return there.source
        path = Path(output)
        job = self._ledger.history.unfinished([path]).get(path)
        return str(job.source) if job else None

    def holds(self, source: str, output: str) -> bool:
        """Tell whether an output is the result of this PDF as it is, by stamps that can be trusted."""
        there = self._stands(output)
        return (
            there is not None
            and (there.options, there.term, there.parser) == self._common
            and _is_settled(there)
            and self._lies(source, there.source_stamp)
            and self._lies(output, there.output_stamp)
            and not (there.problems and is_missing(Path(output), there.problems))
            and there.selection == self._selection_of(source)
        )

    def _stands(self, output: str) -> Standing | None:
        key = os.fsencode(output)
        if not self._pages or not self._pages[-1].covers(key):
            page = next((page for page in self._pages if page.covers(key)), None)
            if page is None:
                page = _Page(key, self._ledger.history.standings(output, _PAGE))
            else:
                self._pages.remove(page)
            self._pages.append(page)
        return self._pages[-1].standings.get(output)

    def _lies(self, path: str, before: str | None) -> bool:
        """Tell whether a file has the stamp it had, on a disk where that says something."""
        now, device = stamp_on(path)
        if not now or now != (before or "").partition(_READ)[0]:
            return False
        if device not in self._noting:
            self._noting[device] = notes_changes(Path(path))
        return self._noting[device]


class _Page:
    """What the ledger knows of all outputs from one to another, in the order of their bytes."""

    def __init__(self, first: bytes, standings: dict[str, Standing]) -> None:
        self._first = first
        self._last = os.fsencode(next(reversed(standings))) if len(standings) == _PAGE else None
        self.standings = standings

    def covers(self, output: bytes) -> bool:
        """Tell whether an output that is not among these has no result."""
        return self._first <= output and (self._last is None or output <= self._last)


def confirmed(stamp: str, read: float) -> str:
    """Return a file's stamp as one that can be trusted, empty if the file had changed just before it was `read`.

    `read` is a time in seconds, at most that of the reading.
    """
    return f"{stamp}{_READ}{read:.3f}" if _had_settled(stamp, read) else ""


def _is_settled(there: Standing) -> bool:
    """Tell whether the PDF had not changed for a while when it was read."""
    stamp, _, read = there.source_stamp.partition(_READ)
    when = float(read) if read else there.started
    return when is not None and _had_settled(stamp, when)


def _had_settled(stamp: str, read: float) -> bool:
    parts = stamp.split("-")
    changed = max(int(parts[1]), int(parts[2])) / 1e9 if len(parts) == 4 else float("inf")
    return read - changed >= _SETTLED
