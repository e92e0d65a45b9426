"""The 31 attacks through the real command: each ends by name, in time, and harms nobody else."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from tukscal.examples.generator.attacks import ATTACKS
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.tests.running import json_errors, tukscal

LIMIT = 10  # seconds
NOISE = 5.0  # seconds a busy machine may add
OPTIONS = ("--json-errors", "--timeout", str(LIMIT), "--year", "2026")
CAUSES = {
    "wide-grid-100": "too_large",
    "wide-grid-200": "too_large",
    "wide-grid-400": "too_large",
    "wide-grid-800": "too_large",
    "grid-1000": "too_large",
    "grid-3000": "too_large",
    "grid-10000": "too_large",
    "boxes-50": "not_a_timetable",
    "boxes-120": "too_large",
    "long-string": "not_a_timetable",
    "nested-arrays": "not_a_timetable",
    "run-length-bomb": "not_a_timetable",
    "form-2-24": "memory|timeout",  # it grows for seconds: on a busy machine its time ends before its memory
    "form-self": "not_a_timetable",
    "flate-1gb": "memory",
    "flate-10gb": "memory",
    "predictor": "damaged",
    "page-tree-dag": "damaged",
    "page-tree-cycle": "too_large",
    "page-tree-deep": "damaged",
    "pages-20000": "too_large",
    "pages-100000-same": "too_large",
    "glyphs-300000": "too_large",
    "saves-1000000": "not_a_timetable",
    "xref-prev-loop": "damaged",
    "page-label-loop": "damaged",
    "media-box-1e9": "not_a_timetable",
    "media-box-overflow": "damaged",
    "font-size-digits": "not_a_timetable",
    "cmap-path": "not_a_timetable",
    "javascript-embedded": "not_a_timetable",
}
CODES = {"not_a_timetable": 3, "damaged": 5, "too_large": 6, "timeout": 7, "memory": 8}
INTERNALS = re.compile(r"pdfium|pdfminer|plumber|traceback|exception|errno|\.py\b|\bNone\b|0x|SIG[A-Z]", re.IGNORECASE)


def check(error: dict[str, Any], name: str, file: str) -> None:
    """Whether an error names the attack's cause in a sentence a student understands."""
    assert re.fullmatch(CAUSES[name], error["cause"]), error
    assert error["exit_code"] == CODES[error["cause"]]
    assert error["file"] == file
    assert re.fullmatch(r"[A-Z].*[.]", error["message"])
    assert re.match(r"[A-Z]", error["advice"])
    assert not INTERNALS.search(error["message"] + error["advice"])


def test_every_attack_has_its_cause() -> None:
    """The table of causes is that of the 31 attacks."""
    assert CAUSES.keys() == ATTACKS.keys()
    assert len(CAUSES) == 31


@pytest.mark.parametrize("name", CAUSES)
def test_attack_alone(name: str, tmp_path: Path) -> None:
    """An attack ends with its cause within a second of the limit, prints nothing else and writes nothing."""
    (tmp_path / "a.pdf").write_bytes(ATTACKS[name]())
    start = time.monotonic()
    done = tukscal("convert", "a.pdf", *OPTIONS, cwd=tmp_path)
    assert time.monotonic() - start < LIMIT + 1 + NOISE
    assert done.stdout == b""
    (error,) = json_errors(done.stderr)
    check(error, name, "a.pdf")
    assert done.returncode == error["exit_code"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_all_attacks_and_a_good_one(tmp_path: Path) -> None:
    """In one command every attack ends as it does alone, in its turn, and a good PDF behind them is converted."""
    for name, make in ATTACKS.items():
        (tmp_path / f"{name}.pdf").write_bytes(make())
    (tmp_path / "good.pdf").write_bytes(timetable_pdf(LECTURES))
    files = [f"{name}.pdf" for name in ATTACKS]
    # The good one stands between and behind those that kill the child.
    done = tukscal("convert", *files[:16], "good.pdf", *files[16:], *OPTIONS, cwd=tmp_path)
    assert done.returncode == 12
    errors = json_errors(done.stderr)
    assert [error["file"] for error in errors] == files
    for error, name in zip(errors, ATTACKS, strict=True):
        check(error, name, f"{name}.pdf")
    assert done.stdout.decode().splitlines()[0].startswith("good.pdf: lectures, S2 2026")
    assert (tmp_path / "good.ics").read_bytes().count(b"BEGIN:VEVENT") >= 6
    assert {path.name for path in tmp_path.iterdir()} == {*files, "good.pdf", "good.ics"}
