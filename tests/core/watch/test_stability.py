"""Files that stand still are handed over, once for each state; those that move are not."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tukscal.core.batch.discover import FilePatterns
from tukscal.core.system.files import Stamp
from tukscal.core.watch.scan import Scan, Scanner
from tukscal.core.watch.stability import Look, News, Patience, Settled, Settling
from tukscal.examples.generator import content

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="makes what Windows does not have")
PDF = content.made("lectures", 1).pdf
OTHER = content.made("lectures", 2).pdf


@dataclass
class Folder:
    """A folder that is watched, and a clock the test turns."""

    path: Path
    patience: Patience = field(default_factory=Patience)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.scanner = Scanner(self.path, FilePatterns())
        self.settling = Settling(lambda: self.now, self.patience)

    def news(self) -> tuple[list[str], ...]:
        """Look at everything; return the names of what is new, changed and gone."""
        news = self.settling.see(self.scanner.scan())
        return tuple(sorted(Path(path).name for path in paths) for paths in news)

    def ready(self) -> list[str]:
        """Return the names of the files handed over, those taken as they are with a question mark."""
        return [Path(one.path).name + ("" if one.whole else "?") for one in self.settling.ready()]

    def after(self, seconds: float, *, step: float = 1.0) -> list[str]:
        """Let time go by with a look and a question at each step; return what is handed over."""
        got, end = [], self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            self.news()
            got += self.ready()
        return got


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder."""
    return Folder(tmp_path)


def test_a_file_that_stands_still_is_handed_over_once(folder: Folder) -> None:
    """Five seconds after the first look a whole file is handed over, in the state it was seen in, and never again."""
    path = folder.path / "a.pdf"
    path.write_bytes(PDF)
    assert folder.news() == (["a.pdf"], [], [])
    assert folder.settling.next_due == folder.now + 5
    assert folder.after(4.9) == []
    folder.now += 0.1
    [settled] = folder.settling.ready()
    assert settled == Settled(str(path), folder.scanner.scan().files[str(path)], True)
    assert folder.after(1000) == []
    assert (folder.settling.next_due is None, folder.settling.waiting) == (True, 0)


def test_nobody_has_to_look_between(folder: Folder) -> None:
    """A polled folder is looked at rarely; the file itself is asked when due, and tells of a change nobody saw."""
    path = folder.path / "a.pdf"
    path.write_bytes(PDF)
    folder.news()
    folder.now += 4
    path.write_bytes(OTHER)
    folder.now += 1
    assert folder.ready() == []
    folder.now += 4.9
    assert folder.ready() == []
    folder.now += 0.1
    assert folder.ready() == ["a.pdf"]


def test_a_slow_copy_is_left_alone(folder: Folder) -> None:
    """A copy in pieces of 10 KB with pauses longer than the waiting is handed over after the last piece, and whole."""
    data = PDF[:-30] + b"%" * 50_000 + PDF[-30:].replace(b"startxref", b"\nstartxref")
    with (folder.path / "a.pdf").open("wb") as file:
        for start in range(0, len(data), 10_000):
            file.write(data[start : start + 10_000])
            file.flush()
            assert folder.after(4 if start + 10_000 >= len(data) else 20) == []
    assert folder.after(5) == ["a.pdf"]


@LINUX
def test_room_reserved_at_once_is_left_alone(folder: Folder) -> None:
    """A file that has its size from the start, its bytes coming in any order, is handed over when all are there."""
    path = folder.path / "a.pdf"
    half = len(PDF) // 2
    path.touch()
    os.truncate(path, len(PDF))
    assert folder.after(30) == []
    with path.open("r+b") as file:
        file.seek(half)
        file.write(PDF[half:])
        file.flush()
        assert folder.after(30) == []
        file.seek(0)
        file.write(PDF[:half])
    assert folder.after(4) == []
    assert folder.after(2) == ["a.pdf"]


def test_truncated_then_completed(folder: Folder) -> None:
    """A file cut off and written again is told as changed, and handed over once more when it is whole."""
    path = folder.path / "a.pdf"
    path.write_bytes(PDF)
    assert folder.after(6) == ["a.pdf"]
    os.truncate(path, 100)
    assert folder.news() == ([], ["a.pdf"], [])
    assert folder.after(40) == []
    path.write_bytes(PDF)
    assert folder.news() == ([], [], [])  # nobody was told anything since
    assert folder.after(5) == ["a.pdf"]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4 broken", bytes(5000), PDF[:-10]])
