"""Where OUT is: a share that is not mounted leaves an empty folder behind, into which nothing may be written."""

from __future__ import annotations

import os
from pathlib import Path

from ..batch import make_folder
from ..errors import InputOutput
from .home import Home, home_of


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
