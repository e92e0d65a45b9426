"""`tukscal login`, `logout`, `sync` and `--sync` as a faculty uses them, against a real server."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tukscal.examples.generator import content
from tukscal.tests.running import TUKSCAL, clean_environment, json_errors
from tukscal.tests.running import tukscal as run
from tukscal.tests.sync import faulty
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN, MadeService, in_turn
from tukscal.tests.waiting import eventually

LEDGER = ("--ledger", "ledger.db")
Outcome = tuple[int, str, str]


@pytest.fixture
def service() -> Iterator[MadeService]:
    """A service of the tests' own."""
    with MadeService() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `in` with two timetables."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name, seed in (("a", 1), ("sub/b", 2)):
        (tmp_path / "in" / f"{name}.pdf").write_bytes(content.made("tests", seed).pdf)
    return tmp_path


def tukscal(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> Outcome:
    """The exit code and both outputs of a command; there is no keyring."""
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **environment}
    done = run(*arguments, cwd=folder, env=env, stdin=stdin.encode())
    assert TOKEN not in done.stdout.decode() + done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def log_in(folder: Path, service: MadeService) -> None:
    """Log in at the service."""
    assert tukscal(folder, "login", "--server", service.address, stdin=f"{TOKEN}\n")[0] == 0


def batch(folder: Path, *arguments: str) -> Outcome:
    """Convert `in` into `out` and push."""
    return tukscal(folder, "batch", "in", "-o", "out", "--year", "2026", "--sync", *LEDGER, *arguments)


def settings(folder: Path) -> Path:
    """The file of the login."""
    return folder / "no-settings" / "login.json"


# ---- login, logout


def test_login_without_a_keyring(folder: Path, service: MadeService) -> None:
    """The token is checked with the service and kept in a file only its owner may read; the output says where."""
    code, out, err = tukscal(folder, "login", "--server", f"{service.address}/", stdin=f" {TOKEN}\r\n")
    assert (code, err) == (0, "")
    assert out == (
        f"Logged in to {service.address} as {ACCOUNT}. "
        f"The token is kept in {settings(folder)}, which only you may read.\n"
    )
    assert stat.S_IMODE(settings(folder).stat().st_mode) == 0o600
    assert json.loads(settings(folder).read_text()) == {"server": service.address, "account": ACCOUNT, "token": TOKEN}
    assert [request.path for request in service.requests] == ["/v1/account"]
    assert tukscal(folder, "logout")[:2] == (0, f"Logged out {ACCOUNT} at {service.address}.\n")
    assert not settings(folder).exists()
    assert tukscal(folder, "logout")[:2] == (0, "Not logged in.\n")


def test_login_with_a_keyring(folder: Path, service: MadeService) -> None:
    """Where there is a keyring the token is there and in no file; logging out removes it."""
    ring = {"PYTHON_KEYRING_BACKEND": "tukscal.tests.sync.ring.Ring", "TEST_RING": str(folder / "ring.json")}
    code, out, _ = tukscal(folder, "login", "--server", service.address, stdin=TOKEN, **ring)
    assert (code, out.partition("kept in ")[2]) == (0, "the keyring (test ring).\n")
    assert TOKEN not in settings(folder).read_text()
    assert TOKEN in (folder / "ring.json").read_text()
    assert tukscal(folder, "sync", "status", *LEDGER, **ring)[0] == 66  # no ledger, but no complaint about the login
    assert tukscal(folder, "logout", **ring)[0] == 0
    assert TOKEN not in (folder / "ring.json").read_text()


@pytest.mark.parametrize(
    ("server", "typed", "code", "says"),
    [
        ("http://example.ac.za", TOKEN, 2, "the token could be read on the way"),
        ("ftp://example.ac.za", TOKEN, 2, "begins with https://"),
        ("https://me:word@example.ac.za", TOKEN, 2, "no name or password"),
        ("here", "wrong", 77, "does not take the token"),
        ("here", "", 77, "That is no token."),
        ("here", "two words", 77, "That is no token."),
        ("gone", TOKEN, 75, "cannot be connected to"),
    ],
)
def test_login_refused(folder: Path, service: MadeService, server: str, typed: str, code: int, says: str) -> None:
    """A login that cannot be is refused with its sentence, and what was kept before stays."""
    log_in(folder, service)
    before = settings(folder).read_text()
    with MadeService() as gone:
        address = gone.address
    places = {"here": service.address, "gone": address}
    found, out, err = tukscal(folder, "login", "--server", places.get(server, server), stdin=typed)
    assert (found, out) == (code, "")
    assert says in err
    assert settings(folder).read_text() == before


