"""One change of the tables."""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    """One change of the tables: its name, which is for ever, and its statements."""

    name: str
    statements: tuple[str, ...]
