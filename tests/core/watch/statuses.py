"""A daemon's status for tests."""

from __future__ import annotations

from typing import Any

from tukscal.core.watch.status import DaemonState, DaemonStatus, LastFailure, PoolStatus

NOW = 1_772_445_600.0

FAILURE = LastFailure(file="/in/b.pdf", cause="encrypted", message="The PDF needs a password.", when=NOW - 7_300)


def busy(**changes: Any) -> DaemonStatus:
    """Return the status of a daemon at work, every figure different."""
    known: dict[str, Any] = {
        "state": DaemonState.WORKING, "role": "owner", "source": "/in", "output": "/out", "mode": "polling",
        "mode_reason": "/in is nfs4", "version": "1.2", "started": NOW - 90_000, "last_scan": NOW - 5,
        "last_success": NOW - 130, "last_failure": FAILURE, "files": 41, "queue": 7, "oldest": 65.5, "running": 2,
        "outcomes": {"done": 30, "failed": 4}, "causes": {"encrypted": 3, "io": 1},
        "workers": PoolStatus(number=3, busy=2, started=9, killed=5),
        "memory": 230_000_000, "disk_free": 12_000_000_000,
    }  # fmt: skip
    return DaemonStatus(**{**known, **changes})
