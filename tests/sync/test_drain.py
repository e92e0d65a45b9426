"""The process that pushes beside another: real processes, ended in every way."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest
from tukscal.core.ledger import pushing_alone
from tukscal.sync import drain
from tukscal.sync.credentials import Credentials, ServiceLogin
from tukscal.sync.drain import DrainOptions, DrainProcess
from tukscal.tests.core.ledger.ledgers import raw
from tukscal.tests.sync.faulty import SILENCE, TOKEN, Fault, MadeService
from tukscal.tests.sync.pushing import Desk, body, login
from tukscal.tests.waiting import eventually

Start = Callable[[DrainOptions, drain.Tell], DrainProcess]
Line = tuple[int, str, Mapping[str, object]]


@pytest.fixture(params=[drain.Forked, drain.Spawned])
def start(request: pytest.FixtureRequest, desk: Desk) -> Start:
    """Each way to start the process, before there is an open ledger: SQLite's locks do not stand a fork."""

    def begin(options: DrainOptions, tell: drain.Tell) -> DrainProcess:
        desk.ledger.close()
        running: DrainProcess = request.param(options, tell)
        desk.ledger = desk.open()
        return running

    return begin


@pytest.fixture
def options(desk: Desk, service: MadeService) -> DrainOptions:
    """A ledger, and somebody logged in at the service."""
    desk.ledger.close()
    desk.clock.wall = time.time() - 3_600  # what is made is due by the clock of other processes
    desk.ledger = desk.open()
    return options_for(desk, login(service.address))


def options_for(desk: Desk, who: ServiceLogin) -> DrainOptions:
    """Log in and return what the process is told."""
    Credentials(desk.folder / "settings", use_keyring=False).save(who)
    return DrainOptions(ledger=str(desk.folder / "ledger.db"), credentials=str(desk.folder / "settings"))


