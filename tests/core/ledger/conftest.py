"""A ledger under either journal: the rules are the same, and the SQLite at hand may allow only one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.ledger import Ledger
from tukscal.tests.core.ledger.ledgers import Place


@pytest.fixture(params=["truncate", "wal"])
def journal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The journal mode that is chosen."""
    mode = str(request.param)
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: mode)
    return mode


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place for a ledger."""
    return Place(tmp_path / "state" / "ledger.sqlite")


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    """An open ledger."""
    with place.open() as opened:
        yield opened
