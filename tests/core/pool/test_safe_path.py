"""Nothing in the folder a person works in is ever run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tukscal.examples.generator import content
from tukscal.tests.running import tukscal


@pytest.mark.parametrize("name", ["copy.py", "struct.py", "socket.py", "pickle.py", "tukscal.py", "sitecustomize.py"])
def test_modules_in_the_current_folder_are_not_found(name: str, tmp_path: Path) -> None:
    """A file with a module's name beside the PDFs, put there by whoever sent them, is not run."""
    (tmp_path / name).write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()\n")
    (tmp_path / "a.pdf").write_bytes(content.made("tests", 1).pdf)
    done = tukscal("convert", "a.pdf", "--year", "2026", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    done = tukscal("batch", ".", "-o", "out", "--ledger", "ledger.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not (tmp_path / "run").exists()
