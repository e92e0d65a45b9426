"""Folders, files and lists -> the PDFs in them, in an order that does not depend on the disk, each with its output.

Links are not followed and nothing but ordinary files is opened: a link may lead out of the folder or in a circle, a
pipe would be waited for. What is named by a person is taken as it is.

The calendars lie in a tree like the PDFs', under names every system can hold, no two of them the same: two names are
the same file where capitals or the way accents are written do not count, and some names are no files on Windows. A
calendar keeps its place for good, whatever is added beside it: students subscribe to it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
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


_UNFIT = frozenset('<>:"/\\|?*')  # not in names on Windows
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_MOST = 200  # bytes of a name, so that .warnings.txt fits behind it (255 on most systems)

Owner = Callable[[str], str | None]
"""Tells which PDF a calendar was last made of, if any; paths are strings here, for there are many."""


def mirror(group: Iterable[Found], out: str, suffix: str, owner: Owner) -> Iterator[tuple[str, str]]:
    """Yield each PDF of a group with its output below `out`; whoever has a calendar keeps it, else the first has it.

    The group is gone through twice.
    """
    places = Places(out, suffix, owner)
    for one in group:
        places.keep(one)
    for one in group:
        yield one.path, places.output(one)


class Group:
    """PDFs whose calendars go to one folder, in the order of their paths, kept in a few bytes each."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def add(self, place: tuple[str, str], name: tuple[str, str]) -> None:
        """Put a PDF into it: its folder and its place's, its name and its place's."""
        self._names.setdefault(place, []).append(name)

    def __iter__(self) -> Iterator[Found]:
        for place in sorted(self._names, key=lambda place: os.fsencode(os.path.join(place[0], ""))):
            names = self._names[place]
            names.sort(key=lambda name: os.fsencode(name[0]))
            folder, above = os.path.join(place[0], ""), f"{place[1]}/" if place[1] else ""
            for name, placed in names:
                yield Found(folder + name, above + placed)


class PdfsByFolder:
    """PDFs by the folder their calendars go to: only there can two want the same name."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._last: tuple[tuple[str, str], Group] | None = None

    def add(self, found: Found) -> None:
        """Put a PDF into its group."""
        folder, name = os.path.split(found.path)
        above, _, placed = found.place.rpartition("/")
        if self._last is None or self._last[0] != (folder, above):
            key = _key(_folder("", above))
            self._last = (folder, above), self._groups.setdefault(key, Group())
        self._last[1].add(self._last[0], (name, name if placed == name else placed))

    def __iter__(self) -> Iterator[Group]:
        """Yield the groups, and forget each."""
        self._last = None
        while self._groups:
            yield self._groups.pop(next(iter(self._groups)))


def safe_name(name: str) -> str:
    """Return a file name without its suffix that every system can hold; one that had to be changed stays distinct."""
    # What cannot be printed commands a terminal, turns text around or is not UTF-8.
    safe = "".join("_" if letter in _UNFIT or not letter.isprintable() else letter for letter in name).rstrip(". ")
    if not safe.strip("_. ") or _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    while len(os.fsencode(safe)) > _MOST:
        safe = safe[:-1]
    return safe if safe == name else f"{safe}~{_digest(name)}"


def _output(out: str, place: str, suffix: str) -> str:
    above, _, name = place.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    return os.path.join(
        _folder(out, above), safe_name(stem if stem and dot and ending.lower() == "pdf" else name) + suffix
    )


@functools.lru_cache(maxsize=16)
def _folder(out: str, above: str) -> str:
    return os.path.join(out, *(safe_name(part) for part in above.split("/") if part not in ("", ".", "..")))


def _marked(output: str, source: str, suffix: str) -> str:
    return f"{output.removesuffix(suffix)}~{_digest(source)}{suffix}"


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:8]


class Places:
    """The outputs of a folder whose files come one after the other; each keeps its own as long as it is there."""

    def __init__(self, out: str, suffix: str, owner: Owner) -> None:
        """Give places below `out`; `owner` is asked who had one before this process."""
        self._out = out
        self._suffix = suffix
        self._owner = owner
        self._taken: set[str] = set()
        self._outputs: dict[str, str] = {}

    def keep(self, found: Found) -> None:
        """Give a PDF the output it had before, if it had one."""
        plain = _output(self._out, found.place, self._suffix)
        for marked in (False, True):
            output = _marked(plain, found.path, self._suffix) if marked else plain
            if os.path.lexists(output) and self._owner(output) == found.path and _key(output) not in self._taken:
                self._take(found.path, output)
                return

    def output(self, found: Found) -> str:
        """Return a PDF's output: the one it had, else the plain name, unless another PDF that is there has that."""
        if found.path not in self._outputs:
            self.keep(found)
        if found.path not in self._outputs:
            output = _output(self._out, found.place, self._suffix)
            while not self._is_free(output, found.path):
                output = _marked(output, found.path, self._suffix)
            self._take(found.path, output)
        return self._outputs[found.path]

    def _take(self, source: str, output: str) -> None:
        self._outputs[source] = output
        self._taken.add(_key(output))

    def output_of(self, path: str) -> str | None:
        """Return the output a PDF was given, None if none was."""
        return self._outputs.get(path)

    def forget(self, path: str) -> None:
        """Let another have the output of a PDF that is gone."""
        output = self._outputs.pop(path, None)
        if output is not None:
            self._taken.discard(_key(output))

    def _is_free(self, wanted: str, source: str) -> bool:
        if _key(wanted) in self._taken:
            return False
        owner = self._owner(wanted)
        return owner is None or owner == source or not os.path.lexists(owner)


def _key(output: str) -> str:
    return unicodedata.normalize("NFC", output).casefold()