def test_a_file_never_whole_is_handed_over_in_the_end(folder: Folder, data: bytes) -> None:
    """After a minute of standing still a file is taken as it is, to get its verdict, once; a whole one is at once."""
    (folder.path / "bad.pdf").write_bytes(data)
    (folder.path / "good.pdf").write_bytes(PDF)
    folder.news()
    assert folder.after(5) == ["good.pdf"]
    assert folder.after(54.9) == []
    assert folder.after(1000) == ["bad.pdf?"]
    (folder.path / "bad.pdf").write_bytes(PDF)
    assert folder.news() == ([], ["bad.pdf"], [])
    assert folder.after(5) == ["bad.pdf"]


def test_renamed_into_place(folder: Folder) -> None:
    """Only the final name counts, once; what a file was called while it came is never heard of."""
    (folder.path / "a.pdf.part").write_bytes(PDF)
    assert folder.after(100) == []
    (folder.path / "a.pdf.part").rename(folder.path / "a.pdf")
    assert folder.after(6) == ["a.pdf"]
    (folder.path / "a.pdf").rename(folder.path / "b.pdf")
    assert folder.news() == (["b.pdf"], [], ["a.pdf"])
    assert folder.after(5) == ["b.pdf"]


@LINUX
@pytest.mark.parametrize("how", ["over", "replaced"])
def test_the_same_size_and_time_do_not_deceive(folder: Folder, how: str) -> None:
    """Other bytes of the same size, with the time of writing set back, are a change: the inode's own time tells."""
    path = folder.path / "a.pdf"
    path.write_bytes(PDF)
    assert folder.after(6) == ["a.pdf"]
    before = path.stat()
    new = path if how == "over" else folder.path / ".new"
    new.write_bytes(PDF.replace(b"%PDF-1.3", b"%PDF-1.4").replace(b"%PDF-1.4", b"%PDF-1.5"))
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert folder.news() == ([], ["a.pdf"], [])
    assert folder.after(5) == ["a.pdf"]


@pytest.mark.parametrize("mtime", [0, -86_400, 4_102_444_800, 2**31 + 5])
def test_the_time_of_a_file_is_no_matter(folder: Folder, mtime: int) -> None:
    """A file from 1969, 1970, 2038 or the future waits as long as any other."""
    (folder.path / "a.pdf").write_bytes(PDF)
    os.utime(folder.path / "a.pdf", (mtime, mtime))
    folder.news()
    assert folder.after(4) == []
    assert folder.after(1) == ["a.pdf"]


def test_what_vanishes_is_told_if_it_was_handed_over(folder: Folder) -> None:
    """Nobody hears of a file that came and went; one that was handed over is gone, and when it is back it is new."""
    (folder.path / "a.pdf").write_bytes(PDF)
    folder.news()
    (folder.path / "a.pdf").unlink()
    assert folder.news() == ([], [], [])
    assert folder.after(100) == []
    (folder.path / "a.pdf").write_bytes(PDF)
    assert folder.after(6) == ["a.pdf"]
    (folder.path / "a.pdf").unlink()
    assert folder.news() == ([], [], ["a.pdf"])
    assert folder.news() == ([], [], [])
    (folder.path / "a.pdf").write_bytes(PDF)
    assert folder.news() == (["a.pdf"], [], [])
    assert folder.after(5) == ["a.pdf"]


def test_one_that_vanishes_when_due_is_forgotten(folder: Folder) -> None:
    """A file that is gone when it would be handed over is not."""
    (folder.path / "a.pdf").write_bytes(PDF)
    folder.news()
    (folder.path / "a.pdf").unlink()
    folder.now += 5
    assert (folder.ready(), folder.settling.waiting, folder.settling.next_due) == ([], 0, None)


# ---- looks that do not see everything

A, B, C = Stamp(1, 2, 3, 4), Stamp(5, 6, 7, 8), Stamp(9, 9, 9, 9)


def settling(clock: Callable[[], float], whole: Callable[[str], Look] = lambda _: Look(A, True)) -> Settling:
    """Return files about which looks say what the test says."""
    return Settling(clock, look=whole)


def test_an_error_teaches_nothing() -> None:
    """A folder that is away takes nothing along."""
    files = settling(lambda: 0.0)
    files.remember({"/in/a": A})
    assert files.see(Scan(error="It is not mounted.")) == News()
    assert files.see(Scan(files={"/in/a": A})) == News()
    assert files.see(Scan()) == News(gone=("/in/a",))


