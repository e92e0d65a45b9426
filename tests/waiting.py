"""Waiting for what must come, within a bound; import as `tukscal.tests.waiting`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

LATEST = 30.0
"""Seconds anything may take that is waited for."""


def eventually(true: Callable[[], bool], seconds: float = LATEST) -> bool:
    """Return whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return true()
        threading.Event().wait(0.01)
    return True


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait for something to be true and return what it is."""
    found = None

    def is_there() -> bool:
        nonlocal found
        found = true()
        return bool(found)

    assert eventually(is_there), f"{what} does not come"
    return found
