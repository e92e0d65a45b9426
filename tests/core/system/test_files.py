"""Files: read whole, written whole or not at all, and every obstacle has a name."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.errors import InputOutput, NoSuchFile, NotWritable
from tukscal.core.ledger.opening import _make_folder
from tukscal.core.system.files import check_folder, is_no_file, read_file, read_if_there, sha256, write_file

LONG = "x" * 300


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run as nobody in particular: root may do everything."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everybody can enter; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: S103 - meant
        yield Path(name)


def test_sha256() -> None:
    """The digest is SHA-256's (FIPS 180-2, B.1)."""
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# ---- reading


def test_read(tmp_path: Path) -> None:
    """A file is read whole, or one byte further than the limit."""
    file = tmp_path / "a"
    file.write_bytes(b"0123456789")
    assert read_file(file) == b"0123456789"
    assert read_file(file, 10) == b"0123456789"
    assert read_file(file, 3) == b"0123"
    assert read_if_there(file, 3) == b"0123"
    assert read_if_there(tmp_path / "b") is None
    assert read_if_there(file / "below") is None
    assert not is_no_file(file / "below")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe and a link to nothing are no such file, at once, and the path is named."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    for name, sentence in (
        ("missing", "There is no file {}."),
        ("missing/below", "There is no file {}."),
        ("", "{} is a folder, not a file."),
        ("pipe", "{} is not an ordinary file."),
        ("link", "There is no file {}."),
    ):
        with pytest.raises(NoSuchFile) as caught:
            read_file(tmp_path / name)
        assert caught.value.message == sentence.format(tmp_path / name)
        assert caught.value.file == str(tmp_path / name)
        assert caught.value.advice


def test_unreadable(open_folder: Path) -> None:
    """A file that may not be read is named with what to do."""
    file = open_folder / "a.pdf"
    file.write_bytes(b"x")
    file.chmod(0)
    with unprivileged(), pytest.raises(NoSuchFile) as caught:
        read_file(file)
    assert (caught.value.message, caught.value.advice) == (f"You may not read {file}.", "Change its permissions.")


def test_impossible_names(tmp_path: Path) -> None:
    """A name that no file can have is an error of ours, read or written."""
    with pytest.raises(InputOutput, match="File name too long"):
        read_file(tmp_path / LONG)
    with pytest.raises(NoSuchFile):
        read_file(tmp_path / "nul\0")
    with pytest.raises(NotWritable, match="File name too long"):
        check_folder(tmp_path / LONG)


# ---- writing


def test_write(tmp_path: Path) -> None:
    """A written file holds the bytes and has the person's usual permissions; nothing else is in its folder."""
    old = os.umask(0o027)
    try:
        write_file(tmp_path / "a.ics", b"new")
    finally:
        os.umask(old)
    assert (tmp_path / "a.ics").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a.ics").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.ics"]


def test_replace(tmp_path: Path) -> None:
    """A replaced file keeps its permissions, and who reads the old one reads it to its end."""
    file = tmp_path / "a.ics"
    file.write_bytes(b"old")
    file.chmod(0o600)
    with file.open("rb") as reader:
        write_file(file, b"newer")
        assert reader.read() == b"old"
    assert file.read_bytes() == b"newer"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a.ics"]


def test_long_and_odd_names(tmp_path: Path) -> None:
    """Every name the folder takes can be written, the longest too."""
    for name in ("x" * 255, "é☃ 😀.ics", "-o", "a\nb", "\udcff.ics", ".ics"):
        write_file(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"
    assert len(os.listdir(tmp_path)) == 6


def test_no_place(tmp_path: Path) -> None:
    """A missing folder, a file as folder, a folder, a pipe and a link to nothing are refused and left alone."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name, sentence in (
        ("missing/a.ics", f"There is no folder {tmp_path / 'missing'}."),
        ("file/a.ics", f"There is no folder {tmp_path / 'file'}."),
        (".", f"{tmp_path} is a folder."),
        ("pipe", f"{tmp_path / 'pipe'} is not an ordinary file."),
        ("link", f"{tmp_path / 'link'} is not an ordinary file."),
    ):
        with pytest.raises(NotWritable) as caught:
            write_file(tmp_path / name, b"x")
        assert caught.value.message == sentence
        assert caught.value.file == str(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "link", "pipe"]


def test_forbidden_folder(open_folder: Path) -> None:
    """A folder that may not be written in is named, as one to write and one to look into."""
    shut = open_folder / "shut"
    shut.mkdir(mode=0o700)
    with unprivileged():
        with pytest.raises(NotWritable, match=r"^You may not write"):
            write_file(open_folder / "a.ics", b"x")
        with pytest.raises(NotWritable, match=r"a\.ics cannot be written: Permission denied\.$"):
            check_folder(shut / "a.ics")
    assert os.listdir(open_folder) == ["shut"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no folder that refuses even root")
def test_folder_that_takes_no_files() -> None:
    """A folder where nobody can make a file is an input/output error or not writable, not a bug."""
    with pytest.raises((NotWritable, InputOutput)) as caught:
        write_file(Path("/proc/self/a.ics"), b"x")
    assert re.match(r"You may not write (in )?/proc/self|/proc/self/a\.ics cannot be written: ", caught.value.message)


def test_a_folder_that_cannot_be_flushed_holds_the_file(open_folder: Path) -> None:
    """In a folder that may be written in but not read, a file is written and not called unwritten."""
    open_folder.chmod(0o333)
    with unprivileged():
        write_file(open_folder / "a.ics", b"x")
    assert (open_folder / "a.ics").read_bytes() == b"x"


def test_disk_full_leaves_the_old_file(tmp_path: Path) -> None:
    """When the disk takes no more, the old file stays as it was and no part of the new one is left."""
    (tmp_path / "a.ics").write_bytes(b"old")
    code = (
        "import resource, sys, pathlib\nfrom tukscal.core.errors import InputOutput\n"
        "from tukscal.core.system.files import write_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n    write_file(pathlib.Path(sys.argv[1]), bytes(10_001))\n"
        "except InputOutput as error:\n    print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.ics")], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{tmp_path / 'a.ics'} cannot be written: File too large.\n"
    assert os.listdir(tmp_path) == ["a.ics"]
    assert (tmp_path / "a.ics").read_bytes() == b"old"


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while writing leaves the old file and no temporary one."""
    file = tmp_path / "a.ics"
    file.write_bytes(b"old")

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        with pytest.raises(KeyboardInterrupt):
            write_file(file, bytes(100 * 2**20))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert os.listdir(tmp_path) == ["a.ics"]
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize("look", range(1, 4))
def test_a_file_that_goes_while_it_is_looked_at_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """Whenever another process moves the file away, it is either there or not: never something else."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    real, looks = os.stat, 0

    def moved_after(name: str | Path, *args: Any, **choices: Any) -> os.stat_result:
        nonlocal looks
        state = real(name, *args, **choices)
        if os.fspath(name) == os.fspath(path):
            looks += 1
            if looks == look:
                path.unlink()
        return state

    monkeypatch.setattr(os, "stat", moved_after)
    assert not is_no_file(path)
    check_folder(path)
    _make_folder(path)
    assert read_if_there(path) in {b"old", None}
