"""Files are read completely, and written completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import InputOutput, NoSuchFile, NotWritable, TukscalError

_SUFFIX = ".tukscal-tmp"
_NAMES = ("ENOSPC", "EDQUOT", "EROFS", "EIO", "ENODEV", "ENXIO", "ESTALE", "EHOSTDOWN", "ENOTCONN")
_NO_ROOM = frozenset(number for name in _NAMES if (number := getattr(errno, name, None)) is not None)


def sha256(data: bytes) -> str:
    """Return the hexadecimal digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Return a file's bytes, at most `limit` + 1, enough to know that the file is too large.

    Raises NoSuchFile or InputOutput.
    """
    return read_stamped(path, limit)[0]


def read_stamped(path: Path, limit: int | None = None) -> tuple[bytes, str]:
    """Return a file's bytes as read_file does, with the stamp of the file they were read from."""
    try:
        if path.is_dir():
            raise NoSuchFile(f"{path} is a folder, not a file.", advice="Name the PDF itself.", file=str(path))
        with open(path, "rb", opener=_open_at_once) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise NoSuchFile(f"{path} is not an ordinary file.", file=str(path))
            return file.read() if limit is None else file.read(limit + 1), str(stamp_of(state))
    except (FileNotFoundError, ValueError):
        raise NoSuchFile(f"There is no file {path}.", file=str(path)) from None
    except PermissionError:
        raise NoSuchFile(f"You may not read {path}.", advice="Change its permissions.", file=str(path)) from None
    except OSError as error:
        if stat.S_ISSOCK(_mode_of(path)):
            raise NoSuchFile(f"{path} is not an ordinary file.", file=str(path)) from None
        raise InputOutput(f"{path} cannot be read: {error.strerror}.", file=str(path)) from None


def stamp(path: Path) -> str:
    """Return a text that changes whenever a file is written or replaced; empty if there is no file."""
    return stamp_on(path)[0]


def stamp_on(path: str | Path) -> tuple[str, int]:
    """Return a file's stamp and its device number; empty and 0 if there is no file."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return "", 0
    return str(stamp_of(state)), state.st_dev


class Stamp(NamedTuple):
    """What differs after every write or replacement, even if the times are set back."""

    size: int
    mtime_ns: int
    ctime_ns: int
    """Of the last change of the inode, which nobody can set; on Windows of the creation."""
    inode: int
    """0 where numbers mean nothing: in listings on Windows, and on shares whose client makes them up anew."""

    def __str__(self) -> str:
        """Return the text that the ledger stores."""
        return f"{self.size}-{self.mtime_ns}-{self.ctime_ns}-{self.inode}"

    def is_same(self, other: Stamp) -> bool:
        """Tell whether two stamps are of a file in the same state; an unknown inode counts as the same."""
        return self[:3] == other[:3] and (self.inode == other.inode or not (self.inode and other.inode))

    def is_text(self, text: str) -> bool:
        """Tell whether `text`, which `read_stamped` gave, is that of a file in this state."""
        whole = str(self)
        return text == whole if self.inode else text.rpartition("-")[0] == whole.rpartition("-")[0]


def stamp_of(state: os.stat_result, *, numbered: bool = True) -> Stamp:
    """Return the stamp from a file's stat result."""
    return Stamp(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino if numbered else 0)


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for a writer, as opening a pipe would."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_if_there(path: Path, limit: int | None = None) -> bytes | None:
    """Return a file's bytes, or None if there is no such file; `limit` as for read_file."""
    try:
        return read_file(path, limit)
    except (NoSuchFile, InputOutput):
        if os.path.lexists(path):  # it is there, but cannot be read, or is no file
            raise
        return None


def is_no_file(path: Path) -> bool:
    """Return whether a path exists but is not a regular file; a dangling link counts.

    One question, not two: a file that disappears between two would be taken for something else. Raises OSError.
    """
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return os.path.islink(path)


def leads_out(folder: str, top: str) -> bool:
    """Return whether a link leads from a folder below another to somewhere outside it."""
    if folder == top:
        return False
    real, root = os.path.realpath(folder), os.path.realpath(top)
    return real != root and not real.startswith(os.path.join(root, ""))


def check_folder(path: Path) -> None:
    """Refuse an output path that cannot be a file, or whose folder is missing or not writable.

    Raises NotWritable.
    """
    folder = path.parent
    try:
        if not folder.is_dir():
            raise FolderGone(f"There is no folder {folder}.", file=str(path))
        if path.is_dir():
            raise NotWritable(f"{path} is a folder.", advice="Name a file with -o.", file=str(path))
        if is_no_file(path):
            raise NotWritable(f"{path} is not an ordinary file.", file=str(path))
    except OSError as error:  # a name that is too long, a folder nobody may look into
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", file=str(path)) from None
    if not os.access(folder, os.W_OK):
        raise FolderGone(f"You may not write in {folder}.", file=str(path))


