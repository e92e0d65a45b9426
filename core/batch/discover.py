"""Folders, files and lists -> the PDFs in them, in an order that does not depend on the disk.

Links are not followed and nothing but ordinary files is opened: a link may lead out of the folder or in a circle, a
pipe would be waited for. What is named by a person is taken as it is.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

INCLUDE = ("*.pdf",)
# Half-written or foreign: editors, macOS, Windows, Office, browsers, Syncthing, Dropbox.
_PASSING = re.compile(
    r"\.|~\$|.*\.(part|crdownload|tmp|partial|filepart)$|.*~$|.*\.sync-conflict-|.*conflicted copy", re.IGNORECASE
)
_PASSING_FOLDER = re.compile(
    r"\.|.*\.(download|part|partial|tmp)$|[#$]recycle(\.bin)?$|[~#@]snapshot$|@eadir$|lost\+found$|"
    r"system volume information$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatterns:
    """Which files of a folder: patterns such as *.pdf for names, or 2026/*.pdf for paths; capitals do not count."""

    include: tuple[str, ...] = INCLUDE
    exclude: tuple[str, ...] = ()


class Found(NamedTuple):
    """A PDF and its place below the folder it was found in, which its calendar takes below the output folder.

    Both are strings, for there may be a hundred thousand: as Path objects they would cost more than looking at them.
    """

    path: str
    place: str
    """Its parts joined by "/", on every system."""


class Skipped(NamedTuple):
    """A file or folder that is left out, and why; `bad` if somebody expects a calendar of it."""

    path: Path
    reason: str
    bad: bool = False
    calendars: int = 0
    """How many calendars have no place to go to, though their source could be read."""


def discover(
    sources: Iterable[Path], wanted: FilePatterns, leave_out: Iterable[Path] = ()
) -> Iterator[Found | Skipped]:
    """Yield the PDFs of folders, at any depth, and of files, each once; nothing of the folders to leave out.

    With several folders, places begin with the folder's name.
    """
    sources = [Path(os.path.abspath(source)) for source in sources]
    folders = [source for source in dict.fromkeys(sources) if source.is_dir()]
    matches = Matches(wanted)
    excluded = frozenset(Path(os.path.abspath(folder)) for folder in leave_out) - set(folders)
    seen: set[str | Path] = set()
    for source in dict.fromkeys(sources):
        if source not in folders:
            found: Iterable[Found | Skipped] = [_named(source)]
        else:
            top = source.name if len(folders) > 1 else ""
            found = _walk(source, top, matches, excluded)
        for one in found:
            if one.path not in seen:
                seen.add(one.path)
                yield one


def is_passing(name: str) -> bool:
    """Tell whether a name is that of a hidden, half-written or otherwise passing file."""
    return _PASSING.match(name) is not None


def is_passing_folder(name: str) -> bool:
    """Tell whether a name is that of a folder of systems and network drives: bins, snapshots, half-written bundles."""
    return _PASSING_FOLDER.match(name) is not None


class Matches:
    """Patterns, ready to be asked about places below a folder."""

    def __init__(self, wanted: FilePatterns) -> None:
        self._include = _any_of(wanted.include)
        self._exclude = _any_of(wanted.exclude)

    def wanted(self, place: str) -> bool:
        """Tell whether a file is wanted; parts of places are joined by "/"."""
        return _matches(self._include, place) and not self.excluded(place)

    def excluded(self, place: str) -> bool:
        """Tell whether a file or folder is to be left out."""
        return _matches(self._exclude, place)


def _any_of(patterns: Iterable[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches the patterns for names and those for paths; "(?!)" matches nothing."""
    patterns = [pattern.casefold().replace(os.sep, "/").removesuffix("/") for pattern in patterns]
    names = [translate(pattern) for pattern in patterns if "/" not in pattern]
    paths = [translate(pattern.removeprefix("/")) for pattern in patterns if "/" in pattern]
    return re.compile("|".join(names) or "(?!)"), re.compile("|".join(paths) or "(?!)")


def _matches(patterns: tuple[re.Pattern[str], re.Pattern[str]], place: str) -> bool:
    names, paths = patterns
    place = place.casefold()
    return bool(names.match(place.rpartition("/")[2]) or paths.match(place))


def _named(path: Path) -> Found | Skipped:
    """Return a file a person named; a link too, for they meant what it points to."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Skipped(path, "it is not there", bad=True)
    except OSError as error:
        return Skipped(path, f"it cannot be read: {error.strerror}", bad=True)
    if not stat.S_ISREG(mode):
        return Skipped(path, "it is not an ordinary file", bad=True)
    return Found(str(path), path.name)


def _walk(top: Path, place: str, matches: Matches, leave_out: frozenset[Path]) -> Iterator[Found | Skipped]:
    below = [(str(top), f"{place}/" if place else "")]
    while below:
        folder, above = below.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Skipped(Path(folder), f"the folder cannot be read: {error.strerror}", bad=True)
            continue
        deeper = []
        for entry in listed:
            inside = above + entry.name
            if _is_folder(entry):
                if (
                    Path(entry.path) not in leave_out
                    and not is_passing_folder(entry.name)
                    and not matches.excluded(inside)
                ):
                    deeper.append((entry.path, f"{inside}/"))
            elif matches.wanted(inside):
                reason = _reason(entry)
                yield Skipped(Path(entry.path), reason) if reason else Found(entry.path, inside)
        below += reversed(deeper)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _reason(entry: os.DirEntry[str]) -> str:
    """Return why a file of a folder is left out; empty for none."""
    if is_passing(entry.name):
        return "a hidden or half-written file"
    try:
        if entry.is_symlink():
            return "a link"
        return "" if entry.is_file(follow_symlinks=False) else "not an ordinary file"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def is_removed(source: Path, top: Path) -> bool:
    """Tell whether a file of a folder is not there, and not because a file system is not mounted.

    That leaves an empty folder.
    """
    above = source.parent
    while above != top and not above.is_dir():
        above = above.parent
    try:
        return not os.path.lexists(source) and bool(os.listdir(above))
    except OSError:
        return False
