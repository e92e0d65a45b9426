"""Places for files: can one be written there, how much fits, and whose disk it is."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..system import machine
from ..wording import counted, listed, size
from .values import Check, bad, note, ok

_LITTLE, _ENOUGH = 100 * 10**6, 10**9  # bytes
_FEW_FILES, _ENOUGH_FILES = 100, 10_000
_APART = 2.0  # seconds; a memory stick's clock ticks every two


class CheckedFolder(NamedTuple):
    """A folder and what it is for; one that is `made` by tukscal need not be there yet."""

    use: str
    folder: Path
    made: bool = False
    otherwise: str = "choose another folder"
    """What a person can do instead of mending it."""


class FreeSpace(NamedTuple):
    """What fits: bytes, and files where the file system counts them."""

    bytes: int
    files: int | None


def temporary() -> CheckedFolder:
    """Return the folder for temporary files.

    Raises FileNotFoundError if the system has none that can be written.
    """
    return CheckedFolder("temporary files", Path(tempfile.gettempdir()), otherwise="set TMPDIR to another folder")


# ---- writing


def writing(place: CheckedFolder) -> Iterator[Check]:
    """Yield whether files can be written, flushed, renamed and removed in a place, and whether its clock is ours."""
    name, folder = f"folder for {place.use}", standing(place)
    advice = f"Change its permissions, or {place.otherwise}."
    try:
        apart = try_out(folder)
    except PermissionError:
        yield bad(name, f"You may not write in {folder}.", advice)
    except (FileNotFoundError, NotADirectoryError):
        wrong = f"{folder} is not a folder." if os.path.lexists(folder) else f"There is no folder {folder}."
        yield bad(name, wrong, f"Make that folder, or {place.otherwise}.")
    except OSError as error:
        yield bad(name, f"Nothing can be written in {folder}: {error.strerror}.", _mended(error, place))
    else:
        yield ok(name, _written(place, folder))
        if abs(apart) > _APART:
            yield _apart(place, apart)


def standing(place: CheckedFolder) -> Path:
    """Return a place's folder, or for one that tukscal makes the folder it would be made in."""
    folders = [place.folder, *place.folder.absolute().parents] if place.made else [place.folder]
    return next((folder for folder in folders if os.path.lexists(folder)), place.folder)


def try_out(folder: Path, now: Callable[[], float] = time.time) -> float:
    """Write, flush, rename and remove a file; return the seconds by which the folder's clock is before ours.

    Raises OSError.
    """
    before = now()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".tukscal-doctor.", suffix=".tukscal-tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"tukscal doctor\n")
            file.flush()
            os.fsync(file.fileno())
        moved = f"{name[: -len('.tukscal-tmp')]}.renamed.tukscal-tmp"
        os.replace(name, moved)
        name = moved
        written = os.stat(name).st_mtime
        return written - min(max(written, before), now())
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _written(place: CheckedFolder, folder: Path) -> str:
    where = f"{place.folder} can be written" if folder == place.folder else f"{place.folder} can be made"
    kind = machine.file_system(folder)
    if kind is None:
        return f"{where}; the system does not say on what file system."
    if kind in machine.LOCAL:
        return f"{where} (file system {kind})."
    return f"{where} (file system {kind}, perhaps a network drive: new files in it are found by looking, not told)."


def _apart(place: CheckedFolder, apart: float) -> Check:
    before = "ahead of" if apart > 0 else "behind"
    return note(
        f"clock of {place.use}",
        f"The clock of {place.folder} is {abs(apart):,.0f} seconds {before} this computer's.",
        "Let both computers fetch the time from the internet: files would seem older or newer than they are.",
    )


def _mended(error: OSError, place: CheckedFolder) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Free some space there, or {place.otherwise}."
    return f"Make the drive writable or connect it again, or {place.otherwise}."


# ---- room


def room(folder: Path) -> FreeSpace:
    """Return what still fits in a folder.

    Raises OSError.
    """
    free = shutil.disk_usage(folder).free
    if not hasattr(os, "statvfs"):
        return FreeSpace(free, None)
    found = os.statvfs(folder)
    return FreeSpace(free, found.f_favail if found.f_files else None)


def space(places: Iterable[CheckedFolder], measure: Callable[[Path], FreeSpace] = room) -> Iterator[Check]:
    """Yield for each disk what still fits on it, for all places that lie there but missing ones."""
    for uses, folder in _disks(places).items():
        yield _space(listed(uses), folder, measure(folder))


def _disks(places: Iterable[CheckedFolder]) -> Mapping[tuple[str, ...], Path]:
    found: dict[int, list[CheckedFolder]] = {}
    for place in places:
        with contextlib.suppress(OSError):
            found.setdefault(standing(place).stat().st_dev, []).append(place)
    return {tuple(dict.fromkeys(place.use for place in there)): standing(there[0]) for there in found.values()}


def _space(uses: str, folder: Path, left: FreeSpace) -> Check:
    name, files = "space", left.files
    advice = f"Delete what you do not need on the disk of {folder}."
    if left.bytes < _LITTLE:
        return bad(name, f"Only {size(left.bytes)} are free for {uses}: at least {size(_LITTLE)} are needed.", advice)
    if files is not None and files < _FEW_FILES:
        return bad(name, f"Only {counted(files, 'more file')} fit for {uses}, however small.", advice)
    if left.bytes < _ENOUGH:
        return note(name, f"{size(left.bytes)} are free for {uses}.", advice)
    if files is not None and files < _ENOUGH_FILES:
        return note(name, f"{files:,} more files fit for {uses}, however small.", advice)
    more = "" if files is None else f", room for {files:,} files"
    return ok(name, f"{size(left.bytes)} are free for {uses}{more}.")
