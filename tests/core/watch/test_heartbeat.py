"""The heartbeat: what the file of a daemon says of it, whatever became of it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest
from tukscal.core.errors import Damaged, NoSuchFile
from tukscal.core.ledger import leases
from tukscal.core.system import files
from tukscal.core.watch.status import (
    EVERY,
    SILENT,
    Beat,
    DaemonHealth,
    DaemonState,
    DaemonStatus,
    Heartbeat,
    Life,
    free_slot,
    heartbeat_files,
    heartbeat_slots,
    look,
    observed,
    read_heartbeat,
)
from tukscal.tests.core.watch.statuses import NOW, busy

ME = leases.mine()
HERE = str(ME)
GONE = str(dataclasses.replace(ME, pid=999_999_999))
REBOOTED = str(dataclasses.replace(ME, boot="another"))
CONTAINER = str(dataclasses.replace(ME, space="another"))
TICKS = 500.0


def beat(status: DaemonStatus) -> Beat:
    """Return what a daemon wrote down at NOW, TICKS."""
    return Beat(status=status, when=NOW, ticks=TICKS)


@pytest.mark.parametrize(
    ("process", "age", "life"),
    [
        (HERE, 1, Life.ALIVE),
        (HERE, SILENT - 1, Life.ALIVE),
        (HERE, SILENT, Life.HANGING),
        (GONE, 1, Life.DEAD),
        (CONTAINER, SILENT - 1, Life.ALIVE),
        (CONTAINER, SILENT, Life.DEAD),
        ("", 1, Life.ALIVE),
        ("junk", SILENT, Life.DEAD),
    ],
    ids=["new", "older", "old", "gone", "container", "container, old", "unnamed", "junk"],  # the same in each process
)
def test_a_daemon_is_judged_by_its_process_and_its_age(process: str, age: float, life: Life) -> None:
    """Dead is who has ended, though the file is there and new; who cannot be looked at is judged by the age alone."""
    seen = look(beat(busy(process=process)), ticks=lambda: TICKS + age, clock=lambda: NOW + age)
    assert (seen.life, seen.age) == (life, age)


@pytest.mark.parametrize("jump", [-86_400, 86_400, 1e10])
def test_a_clock_that_jumps_says_nothing(jump: float) -> None:
    """The age of a file of this boot does not follow the wall clock."""
    seen = look(beat(busy()), ticks=lambda: TICKS + 3, clock=lambda: NOW + jump)
    assert (seen.life, seen.age) == (Life.ALIVE, 3)


def test_a_daemon_before_a_restart_of_the_computer_is_dead() -> None:
    """The clock of another boot is not compared with; the wall clock's age is never negative."""
    late = look(beat(busy(process=REBOOTED)), ticks=lambda: TICKS + 1, clock=lambda: NOW + 100)
    early = look(beat(busy(process=REBOOTED)), ticks=lambda: 1.0, clock=lambda: NOW - 100)
    assert (late.life, late.age, early.age) == (Life.DEAD, 100, 0)


@pytest.mark.parametrize(
    ("state", "owner", "health"),
    [
        (DaemonState.STARTING, "", DaemonHealth.HEALTHY),
        (DaemonState.WORKING, "", DaemonHealth.HEALTHY),
        (DaemonState.IDLE, "", DaemonHealth.HEALTHY),
        (DaemonState.STANDBY, "process 7 on a", DaemonHealth.HEALTHY),
        (DaemonState.STANDBY, "", DaemonHealth.ATTENTION),
        (DaemonState.DEGRADED, "", DaemonHealth.ATTENTION),
        (DaemonState.DRAINING, "", DaemonHealth.HEALTHY),
        (DaemonState.STOPPED, "", DaemonHealth.DOWN),
    ],
)
def test_each_state_has_its_health(state: DaemonState, owner: str, health: DaemonHealth) -> None:
    """Degraded, and on standby for nobody, wants attention; a dead daemon is down whatever it last said."""
    now = {"ticks": lambda: TICKS, "clock": lambda: NOW}
    assert look(beat(busy(state=state, owner=owner)), **now).health is health
    assert look(beat(busy(state=state, owner=owner, process=GONE)), **now).health is DaemonHealth.DOWN


def test_the_file_is_written_every_few_seconds_and_at_each_change(tmp_path: Path) -> None:
    """In a minute of one call a second an idle daemon writes twelve times; another state is written at once."""
    path, now = heartbeat_slots(tmp_path, tmp_path / "out")[0], 0.0
    heart, stamps = Heartbeat(path, ticks=lambda: now, clock=lambda: NOW + now), set[str]()
    for _ in range(60):
        heart.write(busy())
        stamps.add(path.read_text())
        now += 1
    assert len(stamps) == 60 / EVERY
    now -= 0.5
    heart.write(busy(state=DaemonState.DEGRADED, reason="the share is gone"))
    found = read_heartbeat(path)
    assert found == Beat(status=busy(state=DaemonState.DEGRADED, reason="the share is gone"), when=NOW + now, ticks=now)


