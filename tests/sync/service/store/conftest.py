"""The stores the contract suite runs over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.sqlite import SqliteStore


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceStore]:
    """Yield each kind of store in turn, empty."""
    opened = SqliteStore(tmp_path / "store.db" if request.param == "file" else None)
    yield opened
    opened.close()
