"""The state of a file, in a few numbers."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_TEXT = re.compile(r"(\d+)-(-?\d+)-(-?\d+)-(\d+)")  # a time before 1970 is below zero


class Stamp(NamedTuple):
    """What differs after every write or replacement, even if somebody sets the times back."""

    size: int
    mtime_ns: int
    ctime_ns: int
    """Of the last change of the inode, which nobody can set; on Windows of the creation."""
    inode: int
    """0 where numbers mean nothing: in listings on Windows, and on shares whose client makes them up anew."""

    def __str__(self) -> str:
        """Return the text `files.stamp` gives a file in this state."""
        return f"{self.size}-{self.mtime_ns}-{self.ctime_ns}-{self.inode}"

    def is_same(self, other: Stamp) -> bool:
        """Tell whether two looks saw a file in the same state; an inode that is not known counts as the same."""
        return self[:3] == other[:3] and (self.inode == other.inode or not (self.inode and other.inode))

    def is_text(self, text: str) -> bool:
        """Tell whether `text`, which `files.read_stamped` gave, is that of a file in this state."""
        whole = str(self)
        return text == whole if self.inode else text.rpartition("-")[0] == whole.rpartition("-")[0]


def stamp_of(state: os.stat_result, *, numbered: bool = True) -> Stamp:
    """Return the stamp in what the system says about a file."""
    return Stamp(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino if numbered else 0)


def stamp_from(text: str) -> Stamp | None:
    """Return the stamp that `files.stamp` wrote as text; None if it is no such text."""
    found = _TEXT.fullmatch(text)
    return Stamp(*map(int, found.groups())) if found else None
