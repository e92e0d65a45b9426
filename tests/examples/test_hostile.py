"""Attacks, near misses and malformations: each is what its name says, and cheap to make."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from tukscal.examples.generator.__main__ import main
from tukscal.examples.generator.attack_streams import spaces
from tukscal.examples.generator.attacks import ATTACKS
from tukscal.examples.generator.malformed import MALFORMED, Malformed
from tukscal.examples.generator.near_misses import NEAR_MISSES, PASSWORD

NOT_PDF = {"html", "zip", "png", "no-bytes", "late-header"}


def text_of(pdf: bytes, pages: int = 3) -> str:
    """What PDFium reads on the first pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(document[n].get_textpage().get_text_range() for n in range(min(pages, len(document))))


def test_there_are_31_attacks() -> None:
    """ATTACKS holds the 31 attacks."""
    assert len(ATTACKS) == 31


@pytest.mark.parametrize("make", ATTACKS.values(), ids=ATTACKS.keys())
def test_attacks_are_small_and_quick_to_make(make: Callable[[], bytes]) -> None:
    """An attack is made in a moment, is a PDF below 5 MB and says Lectures."""
    start = time.monotonic()
    pdf = make()
    assert time.monotonic() - start < 5
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) < 5_000_000
    assert b"(Lectures)Tj" in pdf


@pytest.mark.parametrize("count", [0, 1, (1 << 24) - 1, 1 << 24, (1 << 25) + 12345])
def test_spaces_are_a_valid_stream(count: int) -> None:
    """The bomb's stream is whole zlib with a right checksum, however it was put together."""
    assert zlib.decompress(spaces(count)) == b" " * count


@pytest.mark.parametrize("name", sorted(set(NEAR_MISSES) & NOT_PDF))
def test_not_pdf(name: str) -> None:
    """What is no PDF does not begin like one."""
    assert not NEAR_MISSES[name]().startswith(b"%PDF")


@pytest.mark.parametrize("name", sorted(NEAR_MISSES))
def test_near_misses_are_the_same_each_time(name: str) -> None:
    """A near miss has the same bytes each time, unless it is encrypted."""
    assert name.startswith("password") or NEAR_MISSES[name]() == NEAR_MISSES[name]()


def test_near_misses_say_the_heading() -> None:
    """The near misses that open say a heading a keyword test would let in."""
    shut = {name for name in NEAR_MISSES if name.startswith("password")} | {"unknown-encryption", "zero-pages"}
    for name in set(NEAR_MISSES) - NOT_PDF - shut:
        assert any(word in text_of(NEAR_MISSES[name]()) for word in ("Lectures", "Semester Tests", "Exams"))


def test_passwords() -> None:
    """The near misses with a password open with it alone."""
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(NEAR_MISSES["password"]()))
    with pikepdf.open(BytesIO(NEAR_MISSES["password"]()), password=PASSWORD) as opened:
        assert len(opened.pages) == 1


def test_zero_pages() -> None:
    """The timetable without pages has none."""
    with pikepdf.open(BytesIO(NEAR_MISSES["zero-pages"]())) as opened:
        assert len(opened.pages) == 0


@pytest.mark.parametrize("one", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_shows_its_bad_cells(one: Malformed) -> None:
    """Each bad cell can be read in the PDF, and the file opens."""
    text = text_of(one.pdf())
    assert all(cell in text for cell in one.cells)
    assert one.what


def test_good_and_bad_cells_differ() -> None:
    """A text that a problem must show stands once in its PDF, so that no good row explains it."""
    for name, one in MALFORMED.items():
        # A malformation across a whole row names its module, which other rows may share.
        for cell in [cell for cell in one.cells if cell != "STK 220"]:
            assert text_of(one.pdf()).count(cell) == 1, (name, cell)


def test_command(tmp_path: Path) -> None:
    """The command writes so many timetables and what is expected of them."""
    main([str(tmp_path), "--count", "5", "--seed", "3", "--expected"])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 10
    assert {name.split(".", 1)[1] for name in names} == {"expected.json", "pdf"}
