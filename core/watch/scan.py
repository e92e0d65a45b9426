"""Where a folder is, by which a share is known again, and what is in it: all of it, or single files.

Paths are strings: ten thousand Path objects would cost more than the look. Links are not followed, nothing but ordinary
files is taken and nothing is opened but folders. A share that was unmounted leaves an empty folder behind, and files
nobody removed are not gone: such a look has an error, and is never an empty one; nor may anything be written there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..batch.discover import FilePatterns, Matches, Skipped, is_passing, is_passing_folder
from ..batch.plan import make_folder
from ..errors import InputOutput
from ..system.files import Stamp, stamp_of
from ..system.machine import LOCAL, file_system

# Other clients may make numbers up and forget them: the same file has another one after a while.
_NUMBERED = LOCAL | {"nfs", "nfs4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A folder's place on a file system.

    A share that is mounted again may have another device number; it is the same one if it is mounted at the same place
    with the same type.
    """

    device: int
    inode: int
    mount: str
    """The folder the file system is mounted at."""
    kind: str
    """The file system's type; empty if unknown."""
    volume: int = 0
    """The file system's own number, which differs between two disks of one type; 0 if unknown."""

    @property
    def numbered(self) -> bool:
        """Whether a file keeps its inode number here."""
        return self.kind in _NUMBERED

    def is_at(self, folder: str, state: os.stat_result) -> bool:
        """Tell whether a folder, of which the system says `state`, is the very same folder.

        Device numbers are given again, and the topmost folders of all disks have the same one.
        """
        return (state.st_dev, state.st_ino, _volume(folder)) == (self.device, self.inode, self.volume)

    def is_same(self, other: Home) -> bool:
        """Tell whether it is the same folder of the same disk or share, whatever device number that has now.

        A disk of this computer without a number of its own is the same as long as it is mounted.
        """
        mine, others = ((one.inode, one.mount, one.kind, one.volume) for one in (self, other))
        return mine == others and bool(self.volume or self.kind not in LOCAL or self.device == other.device)

    def replaced_by(self, now: Home) -> bool:
        """Tell whether another file system is there now, in place of this one.

        One that was mounted over it, as when a share comes after the daemon, is no loss: it is what was meant.
        """
        if (now.mount, now.kind) == (self.mount, self.kind):
            return False
        return now.mount == self.mount or not Path(now.mount).is_relative_to(self.mount)

    def __str__(self) -> str:
        return f"the {self.kind or 'unknown'} file system at {self.mount}"


