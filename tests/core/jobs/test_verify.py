"""The comparison of the ledger with the disk sees each kind of disagreement, and nothing else."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tukscal.core.calendar import ics
from tukscal.core.errors import NoSuchFile
from tukscal.core.jobs import verify
from tukscal.core.jobs.verify import Finding, FindingKind, Verification
from tukscal.core.ledger import Done, Ledger, NewJob
from tukscal.core.system import files
from tukscal.core.system.files import FileChange, sha256
from tukscal.tests.core.sessions import converted, lecture

FOREIGN = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody else//EN\r\nEND:VCALENDAR\r\n"
OURS = ics.write(converted([lecture()]).calendar)
NAMES = ("a.ics", "b.ics", "law/c.ics", "law/deep/d.ics")
Damage = Callable[["Disk"], object]


class Disk:
    """Four calendars in three folders and the ledger that knows them."""

    def __init__(self, root: Path) -> None:
        self.out = root / "out"
        self.ledger = Ledger.open(root / "state" / "ledger.db")
        self.batch = self.ledger.history.begin("batch")
        for name in NAMES:
            self.record(name, OURS + name.encode())

    def record(self, name: str, data: bytes) -> None:
        """Write a calendar and its result."""
        self.queue(name)
        (job,) = self.ledger.queue.claim("q")
        self.put(name, data)
        digest = sha256(data)
        assert not self.ledger.queue.record(
            [Done(job=job.id, kind="tests", entries=1, problems=0, output_sha256=digest)]
        )

    def queue(self, name: str) -> None:
        """Put a PDF into the queue."""
        job = NewJob(source=Path(f"/in/{name}.pdf"), output=self.out / name, sha256="0" * 64, size=1, queue="q")
        self.ledger.queue.enqueue(self.batch, [job])

    def put(self, name: str, data: bytes) -> Path:
        """Write a file."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def found(self, below: Path | None = None) -> tuple[list[tuple[FindingKind, str]], Verification]:
        """Return what a comparison finds, and the comparison."""
        comparison = Verification(self.ledger, below, readers=2)
        return sorted((one.kind, os.path.relpath(one.path, self.out)) for one in comparison), comparison


@pytest.fixture
def disk(tmp_path: Path) -> object:
    """Calendars and their ledger, which agree."""
    made = Disk(tmp_path)
    with made.ledger:
        yield made


def test_what_agrees_is_counted(disk: Disk) -> None:
    """Where nothing happened there is nothing to tell, and the two agree."""
    found, comparison = disk.found()
    assert (found, comparison.sound, comparison.busy, comparison.agrees) == ([], 4, 0, True)


@pytest.mark.parametrize(
    ("damage", "kind", "name"),
    [
        (lambda disk: (disk.out / "b.ics").unlink(), FindingKind.MISSING, "b.ics"),
        (lambda disk: (disk.out / "law/deep").rename(disk.out / "gone"), FindingKind.MISSING, "law/deep/d.ics"),
        (lambda disk: disk.put("law/c.ics", b"mine"), FindingKind.CHANGED, "law/c.ics"),
        (lambda disk: disk.put("a.ics", b""), FindingKind.CHANGED, "a.ics"),
        (lambda disk: disk.put("a.ics", OURS + b"b.ics"), FindingKind.CHANGED, "a.ics"),
        (lambda disk: disk.put("new.ics", OURS), FindingKind.UNKNOWN, "new.ics"),
        (lambda disk: disk.put("law/else/where/New.ICS", OURS), FindingKind.UNKNOWN, "law/else/where/New.ICS"),
        (lambda disk: ((disk.out / "a.ics").unlink(), (disk.out / "a.ics").mkdir()), FindingKind.UNREADABLE, "a.ics"),
    ],
)
def test_each_disagreement_is_seen(disk: Disk, damage: Damage, kind: FindingKind, name: str) -> None:
    """Whatever happens to one calendar is told of that one, and the two do not agree."""
    damage(disk)
    found, comparison = disk.found()
    assert (kind, name) in found
    assert not comparison.agrees
    assert comparison.sound == (4 if kind is FindingKind.UNKNOWN else 3)
    assert comparison.counts == Counter(kind for kind, _ in found)


def test_what_others_wrote_is_named_and_no_fault(disk: Disk) -> None:
    """A calendar of another program is foreign; files that are no calendars are nothing."""
    disk.put("holiday.ics", FOREIGN)
    disk.put("empty.ics", b"")
    disk.put("a.warnings.txt", b"rows")
    found, comparison = disk.found()
    assert found == [(FindingKind.FOREIGN, "empty.ics"), (FindingKind.FOREIGN, "holiday.ics")]
    assert (comparison.sound, comparison.agrees) == (4, True)


def test_a_missing_calendar_comes_with_its_job(disk: Disk) -> None:
    """The finding has the number of the result, so that it can be looked up."""
    job = disk.ledger.history.results([disk.out / "b.ics"])[disk.out / "b.ics"]
    (disk.out / "b.ics").unlink()
    assert list(Verification(disk.ledger)) == [Finding(kind=FindingKind.MISSING, path=job.output, job=job.id)]


