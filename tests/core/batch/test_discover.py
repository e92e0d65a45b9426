"""What is found in folders: every PDF once, nothing that is no file, nothing outside."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest
from tukscal.core.batch.discover import FilePatterns, Found, Skipped, discover, is_passing


def names(found: Iterable[Found | Skipped]) -> list[str]:
    """The places of what was found."""
    return [one.place for one in found if isinstance(one, Found)]


def skipped(found: Iterable[Found | Skipped]) -> dict[str, tuple[str, bool]]:
    """What was skipped, by name."""
    return {one.path.name: (one.reason, one.bad) for one in found if isinstance(one, Skipped)}


def make(folder: Path, *files: str) -> Path:
    """A folder with files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"%PDF")
    return folder


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    """Every PDF at any depth is found, sorted, files before folders; capitals do not count."""
    make(tmp_path, "b.pdf", "a.PDF", "z/c.pdf", "z/y/d.Pdf", "a.txt", "pdf", "x.pdf.bak", "m/n.pdf")
    assert names(discover([tmp_path], FilePatterns())) == ["a.PDF", "b.pdf", "m/n.pdf", "z/c.pdf", "z/y/d.Pdf"]


def test_patterns(tmp_path: Path) -> None:
    """A pattern without a slash is for names at any depth, one with a slash for paths; what is excluded is left."""
    make(tmp_path, "2025/a.pdf", "2026/a.pdf", "2026/old/b.pdf", "2026/b.pdf", "notes.md")
    assert names(discover([tmp_path], FilePatterns(include=("2026/*.pdf",)))) == [
        "2026/a.pdf",
        "2026/b.pdf",
        "2026/old/b.pdf",
    ]
    assert names(discover([tmp_path], FilePatterns(exclude=("old", "2025")))) == ["2026/a.pdf", "2026/b.pdf"]
    assert names(discover([tmp_path], FilePatterns(exclude=("2026/old/", "A.*")))) == ["2026/b.pdf"]
    assert names(discover([tmp_path], FilePatterns(include=("*.md", "b.pdf")))) == [
        "notes.md",
        "2026/b.pdf",
        "2026/old/b.pdf",
    ]


def test_each_file_once(tmp_path: Path) -> None:
    """What is named twice, or as a file and by its folder, is found once."""
    make(tmp_path, "a.pdf", "sub/b.pdf")
    found = discover([tmp_path / "a.pdf", tmp_path, tmp_path / "sub" / ".." / "a.pdf", tmp_path], FilePatterns())
    assert [one.path for one in found] == [str(tmp_path / "a.pdf"), str(tmp_path / "sub" / "b.pdf")]


def test_several_folders_keep_their_names(tmp_path: Path) -> None:
    """With several folders places begin with the folder's name, with one they do not."""
    make(tmp_path, "ebit/a.pdf", "nas/a.pdf")
    assert names(discover([tmp_path / "ebit", tmp_path / "nas"], FilePatterns())) == ["ebit/a.pdf", "nas/a.pdf"]
    assert names(discover([tmp_path / "ebit"], FilePatterns())) == ["a.pdf"]


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    """Links, pipes, sockets and folders named like PDFs are skipped by name; a circle of links ends."""
    inside = make(tmp_path / "in", "a.pdf")
    make(tmp_path, "secret.pdf")
    (inside / "out.pdf").symlink_to(tmp_path / "secret.pdf")
    (inside / "loop").symlink_to(inside)
    (inside / "gone.pdf").symlink_to(inside / "nowhere")
    os.mkfifo(inside / "pipe.pdf")
    (inside / "folder.pdf").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inside / "socket.pdf"))
        found = list(discover([inside], FilePatterns()))
    assert names(found) == ["a.pdf"]
    assert skipped(found) == {
        "out.pdf": ("a link", False),
        "gone.pdf": ("a link", False),
        "pipe.pdf": ("not an ordinary file", False),
        "socket.pdf": ("not an ordinary file", False),
    }


def test_what_is_named_is_expected(tmp_path: Path) -> None:
    """A link a person named is followed; what is missing or no file is bad."""
    make(tmp_path, "a.pdf")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    found = list(discover([tmp_path / name for name in ("link.pdf", "none.pdf", "pipe.pdf")], FilePatterns()))
    assert names(found) == ["link.pdf"]
    assert skipped(found) == {
        "none.pdf": ("it is not there", True),
        "pipe.pdf": ("it is not an ordinary file", True),
    }


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be listed is bad, and the others are walked."""
    make(tmp_path, "a/x.pdf", "b/y.pdf")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list(discover([tmp_path], FilePatterns()))
    assert names(found) == ["b/y.pdf"]
    assert skipped(found) == {"a": ("the folder cannot be read: Permission denied", True)}


def test_output_is_left_out(tmp_path: Path) -> None:
    """The output folder inside a source is not searched, unless it is the source."""
    make(tmp_path, "a.pdf", "out/b.pdf")
    assert names(discover([tmp_path], FilePatterns(), [tmp_path / "out"])) == ["a.pdf"]
    assert names(discover([tmp_path], FilePatterns(), [tmp_path])) == ["a.pdf", "out/b.pdf"]


@pytest.mark.parametrize(
    "name",
    ["._a.pdf", ".a.pdf", "~$a.pdf", "a.pdf.part", "a.pdf.crdownload", "a.pdf.tmp", "a.pdf~", ".DS_Store", ".#a.pdf",
     ".syncthing.a.pdf.tmp", "a.sync-conflict-20260701-120000-ABC.pdf", "a (Jo's conflicted copy 2026-07-01).pdf"],
)  # fmt: skip
def test_passing_names(name: str, tmp_path: Path) -> None:
    """Hidden, half-written and conflicting names are passing; they are never found."""
    assert is_passing(name)
    make(tmp_path, name, "real.pdf")
    assert names(discover([tmp_path], FilePatterns(include=("*",)))) == ["real.pdf"]


def test_ordinary_names_are_not_passing() -> None:
    """What a timetable may be called is not passing."""
    assert not any(map(is_passing, ["a.pdf", "part.pdf", "my.tmp.pdf", "~a.pdf", "temp.pdf", "a~b.pdf", "UP_TST.PDF"]))