def home_of(folder: str, state: os.stat_result) -> Home:
    """Return where a folder is; `state` is what the system says about it."""
    place = os.path.realpath(folder)
    while not os.path.ismount(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    kind = file_system(Path(folder)) or ""
    return Home(device=state.st_dev, inode=state.st_ino, mount=place, kind=kind, volume=_volume(folder))


def _volume(folder: str) -> int:
    try:
        return os.statvfs(folder).f_fsid
    except (OSError, AttributeError):  # Windows has none
        return 0


class OutputFolder:
    """The output folder, known again by what is mounted there."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if there is none. Raises NotWritable."""
        self._folder = folder
        make_folder(folder)
        self._home = self._now()

    def renewed(self) -> bool:
        """Tell whether the folder is another one than at the last call, which was made anew or mounted again.

        One that was removed is made again. Raises InputOutput if its file system is not mounted, NotWritable if it
        cannot be made.
        """
        try:
            if self._home.is_at(str(self._folder), os.stat(self._folder)):
                return False
        except FileNotFoundError:
            self._check(_would_be(self._folder))
            make_folder(self._folder)
        except OSError as error:
            raise self._away(error.strerror) from None
        now = self._now()
        self._check(now)
        self._home = now
        return True

    def _now(self) -> Home:
        try:
            return home_of(str(self._folder), os.stat(self._folder))
        except OSError as error:
            raise self._away(error.strerror) from None

    def _check(self, now: Home) -> None:
        if self._home.replaced_by(now):
            raise InputOutput(f"{self._folder} is on {now} and was on {self._home}: its file system is not mounted.")

    def _away(self, why: str | None) -> InputOutput:
        return InputOutput(f"The folder {self._folder} cannot be reached: {why}.", file=str(self._folder))


def _would_be(folder: Path) -> Home:
    """Return where a folder that is missing would be: the home of the nearest one above it."""
    above = folder.parent
    while not above.is_dir() and above != above.parent:
        above = above.parent
    return home_of(str(above), os.stat(above))


# A folder that became a link since it was listed is not entered.
_FOLDER, _NO_LINK = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0), getattr(os, "O_NOFOLLOW", 0)
_BREATH = 16  # files; on a share that sleeps each may take a second
T = TypeVar("T")
_BY_HANDLE = os.scandir in os.supports_fd


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a look saw."""

    files: Mapping[str, Stamp] = field(default_factory=dict)
    """Ordinary files that are wanted, by absolute path."""
    skipped: tuple[Skipped, ...] = ()
    """Wanted names that are no ordinary files, and folders that cannot be read."""
    unseen: tuple[str, ...] = ()
    """Files and folders that are there, for all we know, and could not be looked at: nothing below them is gone."""
    asked: frozenset[str] | None = None
    """The files looked at; None for all of the folder."""
    error: str = ""
    """Why the folder cannot be looked at, as a sentence; then nothing else is known."""


class Scanner:
    """Looks at one folder, and knows it again."""

    def __init__(
        self,
        root: Path,
        wanted: FilePatterns,
        *,
        known: Home | None = None,
        mounts: Iterable[str] = (),
        breathe: Callable[[], object] = int,
    ) -> None:
        """Look at `root`.

        `known` is where an earlier process saw it, and `mounts` are folders in it where other file systems were mounted
        then: with that, a share that is not mounted yet is not taken for empty.
        `breathe` is called again and again during a look, which on a slow share may take minutes.
        """
        self.root = os.path.abspath(root)
        self.home = known
        """Where the folder is; None before the first look that worked."""
        self._breathe = breathe
        self._matches = Matches(wanted)
        self.mounts: set[str] = set(mounts)
        """Folders in it where other file systems are, or were, mounted."""
        self._last: Mapping[str, Stamp] = {}

    def scan(self) -> Scan:
        """Look at all of the folder."""
        scan = self._looked_at(self._walk)
        if not scan.error:
            self._last = scan.files
        return scan

    def look(self, paths: Iterable[str]) -> Scan:
        """Look at some files only; what is not wanted or not below the folder is not looked at."""
        asked = frozenset(filter(self.cares, paths))

        def each(home: Home) -> _Seen:
            seen = _Seen({}, [], [], home.numbered)
            for path in self._breathing(asked):
                _take(path, partial(os.lstat, path), seen)
            return seen

        return self._looked_at(each, asked)

    def cares(self, path: str) -> bool:
        """Tell whether a look would take a file of this path, if it were there; any thread may ask."""
        if not path.startswith(self.root.rstrip(os.sep) + os.sep):
            return False
        *folders, name = path.removeprefix(self.root).lstrip(os.sep).split(os.sep)
        place = ""
        for part in folders:
            place += part
            if not self._enters(part, place):
                return False
            place += "/"
        return self._wants(name, place)

    # ---- parts

    def _looked_at(self, find: Callable[[Home], _Seen], asked: frozenset[str] | None = None) -> Scan:
        try:
            home = self._at_home()
            seen = find(home)
            if self._at_home() is not home:
                raise _Away(f"{self.root} was replaced or mounted again while it was looked at.")
        except _Away as error:
            return Scan(error=str(error), asked=asked)
        return Scan(files=seen.files, skipped=tuple(seen.skipped), unseen=tuple(seen.unseen), asked=asked)

    def _wants(self, name: str, above: str) -> bool:
        return self._matches.wanted(above + name) and not is_passing(name)

    def _enters(self, name: str, place: str) -> bool:
        return not (is_passing_folder(name) or self._matches.excluded(place))

    def _at_home(self) -> Home:
        """Return where the folder is, which is where it was before. Raises _Away."""
        with _translated(self.root):
            state = os.stat(self.root)
            if not stat.S_ISDIR(state.st_mode):
                raise _Away(f"{self.root} is not a folder.")
            if self.home is None or not self.home.is_at(self.root, state):
                self.home = self._moved(home_of(self.root, state))
            return self.home

    def _moved(self, now: Home) -> Home:
        """Return the home of a folder that was mounted again or made anew. Raises _Away for another one's."""
        before = self.home
        if before and before.replaced_by(now):
            raise _Away(
                f"{self.root} is on {now} and was on {before}: what was mounted there is gone. "
                "If it is meant to be where it is now, start the daemon once with --moved."
            )
        if before and now.device == before.device and self._last and not os.listdir(self.root):
            raise _Away(f"{self.root} is another folder now, an empty one: what was there may come back.")
        return now

    def _walk(self, home: Home) -> _Seen:
        seen, below = _Seen({}, [], [], home.numbered), [(self.root, "")]
        while below:
            folder, above = below.pop()
            try:
                below += self._list(folder, above, home, seen)
            except OSError as error:
                if folder == self.root:
                    raise _Away(f"The folder {folder} cannot be read: {error.strerror}.") from None
                if not isinstance(error, FileNotFoundError | NotADirectoryError):
                    seen.unseen.append(folder)
                    seen.skipped.append(Skipped(Path(folder), f"the folder cannot be read: {error.strerror}", bad=True))
        return seen

    def _list(self, folder: str, above: str, home: Home, seen: _Seen) -> list[tuple[str, str]]:
        """Look at what is in one folder; return the folders to enter, each with its place and a slash."""
        deeper = []
        prefix = os.path.join(folder, "")
        with _opened(folder, follow=folder == self.root) as (entries, device):
            self._check_mount(folder, seen, inside=device == home.device)
            for entry in self._breathing(entries):
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if self._enters(entry.name, above + entry.name):
                        deeper.append((path, f"{above}{entry.name}/"))
                # What was wanted the last time need not be asked again, which takes longer than the look.
                elif path in self._last or self._wants(entry.name, above):
                    _take(path, partial(entry.stat, follow_symlinks=False), seen)
        return deeper

    def _breathing(self, items: Iterable[T]) -> Iterator[T]:
        for number, item in enumerate(items):
            if number % _BREATH == 0:
                self._breathe()
            yield item

    def _check_mount(self, folder: str, seen: _Seen, *, inside: bool) -> None:
        """Remember the file systems mounted below the folder; where one is not mounted any more, nothing is gone."""
        if inside and folder in self.mounts:
            seen.unseen.append(folder)
            seen.skipped.append(Skipped(Path(folder), "what was mounted there is gone", bad=True))
        elif not inside and os.path.ismount(folder):
            self.mounts.add(folder)


