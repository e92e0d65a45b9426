"""Names and texts as they can be shown, and links that reach a file whatever it is called.

A name may hold a line break, a terminal's commands, letters that turn a line around, or bytes that are no text. Shown,
all of these are visible escapes; a link is percent-encoded and leads to the very bytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes

from ..wording import visible


def shown(path: Path) -> str:
    """Return a path that can be shown."""
    return visible(str(path))


def link(path: Path, folder: Path) -> str:
    """Return the address of a file for a page in a folder: relative, so that both may be moved together.

    A file on another drive of Windows has an absolute one.
    """
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:
        return address(path)
    return quote_from_bytes(os.fsencode(relative.replace(os.sep, "/")))  # a colon too: no name is a scheme


def address(path: Path) -> str:
    """Return the file: address of a file."""
    return (path if path.is_absolute() else Path(os.path.abspath(path))).as_uri()


class Roots:
    """The folders and files a person named: what lies below them is shown without the way there."""

    def __init__(self, named: list[str]) -> None:
        self._named = frozenset(Path(os.path.abspath(name)) for name in named)
        self._several = len(self._named) > 1

    def short(self, path: Path) -> str:
        """Return a path below a named one, with the named one's name if there are several."""
        for parent in path.parents:
            if parent in self._named:
                return shown(path.relative_to(parent.parent if self._several else parent))
        return visible(path.name) if path in self._named else shown(path)