def test_each_output_has_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However an OUT is named it has one file, and two have two."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    names = [Path("out"), tmp_path / "out", Path("link/../out/."), tmp_path / "link"]
    assert len({heartbeat_slots(tmp_path, name)[0] for name in names}) == 1
    assert heartbeat_slots(tmp_path, tmp_path / "out")[0] != heartbeat_slots(tmp_path, tmp_path / "out2")[0]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"[]", b"[" * 50_000, b'{"status": {}}', b'{"status": 3, "when": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    """A file that is no status is an error with its name and what to do."""
    path = tmp_path / "watch" / "x.json"
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(Damaged) as caught:
        read_heartbeat(path)
    assert caught.value.file == str(path)
    assert "Delete it" in caught.value.advice
    with pytest.raises(Damaged):
        observed(heartbeat_files(tmp_path))


def test_where_no_daemon_ran_there_is_nothing(tmp_path: Path) -> None:
    """No folder, no file: nothing, and no error."""
    assert read_heartbeat(heartbeat_slots(tmp_path, tmp_path)[0]) is None
    assert observed(heartbeat_files(tmp_path)) == []


def test_a_full_disk_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that cannot be written is a fault to be told, no error, and the next one is written again."""
    path, now = heartbeat_slots(tmp_path, tmp_path)[0], 0.0
    heart = Heartbeat(path, ticks=lambda: now)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    heart.write(busy())
    assert "No space left on device" in heart.fault
    assert not path.exists()
    monkeypatch.undo()
    now += EVERY
    heart.write(busy())
    assert (heart.fault, os.listdir(path.parent)) == ("", [path.name])


def test_a_folder_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    """A file where the state folder should be is a fault to be told."""
    (tmp_path / "state").write_text("no folder")
    heart = Heartbeat(heartbeat_slots(tmp_path / "state", tmp_path)[0])
    heart.write(busy())
    assert "cannot be made" in heart.fault


def test_what_a_killed_daemon_left_is_cleared(tmp_path: Path) -> None:
    """The temporary file of a daemon killed while it wrote goes when the next begins."""
    path = heartbeat_slots(tmp_path, tmp_path)[0]
    path.parent.mkdir()
    left = path.parent / f"{files.temporary_prefix(path)}abc.tukscal-tmp"
    left.write_text("half")
    Heartbeat(path)
    assert not left.exists()


def test_a_link_to_nowhere_is_named(tmp_path: Path) -> None:
    """A file that is a broken link is an error that names it."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "x.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(NoSuchFile):
        observed(heartbeat_files(tmp_path))
    shutil.rmtree(tmp_path / "watch")


def test_the_file_is_json_for_others(tmp_path: Path) -> None:
    """Other programs find the moment and the status in it."""
    path = heartbeat_slots(tmp_path, tmp_path)[0]
    Heartbeat(path, ticks=lambda: 3.0, clock=lambda: NOW).write(busy())
    held = json.loads(path.read_bytes())
    assert (held["when"], held["ticks"], held["status"]["state"], held["status"]["queue"]) == (NOW, 3.0, "working", 7)


def test_two_daemons_of_one_out_write_two_files(tmp_path: Path) -> None:
    """The second daemon of a computer on one OUT has a file of its own; one that ended leaves its place to the next."""
    first = free_slot(tmp_path, tmp_path / "out")
    assert first == heartbeat_slots(tmp_path, tmp_path / "out")[0]
    Heartbeat(first).write(busy(process=HERE))
    second = free_slot(tmp_path, tmp_path / "out")
    assert second in heartbeat_slots(tmp_path, tmp_path / "out")
    assert second != first
    Heartbeat(first).write(busy(process=HERE, state=DaemonState.STOPPED))
    assert free_slot(tmp_path, tmp_path / "out") == first


def test_who_lives_is_told_about(tmp_path: Path) -> None:
    """Where one daemon of an OUT lives those that ended there are not told about; where none does, the last is."""
    for number, (output, state) in enumerate(
        [
            ("/a", DaemonState.STOPPED),
            ("/a", DaemonState.IDLE),
            ("/b", DaemonState.STOPPED),
            ("/a", DaemonState.STANDBY),
        ]
    ):
        status = busy(process=HERE, output=output, state=state)
        Heartbeat(tmp_path / "watch" / f"{number}.json").write(status)
    seen = observed(heartbeat_files(tmp_path))
    told = [(one.beat.status.output, one.beat.status.state) for one in seen]
    assert told == [("/a", DaemonState.IDLE), ("/b", DaemonState.STOPPED), ("/a", DaemonState.STANDBY)]
