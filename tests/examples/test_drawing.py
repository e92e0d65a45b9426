"""Drawing: the portal's geometry, encryption and forms of file."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from tukscal.examples.generator.draw import timetable_pages, timetable_pdf
from tukscal.examples.generator.layout import Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.metrics import BOLD, REGULAR, width, wrap
from tukscal.examples.generator.rows import Row


def operators(rows: Sequence[Row]) -> list[str]:
    """The lines of the first page's content stream."""
    return timetable_pages(rows)[0].decode("cp1252").split("\r\n")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (LECTURES, "1 0 0 1 36 539.88 Tm"),
        (LECTURES, "1 0 0 1 98.1 513.662 Tm"),
        (LECTURES, "1 0 0 1 41.4 499.659 Tm"),
        (LECTURES, "1 0 0 1 192.6 499.659 Tm"),
        (LECTURES, "1 0 0 1 643.85 490.411 Tm"),
        (LECTURES, "35.75 509.03 709.25 .5 re f"),
        (TESTS, "1 0 0 1 41.4 510.749 Tm"),
        (TESTS, "1 0 0 1 82.53 497.532 Tm"),
        (TESTS, "35.75 507.84 617.15 .5 re f"),
        (EXAMS, "1 0 0 1 367.45 497.658 Tm"),
        (EXAMS, "1 0 0 1 551.75 473.819 Tm"),
        (EXAMS, "35.75 456.35 730.55 .5 re f"),
    ],
)
def test_geometry_of_the_portal(rows: Sequence[Row], line: str) -> None:
    """Text and rulings stand where the portal puts them, to a thousandth of a point."""
    verb = line.split()[-1]
    found = [other for other in operators(rows) if other.endswith(verb) and _close(other, line)]
    assert found


def _close(line: str, other: str) -> bool:
    ours, theirs = ([float(word) for word in text.split()[:-1] if word not in ("re",)] for text in (line, other))
    return len(ours) == len(theirs) and all(abs(a - b) < 0.0021 for a, b in zip(ours, theirs, strict=True))


def test_block_kind_is_white() -> None:
    """The kind of block is a run of its own, white on white, behind the language."""
    lines = operators(LECTURES)
    at = lines.index("(L)Tj")
    assert lines[at - 3 : at + 2] == ["(E )Tj", "1 1 1 RG 1 1 1 rg", lines[at - 1], "(L)Tj", "0 0 0 RG 0 0 0 rg"]


def test_rulings_come_after_the_text() -> None:
    """Every ruling is drawn after the text, half a point thin."""
    lines = operators(LECTURES)
    rulings = [line.split() for line in lines[lines.index("ET") + 1 :] if line]
    assert len(rulings) == 11 + 6
    assert all(".5" in ruling and ruling[-2:] == ["re", "f"] for ruling in rulings)


@pytest.mark.parametrize(
    ("text", "inner", "lines"),
    [
        ("PTest 1", 31.75, ["PTest", "1"]),
        ("Exam Written", 43.2, ["Exam", "Written"]),
        ("IT Building CBT Labs 1,2,3", 116.75, ["IT Building CBT Labs", "1,2,3"]),
        ("Abcdefghijklmnop", 40, ["Abcdefg", "hijklmno", "p"]),
        ("", 40, []),
    ],
)
def test_wrap(text: str, inner: float, lines: list[str]) -> None:
    """Text wraps greedily at spaces; only a word too long for the cell breaks at its letters."""
    assert wrap(text, inner, REGULAR, 10 if "PTest" not in text else 11) == lines


def test_widths() -> None:
    """The widths are Helvetica's: 'COS 214' measures 41.129 pt at 10 in the portal's PDFs."""
    assert width("COS 214", REGULAR, 10) == pytest.approx(41.13, abs=0.002)
    assert width("Module Campus", BOLD, 11) > 81.35 > width("Exam Campus", BOLD, 11)


def test_file_of_the_portal() -> None:
    """The portal's file is PDF 1.6, says who wrote it and is not encrypted unless asked."""
    pdf = timetable_pdf(LECTURES)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert (opened.pdf_version, str(opened.docinfo["/Producer"])) == ("1.6", "Oracle Analytics Publisher")
        assert not opened.is_encrypted
        assert [float(side) for side in opened.pages[0].MediaBox] == pytest.approx([0, 0, 841.9, 595.3])


def test_encryption_of_the_portal() -> None:
    """Encrypted as the portal does it: AESV2, no password to open, no copying."""
    pdf = timetable_pdf(LECTURES, encrypted=True)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert (opened.encryption.V, opened.encryption.R, opened.encryption.P) == (4, 4, -1340)
        assert opened.encryption.stream_method == pikepdf.models.EncryptionMethod.aes
        assert not opened.allow.extract
    assert b"AESV2" in pdf
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1


def test_user_password() -> None:
    """With a user password set nobody opens the file without it."""
    word = "made for this test"
    pdf = timetable_pdf(TESTS, user_password=word)
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pypdfium2.PdfDocument(pdf)
    with pypdfium2.PdfDocument(pdf, password=word) as document:
        assert len(document) == 1


def test_printed_again_by_pdfium() -> None:
    """Printed again, a page holds one scaled form and the file is PDF 1.7."""
    with pikepdf.open(BytesIO(timetable_pdf(EXAMS, layout=Layout(style="pdfium")))) as opened:
        form = opened.pages[0].Resources.XObject.X0
        assert (opened.pdf_version, str(opened.docinfo["/Producer"])) == ("1.7", "PDFium")
        assert [float(number) for number in form.Matrix[:1]] == [0.96]
        assert b"Tj" not in opened.pages[0].Contents.read_bytes()
