"""Running the real command as a person does; import as `tukscal.tests.running`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TUKSCAL = shutil.which("tukscal", path=str(Path(sys.executable).parent)) or "tukscal"
ERROR_KEYS = {"cause", "exit_code", "message", "advice", "file", "page", "row", "text"}


def clean_environment(folder: Path) -> dict[str, str]:
    """Return an environment without the person's settings and terminal; `folder` is where settings would be."""
    left_out = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TUKSCAL_DEBUG", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if name not in left_out},
            "TUKSCAL_CONFIG_DIR": str(folder / "no-settings")}  # fmt: skip


def tukscal(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a folder; its output is no terminal."""
    environment = {**clean_environment(cwd), **(env or {})}
    return subprocess.run(
        [TUKSCAL, *map(str, arguments)], cwd=cwd, env=environment, input=stdin, capture_output=True, check=False
    )


def json_errors(text: str | bytes) -> list[dict[str, Any]]:
    """Return the errors of --json-errors: every line must be one."""
    values = [json.loads(line) for line in text.splitlines()]
    assert all(set(value) == ERROR_KEYS for value in values)
    return values
