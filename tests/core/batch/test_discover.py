"""What is found in folders: every PDF once, nothing that is no file, nothing outside; and where each calendar goes."""

from __future__ import annotations

import os
import re
import socket
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.batch.discover import (
    FilePatterns,
    Found,
    Owner,
    PdfsByFolder,
    Skipped,
    discover,
    is_passing,
    safe_name,
)
from tukscal.core.batch.discover import mirror as mirror_group


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


OUT = Path("/out")


# What a file may be called; a lone surrogate stands for a byte that is not UTF-8.
NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\x00") | st.just("\udcff"), min_size=1, max_size=12
)


def nobody(output: str) -> None:
    """No calendar has an owner."""
    return


def places(*paths: str) -> list[Found]:
    """What was found at these places below /in."""
    return [Found(f"/in/{path}", path) for path in paths]


def mirror(found: list[Found], out: Path, suffix: str, owner: Owner) -> dict[Path, Path]:
    """The outputs of PDFs, in the order they were found in."""
    groups = PdfsByFolder()
    for one in found:
        groups.add(one)
    outputs = dict(pair for group in groups for pair in mirror_group(group, str(out), suffix, owner))
    ordered = {one.path: outputs.pop(one.path) for one in found} | outputs
    return {Path(source): Path(output) for source, output in ordered.items()}


def test_the_tree_again() -> None:
    """A calendar has its PDF's place and name; a file that is not called .pdf keeps its whole name."""
    found = places("a.pdf", "x/y/b.PDF", "c.d.pdf", "noext")
    assert list(mirror(found, OUT, ".ics", nobody).values()) == [
        Path("/out/a.ics"), Path("/out/x/y/b.ics"), Path("/out/c.d.ics"), Path("/out/noext.ics"),
    ]  # fmt: skip


def test_a_list_cannot_lead_out() -> None:
    """Dots and roots in a place lead nowhere."""
    found = [Found("/etc/a.pdf", "../../etc/a.pdf"), Found("/b.pdf", "/b.pdf")]
    assert list(mirror(found, OUT, ".ics", nobody).values()) == [Path("/out/etc/a.ics"), Path("/out/b.ics")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Test.pdf", "test.pdf"), ("é.pdf", "e\u0301.pdf"), ("A/x.pdf", "a/x.pdf"), ("a.pdf", "a.PDF"), ("a", "a.pdf")],
)
def test_twins_are_kept_apart(one: str, other: str) -> None:
    """Two names that are one file somewhere get two calendars; the first keeps the plain name."""
    outputs = mirror(places(one, other), OUT, ".ics", nobody)
    keys = {unicodedata.normalize("NFC", str(output)).casefold() for output in outputs.values()}
    assert len(keys) == 2
    assert outputs == mirror(places(other, one), OUT, ".ics", nobody)  # whoever is found first
    first = min((Path("/in") / one, Path("/in") / other), key=os.fsencode)
    assert outputs[first].suffix == ".ics"
    assert "~" not in outputs[first].name


def test_who_has_a_name_keeps_it(tmp_path: Path) -> None:
    """A PDF that comes later and sorts first takes nobody's calendar away, and a mark stays when its rival goes."""
    (tmp_path / "test.ics").touch()
    owners = {str(tmp_path / "test.ics"): "/in/test.pdf"}
    outputs = mirror(places("Test.pdf", "test.pdf"), tmp_path, ".ics", owners.get)
    assert outputs[Path("/in/test.pdf")] == tmp_path / "test.ics"
    marked = outputs[Path("/in/Test.pdf")]
    assert re.fullmatch(r"Test~[0-9a-f]{8}\.ics", marked.name)
    marked.touch()
    owners[str(marked)] = "/in/Test.pdf"
    assert mirror(places("Test.pdf"), tmp_path, ".ics", owners.get) == {Path("/in/Test.pdf"): marked}


def test_another_folders_calendar_is_not_taken(tmp_path: Path) -> None:
    """A PDF of the same name from another folder, converted before into the same place, keeps its calendar."""
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "x.pdf").touch()
    (tmp_path / "x.ics").touch()
    found = [Found(str(tmp_path / "eng" / "x.pdf"), "x.pdf")]
    owners = {str(tmp_path / "x.ics"): str(tmp_path / "law" / "x.pdf")}
    (output,) = mirror(found, tmp_path, ".ics", owners.get).values()
    assert re.fullmatch(r"x~[0-9a-f]{8}\.ics", output.name)
    (tmp_path / "law" / "x.pdf").unlink()  # nobody's any more
    assert list(mirror(found, tmp_path, ".ics", owners.get).values()) == [tmp_path / "x.ics"]


def test_a_name_like_a_mark_is_no_trap() -> None:
    """A PDF whose name is the mark another one would get does not share its calendar."""
    first = mirror(places("Test.pdf", "test.pdf"), OUT, ".ics", nobody)
    (mark,) = [output.stem for output in first.values() if "~" in output.name]
    outputs = mirror(places("Test.pdf", "test.pdf", f"{mark}.pdf"), OUT, ".ics", nobody)
    assert len({str(output).casefold() for output in outputs.values()}) == 3


@pytest.mark.parametrize("name", ["CON", "nul", "com1", "LPT9", "aux.txt", "a:b", "a\nb", "\x1b[31mred", "x.", "x ",
                                  "..", "", "\udcff", "\u202egnp", "q" * 300, "😀" * 100, 'a"b', "a|b"])  # fmt: skip
def test_odd_names(name: str) -> None:
    """A name some system cannot hold becomes one every system can, marked by its hash."""
    safe = safe_name(name)
    assert re.fullmatch(r"[^\x00-\x1f<>:\"/\\|?*]+~[0-9a-f]{8}", safe)
    assert len(safe.encode()) <= 220


@given(st.lists(NAMES, unique=True, max_size=12))
def test_any_names(names: list[str]) -> None:
    """Any set of file names gets as many different places, all inside, whatever case or accents mean."""
    found = places(*(f"{name}.pdf" for name in names if name not in (".", "..")))
    outputs = mirror(found, OUT, ".ics", nobody)
    assert set(outputs) == {Path(one.path) for one in found}
    keys = {unicodedata.normalize("NFC", str(output)).casefold() for output in outputs.values()}
    assert len(keys) == len(found)
    assert all(output.parent == OUT and output.name.isprintable() for output in outputs.values())
    assert outputs == mirror(list(reversed(found)), OUT, ".ics", nobody)


@given(st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=30))
def test_plain_names_stay(name: str) -> None:
    """A name of letters and digits stays as it is, unless Windows reserves it."""
    reserved = re.fullmatch(r"(?i)con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]", name)
    assert (safe_name(name) == name) == (reserved is None)
