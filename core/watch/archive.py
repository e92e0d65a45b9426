"""PDFs that leave the watched folder when they are done with: moved or deleted, and only the very file that was read.

A file may be replaced at any moment by somebody on another computer: what stands there then was never converted. So the
file is opened and looked at right before it goes, which asks the share's server where a listing may be old.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..backoff import Backoff, Pause
from ..errors import InputOutput
from ..system.files import Stamp, flush
from .notes import Fate
from .request import WatchRequest
from .stability import look

_BACKOFF = Backoff(first=60.0, factor=1.0)  # until what could not be put away is tried again

Tell = Callable[[Path, str], None]
"""Takes a file and what could not be done with it, as a sentence."""


class Archive:
    """What becomes of the PDFs of one request, tried again where it does not work."""

    def __init__(
        self, request: WatchRequest, ticks: Callable[[], float], *, gone: Callable[[Path], None], tell: Tell
    ) -> None:
        """`gone` hears of each PDF that was put away, `tell` of each that could not be."""
        self._request = request
        self._gone = gone
        self._tell = tell
        self._left: dict[Path, tuple[Stamp, bool, str]] = {}
        self._pause = Pause(ticks, _BACKOFF)

    def fate(self, *, done: bool) -> Fate:
        """Return what becomes of a PDF that was converted, or failed."""
        return self._request.on_success if done else self._request.on_failure

    def leave(self, source: Path, stamp: Stamp, *, done: bool, told: str = "") -> None:
        """Do with a PDF what is asked for; what cannot be done is told, if it was not `told` yet, and tried again."""
        fate = self.fate(done=done)
        folder = self._request.done_folder if done else self._request.failed_folder
        if fate is Fate.KEEP:
            return
        target = folder / source.relative_to(self._request.source) if fate is Fate.MOVE and folder else None
        try:
            if put_away(source, stamp, target):
                self._gone(source)
        except InputOutput as error:
            if error.message != told:
                self._tell(source, error.message)
            self._left[source] = (stamp, done, error.message)

    def again(self) -> None:
        """Try again what could not be done, now and then."""
        if not self._left or self._pause.left:
            return
        self._pause.begin()
        left, self._left = self._left, {}
        for source, (stamp, done, told) in left.items():
            self.leave(source, stamp, done=done, told=told)


def put_away(source: Path, stamp: Stamp, target: Path | None) -> bool:
    """Move a PDF to `target`, or delete it for None; return False if it is not the one that was converted any more.

    Another file at the target is not written over. Raises InputOutput.
    """
    try:
        if not _is_still(source, stamp):
            return False
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            return _move(source, stamp, _place(target))
        source.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise InputOutput(f"{source} cannot be put away: {error.strerror}.", file=str(source)) from None
    return True


def _is_still(source: Path, stamp: Stamp) -> bool:
    found = look(str(source)).stamp
    return found is not None and found.is_same(stamp)


def _place(target: Path) -> Path:
    """Make an empty file under a name nobody has, `a.pdf`, `a (2).pdf`, ..., which keeps the name for us."""
    candidate, number = target, 1
    while True:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return candidate
        number += 1
        candidate = target.with_name(f"{target.stem} ({number}){target.suffix}")


def _move(source: Path, stamp: Stamp, place: Path) -> bool:
    """Put a file at a place that was kept for it; on another file system the copy lasts before the original goes."""
    moved = False
    try:
        try:
            os.replace(source, place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy(source, place)
            if not _is_still(source, stamp):  # it was replaced meanwhile
                return False
            source.unlink()
        moved = True
        return moved
    finally:
        if not moved:
            with contextlib.suppress(OSError):
                place.unlink()


def _copy(source: Path, place: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".tukscal-tmp")
    os.close(handle)
    try:
        shutil.copy2(source, temporary, follow_symlinks=False)
        flush(Path(temporary))
        os.replace(temporary, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    flush(place)
