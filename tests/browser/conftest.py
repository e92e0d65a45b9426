"""A browser for the tests of a module, with a clean window for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tukscal.tests.browser.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def browser(_chromium: Browser) -> Iterator[Browser]:
    """Yield a browser; its windows are closed after the test, for they take time from those of the next."""
    yield _chromium
    for context in _chromium.contexts:
        context.close()
