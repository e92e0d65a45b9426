"""Under which name a calendar is pushed: its place below OUT, after OUT's own name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePath

from .wire import MAX_KEY_BYTES, BadKey, calendar_key

_MARK = 9  # characters of ~ and a hash


def names(output: Path, prefix: str | None = None) -> Callable[[Path], str]:
    """Return what tells the name of each calendar below OUT; `prefix` stands for OUT's own name."""
    root = Path(os.path.abspath(output))
    first = prefix or root.name or "calendars"

    def name(calendar: Path) -> str:
        place = PurePath(os.path.relpath(calendar, root)).with_suffix("")
        return fit("/".join((first, *place.parts)))

    return name


def fit(wanted: str) -> str:
    """Return a name as the service takes it; one that had to be changed for that stays distinct."""
    try:
        return calendar_key(wanted)
    except BadKey:
        mark = f"~{hashlib.sha256(wanted.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    parts = ("".join(c if c.isprintable() else "_" for c in part) for part in wanted.split("/"))
    safe = "/".join(part if part.strip(".") else "_" for part in parts)
    short = safe.encode()[: MAX_KEY_BYTES - _MARK].decode(errors="ignore")
    return calendar_key(short + mark)
