"""Debian's Chromium, driven by Playwright; import as `tukscal.tests.browser.browser`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = Path(__file__).parents[1] / "js" / "node_modules" / "axe-core" / "axe.min.js"
# Nothing but the page under test may open a connection.
_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


def missing() -> str | None:
    """Return why no page can be looked at, if so."""
    if shutil.which("chromium") is None:
        return "Chromium is not installed: apt-get install chromium"
    if not AXE.is_file():
        return "axe-core is not installed: make tests/js/node_modules"
    return None


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser; skips the test where there is none, but fails it in CI."""
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
