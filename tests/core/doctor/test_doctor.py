"""The doctor: each check seen well, and seen ill by causing what it looks for."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta, timezone, tzinfo
from functools import partial
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfoNotFoundError

import pytest
from tukscal.core.doctor import Check, Severity, Subject
from tukscal.core.doctor.conversion import libraries, pool, processes, settings, teaching_dates
from tukscal.core.doctor.examine import examine, in_time, looks, trials, tried
from tukscal.core.doctor.files import CheckedFolder, FreeSpace, ledger, room, space, temporary, try_out, writing
from tukscal.core.doctor.machine import Machine, boot, clock, how_many, limits, resources, sqlite, time_zone
from tukscal.core.errors import InputOutput
from tukscal.core.ledger import Ledger, NewJob
from tukscal.core.ledger.schema import MIGRATIONS
from tukscal.core.pool import CannotStart, Guards, InProcess, Pool
from tukscal.core.system import machine as host
from tukscal.tests.core.guarded import never_refused

TODAY = date(2026, 3, 2)
OK, NOTE, BAD = Severity.OK, Severity.NOTE, Severity.BAD


def one(checks: Iterator[Check] | list[Check]) -> Check:
    """Return the only check."""
    (check,) = checks
    return check


def named(checks: Iterator[Check] | list[Check]) -> dict[str, Check]:
    """Return the checks by name, each once."""
    found = list(checks)
    assert len({check.name for check in found}) == len(found)
    return {check.name: check for check in found}


def subject(folder: Path, **given: object) -> Subject:
    """Return a subject that lives in a folder."""
    usual = {"config": folder / "c", "terms": folder / "c" / "terms", "state": folder / "s",
             "ledger": folder / "s" / "ledger.db", "today": TODAY}  # fmt: skip
    return Subject(**{**usual, **given})  # type: ignore[arg-type]


def mounts(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system say that a folder lies on a file system of this type."""
    table = folder.parent / "mountinfo"
    root, ours = "1 0 8:1 / / rw - ext4 /dev/vda rw", f"2 1 0:9 / {folder.resolve()} rw - {kind} there:/x rw"
    table.write_text(f"{root}\n{ours}\n")
    monkeypatch.setattr(host, "_MOUNTS", table)


# ---- the whole


def test_a_sound_machine_is_well(tmp_path: Path) -> None:
    """On this machine nothing is bad, every kind of check is made, all in a few seconds, and nothing is left behind."""
    (tmp_path / "out").mkdir()
    began = time.monotonic()
    found = list(examine(subject(tmp_path, folders=(tmp_path / "out",))))
    assert time.monotonic() - began < 20  # 0.9 s on a free machine
    assert [check for check in found if check.verdict is BAD] == []
    assert {check.name for check in found} >= {
        *("SQLite", "ledger", "ledger's disk", "space", "folder for settings", "folder for state"),
        *("folder for outputs", "folder for temporary files", "clock", "time zone", "restarts", "worker"),
        *("time limit", "memory limit", "workers", "PDF readers", "teaching dates", "settings"),
    }
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "out"]


