"""PDF bytes -> pages, read with PDFium."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from ....errors import Damaged, Encrypted, TukscalError
from ....model import Page
from ...limits import Screen
from .. import FILLED, REMARKS
from ..rulings import crossings, joined
from .calls import page_object, raw
from .drawn import IDENTITY, Drawn
from .text import page_place, page_text, read_words


def read_pages(data: bytes, *, password: str | None, screen: Screen, layers: bool = False) -> tuple[Page, ...]:
    """Return the pages of a PDF with their words and rulings; `layers` says that parts of it may be hidden.

    Raises Encrypted, Damaged or TooLarge.
    """
    with _document(data, password) as document:
        count = raw.FPDF_GetPageCount(document)
        screen.pages(count)
        pages: list[Page] = []
        words = 0
        for index in range(count):
            page = _read_page(document, index, words, screen, layers=layers)
            words += len(page.words)
            pages.append(page)
        return tuple(pages)


def made_with(data: bytes, *, password: str | None) -> tuple[str, str]:
    """Return a PDF's Creator and Producer: the program that wrote it and the one that made it a PDF."""
    with _document(data, password) as document:
        return _meta_text(document, b"Creator"), _meta_text(document, b"Producer")


def _meta_text(document: object, name: bytes) -> str:
    buffer = (ctypes.c_ushort * 256)()
    length = raw.FPDF_GetMetaText(document, name, buffer, 512)
    return bytes(buffer)[: max(min(length, 512) - 2, 0)].decode("utf-16-le", "replace")


@contextmanager
def _document(data: bytes, password: str | None) -> Iterator[object]:
    secret = password.encode() if password is not None else None
    document = raw.FPDF_LoadMemDocument64(data, len(data), secret)
    if not document:
        raise _open_error(raw.FPDF_GetLastError(), password)
    try:
        yield document
    finally:
        raw.FPDF_CloseDocument(document)


def _open_error(code: int, password: str | None) -> TukscalError:
    if code == raw.FPDF_ERR_PASSWORD and password is not None:
        return Encrypted("The password does not open this PDF.", advice="Type the password again; capitals matter.")
    if code == raw.FPDF_ERR_PASSWORD:
        return Encrypted("The PDF is locked with a password.")
    if code == raw.FPDF_ERR_SECURITY:
        return Encrypted(
            "The PDF is locked in a way tukscal cannot open.", advice="Download the timetable again from the portal."
        )
    return Damaged("The file is not a readable PDF.")


def _read_page(document: object, index: int, first_word: int, screen: Screen, *, layers: bool) -> Page:
    number = index + 1
    page = raw.FPDF_LoadPage(document, index)
    if not page:
        raise Damaged(f"Page {number} of the PDF cannot be read.", page=number)
    try:
        count = raw.FPDFPage_CountObjects(page)
        screen.objects(number, count)
        with _text_page(page, number) as textpage:
            glyphs = raw.FPDFText_CountChars(textpage)
            screen.glyphs(number, glyphs)
            text = page_text(textpage, glyphs)
            place = page_place(page, textpage, text)
            drawn = Drawn(place, layers=layers)
            drawn.add_all(map(page_object, repeat(page), range(count)), IDENTITY, 0)
            rulings = joined(drawn.rulings) if glyphs else ()
            screen.rulings(number, crossings(rulings))
            foreign = drawn.foreign_words(page, textpage)
            words = tuple(read_words(textpage, text, place, foreign, drawn.white_text(), rulings))
        remarks = tuple(_remarks(page))
    finally:
        raw.FPDF_ClosePage(page)
    return Page(number=number, first_word=first_word, words=words, rulings=rulings, remarks=remarks)


@contextmanager
def _text_page(page: object, number: int) -> Iterator[Any]:
    textpage = raw.FPDFText_LoadPage(page)
    if not textpage:
        raise Damaged(f"The text of page {number} cannot be read.", page=number)
    try:
        yield textpage
    finally:
        raw.FPDFText_ClosePage(textpage)


# ---- annotations

_SUBTYPES = {
    raw.FPDF_ANNOT_FREETEXT: "FreeText",
    raw.FPDF_ANNOT_STAMP: "Stamp",
    raw.FPDF_ANNOT_STRIKEOUT: "StrikeOut",
    raw.FPDF_ANNOT_REDACT: "Redact",
    raw.FPDF_ANNOT_WIDGET: "Widget",
    raw.FPDF_ANNOT_WATERMARK: "Watermark",
}


def _remarks(page: object) -> Iterator[str]:
    """Yield remarks about the annotations of a page: text they add, and what they may hide."""
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        remark = REMARKS.get(_SUBTYPES.get(raw.FPDFAnnot_GetSubtype(annotation), ""))
        if remark is None and raw.FPDFAnnot_HasKey(annotation, b"IC"):
            remark = FILLED
        raw.FPDFPage_CloseAnnot(annotation)
        if remark:
            yield remark
