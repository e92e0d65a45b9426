"""Looks at a folder: what is there, what is left out, and when nothing can be said."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tukscal.core.batch.discover import FilePatterns, Found, discover
from tukscal.core.system import files
from tukscal.core.watch.scan import Home, Scan, Scanner, home_of

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="makes what Windows does not have")


def scanner(folder: Path, **patterns: tuple[str, ...]) -> Scanner:
    """Return what looks at a folder."""
    return Scanner(folder, FilePatterns(**patterns))


def names(folder: Path, scan: Scan) -> set[str]:
    """Return the files seen, relative to the folder."""
    assert scan.error == ""
    return {os.path.relpath(path, folder) for path in scan.files}


def put(folder: Path, *paths: str) -> None:
    """Make files that hold their names."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


def test_it_sees_what_the_batch_would_find(tmp_path: Path) -> None:
    """Files at any depth are seen, each with the stamp it has when it is read; others are not."""
    put(tmp_path, "a.pdf", "b.PDF", "notes.txt", "2026/law/c.pdf", "2026/old/d.pdf")
    seen = Scanner(tmp_path, FilePatterns(exclude=("2026/old",))).scan()
    found = discover([tmp_path], FilePatterns(exclude=("2026/old",)))
    assert sorted(seen.files) == sorted(one.path for one in found if isinstance(one, Found))
    assert len(seen.files) == 3
    for path, stamp in seen.files.items():
        assert str(stamp) == files.stamp(Path(path))
        assert stamp.is_text(files.read_stamped(Path(path))[1])


@pytest.mark.parametrize(
    "name",
    [
        *(".a.pdf", "._a.pdf", "~$a.pdf", "a.pdf.part", "a.pdf.crdownload", "a.pdf.tmp", "a.pdf~", ".DS_Store"),
        *(".syncthing.a.pdf.tmp", "~syncthing~a.pdf.tmp", "a.sync-conflict-20260301-101010-ABCDEFG.pdf"),
        *("a (Ann's conflicted copy 2026-03-01).pdf", ".dropbox.cache/a.pdf", ".dropbox", ".stversions/a.pdf"),
        *("a.pdf.download/a.pdf", "#recycle/a.pdf", "$RECYCLE.BIN/a.pdf", "~snapshot/a.pdf", "@eaDir/a.pdf"),
    ],
)
def test_passing_names_are_left_alone(tmp_path: Path, name: str) -> None:
    """A name that belongs to a program, or to a file still being written, is neither seen nor cared for."""
    put(tmp_path, name, "a.pdf")
    one = scanner(tmp_path, include=("*",))
    assert names(tmp_path, one.scan()) == {"a.pdf"}
    assert not one.cares(str(tmp_path / name))
    assert names(tmp_path, one.look([str(tmp_path / name), str(tmp_path / "a.pdf")])) == {"a.pdf"}


def test_a_look_at_single_files_agrees_with_the_full_one(tmp_path: Path) -> None:
    """Of the paths asked for, a look says what the full one says; what is not the folder's is not looked at."""
    put(tmp_path, "in/a.pdf", "in/b.pdf", "in/out/c.pdf", "in/.d/e.pdf", "beside.pdf", "inside/f.pdf")
    folder = tmp_path / "in"
    one = scanner(folder, exclude=("out",))
    everything = one.scan()
    asked = [*map(str, sorted(tmp_path.rglob("*"))), str(folder / "never.pdf"), str(folder)]
    some = one.look(asked)
    assert some.files == everything.files
    assert names(folder, some) == {"a.pdf", "b.pdf"}
    assert some.asked == frozenset(str(folder / name) for name in ("a.pdf", "b.pdf", "never.pdf"))
    assert everything.asked is None


