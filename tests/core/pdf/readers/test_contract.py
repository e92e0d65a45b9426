"""What both readers promise: pages, words with their places, rulings, and errors by name."""

from __future__ import annotations

import pytest
from tukscal.core.errors import Damaged, Encrypted, TooLarge
from tukscal.core.pdf.limits import Limits, Screen
from tukscal.core.pdf.readers import pdfium, plumber
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import CellText, Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES
from tukscal.examples.generator.metrics import REGULAR, width
from tukscal.examples.generator.near_misses import NEAR_MISSES, PASSWORD
from tukscal.examples.generator.table import LEFT, PAGE, TABLES, TEXT_INDENT
from tukscal.tests.made import pages_of

READERS = ("pdfium", "pdfplumber")


@pytest.mark.parametrize("reader", READERS)
def test_words_have_their_places(reader: str) -> None:
    """A word starts where the portal's pen was put, measured from the top left."""
    page = pages_of(reader, timetable_pdf(LECTURES))[0]
    heading, module = page.words[:2]
    assert (heading.text, module.text) == ("Lectures", "Module")
    assert [heading.x0, heading.y] == pytest.approx([36, PAGE[1] - 539.88], abs=0.01)
    assert module.x0 == pytest.approx(LEFT + TEXT_INDENT, abs=0.01)
    assert (page.number, page.first_word) == (1, 0)


@pytest.mark.parametrize("reader", READERS)
def test_words_are_numbered_through_the_document(reader: str) -> None:
    """The first word of a page follows the last of the page before."""
    pages = pages_of(reader, timetable_pdf(LECTURES * 12))
    assert len(pages) > 2
    assert [page.first_word for page in pages] == [
        sum(len(page.words) for page in pages[:number]) for number in range(len(pages))
    ]


@pytest.mark.parametrize("reader", READERS)
def test_thin_boxes_are_rulings(reader: str) -> None:
    """A table of 10 columns and 5 rows has 11 vertical and 6 horizontal rulings, each once."""
    rulings = pages_of(reader, timetable_pdf(LECTURES))[0].rulings
    assert (sum(r.x0 == r.x1 for r in rulings), sum(r.y0 == r.y1 for r in rulings)) == (11, 6)


@pytest.mark.parametrize("reader", READERS)
def test_hyphen_at_the_end_of_a_line(reader: str) -> None:
    """A hyphen that ends a line stays a hyphen, and the next line stays a word of its own."""
    layout = Layout(cells=(CellText(row=0, column="Venue", lines=("Consult-", "Department")),))
    words = [word.text for word in pages_of(reader, timetable_pdf(LECTURES, layout=layout))[0].words]
    assert {"Consult-", "Department"} <= set(words)


@pytest.mark.parametrize("reader", READERS)
def test_blank_where_a_line_broke(reader: str) -> None:
    """The last word of a wrapped line kept its blank (`Exam Written`); words inside a line did not."""
    words = pages_of(reader, timetable_pdf(EXAMS))[0].words
    assert {word.spaced for word in words if word.text == "Exam" and word.x0 > 150 and word.y > 90} == {True}
    assert not any(word.spaced for word in words if word.text in {"Written", "CBT", "NOV"})


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("gap", [1.2, 2.4])
def test_text_over_a_border(reader: str, gap: float) -> None:
    """Text that runs into the next column is not joined to that column's text."""
    # Both libraries take a gap of this size for the space between two letters of a word.
    room = next(column.width for column in TABLES["lectures"].columns if column.header == "Activity") - gap
    texts = ("T1" + "i" * n + "t" * m for n in range(20) for m in range(20))
    text = next(text for text in texts if abs(width(text, REGULAR, 10) - room) < 0.25)
    layout = Layout(cells=(CellText(row=3, column="Activity", lines=(text,)),))
    words = [word.text for word in pages_of(reader, timetable_pdf(LECTURES, layout=layout))[0].words]
    assert {text, "Wednesday"} <= set(words)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_locked(reader: str, password: str | None) -> None:
    """A PDF with a password is refused as encrypted without it and with another."""
    with pytest.raises(Encrypted):
        pages_of(reader, NEAR_MISSES["password"](), password)


@pytest.mark.parametrize("reader", READERS)
def test_unlocked(reader: str) -> None:
    """A PDF with a password opens with it."""
    words = pages_of(reader, NEAR_MISSES["password"](), PASSWORD)[0].words
    assert [word.text for word in words] == [w.text for w in pages_of(reader, timetable_pdf(LECTURES))[0].words]


@pytest.mark.parametrize("reader", READERS)
def test_owner_password_only(reader: str) -> None:
    """A PDF that only forbids copying opens without a password, as the portal's do."""
    pdf = timetable_pdf(LECTURES, encrypted=True)
    assert b"/Encrypt" in pdf
    assert len(pages_of(reader, pdf)[0].words) == len(pages_of(reader, timetable_pdf(LECTURES))[0].words)


def test_wrong_password_is_told_apart() -> None:
    """No password and a wrong one get different sentences; neither names a library."""
    said = []
    for password in (None, "wrong"):
        with pytest.raises(Encrypted) as caught:
            pages_of("pdfium", NEAR_MISSES["password"](), password)
        said.append((caught.value.message, caught.value.advice))
    assert said[0] == ("The PDF is locked with a password.", "Add --password and type the password when asked.")
    assert said[1] == ("The password does not open this PDF.", "Type the password again; capitals matter.")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("data", [b"", b"%PDF-1.6\n", b"junk" * 99, b"%PDF-1.6\n1 0 obj\n<<>>\nendobj\n%%EOF"])
def test_not_readable(reader: str, data: bytes) -> None:
    """Bytes that are no PDF are damaged, in a sentence that names no library."""
    with pytest.raises(Damaged) as caught:
        pages_of(reader, data)
    assert caught.value.message in {"The file is not a readable PDF.", "The PDF has no pages."}


def test_no_pages() -> None:
    """A PDF without pages is damaged, though pdfplumber finds a page that no page tree names."""
    with pytest.raises(Damaged, match="The PDF has no pages"):
        pages_of("pdfium", NEAR_MISSES["zero-pages"]())
    assert len(pages_of("pdfplumber", NEAR_MISSES["zero-pages"]())) == 1


@pytest.mark.parametrize("name", ["pages", "page_objects", "page_glyphs", "objects", "glyphs", "rulings"])
@pytest.mark.parametrize("reader", READERS)
def test_every_limit_stops_the_reader(reader: str, name: str) -> None:
    """Each limit of the screens stops each reader as soon as it is passed."""
    read_pages = {"pdfium": pdfium.read_pages, "pdfplumber": plumber.read_pages}[reader]
    with pytest.raises(TooLarge, match="the limit is 0") as caught:
        read_pages(timetable_pdf(LECTURES), password=None, screen=Screen(Limits(**{name: 0})))
    assert f"add --limit {name}=" in caught.value.advice
