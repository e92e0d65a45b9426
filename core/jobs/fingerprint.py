"""What a result depends on, as hashes, and which files need not be read again to know that they are the same.

A result depends on a PDF's bytes, the options, the groups chosen for it, the teaching dates, and the versions of what
reads and writes. A file that lies there as it did when it was read is not read again: the kernel notes when it last
changed, in a time that nobody can set back. Where it does not, and where a file had changed just before it was read,
its bytes are read and compared.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

from ... import __version__
from ..calendar.convert import CalendarOptions, TermChoice
from ..errors import TukscalError
from ..ledger import Ledger, Standing
from ..selection.file import MOST_BYTES, SHARED_NAME, locate_selection, own_selection, shared_selection
from ..selection.select import Selection
from ..system.files import FileChange, read_if_there, read_stamped, sha256, stamp_on
from ..system.machine import notes_changes

WARNINGS_HEAD = "tukscal could not use everything in this timetable; compare these rows with the PDF."
_LIBRARIES = ("pypdfium2", "pdfplumber", "icalendar", "holidays")


class PdfSnapshot(NamedTuple):
    """A PDF and what is at its output, looked at in one go; hashes are empty for what cannot be read."""

    sha256: str
    size: int
    stamp: str
    selection: str
    output_sha256: str
    output_stamp: str


NOTHING_SEEN = PdfSnapshot("", 0, "", "", "", "")


def look(files: Sequence[tuple[Path, Path]], most: int, select: bool) -> list[PdfSnapshot]:
    """Return what each pair of PDF and output is; at most one byte more than `most` is read of a PDF.

    `select` tells whether a PDF's own selection file counts.
    """
    shared: dict[Path, str] = {}
    return [_look(source, output, most, shared if select else None) for source, output in files]


def parser_version() -> str:
    """Return the versions of everything that reads PDFs or writes calendars."""
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]
    return ", ".join([f"tukscal {__version__}", *libraries])


def options_digest(options: CalendarOptions, *rest: object) -> str:
    """Return the hash of options; of today only the year counts, since another day is no reason to convert again."""
    plain = asdict(replace(options, today=options.today.replace(month=1, day=1), term=TermChoice()))
    return sha256(repr((plain, options.term.start, options.term.until, *rest)).encode())


def term_digest(choice: TermChoice) -> str:
    """Return the hash of the person's own teaching dates, empty for none; the package's change with its version."""
    files = [choice.file] if choice.file else sorted(choice.folder.glob("up-*.toml")) if choice.folder else []
    contents = [(file.name, read_if_there(file)) for file in files]
    return sha256(repr(contents).encode()) if contents else ""


def selection_digest(selection: Selection) -> str:
    """Return the hash of a selection, whatever it was read from."""
    return sha256(repr(replace(selection, source="")).encode())


def digest(parts: Iterable[str]) -> str:
    """Return one hash for several."""
    return sha256("\0".join(parts).encode("utf-8", "surrogateescape"))


def _look(source: Path, output: Path, most: int, shared: dict[Path, str] | None) -> PdfSnapshot:
    try:
        data, stamp = read_stamped(source, most)
    except TukscalError:
        return NOTHING_SEEN
    selection = "" if shared is None else _selection(source, shared)
    return PdfSnapshot(sha256(data), len(data), stamp, selection, *_digest_and_stamp(output))


def file_digest(path: Path) -> str:
    """Return the hash of a file, empty if it cannot be read."""
    return _digest_and_stamp(path)[0]


def _digest_and_stamp(path: Path) -> tuple[str, str]:
    try:
        data, stamp = read_stamped(path)
    except TukscalError:
        return "", ""
    return sha256(data), stamp


def selection_of(source: Path, select: Path | None) -> str:
    """Return the hash of the selection file for a PDF: the one for all, or its own."""
    return file_digest(select) if select else _selection(source, {})


def _selection(source: Path, shared: dict[Path, str]) -> str:
    """Return the hash of the selection file that belongs to a PDF; `shared` remembers those of whole folders."""
    return _hash_of(locate_selection(source), shared)


def _hash_of(file: Path | None, shared: dict[Path, str]) -> str:
    if file is None:
        return ""
    if file not in shared:
        # A file for many timetables is read more kindly than a PDF's own.
        shared[file] = sha256(_content(file) + (b" shared" if file.name == SHARED_NAME else b""))
    return shared[file]


class SelectionHashes:
    """The hashes of the selection files for PDFs, those for whole folders looked for once."""

    def __init__(self) -> None:
        self._shared: dict[Path, str] = {}
        self._folder = ""
        self._here = ""
        self._any_own = False

    def of(self, source: str) -> str | None:
        """Return the hash of the selection for a PDF that has none of its own; None for one that has.

        The folder's files are listed once, while its PDFs come one after the other.
        """
        if (above := os.path.dirname(source)) != self._folder:
            self._folder, folder = above, Path(above)
            self._here = _hash_of(shared_selection(folder.absolute()), self._shared)
            self._any_own = any(True for _ in folder.glob("*.toml"))
        return None if self._any_own and own_selection(Path(source)) is not None else self._here


def _content(file: Path) -> bytes:
    try:
        return read_stamped(file, MOST_BYTES)[0]
    except TukscalError as error:
        return str(error).encode()


_SETTLED = 10.0  # seconds between a file's last change and its reading: what writes in spurts has ended
_PAGE = 500  # outputs the ledger is asked for at once: they are wanted one after the other
_PAGES = 10  # that are remembered: whoever goes through a folder goes through it twice

SelectionOf = Callable[[str], str | None]
"""Tells the hash of the selection a PDF's result depends on, None if that takes reading."""


