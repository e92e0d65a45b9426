"""What a result depends on, as hashes: the same hashes, the same calendar.

A PDF's bytes, the options, the groups chosen for it, the teaching dates, and the versions of what reads and writes.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

from ... import __version__
from ..calendar.convert import CalendarOptions, TermChoice
from ..errors import TukscalError
from ..selection.file import MOST_BYTES, SHARED_NAME, locate_selection, own_selection, shared_selection
from ..selection.select import Selection
from ..system.files import read_if_there, read_stamped, sha256

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
    """Return the hash of options; of today only the year decides anything, and term files are hashed by content."""
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
