"""What all tests share."""

from __future__ import annotations

import signal
import sys

import pytest
from hypothesis import settings
from tukscal.tests.samples import SAMPLES

# Examples are the same in every run, and a busy machine is no fault of the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

# A shell without job control starts what runs in its background deaf to Ctrl-C, and nohup deaf to a hang-up; then so is
# all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform != "win32":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(params=SAMPLES)
def sample_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each real timetable in turn."""
    return str(request.param)