def test_every_check_is_whole(tmp_path: Path) -> None:
    """A check is a sentence; what is not well says what to do, and what is well asks for nothing."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "ledger.db").write_bytes(b"\x00\xff" * 5_000)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "terms").mkdir()
    (tmp_path / "c" / "terms" / "up-2026.toml").write_text("nonsense")
    ill = subject(tmp_path, folders=(tmp_path / "none",), today=date(1970, 1, 1), settings_fault="It is not TOML.")
    found = list(examine(ill))
    assert {check.name for check in found if check.verdict is BAD} == {
        *("ledger", "folder for outputs", "clock", "term files", "settings"),
    }
    for check in found:
        assert check.found.endswith("."), check
        assert (check.advice == "") == (check.verdict is OK), check
        assert check.advice.endswith((".", "")), check


def test_a_check_that_fails_is_bad() -> None:
    """What a check raises, expected or a bug of ours, becomes a bad check; what it found before stays."""

    def broken() -> Iterator[Check]:
        yield clock(TODAY)
        raise ZeroDivisionError("secret detail")

    before, fault = tried("thing", broken)
    assert before.verdict is OK
    assert (fault.name, fault.verdict) == ("thing", BAD)
    assert "Internal error (test_doctor.py:" in fault.found
    assert "secret" not in f"{fault.found}{fault.advice}"

    def refuse(error: Exception) -> NoReturn:
        raise error

    known = one(tried("thing", partial(refuse, InputOutput("It is gone.", advice="Look."))))
    assert (known.verdict, known.found, known.advice) == (BAD, "It is gone.", "Look.")
    gone = one(tried("thing", partial(refuse, OSError(errno.EIO, "Input/output error", "/x"))))
    assert (gone.verdict, gone.found) == (BAD, "This cannot be looked at. /x: Input/output error.")


def test_a_check_that_hangs_is_bad() -> None:
    """A check that comes to no end, as on a drive that does not answer, is given up and called bad."""
    never = threading.Event()

    def hang() -> list[Check]:
        never.wait()
        return []

    check = one(in_time("thing", hang, patience=0.05))
    never.set()
    assert (check.name, check.verdict) == ("thing", BAD)
    assert "did not come to an end in 0.05 seconds" in check.found


def test_steps_have_names(tmp_path: Path) -> None:
    """Every step goes by a name of its own, a folder's by what it is for."""
    where = subject(tmp_path, ledger=tmp_path / "x.db", folders=(tmp_path, tmp_path))
    names = [name for name, _ in (*looks(where), *trials())]
    assert names.count("folder for outputs") == 2
    assert "folder for the ledger" in names
    assert len(set(names)) == len(names) - 1


# ---- SQLite, clock, zone, boot


@pytest.mark.parametrize(
    ("version", "verdict", "words"),
    [
        ((3, 34, 1), BAD, "3.34.1 is too old: 3.35.0 is needed"),
        ((3, 40, 1), OK, "has the WAL-reset bug; the ledger keeps a rollback journal (TRUNCATE) with synchronous FULL"),
        ((3, 51, 2), OK, "TRUNCATE"),
        ((3, 50, 7), OK, "has no known bug"),
        ((3, 51, 3), OK, "has no known bug"),
    ],
)
def test_sqlite(tmp_path: Path, version: tuple[int, ...], verdict: Severity, words: str) -> None:
    """A SQLite too old is bad; one with the bug keeps the slower journal; one without may keep the faster."""
    check = sqlite(tmp_path / "x.db", version)
    assert (check.verdict, words in check.found) == (verdict, True)
    assert ("Install a newer Python" in check.advice) == (verdict is BAD)


def test_sqlite_without_the_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bug the ledger keeps a write-ahead log on a disk of this computer, and not on a network drive."""
    monkeypatch.setattr("tukscal.core.system.sqlite.has_wal_bug", lambda: False)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    theirs.mkdir()
    mounts(theirs, "nfs4", monkeypatch)
    assert "write-ahead log (WAL) with synchronous FULL." in sqlite(ours / "x.db", (3, 51, 3)).found
    assert "rollback journal (TRUNCATE)" in sqlite(theirs / "x.db", (3, 51, 3)).found


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (date(2023, 12, 31), BAD),
        (date(2024, 1, 1), OK),
        (date(2100, 12, 31), OK),
        (date(2101, 1, 1), BAD),
        (date(1970, 1, 1), BAD),
    ],
)
def test_clock(day: date, verdict: Severity) -> None:
    """A date from 2024 to 2100 can be true; another is bad and printed."""
    check = clock(day)
    assert check.verdict is verdict
    assert str(day.year) in check.found


def test_time_zone() -> None:
    """Johannesburg is two hours ahead; a system that does not know it, or says otherwise, is bad."""

    def unknown(name: str) -> tzinfo:
        raise ZoneInfoNotFoundError(f"No time zone found with key {name}")

    assert time_zone(TODAY).verdict is OK
    lost = time_zone(TODAY, unknown)
    assert (lost.verdict, lost.found) == (BAD, "The time zone Africa/Johannesburg is not known on this computer.")
    assert "tzdata" in lost.advice
    wrong = time_zone(TODAY, lambda _: timezone(timedelta(hours=1)))
    assert (wrong.verdict, "1:00:00" in wrong.found) == (BAD, True)


def test_boot() -> None:
    """A boot id is well; without one a computer's name does on other systems, and is told on Linux."""
    assert boot().verdict is OK
    assert "af752fb7." in boot(lambda: "af752fb7-3418-4c9f", lambda: "pc").found
    assert boot(lambda: "pc", lambda: "pc", "darwin").verdict is OK
    shared = boot(lambda: "pc", lambda: "pc", "linux")
    assert (shared.verdict, "in the name of pc" in shared.found) == (NOTE, True)
    assert "--ledger" in shared.advice
    assert boot(lambda: "unknown", lambda: "", "darwin").verdict is NOTE


