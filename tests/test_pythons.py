"""Which Pythons the tests are run on is said where people look for it."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from tukscal.tests import pythons


def test_the_package_says_what_it_is_run_on() -> None:
    """The classifiers name the Pythons that make test-pythons runs, and the oldest is the oldest allowed."""
    project = tomllib.loads((pythons.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    last = [item.rpartition(" :: ")[2] for item in project["classifiers"] if "Python :: 3." in item]
    assert last == list(pythons.SUITES)
    assert project["requires-python"] == f">={last[0]}"


def test_a_python_debian_does_not_have_is_refused() -> None:
    """Another version is refused with those there are, before anything is made."""
    command = [sys.executable, pythons.__file__, "3.12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Debian has no Python 3.12 of its own; it has 3.11, 3.13, 3.14.\n"