def write_file(path: Path, data: bytes) -> None:
    """Write a file atomically: whatever happens, it is either the old one or the new one.

    A temporary file in the same folder is flushed to disk and renamed; then the folder is flushed. Raises NotWritable
    or InputOutput.
    """
    for error in change_files([FileChange(path, data)]).values():
        raise error


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file as `write_file` does, with one piece in memory at a time.

    Raises NotWritable or InputOutput, and whatever making the pieces raises.
    """
    check_folder(path)
    remove_left_behind([path])
    target = _target(path)
    try:
        temporary = _fill(target, pieces)
        try:
            os.replace(temporary, target)
        except BaseException:
            _discard(temporary)
            raise
    except PermissionError:
        raise NotWritable(f"You may not write {path}.", file=str(path)) from None
    except OSError as error:
        raise InputOutput(f"{path} cannot be written: {error.strerror}.", file=str(path)) from None
    _sync_folder(target.parent)


class NoRoom(InputOutput):
    """The disk is full, missing or read-only: no other file can be written there either."""


class FolderGone(NotWritable):
    """The folder of an output is missing or not writable."""


class FileChange(NamedTuple):
    """A file and its wanted contents; None to remove it."""

    path: Path
    data: bytes | None


def change_files(
    changes: Sequence[FileChange], may: Callable[[], TukscalError | None] | None = None
) -> dict[FileChange, TukscalError]:
    """Write or remove files, each as `write_file` does, and return the errors of those that could not be.

    All are flushed before the first takes its name, and each folder is flushed once. A file that holds the right bytes
    already is left alone. `may` is asked before each takes its name, and returns why it must not.
    """
    errors: dict[FileChange, TukscalError] = {}
    temporary: dict[FileChange, str | None] = {}
    try:
        for change in changes:
            with _named(change, errors):
                if not _is_so(change):
                    temporary[change] = _prepare(change)
        for change, name in list(temporary.items()):
            with _named(change, errors):
                if may is not None and (error := may()) is not None:
                    raise error
                _put(change, name)
                del temporary[change]
    finally:
        for name in temporary.values():
            _discard(name)
    for folder in {change.path.parent: None for change in changes if change not in errors}:
        _sync_folder(folder)
    return errors


def temporary_prefix(path: Path) -> str:
    """Return the prefix of a file's temporary files; a killed process leaves one behind."""
    return f".{path.name[:40]}.{sha256(os.fsencode(path.name))[:8]}."


def remove_left_behind(paths: Iterable[Path]) -> None:
    """Remove the temporary files of outputs that a killed process left behind."""
    for folder, prefixes in _by_folder(paths).items():
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                if name.startswith(tuple(prefixes)) and name.endswith(_SUFFIX):
                    _discard(str(folder / name))


def _by_folder(paths: Iterable[Path]) -> dict[Path, list[str]]:
    folders: dict[Path, list[str]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(temporary_prefix(path))
    return folders


@contextlib.contextmanager
def _named(change: FileChange, errors: dict[FileChange, TukscalError]) -> Iterator[None]:
    path = change.path
    try:
        yield
    except TukscalError as error:
        errors[change] = error
    except PermissionError:
        errors[change] = NotWritable(f"You may not write {path}.", file=str(path))
    except OSError as error:
        kind = NoRoom if error.errno in _NO_ROOM else InputOutput
        errors[change] = kind(f"{path} cannot be written: {error.strerror}.", file=str(path))


def _is_so(change: FileChange) -> bool:
    """Tell whether a file already has its wanted contents."""
    if change.data is None:
        return not os.path.lexists(change.path)
    try:
        if change.path.stat().st_size != len(change.data):
            return False
        return change.path.read_bytes() == change.data
    except (OSError, ValueError):
        return False


def _prepare(change: FileChange) -> str | None:
    """Return the name of a flushed temporary file that holds a change's data, None for a removal."""
    if change.data is None:
        return None
    check_folder(change.path)
    return _fill(_target(change.path), [change.data])


def _fill(target: Path, pieces: Iterable[bytes]) -> str:
    """Return the name of a flushed temporary file beside `target` that holds the pieces."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=temporary_prefix(target), suffix=_SUFFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
    except BaseException:
        _discard(temporary)
        raise
    return temporary


def _put(change: FileChange, temporary: str | None) -> None:
    if temporary is None:
        change.path.unlink(missing_ok=True)
    else:
        os.replace(temporary, _target(change.path))


def _target(path: Path) -> Path:
    """Return the file to replace: a link stays, its target is replaced."""
    return path.resolve() if path.is_symlink() else path


def _mode(path: Path) -> int:
    """Return the permissions of the file to be replaced, else those the umask gives a new one."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut where a folder can be flushed: not on Windows, not on every share.

    The file already has its name, so no error here may report it as unwritten.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def flush(path: Path) -> None:
    """Make a file that another program wrote survive a power cut, with its name."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(path.parent)


def _discard(temporary: str | None) -> None:
    if temporary is not None:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
