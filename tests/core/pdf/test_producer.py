"""A refusal names the program that made a copy, and asks for the portal's own file only where it is none."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.pdf.producer import maker
from tukscal.examples.generator.copies import COPIES
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import Layout
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import LECTURES

COPY = "This seems to be a copy that {} made. Use the portal's own file: download it again, and do not print"


@pytest.mark.parametrize(
    ("creator", "producer", "name"),
    [
        ("", "Oracle Analytics Publisher", ""),
        ("Mozilla Firefox 153.8.0", "cairo 1.18.4 (https://cairographics.org)", "Firefox"),
        (
            "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0",
            "Skia/PDF m156",
            "Chrome",
        ),
        ("PDFium", "PDFium", "a browser's PDF viewer"),
        ("", "GPL Ghostscript 10.00.0", "Ghostscript"),
        ("", "cairo 1.18.0", "a program that prints with cairo"),
        ("Some\x1b[31m Tool", "A library", "Some [31m Tool"),
        ("", "x" * 200, "x" * 60),
        ("", "", None),
    ],
)
def test_makers(creator: str, producer: str, name: str | None) -> None:
    """A program is known by what it writes into its PDFs; the portal's own file is no copy."""
    assert maker(creator, producer) == name


def refused(pdf: bytes) -> TukscalError:
    """Return why a PDF is refused."""
    with pytest.raises(TukscalError) as caught:
        read_pdf(pdf)
    return caught.value


def made_by(pdf: bytes, producer: str | None) -> bytes:
    """Return a PDF that says it was made by another program, or nothing."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        del opened.docinfo["/Producer"]
        if producer:
            opened.docinfo["/Producer"] = producer
        opened.save(out)
    return out.getvalue()


def test_the_portals_own_file() -> None:
    """Of a file that is the portal's own nobody is asked to get it."""
    error = refused(MALFORMED["header-cell-missing"].pdf())
    assert error.advice == "Compare the named row with the PDF."


@pytest.mark.parametrize(
    "pdf",
    [
        MALFORMED["header-cell-missing"].pdf,
        MALFORMED["header-row-missing"].pdf,
        lambda: COPIES["file-shapes"].of(timetable_pdf(LECTURES)),
    ],
    ids=["bad-rows", "first-page-missing", "no-text"],
)
def test_a_copy(pdf: object) -> None:
    """A copy that is refused is called that, with the program that made it."""
    assert callable(pdf)
    error = refused(made_by(pdf(), "GPL Ghostscript 10.00.0"))
    assert error.advice.startswith(COPY.format("Ghostscript"))


def test_nobody_knows() -> None:
    """A file that says nothing of its maker is checked by whoever has it."""
    error = refused(made_by(MALFORMED["header-cell-missing"].pdf(), None))
    assert error.advice == "Compare the named row with the PDF, and check that it is the portal's own file."


def test_what_is_no_timetable() -> None:
    """A PDF with text and without a timetable's heading is no copy of one, whoever made it."""
    error = refused(made_by(timetable_pdf(LECTURES, layout=Layout(header=False, heading="Letter")), "Ghostscript"))
    assert "copy" not in error.advice
