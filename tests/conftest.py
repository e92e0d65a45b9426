"""What all tests share."""

from __future__ import annotations

import pytest
from tukscal.tests.samples import SAMPLES


@pytest.fixture(params=SAMPLES)
def sample_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each real timetable in turn."""
    return str(request.param)
