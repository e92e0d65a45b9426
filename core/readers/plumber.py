"""The reference reader: pdfplumber, the only module that imports it.

Slower and independent of PDFium; used by the differential tests, and by a conversion only when PDFium found no table
on a PDF that has a timetable's heading and passed every screen.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from ..errors import Damaged, Encrypted, TukscalError
from ..model import Page, Ruling, Word
from ..screen import Screen
from .rulings import THICKEST, borders, box_rulings, path_rulings
from .words import crosses, split_at_jumps

# What pdfminer finds odd in a file is nothing a person can act on; what matters becomes an error of ours.
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read_pages(data: bytes, *, password: str | None, screen: Screen) -> tuple[Page, ...]:
    """Return the pages of a PDF with their words and rulings.

    Raises Encrypted, Damaged or TooLarge.
    """
    try:
        with pdfplumber.open(io.BytesIO(data), password=password) as document:
            screen.pages(len(document.pages))
            return tuple(_pages(document.pages, screen))
    except (TukscalError, MemoryError):
        raise
    except PdfminerException as error:
        raise _open_error(error) from None
    except Exception:  # pdfminer answers bad files with errors of every kind
        raise Damaged("The file is not a readable PDF.") from None


def _open_error(error: PdfminerException) -> TukscalError:
    if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
        return Encrypted("The PDF is locked with a password.")
    return Damaged("The file is not a readable PDF.")


def _pages(pages: list[Any], screen: Screen) -> Iterator[Page]:
    first_word = 0
    for number, page in enumerate(pages, 1):
        screen.objects(number, sum(len(items) for items in page.objects.values()) - len(page.chars))
        screen.glyphs(number, len(page.chars))
        rulings = tuple(_rulings(page))
        horizontal = sum(ruling.y0 == ruling.y1 for ruling in rulings)
        screen.rulings(number, horizontal, len(rulings) - horizontal)
        words = tuple(_words(page, borders(rulings)))
        yield Page(number=number, first_word=first_word, words=words, rulings=rulings)
        first_word += len(words)


def _words(page: Any, verticals: list[float]) -> Iterator[Word]:
    height = float(page.height) + float(page.mediabox[1])  # 0 unless the page's box begins elsewhere
    spaced = _before_break(page.chars)
    for found in page.extract_words(return_chars=True, use_text_flow=True):
        chars = found["chars"]
        baseline = height - chars[0]["matrix"][5]
        word = Word(found["text"], found["x0"], found["x1"], baseline, id(chars[-1]) in spaced)
        if crosses(word, verticals):
            glyphs = (Word(char["text"], char["x0"], char["x1"], height - char["matrix"][5]) for char in chars)
            yield from split_at_jumps(glyphs)
        else:
            yield word


def _before_break(chars: list[Any]) -> set[int]:
    """Return the glyphs followed by a printed blank and then by another line."""
    following = zip(chars, chars[1:], [*chars[2:], None], strict=False)
    return {id(glyph) for glyph, blank, after in following if blank["text"] == " " and not _level(glyph, after)}


def _level(glyph: Any, after: Any) -> bool:
    return after is not None and abs(glyph["matrix"][5] - after["matrix"][5]) < 1


def _rulings(page: Any) -> Iterator[Ruling]:
    for box in (*page.rects, *page.lines):
        yield from box_rulings(box["x0"], box["top"], box["x1"], box["bottom"])
    for curve in page.curves:
        if min(curve["width"], curve["height"]) <= THICKEST:
            yield from box_rulings(curve["x0"], curve["top"], curve["x1"], curve["bottom"])
        else:
            yield from path_rulings(curve["pts"])
