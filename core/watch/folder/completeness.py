"""Is a PDF there to its end? A copy that pauses, or whose room was reserved at once, stands still and is not whole.

Readers look for the end anywhere in the last kilobytes and forgive what follows it. Here a file is to be told from one
that is still coming, so little is forgiven: whoever calls waits longer for a file that never becomes whole, and then
lets the converter judge it.
"""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from ...system.files import Stamp, stamp_of

_HEAD = 1024  # readers find %PDF- in here
_TAIL = 2048
# White space, a NUL not among it: room that was reserved holds zeros. Ctrl-Z ended files once.
_END = re.compile(rb"startxref\s+(\d{1,15})\s+(?:%[^\r\n]*\s+)?%%EOF[ \t\r\n\f\x1a]*\Z")
_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Look(NamedTuple):
    """A file's state, as told by the file itself and not by a listing, which a share may have kept from before."""

    stamp: Stamp | None
    """None if there is no ordinary file."""
    whole: bool = False


def look(path: str) -> Look:
    """Open a file and look at its end; one that may not be opened is not whole."""
    try:
        handle = os.open(path, os.O_RDONLY | _AT_ONCE)
    except OSError:
        return _closed(path)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            return Look(None)
        whole = _is_whole(handle, state.st_size)
        after = os.fstat(handle)  # what changed while it was looked at is told by its new stamp
        return Look(stamp_of(after), whole and stamp_of(after) == stamp_of(state))
    except OSError:
        return _closed(path)
    finally:
        os.close(handle)


def _closed(path: str) -> Look:
    try:
        state = os.lstat(path)
    except OSError:
        return Look(None)
    return Look(stamp_of(state) if stat.S_ISREG(state.st_mode) else None)


def _is_whole(handle: int, size: int) -> bool:
    start = _read(handle, 0, _HEAD).find(b"%PDF-")
    end = _END.search(_read(handle, max(0, size - _TAIL), _TAIL))
    if start < 0 or end is None:
        return False
    # What stands before the PDF may be counted or not.
    tables = (_read(handle, int(end[1]) + before, 32) for before in {0, start})
    return any(map(_TABLE.match, tables)) and not _has_hole(handle, size)


def _read(handle: int, start: int, size: int) -> bytes:
    os.lseek(handle, start, os.SEEK_SET)
    return os.read(handle, size)


def _has_hole(handle: int, size: int) -> bool:
    """Tell whether a piece was reserved and never written, where the file system knows."""
    hole = getattr(os, "SEEK_HOLE", None)
    try:
        return hole is not None and os.lseek(handle, 0, hole) < size
    except OSError:
        return False
