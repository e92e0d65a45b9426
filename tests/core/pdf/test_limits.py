"""The limits: each is refused by name, with the count and the limit, one past it and not at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from io import BytesIO

import pikepdf
import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import Damaged, NotATimetable, TooLarge, TukscalError
from tukscal.core.model import Ruling
from tukscal.core.pdf.limits import Limits, Screen, screen_file, whole
from tukscal.core.pdf.readers.rulings import crossings, joined
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.tests.samples import case

Check = Callable[[Screen, int], None]


def on_two_pages(check: Callable[[Screen, int, int], None]) -> Check:
    """Return the check of a count that is spread over two pages."""

    def spread(screen: Screen, count: int) -> None:
        check(screen, 1, count // 2)
        check(screen, 2, count - count // 2)

    return spread


CHECKS: dict[str, tuple[Check, str]] = {
    "pages": (Screen.pages, "pages"),
    "page_objects": (lambda screen, count: screen.objects(4, count), "drawn objects on one page"),
    "objects": (on_two_pages(Screen.objects), "drawn objects"),
    "page_glyphs": (lambda screen, count: screen.glyphs(4, count), "characters on one page"),
    "glyphs": (on_two_pages(Screen.glyphs), "characters"),
    "rulings": (lambda screen, count: screen.rulings(4, count), "line crossings on one page"),
}


def test_defaults() -> None:
    """The limits are those agreed: far above real timetables, far below what costs seconds."""
    assert {field.name: field.default for field in fields(Limits)} == {
        "bytes": 10_000_000,
        "pages": 500,
        "page_objects": 20_000,
        "page_glyphs": 50_000,
        "objects": 200_000,
        "glyphs": 1_000_000,
        "rulings": 4_000,
    }
    assert set(CHECKS) | {"bytes"} == {field.name for field in fields(Limits)}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("limit", [7, 3_001])
def test_boundaries(name: str, limit: int) -> None:
    """A count at its limit passes, one more is refused with both numbers, what was counted and the way out."""
    check, what = CHECKS[name]
    check(Screen(Limits(**{name: limit})), limit)
    with pytest.raises(TooLarge) as caught:
        check(Screen(Limits(**{name: limit})), limit + 1)
    assert caught.value.message == f"The PDF has {limit + 1:,} {what}; the limit is {limit:,}."
    assert caught.value.advice == (
        "No timetable is this large: check that this is the right file. "
        f"If it is, add --limit {name}={limit + 1}."
    )  # fmt: skip
    assert caught.value.cause == "too_large"


@pytest.mark.parametrize("name", ["page_objects", "page_glyphs", "rulings"])
def test_limits_of_a_page_are_of_one_page(name: str) -> None:
    """Many pages within the limit of one page pass."""
    check, _ = CHECKS[name]
    screen = Screen(Limits(**{name: 10}))
    for _number in range(100):
        check(screen, 10)
    with pytest.raises(TooLarge) as caught:
        check(screen, 11)
    assert caught.value.page == 4


def test_rulings_multiply() -> None:
    """Rulings are limited by their crossings, those at one place counted once however many pieces they are drawn in."""
    flat = [Ruling(0, 10 * y, 500, 10 * y) for y in range(60)]
    upright = [Ruling(5 * x, 0, 5 * x, 600) for x in range(50)]
    cut = [Ruling(x, ruling.y0, x + 50, ruling.y0) for ruling in flat for x in range(0, 500, 50)]
    assert crossings(joined([*flat, *upright])) == crossings(joined([*cut, *upright])) == 3_000
    assert crossings(joined([*flat, *flat, *upright])) == 3_000
    dashes = [Ruling(x, ruling.y0, x + 5, ruling.y0) for ruling in flat for x in range(0, 500, 10)]
    dashes += [Ruling(ruling.x0, y, ruling.x0, y + 5) for ruling in upright for y in range(0, 600, 10)]
    assert crossings(joined(dashes)) == 3_000 * 3_000 // 250


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_limits_of_whole_pdfs(name: str) -> None:
    """The limit a refusal names is enough to read the same PDF; one less is not."""
    pdf = made("lectures", 3, pages=2).pdf
    with pytest.raises(TooLarge) as caught:
        read_pdf(pdf, limits=Limits(**{name: 0}))
    count = _enough(pdf, name, caught.value)
    assert len(read_pdf(pdf, limits=Limits(**{name: count})).entries) > 10
    with pytest.raises(TooLarge, match=rf"The PDF has {count:,} .*; the limit is {count - 1:,}\."):
        read_pdf(pdf, limits=Limits(**{name: count - 1}))


def _enough(pdf: bytes, name: str, error: TooLarge) -> int:
    """Return the least limit at which a PDF is read, by doing what each refusal advises."""
    for _ in range(20):
        count = int(error.advice.rpartition(f"--limit {name}=")[2].rstrip("."))
        try:
            read_pdf(pdf, limits=Limits(**{name: count}))
        except TooLarge as again:
            error = again
        else:
            return count
    raise AssertionError(f"following the advice never ends: {error.advice}")


def test_real_timetables_are_far_below() -> None:
    """Eight full pages pass a tenth of every default limit of a document and half of those of a page."""
    limits = Limits(
        bytes=1_000_000,
        pages=50,
        page_objects=10_000,
        page_glyphs=25_000,
        objects=20_000,
        glyphs=100_000,
        rulings=2_000,
    )
    assert read_pdf(made("lectures", 3, pages=8).pdf, limits=limits).pages == 8


def test_bytes() -> None:
    """A file at the limit of bytes passes, one byte more is refused before it is opened."""
    pdf = timetable_pdf(LECTURES)
    screen_file(pdf, Limits(bytes=len(pdf)))
    with pytest.raises(TooLarge, match=f"The PDF has {len(pdf):,} bytes; the limit is {len(pdf) - 1:,}"):
        screen_file(pdf, Limits(bytes=len(pdf) - 1))
    with pytest.raises(TooLarge, match="10,000,001 bytes; the limit is 10,000,000"):
        screen_file(b"x" * 10_000_001, Limits())


def test_no_pages() -> None:
    """No pages at all are damage, not a size."""
    with pytest.raises(Damaged, match="The PDF has no pages"):
        Screen(Limits()).pages(0)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", Damaged, "The file is empty (0 bytes)."),
        (b"<!DOCTYPE html><html>", NotATimetable, "The file is a web page, not a PDF."),
        (b"\xef\xbb\xbf\r\n <html>", NotATimetable, "The file is a web page, not a PDF."),
        (b"PK\x03\x04rest", NotATimetable, "The file is a ZIP archive or an Office document, not a PDF."),
        (b"\x89PNG\r\n", NotATimetable, "The file is a picture, not a PDF."),
        (b"\xff\xd8\xff\xe0", NotATimetable, "The file is a picture, not a PDF."),
        (b"BEGIN:VCALENDAR\r\n", NotATimetable, "The file is a calendar already, not a PDF."),
        (b"hello", NotATimetable, "The file is not a PDF."),
        (b" " * 1020 + b"%PDF-1.6 %%EOF", NotATimetable, "The file is not a PDF."),
        (b"%PDF-1.6\n", Damaged, "The end of the PDF is missing: it was not downloaded or copied completely."),
        (b"%PDF-1.6 %%EOF\n7 0 obj", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6 %%EOF\n<< /A 1 >>\nendobj", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6 %%EOF" + b"\0" * 9999 + b"endstream", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6 %%EOF\nxref\n0 9", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6 %%EOF\ntrailer\n<<", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6 %%EOF\nstartxref", Damaged, "The end of the PDF is missing"),
        (b"%PDF-1.6\nstartxref\n0\n%%EOF\n9 0", Damaged, "The end of the PDF is missing"),
    ],
)
def test_what_is_no_pdf(data: bytes, error: type[TukscalError], message: str) -> None:
    """What cannot be a whole PDF is refused by what it is, with advice, before any reader sees it."""
    with pytest.raises(error) as caught:
        screen_file(data, Limits())
    assert caught.value.message.startswith(message)
    assert caught.value.advice


JUNK = {
    "blank lines": b"\r\n" * 900,
    "2,000 NULs": bytes(2_000),
    "80,000 NULs": bytes(80_000),
    "a web page": b"\n<html><body>3 0 objections to the trailer, xref and all</body></html>" * 99,
    "a picture": b"\x89PNG\r\n" + bytes(range(256)) * 99,
}


@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize("encrypted", [False, True])
def test_junk_behind_a_pdf(name: str, encrypted: bool) -> None:
    """A PDF with whatever else behind its end is read as without, and is handed on without."""
    pdf = timetable_pdf(LECTURES, encrypted=encrypted)
    assert whole(pdf) == pdf
    assert whole(pdf + JUNK[name]).rstrip() == pdf.rstrip()
    found = read_pdf(pdf + JUNK[name])
    assert (found.entries, found.problems) == (read_pdf(pdf).entries, ())
    assert len(found.entries) == 6


def test_junk_before_a_pdf() -> None:
    """A PDF that begins within its first kilobyte passes, as PDF readers take it."""
    screen_file(b"junk" * 250 + timetable_pdf(LECTURES), Limits())


def test_a_pdf_for_the_web_cut_anywhere() -> None:
    """A PDF with its first page and an end mark in front is refused wherever it is cut off behind them."""
    out = BytesIO()
    with pikepdf.open(BytesIO(made("lectures", 3, pages=2).pdf)) as pdf:
        pdf.save(out, linearize=True)
    data = out.getvalue()
    first = data.index(b"%%EOF") + 5
    assert first < 2_000 < len(data)
    screen_file(data, Limits())
    for length in range(len(b"%PDF-"), len(data.rstrip())):
        with pytest.raises(Damaged, match="The end of the PDF is missing"):
            screen_file(data[:length], Limits())


def test_a_pdf_saved_again_and_cut_off() -> None:
    """Of a PDF that was saved again, cut off in the second part, no object of that part is taken for junk."""
    pdf = timetable_pdf(LECTURES)
    more = b"7 0 obj\n<< /A 1 >>\nendobj\nxref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n"
    for length in range(len(b"7 0 obj"), len(more)):
        with pytest.raises(Damaged, match="The end of the PDF is missing"):
            screen_file(pdf + more[:length], Limits())
    screen_file(pdf + more + b"%%EOF", Limits())
    assert whole(pdf + more + b"%%EOF\n" + bytes(5_000)) == pdf + more + b"%%EOF"


@pytest.mark.parametrize("name", ["2000-nuls-after-eof__LECTURES_BOTH"])
def test_junk_behind_a_real_timetable(name: str) -> None:
    """A real timetable with 2,000 NULs behind its end is read as without them."""
    data = case(name)
    found = read_pdf(data)
    assert found.entries == read_pdf(data.rstrip(b"\0")).entries
    assert (len(found.entries), found.problems) == (29, ())
