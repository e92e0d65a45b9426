"""`tukscal watch` as an operator runs it: the real command, the system's own events, real signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tukscal.core.watch.lease import NAME
from tukscal.tests.cli.watch.watching import PATIENCE, Command, running
from tukscal.tests.core import guarded
from tukscal.tests.core.watch.watching import pdf
from tukscal.tests.running import TUKSCAL, json_errors, tukscal
from tukscal.tests.waiting import eventually

EMPTY = b"%PDF-1.4\nxref\n0 0\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


def test_from_drop_to_end(tmp_path: Path) -> None:
    """A file dropped becomes a calendar, a bad one a note; SIGTERM ends it with 0; nothing is left but those."""
    with running(tmp_path) as daemon:
        daemon.drop("a.pdf")
        (done,) = daemon.told("done")
        assert (Path(done["file"]).name, done["problems"]) == ("a.pdf", 0)
        daemon.drop("b.pdf", EMPTY)
        daemon.told("dead")
        assert b"Download the file again from the portal" in daemon.tree()["b.error.txt"]
        assert daemon.end() == (0, "")
        assert set(daemon.tree()) == {"a.ics", "b.error.txt"}
        assert not (daemon.out / NAME).exists()
        events = [line["event"] for line in daemon.lines()]
        assert events == ["started", "works", "done", "dead", "ending", "stopped"]
    assert not [path for path in daemon.out.iterdir() if path.name.startswith(".")]


def test_restarted_after_a_kill(tmp_path: Path) -> None:
    """Killed at any moment and started again, the daemon goes on at once; every calendar is there, byte for byte."""
    with running(tmp_path) as first:
        first.drop("a.pdf", pdf(1))
        first.told("done")
        before = first.tree()
        first.drop("b.pdf", pdf(2))
        workers = psutil.Process(first.process.pid).children(recursive=True)
        first.end(signal.SIGKILL)
        assert eventually(lambda: not any(guarded.alive(worker.pid) for worker in workers), PATIENCE)
    with running(tmp_path) as second:
        assert eventually(lambda: len(second.tree()) == 2, PATIENCE)
        assert second.tree()["a.ics"] == before["a.ics"]
        assert second.end()[0] == 0


def test_two_daemons(tmp_path: Path) -> None:
    """Of two daemons on one OUT one works; after its kill -9 the other works at once, on the same computer."""
    with running(tmp_path, name="1") as first:
        second = Command(tmp_path, name="2")
        try:
            second.told("started")
            first.drop("a.pdf", pdf(1))
            first.told("done")
            before = first.tree()
            assert second.lines("works") == []
            first.end(signal.SIGKILL)
            second.told("works")
            second.drop("b.pdf", pdf(2))
            assert eventually(lambda: len(second.tree()) == 2, PATIENCE)
            assert second.tree()["a.ics"] == before["a.ics"]
            assert second.end()[0] == 0
        finally:
            second.process.kill()
            second.process.communicate()


def test_figures_and_status(tmp_path: Path) -> None:
    """The port tells that it is ready, figures and the mode; `tukscal status` says the same; ps shows no secret."""
    with running(tmp_path, "--status-port", "0") as daemon:
        port = daemon.told("status_port")[0]["port"]
        daemon.drop("a.pdf")
        daemon.told("done")

        def get(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                return str(answer.read().decode())

        assert eventually(lambda: 'tukscal_jobs_total{outcome="done"} 1.0' in get("/metrics"), PATIENCE)
        figures = get("/metrics")
        assert 'tukscal_watch_mode{tukscal_watch_mode="native"} 1.0' in figures
        assert re.search(r"^tukscal_memory_bytes \d", figures, re.MULTILINE)
        assert eventually(lambda: '"idle"' in get("/status"), PATIENCE)
        assert get("/ready")
        told = tukscal("status", daemon.out, "--json", cwd=tmp_path, env={"TUKSCAL_STATE_DIR": str(daemon.state)})
        assert told.returncode == 0
        (found,) = json.loads(told.stdout)["daemons"]
        assert (found["source"], found["output"]) == (str(daemon.source), str(daemon.out))


def test_no_secret_in_ps(tmp_path: Path) -> None:
    """The password, typed on standard input, stands in no command line, environment, log, status or ledger."""
    typed = "hunter2word"
    with running(tmp_path, "--password", stdin=f"{typed}\n".encode()) as daemon:
        daemon.drop("a.pdf")
        daemon.told("done")
        family = [psutil.Process(daemon.process.pid), *psutil.Process(daemon.process.pid).children(recursive=True)]
        shown = [" ".join(process.cmdline()) + str(process.environ()) for process in family]
        assert not [text for text in shown if typed in text]
        assert daemon.end()[0] == 0
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and typed.encode() in path.read_bytes()]
    assert kept == []


def test_reloads(tmp_path: Path) -> None:
    """SIGHUP: a new option is obeyed; a wrong file is named with its line and changes nothing."""
    config = tmp_path / "watch.toml"
    config.write_text("mirror = false\n")
    with running(tmp_path, "--config", config) as daemon:
        daemon.drop("a.pdf")
        daemon.told("done")
        config.write_text("mirror = true\nsettel = 3\n")
        daemon.process.send_signal(signal.SIGHUP)
        (wrong,) = daemon.told("not_reloaded")
        assert "line 2: there is no option 'settel'" in wrong["reason"]
        config.write_text('mirror = true\nalarm = "15m"\nkeep = 5\n')
        daemon.process.send_signal(signal.SIGHUP)
        daemon.told("reloaded")
        assert daemon.told("needs_restart")[0]["options"] == "keep"
        daemon.told("done", 2)
        assert b"BEGIN:VALARM" in daemon.tree()["a.ics"]
        (daemon.source / "a.pdf").unlink()
        daemon.told("removed")
        assert daemon.tree() == {}
        assert daemon.end()[0] == 0


@pytest.mark.parametrize(("bad", "code"), [(False, 0), (True, 12)])
def test_once(bad: bool, code: int, tmp_path: Path) -> None:
    """`--once` does what is there and leaves: 0 if every PDF has its calendar, else 12."""
    daemon = Command(tmp_path, "--once")
    daemon.drop("a.pdf")
    if bad:
        daemon.drop("b.pdf", b"no pdf")
    daemon.process.communicate(timeout=PATIENCE)
    assert daemon.process.returncode == code
    assert set(daemon.tree()) == ({"a.ics", "b.error.txt"} if bad else {"a.ics"})


@pytest.mark.parametrize(
    ("source", "out", "more"),
    [
        ("in", "in/out", ()),
        ("out/in", "out", ()),
        ("in", "in", ()),
        ("in", "link/out", ()),
        ("link", "in/out", ()),
        ("in", "out", ("--on-success", "move", "--done-folder", "in/done")),
        ("in", "out", ("--on-failure", "move", "--failed-folder", "link/failed")),
    ],
)
def test_folders_in_each_other(source: str, out: str, more: tuple[str, ...], tmp_path: Path) -> None:
    """OUT or a folder for what is done with inside IN, or IN inside OUT, is refused, also through links."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("in")
    state = {"TUKSCAL_STATE_DIR": str(tmp_path / "state")}
    done = tukscal("watch", source, "-o", out, "--json-errors", *more, cwd=tmp_path, env=state)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"]) == (73, "not_writable")
    assert "the folder that is watched" in error["message"]
    assert not (tmp_path / "in" / "out").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("watch", "in", "-o", "out", "--on-success", "move"), b"--done-folder DIR"),
        (("watch", "in"), b"Missing option '-o'"),
        (("watch", "in", "-o", "out", "--settle", "nan"), b"is not a number of seconds"),
    ],
)
def test_a_wrong_command_line(line: tuple[str, ...], words: bytes, tmp_path: Path) -> None:
    """A wrong command line is refused with what to write."""
    done = tukscal(*line, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_slow_ending(tmp_path: Path) -> None:
    """Told twice to end, it ends at once, whatever is being converted; nobody outlives it."""
    with running(tmp_path, "--grace", "60") as daemon:
        daemon.drop("a.pdf")
        daemon.told("done")
        (worker,) = _workers(daemon)
        guarded.stop(worker)
        try:
            daemon.drop("b.pdf", pdf(2))
            assert eventually(lambda: _running(daemon) == 1, PATIENCE)
            daemon.process.send_signal(signal.SIGTERM)
            daemon.told("ending")
            assert daemon.end()[0] == 0
            assert eventually(lambda: not guarded.alive(worker), PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                guarded.go_on(worker)
        assert set(daemon.tree()) == {"a.ics"}


def _workers(daemon: Command) -> list[int]:
    """Return the workers' process ids: each leads a session of its own."""
    family = psutil.Process(daemon.process.pid).children(recursive=True)
    return [process.pid for process in family if os.getsid(process.pid) == process.pid]


def _running(daemon: Command) -> int:
    """Return how many PDFs are being converted, by the heartbeat."""
    (beat,) = (daemon.state / "watch").glob("*.json")
    return int(json.loads(beat.read_text())["status"]["running"])


def test_help(tmp_path: Path) -> None:
    """The help names the program's habits: notes, signals, status."""
    told = subprocess.run([TUKSCAL, "watch", "--help"], capture_output=True, text=True, check=True).stdout
    for word in ("NAME.error.txt", "SIGHUP", "tukscal status", "--mirror"):
        assert word in " ".join(told.split())
    assert tmp_path