# ---- folders


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    """A folder is tried with a real file, of which nothing is left; the file system is named."""
    check = one(writing(CheckedFolder("outputs", tmp_path)))
    assert (check.name, check.verdict) == ("folder for outputs", OK)
    assert f"{tmp_path} can be written (file system {host.file_system(tmp_path)})." == check.found
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_made(tmp_path: Path) -> None:
    """Of a folder that tukscal makes, the nearest one that is there is tried; a file in the way is found."""
    check = one(writing(CheckedFolder("state", tmp_path / "a" / "b", made=True)))
    assert (check.verdict, f"{tmp_path / 'a' / 'b'} can be made" in check.found) == (OK, True)
    (tmp_path / "a").write_text("in the way")
    check = one(writing(CheckedFolder("state", tmp_path / "a" / "b", made=True, otherwise="go elsewhere")))
    assert (check.verdict, check.found) == (BAD, f"{tmp_path / 'a'} is not a folder.")
    assert check.advice == "Make that folder, or go elsewhere."


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """An output folder that is not there, or is a file, is bad."""
    (tmp_path / "file").write_text("")
    assert one(writing(CheckedFolder("outputs", tmp_path / "none"))).found == f"There is no folder {tmp_path / 'none'}."
    check = one(writing(CheckedFolder("outputs", tmp_path / "file")))
    assert (check.verdict, check.found) == (BAD, f"{tmp_path / 'file'} is not a folder.")


