"""What strangers found in the daemon: each fault was mended and stays so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tukscal.tests.cli.watch.watching import running
from tukscal.tests.core.watch.watching import pdf
from tukscal.tests.running import tukscal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


def watch(folder: Path, *options: str) -> tuple[int, str]:
    """Run a daemon once and return its exit code and what it said."""
    done = tukscal("watch", "in", "-o", "out", "--once", "--settle", "0.3", "--year", "2026", "--ledger", "l.db",
                   *options, cwd=folder, env={"TUKSCAL_STATE_DIR": str(folder / "state")})  # fmt: skip
    return done.returncode, done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `in` with a timetable."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(pdf())
    return tmp_path


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--select", "none.toml"), 66, "none.toml"),
        (("--select", "bad.toml"), 10, "bad.toml"),
        (("--term", "none.toml"), 66, "none.toml"),
        (("--log", "/nonexistent/log"), 73, "The log /nonexistent/log cannot be written"),
        (("--log", "in"), 73, "The log in cannot be written"),
    ],
)
def test_what_is_wrong_is_known_at_the_start(folder: Path, options: tuple[str, str], code: int, said: str) -> None:
    """Files that are not there or wrong, and a log that cannot be written, end the command before any PDF."""
    (folder / "bad.toml").write_text("groups = [")
    found, words = watch(folder, *options)
    assert (found, said in words) == (code, True), words
    assert not list((folder / "out").glob("*.ics"))


def test_a_folder_that_is_none(folder: Path) -> None:
    """What is to be watched once is there and is a folder, else it is named."""
    done = tukscal("watch", "in/a.pdf", "-o", "out", "--once", cwd=folder)
    assert (done.returncode, b"is no folder" in done.stderr) == (66, True)
    done = tukscal("watch", "nowhere", "-o", "out", "--once", cwd=folder)
    assert (done.returncode, b"There is no folder" in done.stderr) == (66, True)


def test_what_is_left_out_is_told(folder: Path) -> None:
    """Links, pipes and the like are named in the log with the reason, each once."""
    (folder / "in" / "link.pdf").symlink_to("a.pdf")
    os.mkfifo(folder / "in" / "pipe.pdf")
    code, words = watch(folder)
    assert code == 0
    assert words.count("skipped") == 2
    assert "link.pdf" in words
    assert "not an ordinary file" in words


def test_a_wrong_selection_at_a_reload_changes_nothing(folder: Path) -> None:
    """A selection file that cannot be read keeps the old configuration, and no PDF is judged by it."""
    import signal

    (folder / "watch.toml").write_text("grace = 5\n")
    with running(folder, "--config", "watch.toml") as daemon:
        daemon.told("done")
        (folder / "watch.toml").write_text('select = "none.toml"\n')
        daemon.process.send_signal(signal.SIGHUP)
        (line,) = daemon.told("not_reloaded")
        assert "none.toml" in line["reason"]
        assert set(daemon.tree()) == {"a.ics"}
        assert daemon.lines("dead") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settle = true\n", "line 1: settle is a value, not true or false"),
        ("year = 2026\nexclude = [['x']]\n", "line 2: exclude is a list of texts"),
        ("poll = 1\n", "line 1: poll is true or false"),
        ("year = 2026\n\n[a]\nb = 1\n", "line 3: there is no option 'a'"),
        ("status-port = [1]\n", "line 1: status-port is one value"),
    ],
)
def test_types_in_the_configuration(folder: Path, text: str, said: str) -> None:
    """A value of another type than its option's is named with its line and key."""
    (folder / "watch.toml").write_text(text)
    code, words = watch(folder, "--config", "watch.toml")
    assert code == 2
    assert said in " ".join(words.split()), words
