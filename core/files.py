"""Files: read whole, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from .errors import InputOutput, NoSuchFile, NotWritable


def sha256(data: bytes) -> str:
    """Return the hexadecimal digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Return a file's bytes, at most one more than `limit`, which is enough to know that it is too large.

    Raises NoSuchFile or InputOutput.
    """
    try:
        if path.is_dir():
            raise NoSuchFile(f"{path} is a folder, not a file.", advice="Name the PDF itself.", file=str(path))
        if not path.is_file() and path.exists():
            raise NoSuchFile(f"{path} is not an ordinary file.", file=str(path))
        with path.open("rb") as file:
            return file.read() if limit is None else file.read(limit + 1)
    except (FileNotFoundError, ValueError):
        raise NoSuchFile(f"There is no file {path}.", file=str(path)) from None
    except PermissionError:
        raise NoSuchFile(f"You may not read {path}.", advice="Change its permissions.", file=str(path)) from None
    except OSError as error:
        raise InputOutput(f"{path} cannot be read: {error.strerror}.", file=str(path)) from None


def read_if_there(path: Path, limit: int | None = None) -> bytes | None:
    """Return a file's bytes, or None if there is no such file; `limit` as for read_file."""
    return read_file(path, limit) if os.path.lexists(path) else None


def check_folder(path: Path) -> None:
    """Refuse an output path that is no place for a file, or whose folder is missing or may not be written to.

    Raises NotWritable.
    """
    folder = path.parent
    try:
        if not folder.is_dir():
            raise NotWritable(f"There is no folder {folder}.", file=str(path))
        if path.is_dir():
            raise NotWritable(f"{path} is a folder.", advice="Name a file with -o.", file=str(path))
        if os.path.lexists(path) and not path.is_file():
            raise NotWritable(f"{path} is not an ordinary file.", file=str(path))
    except OSError as error:  # a name that is too long, a folder nobody may look into
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", file=str(path)) from None
    if not os.access(folder, os.W_OK):
        raise NotWritable(f"You may not write in {folder}.", file=str(path))


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is either the old or the new one, whatever happens.

    A temporary file in the same folder is flushed to the disk and takes the name; then the folder is flushed. Raises
    NotWritable or InputOutput.
    """
    check_folder(path)
    path = path.resolve() if path.is_symlink() else path  # the link stays, what it points to is replaced
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except PermissionError:
        _discard(temporary)
        raise NotWritable(f"You may not write {path}.", file=str(path)) from None
    except OSError as error:
        _discard(temporary)
        raise InputOutput(f"{path} cannot be written: {error.strerror}.", file=str(path)) from None
    except BaseException:
        _discard(temporary)
        raise


def _mode(path: Path) -> int:
    """Return the permissions of the file to be replaced, else what the person's umask gives a new one."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where a folder can be flushed: not on Windows, not on every share.

    The file has its name by now, so nothing here may call it unwritten.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _discard(temporary: str | None) -> None:
    if temporary is not None and os.path.exists(temporary):
        os.unlink(temporary)