def test_only_the_newest_result_counts(disk: Disk) -> None:
    """A result that a newer one took the place of is not missed."""
    disk.record("a.ics", OURS + b"second")
    found, comparison = disk.found()
    assert (found, comparison.sound) == ([], 4)


def test_a_folder_is_looked_at_alone(disk: Disk) -> None:
    """Below one folder only its own calendars count, on both sides; a folder with a longer name is another."""
    disk.put("law/new.ics", OURS)
    disk.put("other.ics", OURS)
    disk.record("lawyers/e.ics", OURS)
    (disk.out / "b.ics").unlink()
    found, comparison = disk.found(disk.out / "law")
    assert (found, comparison.sound) == ([(FindingKind.UNKNOWN, "law/new.ics")], 2)


def test_the_folder_of_a_batch_is_walked_though_it_left_no_result(disk: Disk, tmp_path: Path) -> None:
    """A calendar is found where a batch was to write, also if the ledger lost every result of that folder."""
    disk.ledger.history.begin("batch", {"output": str(tmp_path / "second")})
    disk.ledger.history.begin("batch", {"output": "relative"})
    disk.put("../second/law/a.ics", OURS)
    assert disk.found()[0] == [(FindingKind.UNKNOWN, "../second/law/a.ics")]


def test_a_folder_that_is_not_there_is_an_error(disk: Disk) -> None:
    """A mistyped folder is not a folder without faults."""
    with pytest.raises(NoSuchFile, match="There is no folder"):
        Verification(disk.ledger, disk.out / "lwa")


def test_what_is_being_converted_is_no_fault(disk: Disk) -> None:
    """A calendar another process is just writing is busy, changed or new; when that process is gone it is a fault."""
    with Ledger.open(disk.ledger.path, lease="elsewhere") as other:
        for name in ("a.ics", "new.ics"):
            disk.queue(name)
            disk.put(name, OURS + b"half a batch")
        assert len(other.queue.claim("q", 2)) == 2
        found, comparison = disk.found()
        assert (found, comparison.sound, comparison.busy, comparison.agrees) == ([], 3, 2, True)
        other.queue.take_over_of("elsewhere")
    assert disk.found()[0] == [(FindingKind.CHANGED, "a.ics"), (FindingKind.UNKNOWN, "new.ics")]


def test_a_result_that_comes_meanwhile_is_believed(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar written and recorded between the two looks is sound, by the newer result."""
    look = verify._look_at_all

    def slow(jobs: object) -> object:
        if disk.ledger.history.results([disk.out / "a.ics"])[disk.out / "a.ics"].output_sha256 != sha256(OURS):
            disk.record("a.ics", OURS)
        return look(jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(verify, "_look_at_all", slow)
    monkeypatch.setattr(verify, "ThreadPoolExecutor", _Here)
    found, comparison = disk.found()
    assert (found, comparison.sound) == ([], 4)


class _Here:
    """Reads in the caller's thread."""

    def __init__(self, _readers: int) -> None:
        pass

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    map = staticmethod(map)


def test_temporary_files_of_killed_processes_are_named(disk: Disk) -> None:
    """A temporary file from before the newest batch was left behind; a newer one may be in use."""
    left = files._prepare(FileChange(disk.out / "a.ics", b"half"))
    assert left is not None
    assert disk.found()[0] == []
    os.utime(left, (1.0, 1.0))
    found, comparison = disk.found()
    assert found == [(FindingKind.LEFT, os.path.basename(left))]
    assert comparison.agrees


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything; Windows has other rights")
def test_a_folder_nobody_may_look_into_is_named(disk: Disk) -> None:
    """Where the walk ends at a folder, its name is told."""
    shut = disk.out / "law"
    shut.chmod(0)
    try:
        found, comparison = disk.found()
    finally:
        shut.chmod(0o755)
    assert (FindingKind.UNREADABLE, "law") in found
    assert not comparison.agrees


def test_many_pages_are_one_comparison(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However results and files are divided into pages and shares, each is looked at once."""
    for name, size in {"_PAGE": 3, "_SHARE": 2}.items():
        monkeypatch.setattr(verify, name, size)
    for number in range(20):
        disk.record(f"many/{number:02}.ics", OURS + str(number).encode())
        disk.put(f"stray/{number:02}.ics", OURS)
    (disk.out / "many/07.ics").unlink()
    found, comparison = disk.found()
    assert found == [
        (FindingKind.MISSING, "many/07.ics"),
        *((FindingKind.UNKNOWN, f"stray/{n:02}.ics") for n in range(20)),
    ]
    assert comparison.sound == 23


@pytest.mark.parametrize(
    ("folders", "topmost"),
    [
        (["/a/b", "/a/c", "/a"], ["/a"]),
        (["/a", "/a/b", "/ab"], ["/a", "/ab"]),
        (["/a/b/c", "/x", "/a"], ["/a", "/x"]),
        (["/a/b", "/"], ["/"]),
        (["/"], ["/"]),
        ([], []),
    ],
)
def test_folders_are_walked_once(folders: list[str], topmost: list[str]) -> None:
    """Of folders that lie in each other only the topmost is walked, in whatever order they come."""
    for order in (folders, folders[::-1]):
        roots = verify._Roots()
        for folder in order:
            roots.add(folder)
        assert list(roots) == topmost