class Unchanged:
    """Tells by stamps alone which results stand as recorded; for one thread. Paths are strings, for there are many."""

    def __init__(self, ledger: Ledger, common: tuple[str, str, str], selection_of: SelectionOf) -> None:
        """Look for results of these options, teaching dates and versions."""
        self._ledger = ledger
        self._common = common
        self._selection_of = selection_of
        self._noting: dict[int, bool] = {}
        self._pages: deque[_Page] = deque(maxlen=_PAGES)

    def owner(self, output: str) -> str | None:
        """Return the PDF or list that an output was last made of or is being made of, None if the ledger knows none."""
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
        if not now or now != before:
            return False
        if device not in self._noting:
            self._noting[device] = notes_changes(Path(path))
        return self._noting[device]


class _Page:
    """The results of all outputs from one to another, in the order of their bytes."""

    def __init__(self, first: bytes, standings: dict[str, Standing]) -> None:
        self._first = first
        self._last = os.fsencode(next(reversed(standings))) if len(standings) == _PAGE else None
        self.standings = standings

    def covers(self, output: bytes) -> bool:
        """Tell whether an output that is not among these has no result."""
        return self._first <= output and (self._last is None or output <= self._last)


def _is_settled(there: Standing) -> bool:
    """Tell whether the PDF had not changed for a while when it was last read."""
    read = there.started if there.confirmed is None else there.confirmed
    return read is not None and had_settled(there.source_stamp, read)


def had_settled(stamp: str, read: float) -> bool:
    """Tell whether a file had not changed just before it was `read`, a time in seconds: then its stamp is trusted."""
    parts = stamp.split("-")
    changed = max(int(parts[1]), int(parts[2])) / 1e9 if len(parts) == 4 else float("inf")
    return read - changed >= _SETTLED


# ---- the warnings beside a calendar


def warnings_path(output: Path) -> Path:
    """Return where the warnings about a calendar stand: not in the place of a person's own notes."""
    stem = output.name.removesuffix(output.suffix)
    path = output.with_name(f"{stem}.warnings.txt")
    return path if not os.path.lexists(path) or _is_ours(path) else output.with_name(f"{stem}.tukscal-warnings.txt")


def no_warnings(output: Path) -> list[FileChange]:
    """Return the change that removes the warnings about a calendar, if they are ours."""
    path = warnings_path(output)
    return [FileChange(path, None)] if _is_ours(path) else []


def is_missing(output: Path, problems: int | None) -> bool:
    """Tell whether a calendar some rows of whose PDF could not be used has lost the file that says so."""
    return bool(problems) and not os.path.lexists(warnings_path(output))


def _is_ours(path: Path) -> bool:
    """Tell whether a file is one we wrote; a person's own notes are left alone."""
    try:
        data = read_if_there(path, len(WARNINGS_HEAD) + 1)
    except TukscalError:
        return False
    return data is not None and data.startswith(WARNINGS_HEAD.encode())
