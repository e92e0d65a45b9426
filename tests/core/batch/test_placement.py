"""Where calendars go: one place for each PDF, for good, on every system."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.batch.discover import Found, Owner, PdfsByFolder, safe_name
from tukscal.core.batch.discover import mirror as mirror_group

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