def test_it_pushes_while_others_work(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """It pushes what is there and what is made meanwhile; its lines come back whole; told to end it ends with 0."""
    lines: list[Line] = []
    desk.make(("a", "one"))
    running = start(options, lambda *line: lines.append(line))
    try:
        assert eventually(lambda: "out/a" in service.stored.calendars)
        desk.make(("b", "two"))
        running.wake()
        assert eventually(lambda: "out/b" in service.stored.calendars)
        assert running.poll() is None
    finally:
        code = running.end(10)
    assert code == 0
    assert [(level, event, fields["calendar"]) for level, event, fields in lines] == [
        (logging.INFO, "pushed", "out/a"),
        (logging.INFO, "pushed", "out/b"),
    ]
    assert desk.rows() == []


def test_at_the_end_what_is_due_is_pushed(
    start: Start, options: DrainOptions, desk: Desk, service: MadeService
) -> None:
    """Told to end at once after the start it still pushes what is due."""
    desk.make(*((str(number), "x") for number in range(30)))
    assert start(options, lambda *_: None).end(20) == 0
    assert len(service.stored.calendars) == 30


def test_it_does_not_keep_its_parent(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """With a service that says nothing the parent waits as long as it wants and no longer; nothing is lost."""
    service.faults = lambda request: SILENCE
    desk.make(("a", "one"))
    running = start(options, lambda *_: None)
    assert eventually(lambda: bool(service.requests))
    assert running.end(0.1) in (0, None)
    assert running.pid is not None
    assert not psutil.pid_exists(running.pid)
    assert len(desk.rows()) == 1


def test_nobody_logged_in(start: Start, options: DrainOptions, desk: Desk) -> None:
    """Without a login it ends at once with 77 and says why."""
    lines: list[Line] = []
    Credentials(desk.folder / "settings", use_keyring=False).forget()
    running = start(options, lambda *line: lines.append(line))
    assert eventually(lambda: running.poll() is not None)
    assert running.end(5) == 77
    ((level, event, fields),) = lines
    assert (level, event) == (logging.ERROR, "drain_stopped")
    assert fields["reason"] == "Nobody is logged in at a service."


def test_a_token_not_taken(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """A 401 ends it with 77; its lines name the cause and not the token; nothing is lost."""
    lines: list[Line] = []
    service.tokens = {}
    desk.make(("a", "one"))
    running = start(options, lambda *line: lines.append(line))
    assert eventually(lambda: running.poll() is not None)
    assert running.end(5) == 77
    assert lines[-1][2]["cause"] == "unauthorized"
    assert TOKEN not in str(lines)
    assert len(desk.rows()) == 1


def test_the_token_is_in_no_list_of_processes(
    start: Start, options: DrainOptions, desk: Desk, service: MadeService
) -> None:
    """Neither the command line nor the environment of the process has the token."""
    desk.make(("a", "one"))
    running = start(options, lambda *_: None)
    try:
        assert eventually(lambda: bool(service.requests))
        process = psutil.Process(running.pid)
        assert TOKEN not in f"{process.cmdline()} {process.environ()}"
    finally:
        running.end(5)


def test_killed_in_the_middle(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """kill -9 with requests in flight loses nothing and repeats nothing: the next process sends the rest."""
    service.faults = lambda request: (
        Fault(name="slow", reaches=True, seconds=0.3) if len(service.requests) > 40 else None
    )
    desk.make(*((str(number), "x") for number in range(60)))
    running = start(options, lambda *_: None)
    assert eventually(lambda: len(service.requests) > 44)
    assert running.pid is not None
    os.kill(running.pid, signal.SIGKILL)
    assert running.end(5) == -signal.SIGKILL
    service.faults = lambda request: None
    assert desk.ledger.retention.check() == ()
    assert start(options, lambda *_: None).end(20) == 0
    assert {key: kept.body for key, kept in service.stored.calendars.items()} == {
        f"out/{number}": body("x") for number in range(60)
    }
    assert len(service.stored.commits) == 60
    assert desk.rows() == []


_HOLDER = """
import pathlib, sys
from tukscal.core.ledger import pushing_alone
with pushing_alone(pathlib.Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


def test_one_pushes_at_a_time(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """While another process pushes from the ledger it waits, takes over when that is gone, and ends when told to."""
    desk.make(("a", "one"))
    command = [sys.executable, "-c", _HOLDER, options.ledger]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        with pushing_alone(desk.folder / "ledger.db") as ours:
            assert not ours
        assert start(options, lambda *_: None).end(10) == 0
        waiting = start(options, lambda *_: None)
        assert service.requests == []
        holder.kill()
    try:
        assert eventually(lambda: bool(service.stored.calendars))
    finally:
        waiting.end(5)


def test_older_results_are_offered(start: Start, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """Results made before anybody asked to push are put into the outbox, each once."""
    from dataclasses import replace

    desk.make(("a", "one"), ("b", "two"))
    with raw(desk.folder / "ledger.db") as file:
        file.execute("DELETE FROM outbox")
        file.execute("DELETE FROM calendars")
    offering = replace(options, offer=str(desk.out))
    for _ in range(2):
        assert start(offering, lambda *_: None).end(20) == 0
    assert sorted(service.stored.calendars) == ["out/a", "out/b"]
    assert len(service.requests) == 2


_PARENT = """
import os, sys, threading
from tukscal.sync import drain
options = drain.DrainOptions(ledger=sys.argv[1], credentials=sys.argv[2])
running = getattr(drain, sys.argv[3])(options, lambda *_: None)
print(running.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("kind", ["Forked", "Spawned"])
def test_it_ends_with_its_parent(kind: str, options: DrainOptions, desk: Desk, service: MadeService) -> None:
    """When its parent is killed it ends too, soon, even with a request in flight."""
    service.faults = lambda request: SILENCE
    desk.make(("a", "one"))
    command = [sys.executable, "-c", _PARENT, options.ledger, options.credentials, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert eventually(lambda: bool(service.requests))
        parent.kill()
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10)


def test_a_ledger_that_cannot_be_opened(start: Start, options: DrainOptions, tmp_path: Path) -> None:
    """What keeps it from its ledger is its exit code and its last line."""
    from dataclasses import replace

    lines: list[Line] = []
    (tmp_path / "folder.db").mkdir()
    running = start(replace(options, ledger=str(tmp_path / "folder.db")), lambda *line: lines.append(line))
    assert eventually(lambda: running.poll() is not None)
    assert running.end(5) in (73, 74)
    assert "folder.db" in str(lines[-1][2]["reason"])
