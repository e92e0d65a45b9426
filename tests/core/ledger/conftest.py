"""A ledger under either journal: the rules are the same, and the SQLite at hand may allow only one."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["truncate", "wal"])
def journal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The journal mode that is chosen."""
    mode = str(request.param)
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: mode)
    return mode