@LINUX
def test_links_pipes_and_folders_are_no_files(tmp_path: Path) -> None:
    """Links, whatever they point to, a pipe, a socket and a folder with a file's name are skipped by name, unopened."""
    put(tmp_path, "in/a.pdf", "outside/secret.pdf", "in/folder.pdf/b.pdf")
    folder = tmp_path / "in"
    for name, target in [("out.pdf", "/etc/passwd"), ("in.pdf", "a.pdf"), ("loop.pdf", "loop.pdf"), ("none.pdf", "x")]:
        (folder / name).symlink_to(target)
    (folder / "linked").symlink_to("../outside")
    (folder / "circle").symlink_to(".")
    os.mkfifo(folder / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.pdf"))
    one = scanner(folder)
    seen = one.scan()
    assert names(folder, seen) == {"a.pdf", "folder.pdf/b.pdf"}
    links, others = {"out.pdf", "in.pdf", "loop.pdf", "none.pdf"}, {"pipe.pdf", "s.pdf"}
    assert {skipped.path.name: skipped.reason for skipped in seen.skipped} == {
        **dict.fromkeys(links, "a link"),
        **dict.fromkeys(others, "not an ordinary file"),
    }
    some = one.look(str(folder / name) for name in os.listdir(folder))
    assert sorted(some.skipped) == sorted(seen.skipped)


@LINUX
def test_a_folder_that_becomes_a_link_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that somebody turns into a link between the listing and the entering leads nowhere."""
    put(tmp_path, "in/sub/a.pdf", "outside/secret.pdf")
    one, listed = scanner(tmp_path / "in"), Scanner._list

    def swap(self: Scanner, folder: str, *rest: object) -> object:
        deeper = listed(self, folder, *rest)  # type: ignore[arg-type]
        if folder == self.root:
            (tmp_path / "in/sub").rename(tmp_path / "was")
            (tmp_path / "in/sub").symlink_to(tmp_path / "outside")
        return deeper

    monkeypatch.setattr(Scanner, "_list", swap)
    assert one.scan().files == {}


@LINUX
@pytest.mark.parametrize(
    "name",
    [
        *(
            "\N{PARTY POPPER}.pdf",
            "\u05d0\u202efdp.exe.pdf",
            "a\nb.pdf",
            "\x1b[31mred.pdf",
            "-x.pdf",
            "CON.pdf",
            " .pdf",
        ),
        *("n\u0303.pdf", "\u00f1.pdf", os.fsdecode(b"\xff\xfe.pdf"), "w" * 251 + ".pdf", "a\\b.pdf", "'\"$(x)`.pdf"),
    ],
)
def test_any_name_is_seen(tmp_path: Path, name: str) -> None:
    """Whatever bytes a name has, its file is seen under it, by either look."""
    (tmp_path / name).write_bytes(b"x")
    one, path = scanner(tmp_path), os.path.join(tmp_path, name)
    assert [*one.scan().files] == [*one.look([path]).files] == [path]


@LINUX
def test_twins_are_two_files(tmp_path: Path) -> None:
    """Names that differ in capitals or in how Unicode writes them are different files."""
    put(tmp_path, "a.pdf", "A.pdf", "n\u0303.pdf", "\u00f1.pdf")
    assert len(scanner(tmp_path).scan().files) == 4


@LINUX
def test_a_folder_that_cannot_be_read_is_unseen(tmp_path: Path) -> None:
    """What cannot be opened, here for a path too long for the system, is told; the rest is seen."""
    put(tmp_path, "a.pdf")
    before = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
    finally:
        os.chdir(before)
    seen = scanner(tmp_path).scan()
    assert names(tmp_path, seen) == {"a.pdf"}
    [unseen] = seen.unseen
    [skipped] = seen.skipped
    assert (str(skipped.path), skipped.bad) == (unseen, True)
    assert skipped.reason == "the folder cannot be read: File name too long"


# ---- when nothing can be said


def test_a_folder_that_is_gone_is_no_empty_one(tmp_path: Path) -> None:
    """A folder that is not there, or is a file, is an error by both looks; when it is back, so are the files."""
    put(tmp_path, "in/a.pdf")
    folder = tmp_path / "in"
    one = scanner(folder)
    assert names(folder, one.scan()) == {"a.pdf"}
    folder.rename(tmp_path / "away")
    for scan in (one.scan(), one.look([str(folder / "a.pdf")])):
        assert (scan.files, scan.error) == ({}, f"The folder {folder} is not there.")
    folder.write_text("a file")
    assert one.scan().error == f"{folder} is not a folder."
    folder.unlink()
    (tmp_path / "away").rename(folder)
    assert names(folder, one.scan()) == {"a.pdf"}


def test_an_empty_folder_in_its_place_is_no_empty_folder(tmp_path: Path) -> None:
    """Where a full folder was, another, empty one is an error, until something is in it; one emptied by hand is not."""
    put(tmp_path, "in/a.pdf")
    folder = tmp_path / "in"
    one = scanner(folder)
    one.scan()
    folder.rename(tmp_path / "away")
    folder.mkdir()
    for scan in (one.scan(), one.scan(), one.look([str(folder / "a.pdf")])):
        assert scan.files == {}
        assert scan.error == f"{folder} is another folder now, an empty one: what was there may come back."
    put(folder, "b.pdf")
    assert names(folder, one.scan()) == {"b.pdf"}
    (folder / "b.pdf").unlink()
    assert names(folder, one.scan()) == set()


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than temporary ones have."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@LINUX
def test_an_unmounted_share_is_an_error(tmp_path: Path, elsewhere: Path) -> None:
    """When a folder's file system goes, what shows instead is not looked at, even if it holds files."""
    if tmp_path.stat().st_dev == elsewhere.stat().st_dev:
        pytest.skip("temporary files lie in memory here")
    put(elsewhere, "a.pdf")
    put(tmp_path, "below/b.pdf")
    folder = tmp_path / "in"
    folder.symlink_to(elsewhere)
    one = scanner(folder)
    assert names(folder, one.scan()) == {"a.pdf"}
    folder.unlink()
    folder.symlink_to(tmp_path / "below")
    for scan in (one.scan(), one.look([str(folder / "b.pdf")])):
        assert scan.files == {}
        assert "was on the tmpfs file system at /dev/shm" in scan.error
    folder.unlink()
    folder.symlink_to(elsewhere)
    assert names(folder, one.scan()) == {"a.pdf"}


@LINUX
def test_a_share_mounted_after_the_start_is_looked_at(tmp_path: Path, elsewhere: Path) -> None:
    """A share that is mounted over the folder later is what was meant, also if a file lay under it."""
    if Path("/").stat().st_dev == elsewhere.stat().st_dev or tmp_path.stat().st_dev == elsewhere.stat().st_dev:
        pytest.skip("temporary files lie in memory here")
    put(elsewhere, "a.pdf")
    under = home_of(str(tmp_path), tmp_path.stat())
    one = Scanner(elsewhere, FilePatterns(), known=replace(under, mount="/"))
    assert names(elsewhere, one.scan()) == {"a.pdf"}
    assert one.home == home_of(str(elsewhere), elsewhere.stat())


def test_what_is_swapped_during_the_look_is_not_half_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another one replaces while it is looked at is an error; the next look sees the other."""
    put(tmp_path, "in/a.pdf", "other/b.pdf")
    one, walk = scanner(tmp_path / "in"), Scanner._walk
    one.scan()

    def swap(self: Scanner, home: Home) -> object:
        (tmp_path / "in").rename(tmp_path / "away")
        (tmp_path / "other").rename(tmp_path / "in")
        return walk(self, home)

    monkeypatch.setattr(Scanner, "_walk", swap)
    assert one.scan() == Scan(error=f"{tmp_path / 'in'} was replaced or mounted again while it was looked at.")
    monkeypatch.undo()
    assert names(tmp_path / "in", one.scan()) == {"b.pdf"}


def test_a_share_mounted_anew_is_known_again(tmp_path: Path) -> None:
    """With another device number, at the same place and of the same type, it is the same share; else another one."""
    put(tmp_path, "a.pdf")
    home = home_of(str(tmp_path), tmp_path.stat())
    assert home.is_at(str(tmp_path), tmp_path.stat())
    for not_here in (replace(home, device=0), replace(home, inode=0), replace(home, volume=1)):
        assert not not_here.is_at(str(tmp_path), tmp_path.stat())
    again = replace(home, device=home.device + 1, inode=home.inode + 1)
    one = Scanner(tmp_path, FilePatterns(), known=again)
    assert names(tmp_path, one.scan()) == {"a.pdf"}
    assert one.home == home
    for other in (replace(again, mount="/srv/share"), replace(again, kind="nfs4")):
        assert "what was mounted there is gone" in Scanner(tmp_path, FilePatterns(), known=other).scan().error


@LINUX
def test_a_file_system_below_that_goes_takes_no_files_along(tmp_path: Path) -> None:
    """Where another file system was mounted below the folder, what is there is seen, and nothing else is gone."""
    put(tmp_path, "a.pdf", "share/b.pdf")
    one = scanner(tmp_path)
    one.scan()
    one.mounts.add(str(tmp_path / "share"))
    assert names(tmp_path, one.scan()) == {"a.pdf", "share/b.pdf"}
    (tmp_path / "share/b.pdf").unlink()
    seen = one.scan()
    assert (names(tmp_path, seen), seen.unseen) == ({"a.pdf"}, (str(tmp_path / "share"),))


@LINUX
def test_inode_numbers_count_where_they_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On file systems whose clients make numbers up, a stamp has none and is equal to itself with any."""
    put(tmp_path, "a.pdf")
    one, path = scanner(tmp_path), str(tmp_path / "a.pdf")
    numbered = one.scan().files[path]
    assert numbered.inode == os.stat(path).st_ino
    monkeypatch.setattr("tukscal.core.watch.scan.file_system", lambda _: "fuse.sshfs")
    stamp = scanner(tmp_path).scan().files[path]
    assert stamp == numbered._replace(inode=0)
    assert stamp.is_same(numbered)
    assert numbered.is_same(stamp)
    assert stamp.is_text(str(numbered))
    other = numbered._replace(inode=numbered.inode + 1)
    assert not numbered.is_same(other)
    assert not numbered.is_text(str(other))
    assert not stamp.is_text(str(numbered._replace(ctime_ns=0)))


def test_the_same_folder_of_the_same_disk() -> None:
    """A disk is known by its own number, a share by its place and type, whatever their device numbers are now."""
    disk = Home(device=1, inode=2, mount="/srv", kind="ext4", volume=77)
    assert disk.is_same(replace(disk, device=9))
    for other in (replace(disk, inode=3), replace(disk, mount="/"), replace(disk, kind="xfs"), replace(disk, volume=8)):
        assert not disk.is_same(other)
    memory = Home(device=1, inode=2, mount="/srv", kind="tmpfs")
    assert memory.is_same(memory)
    assert not memory.is_same(replace(memory, device=9))
    share = replace(memory, kind="nfs4")
    assert share.is_same(replace(share, device=9))
    assert not share.is_same(replace(share, inode=3))