@pytest.mark.parametrize(
    ("step", "number", "found", "advice"),
    [
        ("open", errno.EACCES, "You may not write in {0}.", "Change its permissions, or choose another folder."),
        ("open", errno.EROFS, "Nothing can be written in {0}: Read-only file system.", "Make the drive writable"),
        ("fsync", errno.ENOSPC, "Nothing can be written in {0}: No space left on device.", "Free some space there"),
        ("replace", errno.EIO, "Nothing can be written in {0}: Input/output error.", "Make the drive writable"),
    ],
)
def test_a_folder_that_refuses(
    step: str, number: int, found: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever step of writing fails, the folder is bad with the reason, and nothing is left in it."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile if step == "open" else os, "mkstemp" if step == "open" else step, refuse)
        check = one(writing(CheckedFolder("outputs", tmp_path)))
    assert (check.verdict, check.found) == (BAD, found.format(tmp_path))
    assert check.advice.startswith(advice)
    assert list(tmp_path.iterdir()) == []


def test_network_drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive of another computer is fine for outputs, with a word about how it is watched; for the ledger a note."""
    share = tmp_path / "share"
    share.mkdir()
    mounts(share, "nfs4", monkeypatch)
    check = one(writing(CheckedFolder("outputs", share)))
    assert (check.verdict, "file system nfs4, perhaps a network drive" in check.found) == (OK, True)
    disk = named(ledger(share / "ledger.db"))["ledger's disk"]
    assert (disk.verdict, "nfs4" in disk.found, "--ledger" in disk.advice) == (NOTE, True, True)
    assert named(ledger(tmp_path / "ledger.db"))["ledger's disk"].verdict is OK


@pytest.mark.parametrize(
    ("behind", "words"), [(-1.5, ""), (1.5, ""), (-3600.0, "3,600 seconds ahead of"), (120.0, "120 seconds behind")]
)
def test_clocks_apart(behind: float, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose clock is more than two seconds from ours is told with the difference."""
    monkeypatch.setattr("tukscal.core.doctor.files.try_out", lambda _: try_out(tmp_path, lambda: time.time() + behind))
    written, *apart = writing(CheckedFolder("outputs", tmp_path))
    assert written.verdict is OK
    assert [(check.name, check.verdict) for check in apart] == ([("clock of outputs", NOTE)] if words else [])
    assert all(words in check.found for check in apart)


# ---- room


@pytest.mark.parametrize(
    ("left", "verdict", "words"),
    [
        (FreeSpace(99_999_999, None), BAD, "Only 100 MB are free"),
        (FreeSpace(0, 10**6), BAD, "Only 0 bytes are free"),
        (FreeSpace(10**8, None), NOTE, "100 MB are free"),
        (FreeSpace(10**9 - 1, 10**6), NOTE, "1 GB are free"),
        (FreeSpace(10**9, None), OK, "1 GB are free for outputs."),
        (FreeSpace(10**12, 99), BAD, "Only 99 more files fit"),
        (FreeSpace(10**12, 9_999), NOTE, "9,999 more files fit"),
        (FreeSpace(10**12, 10_000), OK, "1 TB are free for outputs, room for 10,000 files."),
    ],
)
def test_room(left: FreeSpace, verdict: Severity, words: str, tmp_path: Path) -> None:
    """Under 100 MB or 100 files is bad, under 1 GB or 10,000 files is told."""
    check = one(space([CheckedFolder("outputs", tmp_path)], lambda _: left))
    assert check.verdict is verdict
    assert words in check.found
    assert (str(tmp_path) in check.advice) == (verdict is not OK)


def test_room_is_told_once_a_disk(tmp_path: Path) -> None:
    """Places on one disk are one check that names them all; missing ones are left out, those to be made are not."""
    places = [
        CheckedFolder("one", tmp_path),
        CheckedFolder("two", tmp_path / "x", made=True),
        CheckedFolder("three", tmp_path / "y"),
    ]
    assert "free for one and two" in one(space(places)).found
    assert list(space([places[2]])) == []
    assert room(tmp_path).bytes > 0
    assert temporary().folder == Path(tempfile.gettempdir())


# ---- the ledger


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A ledger with one job that waits."""
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as opened:
        job = NewJob(source=Path("a.pdf"), output=Path("a.ics"), sha256="0" * 64, size=1, queue="q")
        opened.queue.enqueue(opened.history.begin("test", {}), [job])
    return path


def test_no_ledger_yet(tmp_path: Path) -> None:
    """A ledger that is not there is well, and is not made."""
    path = tmp_path / "deep" / "ledger.db"
    assert [check.verdict for check in ledger(path)] == [OK, OK]
    assert list(tmp_path.iterdir()) == []


def test_a_sound_ledger(book: Path) -> None:
    """A sound ledger is told with its version, jobs and size, and not a byte of it is changed."""
    before = book.read_bytes()
    check = named(ledger(book))["ledger"]
    assert check.verdict is OK
    assert (
        f"{book} is sound and can be written: version {len(MIGRATIONS)}, 1 job, 1 of them open and 0 failed for good"
        in check.found
    )
    assert book.read_bytes() == before
    assert list(book.parent.iterdir()) == [book]


def test_a_large_ledger(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that takes too long to be read through is sound as far as it was read."""
    monkeypatch.setattr("tukscal.core.doctor.files._OFTEN", 1)
    assert "is sound and" in named(ledger(book, longest=60))["ledger"].found
    check = named(ledger(book, longest=-1))["ledger"]
    assert (check.verdict, "sound as far as" in check.found) == (OK, True)


def test_a_damaged_ledger(book: Path) -> None:
    """A damaged ledger is bad and stays where it is, for the next command to mend."""
    data = bytearray(book.read_bytes())
    data[4096:8192] = bytes(range(256)) * 16
    book.write_bytes(data)
    check = named(ledger(book))["ledger"]
    assert (check.verdict, check.found) == (BAD, f"{book} is damaged.")
    assert "moves it aside" in check.advice
    assert book.read_bytes() == data
    with Ledger.open(book) as mended:
        assert mended.moved_aside is not None
    left = named(ledger(book))
    assert left["ledger"].verdict is OK
    assert left["damaged ledgers"].verdict is NOTE
    assert mended.moved_aside.name in left["damaged ledgers"].found


def test_a_suspected_ledger(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a ledger was found damaged while in use is told until it has been read through."""
    book.with_name("ledger.db.suspect").touch()
    with monkeypatch.context() as patch:
        patch.setattr("tukscal.core.doctor.files._OFTEN", 1)
        check = named(ledger(book, longest=-1))["damaged ledgers"]
    assert (check.verdict, "was found damaged while it was in use" in check.found) == (NOTE, True)
    assert "damaged ledgers" not in named(ledger(book))


def test_a_newer_ledger(book: Path) -> None:
    """A ledger of a newer tukscal is refused, with its version."""
    with sqlite3.connect(book) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ledger', '2 x', '')"
        )
        connection.execute("UPDATE about SET value = '9.9' WHERE name = 'needs'")
    connection.close()
    check = named(ledger(book))["ledger"]
    assert (check.verdict, "written by a newer tukscal (9.9)" in check.found) == (BAD, True)
    assert "9.9" in check.advice


def test_no_ledger_at_all(tmp_path: Path) -> None:
    """A PDF, a folder or another program's database in the ledger's place is bad; an empty file is well."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"%PDF-1.4\n" + b"x" * 2_000)
    assert "is not a ledger of tukscal" in named(ledger(path))["ledger"].found
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert "is not a ledger of tukscal" in named(ledger(path))["ledger"].found
    path.write_bytes(b"")
    check = named(ledger(path))["ledger"]
    assert (check.verdict, f"version 0 of {len(MIGRATIONS)}" in check.found) == (OK, True)
    path.unlink()
    path.mkdir()
    check = named(ledger(path))["ledger"]
    assert (check.verdict, check.found) == (BAD, f"{path} is not an ordinary file.")


def test_a_ledger_in_use(book: Path) -> None:
    """A ledger that another program holds is told, not called bad."""
    other = sqlite3.connect(book, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    check = named(ledger(book))["ledger"]
    other.close()
    assert (check.verdict, "in use by another program" in check.found) == (NOTE, True)


def test_a_ledger_nobody_may_write(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that can be read only is bad; it is really tried."""
    connect = sqlite3.connect

    def read_only(path: str, **given: object) -> sqlite3.Connection:
        return connect(f"{Path(path).as_uri()}?mode=ro", **{**given, "uri": True})  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", read_only)
    monkeypatch.setattr(os, "access", lambda *_: False)
    check = named(ledger(book))["ledger"]
    assert (check.verdict, "cannot be opened or written" in check.found) == (BAD, True)


# ---- workers


def test_workers_work() -> None:
    """A worker starts and answers, a call that hangs is ended, one that takes too much memory is refused it."""
    checks = named(processes())
    assert {name: check.verdict for name, check in checks.items()} == {
        "worker": OK, "time limit": OK, "memory limit": OK,
    }  # fmt: skip
    assert "ms (forkserver)" in checks["worker"].found or "ms (spawn)" in checks["worker"].found
    if sys.platform == "linux":
        assert "is refused at once by the system" in checks["memory limit"].found


def test_limits_that_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing ends a call, as in this process, both limits are bad."""
    monkeypatch.setattr("tukscal.core.doctor.conversion._HANG", 0.0)
    monkeypatch.setattr("tukscal.core.doctor.conversion._HOLD", 0.0)
    checks = named(processes(lambda _: InProcess()))
    assert {name: check.verdict for name, check in checks.items()} == {
        "worker": OK, "time limit": BAD, "memory limit": BAD,
    }  # fmt: skip
    assert "192 MiB of memory, though 128 were allowed" in checks["memory limit"].found


def test_memory_the_parent_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses nothing, the parent's watch ends the call, and the check says so."""
    monkeypatch.setattr("tukscal.core.doctor.calls.refused", never_refused)
    found = named(processes())["memory limit"].found
    assert found == "A call that takes more than its 128 MiB of memory is found and ended by the parent's watch."


def test_a_limit_kept_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging call that is ended more than a second late is told."""
    monkeypatch.setattr("tukscal.core.doctor.conversion._LATE", -0.1)
    assert named(processes())["time limit"].verdict is NOTE


def test_no_worker_starts() -> None:
    """When no worker starts, that is bad once, the limits are not tried, and the readers wait for it."""

    def broken(guards: Guards) -> Pool:
        raise CannotStart("The converting process cannot start: no more processes.")

    check = one(processes(broken))
    assert (check.name, check.verdict) == ("worker", BAD)
    assert check.found == "The converting process cannot start: no more processes."
    assert "tukscal doctor" not in check.advice
    assert one(libraries(broken)).verdict is NOTE


def test_a_real_pool_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start method that this system lacks ends as a bad check too."""
    monkeypatch.setattr("tukscal.core.system.process.START_METHOD", "nonsense")
    assert one(tried("worker", processes)).verdict is BAD


# ---- how many


def test_this_machine(tmp_path: Path) -> None:
    """This machine has a core, memory and at least one worker; a container's limit is read where there is one."""
    there = resources(tmp_path)
    assert there.processors >= there.cores >= there.workers >= 1
    assert (there.free > 0, there.memory) == (True, None)
    (tmp_path / "memory.max").write_text("max\n")
    assert resources(tmp_path).memory is None
    (tmp_path / "memory.max").write_text("2000000000\n")
    assert "the container's limit being 1,907 MiB" in how_many(resources(tmp_path)).found


def test_how_many() -> None:
    """As many workers as cores are well, fewer for want of memory are told, a share of the cores is said."""
    plenty = how_many(Machine(processors=8, cores=2, free=4 * 10**9, workers=2))
    assert (plenty.verdict, plenty.found[:19]) == (OK, "2 workers by defaul")
    assert "2 workers by default: 2 of 8 cores, 3,815 MiB of memory free" in plenty.found
    short = how_many(Machine(processors=4, cores=4, free=3 * 10**8, workers=1))
    assert (short.verdict, "1 worker by default: 4 cores" in short.found) == (NOTE, True)


def test_limits_of_files_and_processes(tmp_path: Path) -> None:
    """Too few files or processes for the workers are told with the command; where nobody tells, nothing is said."""
    text = tmp_path / "limits"
    text.write_text(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max processes             75                   96365                processes \n"
        "Max open files            256                  20000                files     \n"
    )
    checks = named(limits(2, text, tmp_path))
    assert {name: check.verdict for name, check in checks.items()} == {"open files": OK, "processes": NOTE}
    assert "`ulimit -u 76`" in checks["processes"].advice
    assert [named(limits(n, text, tmp_path))["open files"].verdict for n in (32, 33)] == [OK, NOTE]
    text.write_text("Max processes             unlimited            unlimited            processes \n")
    assert list(limits(2, text, tmp_path)) == []
    assert list(limits(2, tmp_path / "none", tmp_path)) == []
    (tmp_path / "pids.max").write_text("100\n")
    (tmp_path / "pids.current").write_text("90\n")
    assert one(limits(2, tmp_path / "none", tmp_path)).found.startswith("The container may have 100 processes")
    (tmp_path / "pids.current").write_text("50\n")
    assert list(limits(2, tmp_path / "none", tmp_path)) == []


# ---- what a conversion needs


def test_libraries() -> None:
    """The readers are loaded in a worker, see a blank page, and are named with their versions."""
    check = one(libraries())
    assert check.verdict is OK
    assert "pypdfium2 5" in check.found


@pytest.mark.parametrize(("version", "verdict"), [("20251107", BAD), ("20260106.9", BAD), ("x", BAD), ("20260107", OK)])
def test_old_pdfminer(version: str, verdict: Severity) -> None:
    """A pdfminer.six from before 7 January 2026 is bad, with the command that mends it."""
    check = list(libraries(lambda _: InProcess(), lambda name: version if name == "pdfminer.six" else "1"))[-1]
    assert check.verdict is verdict
    assert ("pip install --upgrade 'pdfminer.six>=20260107'" in check.advice) == (verdict is BAD)


def test_missing_library() -> None:
    """A library that is not installed is bad, by name."""

    def version(name: str) -> str:
        if name == "icalendar":
            raise PackageNotFoundError(name)
        return "20260107"

    check = one(libraries(lambda _: InProcess(), version))
    assert (check.verdict, check.found) == (BAD, "The library icalendar is not installed.")


def test_broken_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that fail, or see another number of pages, are bad."""
    monkeypatch.setattr("tukscal.core.doctor.calls.read_blank", no_pages)
    assert "do not see a blank page" in next(libraries(lambda _: InProcess())).found
    monkeypatch.setattr("tukscal.core.doctor.calls.read_blank", no_reader)
    check = one(libraries(pool))
    assert (check.verdict, "cannot be used" in check.found) == (BAD, True)


def no_pages() -> int:
    """Return no pages."""
    return 0


def no_reader() -> int:
    """Fail as a library that is only half installed does."""
    raise ImportError("libpdfium.so: cannot open shared object file")


def test_teaching_dates(tmp_path: Path) -> None:
    """Packaged years are known; for others the person is told how to give the dates."""
    check = one(teaching_dates(TODAY, tmp_path))
    assert (check.verdict, check.found) == (OK, "Those of 2026 are known from tukscal's own list.")
    check = one(teaching_dates(date(2031, 3, 2), tmp_path / "none"))
    assert (check.verdict, "tukscal term new 2031" in check.advice) == (NOTE, True)


def test_own_term_files(tmp_path: Path) -> None:
    """A term file of one's own that cannot be used is bad, whatever its year; those that can are counted."""
    good = 'institution = "UP"\nyear = 2026\ncompleteness = "partial"\n'
    good += "periods.S1 = { start = 2026-02-09, end = 2026-05-27 }\n"
    (tmp_path / "up-2026.toml").write_text(good)
    found = list(teaching_dates(TODAY, tmp_path))
    assert [check.verdict for check in found] == [OK, OK]
    assert f"from your file {tmp_path / 'up-2026.toml'}" in found[0].found
    assert found[1].found.startswith("1 term file of your own can be used")
    (tmp_path / "up-2026.toml").write_text("year = ")
    (tmp_path / "up-2027.toml").mkdir()
    wrong = list(teaching_dates(TODAY, tmp_path))
    assert [(check.name, check.verdict) for check in wrong] == [("term files", BAD)] * 2
    assert ["up-2026.toml" in wrong[0].found, "up-2027.toml" in wrong[1].found] == [True, True]


def test_settings(tmp_path: Path) -> None:
    """Settings are there, or not, or at fault."""
    assert "is not there" in settings(tmp_path, "").found
    (tmp_path / "settings.toml").write_text("")
    assert "can be read" in settings(tmp_path, "").found
    assert settings(tmp_path, "It is not TOML.").verdict is BAD
