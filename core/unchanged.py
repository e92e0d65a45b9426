"""What need not be read again: PDFs and calendars that lie there as they did when the result was recorded.

The kernel notes when a file last changed, in a time that nobody can set back; where it does not, and where a file had
changed just before it was read, its bytes are read and compared as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .beside import is_missing
from .files import stamp_on
from .host import notes_changes
from .ledger import Ledger, Standing

_SETTLED = 10.0  # seconds between a file's last change and its reading: what writes in spurts has ended
_REMEMBERED = 5_000  # outputs the ledger was asked for: each is asked for again soon, in the order of the folder

SelectionOf = Callable[[Path], str | None]
"""Tells the hash of the selection a PDF's result depends on, None if that takes reading."""


class Unchanged:
    """Compares what lies there with the ledger by stamps alone; for one thread."""

    def __init__(self, ledger: Ledger, common: tuple[str, str, str], selection_of: SelectionOf) -> None:
        """Know results of these options, teaching dates and versions."""
        self._ledger = ledger
        self._common = common
        self._selection_of = selection_of
        self._noting: dict[int, bool] = {}
        self._standing: dict[Path, Standing | None] = {}

    def owner(self, output: Path) -> Path | None:
        """Return the PDF that an output was last made of or is being made of, None if the ledger knows of none."""
        there = self._stands(output)
        if there is not None:
            return there.source
        job = self._ledger.unfinished([output]).get(output)
        return job.source if job else None

    def holds(self, source: Path, output: Path) -> bool:
        """Tell whether an output is the result of this PDF as it is, by stamps that can be trusted."""
        there = self._stands(output)
        return (
            there is not None
            and (there.options, there.term, there.parser) == self._common
            and _is_settled(there)
            and self._lies(source, there.source_stamp)
            and self._lies(output, there.output_stamp)
            and not is_missing(output, there.problems)
            and there.selection == self._selection_of(source)
        )

    def _stands(self, output: Path) -> Standing | None:
        if output not in self._standing:
            if len(self._standing) >= _REMEMBERED:
                self._standing.clear()
            self._standing[output] = self._ledger.standing(output)
        return self._standing[output]

    def _lies(self, path: Path, before: str | None) -> bool:
        """Tell whether a file has the stamp it had, on a disk where that says something."""
        now, device = stamp_on(path)
        if not now or now != before:
            return False
        if device not in self._noting:
            self._noting[device] = notes_changes(path)
        return self._noting[device]


def _is_settled(there: Standing) -> bool:
    """Tell whether the PDF had not changed for a while when it was read."""
    parts = there.source_stamp.split("-")
    changed = max(int(parts[1]), int(parts[2])) / 1e9 if len(parts) == 4 else float("inf")
    return there.started is not None and there.started - changed >= _SETTLED