class _Away(Exception):
    """The folder cannot be looked at."""


class _Seen(NamedTuple):
    files: dict[str, Stamp]
    skipped: list[Skipped]
    unseen: list[str]
    numbered: bool


@contextmanager
def _translated(folder: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise _Away(f"The folder {folder} is not there.") from None
    except OSError as error:
        raise _Away(f"The folder {folder} cannot be read: {error.strerror}.") from None


@contextmanager
def _opened(folder: str, *, follow: bool) -> Iterator[tuple[list[os.DirEntry[str]], int]]:
    """Yield a folder's entries, not sorted, and its device; a link is followed only if a person named it."""
    if not _BY_HANDLE:
        with os.scandir(folder) as entries:
            yield list(entries), os.stat(folder).st_dev
        return
    handle = os.open(folder, _FOLDER | (0 if follow else _NO_LINK))
    try:
        with os.scandir(handle) as entries:
            yield list(entries), os.fstat(handle).st_dev
    finally:
        os.close(handle)


def _take(path: str, state_of: Callable[[], os.stat_result], seen: _Seen) -> None:
    try:
        state = state_of()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        seen.unseen.append(path)
        return
    if stat.S_ISREG(state.st_mode):
        seen.files[path] = stamp_of(state, numbered=seen.numbered)
    elif not stat.S_ISDIR(state.st_mode):
        seen.skipped.append(Skipped(Path(path), "a link" if stat.S_ISLNK(state.st_mode) else "not an ordinary file"))
