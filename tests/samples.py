"""The real timetables and what must be read from them; import as `tukscal.tests.samples`.

The repository's root is the package `tukscal`, so its `tests` folder is the namespace package `tukscal.tests`, without
an `__init__.py`: pytest (--import-mode=importlib) and mypy (MYPYPATH=.typing) both find this module by that name.

The samples are not committed: they lie in a folder `shared/samples` beside the repository, or where TUKSCAL_SAMPLES
says. Where they are absent `sample()` skips the test; in continuous integration (CI is set) it fails instead.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

SAMPLES = ("UP_MOD_XLS", "UP_TST_PDF", "UP_EXAM_SS")
"""Lectures, semester tests, exams."""

KINDS: Mapping[str, str] = {"UP_MOD_XLS": "lectures", "UP_TST_PDF": "tests", "UP_EXAM_SS": "exams"}
"""Sample -> "kind" of the JSON interface."""

FOLDER = Path(os.environ.get("TUKSCAL_SAMPLES") or Path(__file__).parents[2] / "shared" / "samples")
CASES = Path(os.environ.get("TUKSCAL_CASES") or Path(__file__).parents[2] / "shared" / "cases")
"""Real timetables after the tools people use; not committed either."""


def sample(name: str) -> bytes:
    """Return the PDF of a sample; skip the test where there is none."""
    return _read(FOLDER, f"{name}.pdf", "TUKSCAL_SAMPLES")


def case(name: str) -> bytes:
    """Return the PDF of a case; skip the test where there is none."""
    return _read(CASES, f"{name}.pdf", "TUKSCAL_CASES")


def expected_sessions(name: str) -> list[dict[str, Any]]:
    """Return the sessions of a sample in the words of the JSON interface, only the keys the sample's own file has.

    The file has its own keys ("offered_or_status", ...), module codes without their blank and "" for nothing.
    """
    return [_mapped(KINDS[name], session) for session in _expected(name)]


def comparable(entries: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> list[dict[str, Any]]:
    """Return entries of the JSON interface with these keys only; "" and a missing key are None."""
    wanted = list(keys)
    return [{key: entry.get(key) or None for key in wanted} for entry in entries]


def _mapped(kind: str, session: Mapping[str, Any]) -> dict[str, Any]:
    lectures = kind == "lectures"
    return {
        "module": re.sub(r"(?<=[A-Z])(?=[0-9])", " ", session["module"]),
        "offered" if lectures else "status": session["offered_or_status"] or None,
        "group" if lectures else "paper": session["group_or_paper"] or None,
        "activity": session["activity"],
        "day" if lectures else "date": session["day_or_date"],
        "start": session["start"],
        "end": session["end"] or None,
        "venues": session["venues"] or None,
    }


def _expected(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_read(FOLDER, f"{name}.expected.json", "TUKSCAL_SAMPLES"))
    return found


def _read(folder: Path, name: str, variable: str) -> bytes:
    path = folder / name
    if path.is_file():
        return path.read_bytes()
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not there; continuous integration needs it ({variable})")
    pytest.skip(f"{name} is not there")