def test_what_was_not_seen_is_not_gone() -> None:
    """Below a folder that could not be read nothing is gone, nor a file that could not; a like name does not count."""
    files = settling(lambda: 0.0)
    paths = [os.path.join(os.sep, "in", *parts) for parts in (["a", "x"], ["a", "b", "x"], ["ab", "x"], ["c"])]
    files.remember(dict.fromkeys(paths, A))
    unseen = (os.path.join(os.sep, "in", "a"), paths[3])
    assert files.see(Scan(unseen=unseen)) == News(gone=(paths[2],))
    assert files.see(Scan(asked=frozenset({paths[0]}))) == News(gone=(paths[0],))
    assert files.see(Scan()) == News(gone=tuple(sorted([paths[1], paths[3]])))


def test_what_an_earlier_process_took_is_not_taken_again() -> None:
    """After a restart a file in the state it was taken in is no news; in another it is changed."""
    files = settling(lambda: 0.0)
    files.remember({"/a": A, "/b": A._replace(inode=0)})
    assert files.see(Scan(files={"/a": A, "/b": A, "/c": A})) == News(new=("/c",))
    assert files.see(Scan(files={"/a": B, "/b": A, "/c": A})) == News(changed=("/a",))


def test_what_could_not_be_taken_comes_again() -> None:
    """A file given back waits anew and is handed over again; of a file nobody has nothing is given back."""
    now = [0.0]
    files = settling(lambda: now[0])
    files.see(Scan(files={"/a": A}))
    now[0] = 5.0
    assert [one.path for one in files.ready()] == ["/a"]
    files.again("/a")
    files.again("/b")
    assert files.see(Scan(files={"/a": A})) == News()
    assert (list(files.ready()), files.next_due) == ([], 10.0)
    now[0] = 10.0
    assert [one.path for one in files.ready()] == ["/a"]


def test_many_are_handed_over_in_turn() -> None:
    """Of many files that come to rest together a few are opened at a time, in the order of their names, each once."""
    now, opened = [0.0], list[str]()

    def look(path: str) -> Look:
        opened.append(path)
        return Look(A, True)

    files = settling(lambda: now[0], look)
    paths = [f"/{number:04}" for number in range(1000)]
    files.see(Scan(files=dict.fromkeys(reversed(paths), A)))
    now[0] = 5.0
    got = [[one.path for one in files.ready(300)] for _ in range(4)]
    assert [len(one) for one in got] == [300, 300, 300, 100]
    assert [path for one in got for path in one] == opened == paths
    assert list(files.ready()) == []


def test_a_file_that_is_not_whole_is_not_opened_all_the_time() -> None:
    """It is opened once for each waiting, at most once a second, and not again after it was handed over."""
    now, opened = [0.0], list[float]()

    def look(path: str) -> Look:
        opened.append(now[0])
        return Look(A)

    files = Settling(lambda: now[0], Patience(settle=0.1), look=look)
    files.see(Scan(files={"/a": A}))
    got = []
    for tenth in range(1000):
        now[0] = tenth / 10
        got += list(files.ready())
    assert [one.whole for one in got] == [False]
    assert 60 <= opened[-1] < 61.5
    assert len(opened) == 61


def test_a_file_that_comes_and_goes_waits_once() -> None:
    """A program that removes a file and writes it anew every second leaves one entry to wait, not one for each time."""
    now = [0.0]
    files = settling(lambda: now[0])

    def come_and_go(seconds: range) -> None:
        for second in seconds:
            now[0] = second
            files.see(Scan())
            files.see(Scan(files={"/a": A._replace(ctime_ns=second)}))
            assert list(files.ready()) == []

    come_and_go(range(100))
    before = blocks()
    come_and_go(range(100, 1100))
    assert blocks() - before < 500
    assert files.waiting == 1


def blocks() -> int:
    """Return how many pieces of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


def test_memory_is_that_of_the_files_there() -> None:
    """After 100,000 files came and went, half of them taken and one was rewritten each time, nothing is kept."""
    now, taken = [0.0], list[int]()
    files = settling(lambda: now[0])

    def come_and_go(rounds: range) -> None:
        for number in rounds:
            scan = Scan(files={f"/{number}/{i}": A for i in range(100)})
            files.see(scan)
            now[0] += 5 if number % 2 else 1
            taken.append(len(list(files.ready())))
            files.see(Scan())
            files.see(Scan(files={"/rewritten": A._replace(size=number)}))

    come_and_go(range(100, 200))
    before = blocks()
    come_and_go(range(200, 1200))
    assert blocks() - before < 500  # a leak of one thing for each round, even, would be twice that
    assert sum(taken) >= 50_000
    assert files.waiting <= 1
