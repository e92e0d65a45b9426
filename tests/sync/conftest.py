"""What tests of the sync share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.tests.sync.faulty import MadeService
from tukscal.tests.sync.pushing import Desk


@pytest.fixture
def service() -> Iterator[MadeService]:
    """A service of the tests' own."""
    with MadeService() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A folder with a ledger."""
    made = Desk(tmp_path)
    yield made
    made.ledger.close()
