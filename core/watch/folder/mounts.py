"""Where a folder is: its device and number, and what is mounted there, by which a share is known again.

A share that is not mounted leaves an empty folder behind, into which nothing may be written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ...batch.plan import make_folder
from ...errors import InputOutput
from ...system.machine import LOCAL, file_system

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


class OutPlace:
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
