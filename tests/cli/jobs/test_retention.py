"""`tukscal jobs verify, purge, backup, restore` on what real batches made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.ledger import Filter, Ledger, State
from tukscal.examples.generator import content
from tukscal.tests.cli.jobs.places import Place, number_of
from tukscal.tests.core.ledger.ledgers import raw
from tukscal.tests.running import clean_environment, json_errors

FOREIGN = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody else//EN\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three timetables, converted."""
    made = Place(tmp_path)
    for name, seed in ((b"a.pdf", 1), (b"law/b.pdf", 2), (b"bad\x1b[2J\xe9.pdf", 3)):
        made.put(name, content.made("tests", seed).pdf)
    assert made.batch().returncode == 0
    return made


# ---- verify


def test_a_batch_leaves_what_agrees(place: Place) -> None:
    """After a batch ledger and disk agree, and that is exit code 0."""
    assert place.text("verify") == "The ledger and the disk agree: 3 calendars as recorded.\n"
    assert place.json("verify") == {
        "findings": [], "agree": True, "sound": 3, "busy": 0,
        "counts": dict.fromkeys(["missing", "changed", "unreadable", "unknown", "foreign", "left_behind"], 0),
    }  # fmt: skip


def test_each_disagreement_is_listed_and_the_next_batch_mends_it(place: Place) -> None:
    """Missing, changed and unknown calendars are exit code 12; the same batch again makes all agree."""
    known = (place.out / "law/b.ics").read_bytes()
    (place.out / "a.ics").unlink()
    (place.out / "law/b.ics").write_bytes(b"mine")
    (place.out / "holiday.ics").write_bytes(FOREIGN)
    assert os.listdir(place.out / "law") == ["b.ics"]
    place.put("law/c.pdf", content.made("tests", 2).pdf)
    (place.out / "law/c.ics").write_bytes(known)
    ended = place.jobs("verify", "--json")
    found = json.loads(ended.stdout)
    assert ended.returncode == 12
    findings = found["findings"]
    assert {(one["kind"], os.path.relpath(one["path"], place.out), one["job"] is None) for one in findings} == {
        ("missing", "a.ics", False), ("changed", "law/b.ics", False),
        ("unknown", "law/c.ics", True), ("foreign", "holiday.ics", True),
    }  # fmt: skip
    assert (found["agree"], found["sound"]) == (False, 1)
    assert place.batch().returncode in (0, 12)  # law/b.ics is no calendar any more: the batch may refuse it
    (place.out / "law/b.ics").unlink(missing_ok=True)
    assert place.batch().returncode == 0
    shown = place.text("verify")
    assert shown.splitlines()[1:] == [
        "The ledger and the disk agree: 4 calendars as recorded.",
        "        1 foreign: not written by tukscal, ignored",
    ]


def test_findings_command_no_terminal(place: Place) -> None:
    """An odd name is shown without what would command the terminal, and whole in JSON."""
    (missing,) = place.out.glob("bad*")
    missing.unlink()
    odd = place.out / os.fsdecode(b"\x1b]0;x\x07\n\xe9.ics")
    odd.write_bytes(FOREIGN)
    shown = place.jobs("verify").stdout.decode()
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert [line.split()[0] for line in shown.splitlines()[:2]] == ["missing", "foreign"]
    assert "then the same `tukscal batch` writes them" in " ".join(shown.split())
    found = place.json_of_failing_verify()["findings"]
    assert [(one["kind"], Path(one["path"])) for one in found] == [("missing", missing), ("foreign", odd)]


def test_one_folder_can_be_compared(place: Place) -> None:
    """With --out only what lies below counts; a folder that is not there is an error."""
    (place.out / "a.ics").unlink()
    assert place.text("verify", "--out", "out/law") == "The ledger and the disk agree: 1 calendar as recorded.\n"
    assert place.jobs("verify", "--out", "out").returncode == 12
    ended = place.jobs("verify", "--out", "uot")
    assert (ended.returncode, b"There is no folder uot." in ended.stderr) == (66, True)


# ---- purge


def test_purge_forgets_what_is_older(place: Place) -> None:
    """Only results of before go, after a yes; calendars stay and are known again after the next batch."""
    a = number_of(place, "/a.pdf")
    with raw(place.ledger) as file:
        file.execute("UPDATE jobs SET completed = completed - 30 * 86400.0 WHERE id <> ?", (a,))
    assert place.text("purge", "--older", "31", "--yes") == "0 jobs forgotten. Their calendars stay.\n"
    refused = place.jobs("purge", "--older", "29", stdin=b"n\n")
    assert (refused.returncode, place.json("list")["number"]) == (130, 3)
    assert "2 jobs forgotten. Their calendars stay.\n" in place.text("purge", "--older", "29", stdin=b"y\n")
    assert place.json("list")["number"] == 1
    assert place.json_of_failing_verify()["counts"]["unknown"] == 2
    assert place.batch().returncode == 0
    assert place.json("verify")["sound"] == 3


# ---- backup and restore


def test_a_backup_is_a_ledger(place: Place) -> None:
    """The copy holds the same jobs, and may take the place of an older copy."""
    copy = place.root / "copy.db"
    for _ in range(2):
        assert place.text("backup", copy).startswith(f"Written: {copy} (3 jobs, ")
    with Ledger.open(copy) as there, Ledger.open(place.ledger) as here:
        assert there.history.jobs() == here.history.jobs()
        assert there.retention.check() == ()


