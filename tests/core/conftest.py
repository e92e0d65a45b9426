"""What tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.ledger import Ledger
from tukscal.core.pool import Guards, Pool
from tukscal.tests.core.ledger.ledgers import Place


@pytest.fixture(scope="module")
def child() -> Iterator[Pool]:
    """One child for all."""
    with Pool(guards=Guards(timeout=60, memory=2**30)) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place for a ledger."""
    return Place(tmp_path / "state" / "ledger.sqlite")


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    """An open ledger."""
    with place.open() as opened:
        yield opened
