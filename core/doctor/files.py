"""Files: can one be written in a folder, how much fits, and is the ledger sound. Nothing that is there is changed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..errors import InputOutput, TukscalError
from ..ledger import LETTERS, OPEN, State, opening, schema, sql
from ..ledger.store import Habits, Store, suspicion
from ..system import machine
from ..system.sqlite import LEDGER, applied
from ..wording import counted, listed, size
from . import Check, bad, note, ok

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


_PATIENCE = 0.5  # seconds to wait while another program holds it
_LONGEST = 1.5  # seconds to read through it
_OFTEN = 10_000  # steps of SQLite between two looks at the clock
_NAME = "ledger"
_OTHER = "name another ledger with --ledger"


class _Enough(Exception):
    """What was written is to be forgotten."""


class _Alarm:
    """Stops a statement of SQLite when it is time."""

    def __init__(self, end: float) -> None:
        self._end = end
        self.rang = False

    def __call__(self) -> bool:
        self.rang = time.monotonic() >= self._end
        return self.rang


def ledger(path: Path, longest: float = _LONGEST) -> Iterator[Check]:
    """Yield what is to be said about a ledger's file, about its disk, and about damaged ones beside it.

    `longest` is how many seconds it may be read through.
    """
    if path.is_file():
        yield _looked_at(path, longest)
    elif path.exists():
        yield bad(_NAME, f"{path} is not an ordinary file.", f"Move it away, or {_OTHER}.")
    else:
        yield ok(_NAME, f"There is none yet; the first command that needs it makes {path}.")
    yield _disk(path)
    yield from _left_over(path)


def _looked_at(path: Path, longest: float) -> Check:
    try:
        with contextlib.closing(
            Store(path, Habits(clock=time.time, ticks=time.monotonic, patience=_PATIENCE))
        ) as store:
            whole = _read_through(store, longest)
            _write(store)
            return ok(_NAME, f"{path} is {whole} and can be written: {_contents(store)}.")
    except opening.DamageFound:
        advice = "The next command that needs it moves it aside and begins a new one; calendars that were written stay."
        return bad(_NAME, f"{path} is damaged.", advice)
    except InputOutput as error:
        if "in use" not in error.message:
            return bad(_NAME, error.message, error.advice)
        return note(
            _NAME, error.message, f"Run `tukscal doctor` again when the other program has finished, or {_OTHER}."
        )
    except TukscalError as error:
        return bad(_NAME, error.message, error.advice)


def _read_through(store: Store, longest: float) -> str:
    """Read the file as each command does and return in a word how it is; a very large one not to its end.

    Raises mending.DamageFound, NotWritable or InputOutput.
    """
    alarm = _Alarm(time.monotonic() + longest)
    store.connection.set_progress_handler(alarm, _OFTEN)
    try:
        opening.examine(store)
    except (opening.DamageFound, TukscalError, sqlite3.Error):  # what it makes of a statement that was stopped
        if not alarm.rang:
            raise
        return f"sound as far as {longest:g} seconds of reading show"
    finally:
        store.connection.set_progress_handler(None, 0)
    return "sound"


def _write(store: Store) -> None:
    """Begin to write and take it back. Raises NotWritable or InputOutput."""
    with contextlib.suppress(_Enough), store.writing():
        store.run("CREATE TABLE doctor (was INTEGER)")
        raise _Enough


def _contents(store: Store) -> str:
    names = applied(store.connection, LEDGER)
    if len(names) < len(schema.MIGRATIONS):
        return f"version {len(names)} of {len(schema.MIGRATIONS)}, brought up to date by the next command"
    counts = {State(state): int(jobs) for state, jobs in store.rows(sql.COUNT_ALL)}
    waiting, letters = (sum(counts.get(state, 0) for state in states) for states in (OPEN, LETTERS))
    jobs = f"{counted(sum(counts.values()), 'job')}, {waiting:,} of them open and {letters:,} failed for good"
    return f"version {len(names)}, {jobs}, {size(store.path.stat().st_size)}"


def _disk(path: Path) -> Check:
    kind, name = machine.file_system(path), "ledger's disk"
    if kind in machine.LOCAL:
        return ok(name, f"It is a disk of this computer (file system {kind}).")
    what = f"file system {kind}, perhaps a network drive" if kind else "the system does not say what it is"
    advice = "Keep the ledger on a disk of this computer: name one with --ledger. Outputs may be on any drive."
    return note(name, f"It may not be a disk of this computer ({what}): locks may fail there.", advice)


def _left_over(path: Path) -> Iterator[Check]:
    name = "damaged ledgers"
    if suspicion(path).exists():
        advice = "Nothing to do: the next command that needs it reads it through and mends what it finds."
        yield note(name, f"{path} was found damaged while it was in use.", advice)
    found = sorted(file for file in _beside(path) if file.name.startswith(f"{path.name}.damaged-"))
    if found:
        total = size(sum(file.stat().st_size for file in found))
        which = f"{found[0].name} and {len(found) - 1} more" if len(found) > 1 else found[0].name
        advice = "Delete them once no result of that time is missing: nothing reads them."
        yield note(name, f"Moved aside in {path.parent}: {which}, {total}.", advice)


def _beside(path: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from path.parent.iterdir()
