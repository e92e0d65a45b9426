"""Which Pythons the tests are run on is said where people look for it."""

from __future__ import annotations

import select
import subprocess
import sys
import tomllib

import pytest
from tukscal.tests import pythons
from tukscal.tests.waiting import LATEST


def test_the_package_says_what_it_is_run_on() -> None:
    """The classifiers name Pythons that make test-pythons can run, in its order, and the oldest is the oldest allowed.

    A version is named once all but the slow tests have passed on it.
    """
    project = tomllib.loads((pythons.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    last = [item.rpartition(" :: ")[2] for item in project["classifiers"] if "Python :: 3." in item]
    assert last == [version for version in pythons.SUITES if version in last]
    assert project["requires-python"] == f">={last[0]}"


def test_a_python_debian_does_not_have_is_refused() -> None:
    """Another version is refused with those there are, before anything is made."""
    command = [sys.executable, pythons.__file__, "3.12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Debian has no Python 3.12 of its own; it has 3.11, 3.13, 3.14.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has name spaces")
def test_what_it_started_ends_with_it() -> None:
    """What the script runs, debootstrap and tests, ends with it, killed or not, and so do its mounts."""
    if subprocess.run([*pythons.SPACES, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root may have name spaces")
    code = f"import subprocess\nsubprocess.run({[*pythons.SPACES, 'sh', '-c', 'echo up; exec sleep 600']})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == b"up\n"
        script.kill()
        assert select.select([script.stdout], [], [], LATEST)[0]  # its end comes with the last who could write
        assert script.stdout.read() == b""