def test_a_file_others_could_read_is_not_used(folder: Path, service: MadeService) -> None:
    """A token in a file that others may read is no secret any more: it is not sent, and the advice is to log in."""
    log_in(folder, service)
    settings(folder).chmod(0o644)
    before = len(service.requests)
    batch(folder)
    code, _, err = tukscal(folder, "sync", "push", *LEDGER)
    assert code == 77
    assert "could be read by others" in err
    assert len(service.requests) == before


# ---- batch --sync


def test_batch_pushes(folder: Path, service: MadeService) -> None:
    """A batch with --sync pushes what it makes under OUT's name, says so, and is done again without pushing twice."""
    log_in(folder, service)
    code, out, err = batch(folder)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Pushed: 2."
    stored = {key: kept.body for key, kept in service.stored.calendars.items()}
    assert stored == {
        "out/a": (folder / "out/a.ics").read_bytes(),
        "out/sub/b": (folder / "out/sub/b.ics").read_bytes(),
    }
    puts = len(service.requests)
    assert batch(folder)[1].splitlines()[-1] == "Pushed: 0."
    assert len(service.requests) == puts
    (folder / "in" / "a.pdf").write_bytes(content.made("tests", 3).pdf)
    assert batch(folder)[1].splitlines()[-1] == "Pushed: 1."
    assert service.stored.calendars["out/a"].body == (folder / "out/a.ics").read_bytes()


def test_what_was_made_before_is_pushed_too(folder: Path, service: MadeService) -> None:
    """Calendars made without --sync are pushed by the next run with it, under the name that is asked for."""
    log_in(folder, service)
    assert tukscal(folder, "batch", "in", "-o", "out", "--year", "2026", *LEDGER)[0] == 0
    assert batch(folder, "--sync-as", "science/2026")[0] == 0
    assert sorted(service.stored.calendars) == ["science/2026/a", "science/2026/sub/b"]


def test_batch_while_the_service_is_away(folder: Path, service: MadeService) -> None:
    """An unreachable service changes neither the calendars nor the exit code; `sync push` does the rest later."""
    log_in(folder, service)
    service.faults = lambda request: faulty.RESET
    code, out, _ = batch(folder)
    assert code == 0
    assert out.splitlines()[-1] == "Still to be pushed: 2; `tukscal sync push` pushes them."
    service.faults = faulty.none
    tukscal(folder, "sync", "retry", *LEDGER)
    assert tukscal(folder, "sync", "push", *LEDGER)[:2] == (0, "2 calendars pushed.\n")
    assert len(service.stored.commits) == 2


def test_batch_with_nobody_logged_in(folder: Path, service: MadeService) -> None:
    """Without a login everything is converted and kept; after logging in `sync push` pushes it."""
    code, out, err = batch(folder)
    assert code == 0
    assert "Pushing stopped: Nobody is logged in at a service." in err
    assert "Still to be pushed: 2" in out
    assert tukscal(folder, "sync", "push", *LEDGER)[0] == 77
    log_in(folder, service)
    assert tukscal(folder, "sync", "push", *LEDGER)[:2] == (0, "2 calendars pushed.\n")


def test_batch_json_lines_and_log(folder: Path, service: MadeService) -> None:
    """With --json-lines the pushing is told as events; --log has the same lines; neither has the token."""
    log_in(folder, service)
    code, out, _ = batch(folder, "--json-lines", "--log", "tukscal.log")
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert events[-1] == {"event": "push_summary", "pushed": 2, "waiting": 0, "refused": 0}
    assert sorted(event["calendar"] for event in events if event["event"] == "pushed") == ["out/a", "out/sub/b"]
    text = (folder / "tukscal.log").read_text()
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["pushed", "pushed"]
    assert TOKEN not in text


