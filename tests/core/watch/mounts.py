"""A small file system of a test's own, where the test may mount one; import as `tukscal.tests.core.watch.mounts`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def mount(folder: Path, size: str) -> None:
    """Mount memory of a size on a folder; skip the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    program = shutil.which("mount")
    line = [program or "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if program is None or subprocess.run(line, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")


def unmount(folder: Path) -> None:
    """Take it away, even if somebody still looks at it."""
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@contextmanager
def mounted(folder: Path, size: str = "4m") -> Iterator[Path]:
    """Give a folder that is a file system of its own."""
    mount(folder, size)
    try:
        yield folder
    finally:
        unmount(folder)
