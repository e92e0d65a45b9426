"""What all tests share."""

from __future__ import annotations

import signal
import sys

import pytest
from hypothesis import Phase, settings
from tukscal.tests.samples import SAMPLES

# Examples are the same in every run, and a busy machine is no fault of the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")
# For tests/mutants/run.py, which asks whether a test fails and not for the smallest example of it.
settings.register_profile("mutants", settings.get_profile("same"), phases=[Phase.explicit, Phase.generate])

# A shell without job control starts what runs in its background deaf to Ctrl-C, and nohup deaf to a hang-up; then so is
# all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform != "win32":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


_SLOW = 600  # seconds a slow test may take on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests more time than others before they count as hanging."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SLOW))


@pytest.fixture(params=SAMPLES)
def sample_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each real timetable in turn."""
    return str(request.param)