def test_a_backup_replaces_nothing_else(place: Place) -> None:
    """Neither the ledger itself nor somebody's file is written over, and no folder is made."""
    thesis = place.root / "thesis.txt"
    thesis.write_bytes(b"years of work, in a file that is long enough")
    for target, message in ((thesis, "is no backup"), (place.ledger, "is the ledger itself"), ("no/copy.db", "folder")):
        ended = place.run("--json-errors", "jobs", "backup", target, "--ledger", place.ledger)
        (error,) = json_errors(ended.stderr)
        assert (ended.returncode, error["cause"]) == (73, "not_writable")
        assert message in error["message"]
        assert error["advice"]
    assert thesis.read_bytes() == b"years of work, in a file that is long enough"
    assert place.json("list")["number"] == 3


WRITER = """
import sys
from pathlib import Path
from tukscal.core.ledger import Ledger, NewJob
with Ledger.open(Path(sys.argv[1])) as ledger:
    batch = ledger.history.begin("batch")
    for start in range(0, 10**9, 20):
        ledger.queue.enqueue(batch, [
            NewJob(source=Path(f"/x/{n}.pdf"), output=Path(f"/x/{n}.ics"), sha256="0" * 64, size=1, queue="x")
            for n in range(start, start + 20)
        ])
        print(start, flush=True)
"""


@pytest.fixture
def writing(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that fills the ledger, twenty jobs at a time."""
    command = [sys.executable, "-c", WRITER, str(place.ledger)]
    environment = clean_environment(place.root)
    with subprocess.Popen(command, cwd=place.root, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_a_backup_is_made_while_others_write(place: Place, writing: subprocess.Popen[bytes]) -> None:
    """A backup beside a busy writer is sound and holds whole transactions; the writer goes on."""
    for number in range(3):
        copy = place.root / f"copy{number}.db"
        place.text("backup", copy)
        with Ledger.open(copy) as there:
            queued = there.history.counts()[State.QUEUED]
            assert there.retention.check() == ()
        assert queued > 0
        assert queued % 20 == 0
        assert writing.stdout
        assert writing.stdout.readline()
    assert writing.poll() is None


def test_the_drill(place: Place) -> None:
    """Backup, more work, damage, restore: what is newer than the backup is named, and the next batch records it."""
    backup = place.root / "backup.db"
    place.text("backup", backup)
    place.put("new.pdf", content.made("exams", 4).pdf)
    assert place.batch().returncode == 0
    calendars = {path: path.read_bytes() for path in place.out.rglob("*.ics")}
    assert len(calendars) == 4
    data = bytearray(place.ledger.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    place.ledger.write_bytes(data)

    ended = place.jobs("restore", backup, "--yes")
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, f"Restored: {place.ledger} (3 jobs).".encode())
    assert b"The ledger was damaged; it was kept as " in ended.stderr
    assert data in [kept.read_bytes() for kept in place.root.glob("ledger.db.damaged-*")]

    found = place.json_of_failing_verify()
    assert [(one["kind"], Path(one["path"]).name) for one in found["findings"]] == [("unknown", "new.ics")]
    assert found["sound"] == 3
    assert place.batch().returncode == 0
    assert place.json("verify")["sound"] == 4
    assert {path: path.read_bytes() for path in place.out.rglob("*.ics")} == calendars


def test_restore_keeps_what_was_there(place: Place) -> None:
    """After a yes the ledger is the backup, and the one before lies beside it; after a no nothing changes."""
    backup = place.root / "backup.db"
    place.text("backup", backup)
    place.put("new.pdf", content.made("exams", 4).pdf)
    assert place.batch().returncode == 0
    assert place.jobs("restore", backup, stdin=b"n\n").returncode == 130
    assert place.json("list")["number"] == 4
    shown = place.text("restore", backup, stdin=b"y\n")
    assert shown.startswith(f"Replace {place.ledger} with {backup}? [y/N]: ")
    assert place.json("list")["number"] == 3
    (kept,) = place.root.glob("ledger.db.before-restore-*")
    with Ledger.open(kept) as ledger:
        assert len(ledger.history.jobs(Filter(state=State.DONE))) == 4


def test_restore_takes_no_unsound_backup(place: Place) -> None:
    """What is no sound backup is an error with advice, changes nothing and leaves nothing beside the ledger."""
    backup = place.root / "backup.db"
    place.text("backup", backup)
    sound = backup.read_bytes()
    flipped = sound[:8192] + b"\xa5" * 4096 + sound[12288:]
    for data in (None, b"not a ledger", flipped, sound[:5000], b""):
        backup.unlink() if data is None else backup.write_bytes(data)
        ended = place.run("--json-errors", "jobs", "restore", backup, "--yes", "--ledger", place.ledger)
        (error,) = json_errors(ended.stderr)
        assert (ended.returncode, error["cause"]) == ((66, "no_such_file") if data is None else (74, "io"))
        assert error["advice"]
        assert place.json("list")["number"] == 3
        assert list(place.root.glob("ledger.db.*")) == []


def test_a_ledger_that_is_gone_is_restored(place: Place) -> None:
    """Where there is no ledger any more, the backup becomes it; the ledger itself is no backup of itself."""
    backup = place.root / "backup.db"
    place.text("backup", backup)
    place.ledger.unlink()
    assert place.text("restore", backup, "--yes").startswith(
        f"Restored: {place.ledger} (3 jobs).\n`tukscal jobs verify --out OUT`"
    )
    assert place.json("verify")["sound"] == 3
    ended = place.jobs("restore", place.ledger, "--yes")
    assert (ended.returncode, b"is the ledger itself" in ended.stderr) == (74, True)
