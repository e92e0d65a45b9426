"""The ledger compared with the disk: every result has its calendar, every calendar its result.

Both sides are read a page at a time: a hundred thousand calendars need no more memory than a thousand.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TypeVar

from ..errors import NoSuchFile, TukscalError
from ..ledger import Job, Ledger, State
from ..system.files import read_file, sha256

T = TypeVar("T")

_PAGE = 1_000
_SHARE = 50  # files a reader takes at once
_READERS = 8
_MOST = 64 * 2**20  # bytes read of a file: no calendar is so large
_HEAD = 1_024  # bytes in which a calendar says who wrote it
_OURS = b"PRODID:-//tukscal//"
_TEMPORARY = ".tukscal-tmp"


class FindingKind(StrEnum):
    """What may be the matter with a file."""

    MISSING = "missing"  # a result whose calendar is gone
    CHANGED = "changed"  # a calendar that is not what was written
    UNREADABLE = "unreadable"  # a calendar or a folder that cannot be read
    UNKNOWN = "unknown"  # a calendar tukscal wrote, without a result
    FOREIGN = "foreign"  # a calendar somebody else wrote
    LEFT = "left_behind"  # a temporary file of a process that was killed


FAULTS = (FindingKind.MISSING, FindingKind.CHANGED, FindingKind.UNREADABLE, FindingKind.UNKNOWN)
"""The kinds on which the ledger and the disk do not agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file and what is the matter with it; `job` is that of its result, if it has one."""

    kind: FindingKind
    path: Path
    job: int | None = None


class Verification:
    """One comparison; iterate it once, then look at its figures."""

    def __init__(self, ledger: Ledger, below: Path | None = None, *, readers: int = _READERS) -> None:
        """Look at the calendars below a folder, or at all. Raises NoSuchFile if there is no such folder."""
        if below is not None and not below.is_dir():
            raise NoSuchFile(f"There is no folder {below}.", file=str(below))
        self._ledger = ledger
        self._below = None if below is None else os.path.abspath(below)
        self._readers = readers
        self.sound = 0
        """Results whose calendar is what was written."""
        self.busy = 0
        """Calendars that another process is converting."""
        self.counts: Counter[FindingKind] = Counter()

    @property
    def agrees(self) -> bool:
        """Whether the ledger and the disk agree."""
        return not any(self.counts[kind] for kind in FAULTS)

    def __iter__(self) -> Iterator[Finding]:
        self._ledger.queue.take_over()  # what a killed process was at is nobody's now
        for finding in self._findings():
            self.counts[finding.kind] += 1
            yield finding

    def _findings(self) -> Iterator[Finding]:
        roots = _Roots()
        for folder in self._ledger.history.folders():
            roots.add(os.path.normpath(folder))
        with ThreadPoolExecutor(self._readers) as readers:
            for page in _in_pages(self._results(), _PAGE):
                for job in page:
                    roots.add(os.path.dirname(job.output))
                shares = [page[start : start + _SHARE] for start in range(0, len(page), _SHARE)]
                for share, kinds in zip(shares, readers.map(_look_at_all, shares), strict=True):
                    yield from self._of_results(share, kinds)
        for root in roots if self._below is None else [self._below]:
            yield from self._of_folder(root)

    # ---- every result has its calendar

    def _results(self) -> Iterator[Job]:
        below = None if self._below is None else os.path.join(self._below, "")
        for job in self._ledger.history.current():
            if below is None or str(job.output).startswith(below):
                yield job

    def _of_results(self, jobs: Iterable[Job], kinds: Iterable[FindingKind | None]) -> Iterator[Finding]:
        for job, kind in zip(jobs, kinds, strict=True):
            if kind is None:
                self.sound += 1
            else:
                yield from self._again(job)

    def _again(self, job: Job) -> Iterator[Finding]:
        """Look once more at what did not agree: another process may have been faster than we were."""
        now = self._ledger.history.results([job.output]).get(job.output)
        if now is None:
            return
        kind = _look(now)
        if kind is None:
            self.sound += 1
        elif self._is_running(job.output):
            self.busy += 1
        else:
            yield Finding(kind=kind, path=job.output, job=now.id)

    def _is_running(self, output: Path) -> bool:
        job = self._ledger.history.unfinished([output]).get(output)
        return job is not None and job.state is State.RUNNING

    # ---- every calendar has its result

    def _of_folder(self, root: str) -> Iterator[Finding]:
        shut: list[OSError] = []
        oldest_in_use = next((batch.created for batch in self._ledger.history.batches(1)), math.inf)
        for folder, _, names in os.walk(root, onerror=shut.append):
            files = [Path(folder, name) for name in names if name.lower().endswith((".ics", _TEMPORARY))]
            yield from (_left(path) for path in files if _is_left_behind(path, oldest_in_use))
            for page in _in_pages((path for path in files if path.suffix.lower() == ".ics"), _PAGE):
                known = self._ledger.history.results(page)
                yield from self._of_strangers(path for path in page if path not in known)
        for error in shut:
            if not isinstance(error, FileNotFoundError):
                yield Finding(kind=FindingKind.UNREADABLE, path=Path(error.filename))

    def _of_strangers(self, paths: Iterable[Path]) -> Iterator[Finding]:
        for path in paths:
            if self._is_running(path) or self._ledger.history.results([path]):
                self.busy += 1
            else:
                yield Finding(kind=_author(path), path=path)


class _Roots:
    """Folders, none of which lies in another."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def add(self, folder: str) -> None:
        """Add a folder if it does not lie in one that is there."""
        if not self._is_covered(folder):
            self._found.add(folder)

    def __iter__(self) -> Iterator[str]:
        topmost = (folder for folder in self._found if not self._is_covered(_above(folder)))
        return iter(sorted(topmost, key=os.fsencode))

    def _is_covered(self, folder: str) -> bool:
        while folder and folder not in self._found:
            folder = _above(folder)
        return bool(folder)


def _above(folder: str) -> str:
    """Return the folder a folder lies in, nothing for the topmost of all."""
    above = os.path.dirname(folder)
    return "" if above == folder else above


def _look_at_all(jobs: Iterable[Job]) -> list[FindingKind | None]:
    return [_look(job) for job in jobs]


def _look(job: Job) -> FindingKind | None:
    """Return what is the matter with a result's calendar, None for nothing."""
    try:
        return None if sha256(read_file(job.output, _MOST)) == job.output_sha256 else FindingKind.CHANGED
    except TukscalError:
        return FindingKind.UNREADABLE if os.path.lexists(job.output) else FindingKind.MISSING


def _author(path: Path) -> FindingKind:
    """Tell a calendar tukscal wrote from others."""
    try:
        return FindingKind.UNKNOWN if _OURS in read_file(path, _HEAD) else FindingKind.FOREIGN
    except TukscalError:
        return FindingKind.UNREADABLE


def _left(path: Path) -> Finding:
    return Finding(kind=FindingKind.LEFT, path=path)


def _is_left_behind(path: Path, oldest_in_use: float) -> bool:
    """Tell whether a file is a temporary one from before the newest batch."""
    try:
        return path.name.endswith(_TEMPORARY) and path.lstat().st_mtime < oldest_in_use
    except OSError:
        return False


def _in_pages(values: Iterable[T], size: int) -> Iterator[list[T]]:
    found = iter(values)
    while page := list(islice(found, size)):
        yield page