def test_conversion_does_not_wait(folder: Path, service: MadeService) -> None:
    """A service that says nothing holds up no calendar, and the end of the batch by some seconds only."""
    import time

    log_in(folder, service)
    service.faults = lambda request: faulty.SILENCE
    began = time.monotonic()
    code, out, _ = batch(folder)
    assert code == 0
    assert "Still to be pushed: 2" in out
    assert time.monotonic() - began < 5 + 2 + 20


def test_batch_interrupted(folder: Path, service: MadeService) -> None:
    """SIGTERM ends the batch and the process that pushes; no process is left."""
    import psutil

    log_in(folder, service)
    service.faults = lambda request: faulty.SILENCE
    env = {**clean_environment(folder), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    command = [TUKSCAL, "batch", "in", "-o", "out", "--year", "2026", "--sync", *LEDGER, "--max-rate", "0.01"]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert eventually(lambda: len(service.requests) > 1)
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 143
    assert eventually(lambda: not any(child.is_running() for child in children))


# ---- sync


def test_push_refused(folder: Path, service: MadeService) -> None:
    """A refused calendar is 76 with the reason; `status` names it, `retry` and `push` send it again."""
    batch(folder)
    log_in(folder, service)
    service.faults = in_turn(faulty.refuses(413, "too_large"))
    code, out, err = tukscal(
        folder, "--json-errors", "sync", "push", *LEDGER
    )  # fmt: skip
    assert (code, out) == (76, "1 calendar pushed.\n")
    (error,) = json_errors(err)
    assert (error["cause"], error["exit_code"]) == ("push_refused", 76)
    status = document(folder, "sync", "status", "--json", *LEDGER)
    (row,) = status["refused"]
    assert row["message"] == "The service refused it (413): It is too_large."
    assert status["outbox"]["refused"] == status["outbox"]["sent"] == 1
    assert status["login"] == {"server": service.address, "account": ACCOUNT}
    assert tukscal(folder, "sync", "retry", *LEDGER)[1] == "1 calendar to be pushed: run `tukscal sync push`.\n"
    assert tukscal(folder, "sync", "push", *LEDGER)[:2] == (0, "1 calendar pushed.\n")


def test_push_unauthorized(folder: Path, service: MadeService) -> None:
    """A token that was revoked is 77 and loses nothing."""
    batch(folder)
    log_in(folder, service)
    service.tokens = {}
    code, out, err = tukscal(folder, "sync", "push", *LEDGER)
    assert (code, out) == (77, "0 calendars pushed.\n")
    assert "2 calendars still to be pushed" in err
    service.tokens = {TOKEN: ACCOUNT}
    assert tukscal(folder, "sync", "push", *LEDGER)[0] == 0


def test_push_unreachable(folder: Path, service: MadeService) -> None:
    """A service that cannot be reached is 75 after the time to wait; the rest is kept."""
    batch(folder)
    log_in(folder, service)
    service.faults = lambda request: faulty.RESET
    code, _, err = tukscal(folder, "sync", "push", "--wait", "0.1", *LEDGER)
    assert code == 75
    assert "2 calendars still to be pushed. The connection to the service broke off" in err
    out = tukscal(folder, "sync", "status", *LEDGER)[1]
    assert "        2 still to be pushed" in out.splitlines()
    assert any(line.endswith("the service could not be reached") for line in out.splitlines())


def test_status_without_anything(folder: Path) -> None:
    """Nobody logged in and no ledger is said as it is."""
    assert tukscal(folder, "sync", "status", *LEDGER)[0] == 66
    batch(folder)
    out = tukscal(folder, "sync", "status", *LEDGER)[1]
    assert out.splitlines()[0] == "Not logged in; run `tukscal login --server URL`."


def document(folder: Path, *arguments: str) -> Any:
    """What a command prints as JSON."""
    code, out, err = tukscal(folder, *arguments)
    assert (code, err) == (0, "")
    return json.loads(out)
