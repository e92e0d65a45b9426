"""Which journal SQLite keeps: the write-ahead log is faster, but not safe everywhere.

Until 3.51.3 a checkpoint could meet a restart of the log and leave out pages (the WAL-reset bug; 3.44.6 and 3.50.7
have the repair too); and the log needs memory shared between processes, which no share of another computer offers.
Elsewhere the rollback journal is cut to length zero at each commit. Both with synchronous = FULL: what was committed
survives a power cut.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .. import host

Version = tuple[int, ...]
OLDEST: Version = (3, 35, 0)  # UPDATE ... RETURNING
_REPAIRED: Version = (3, 51, 3)
_REPAIRED_TOO: tuple[tuple[Version, Version], ...] = (((3, 44, 6), (3, 45, 0)), ((3, 50, 7), (3, 51, 0)))


def has_wal_bug(version: Version = sqlite3.sqlite_version_info) -> bool:
    """Return whether a SQLite can lose pages in WAL mode; a distribution's own repair does not show in the number."""
    return version < _REPAIRED and not any(first <= version < end for first, end in _REPAIRED_TOO)


def best_mode(path: Path) -> str:
    """Return the journal mode for a ledger at a path: `wal` or `truncate`."""
    return "wal" if not has_wal_bug() and host.is_local(path) else "truncate"
