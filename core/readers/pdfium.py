"""The fast reader: PDFium through pypdfium2's raw calls, the only module that imports it.

Text is taken a page at a time and cut into words in Python; only the first and last glyph of each word are asked for
their place, since a call into PDFium costs more than everything else here. PDFium is not thread-safe, even across
documents: use processes.
"""

from __future__ import annotations

import ctypes
import re
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_double, c_float
from typing import NamedTuple

import pypdfium2.raw as pdfium

from ..errors import Damaged, Encrypted, TukscalError
from ..model import Page, Ruling, Word
from ..screen import Screen
from .rulings import THICKEST, borders, box_rulings, path_rulings
from .words import INSIDE, split_at_jumps

Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_DEEPEST_FORM = 8
_BROKEN = " \r"  # a blank before a line break was printed; blanks between runs on one line may be PDFium's own
# PDFium writes a hyphen at the end of a line as one of these and joins the next line to it.
_HYPHENS = "\u0002\ufffe"
_WORD = re.compile(r"[^\s\u0002\ufffe]+[\u0002\ufffe]?|[\u0002\ufffe]")

pdfium.FPDF_InitLibrary()


def read_pages(data: bytes, *, password: str | None, screen: Screen) -> tuple[Page, ...]:
    """Return the pages of a PDF with their words and rulings.

    Raises Encrypted, Damaged or TooLarge.
    """
    with _document(data, password) as document:
        count = pdfium.FPDF_GetPageCount(document)
        screen.pages(count)
        pages: list[Page] = []
        words = 0
        for index in range(count):
            page = _read_page(document, index, words, screen)
            words += len(page.words)
            pages.append(page)
        return tuple(pages)


@contextmanager
def _document(data: bytes, password: str | None) -> Iterator[object]:
    secret = password.encode() if password is not None else None
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), secret)
    if not document:
        raise _open_error(pdfium.FPDF_GetLastError(), password)
    try:
        yield document
    finally:
        pdfium.FPDF_CloseDocument(document)


def _open_error(code: int, password: str | None) -> TukscalError:
    if code == pdfium.FPDF_ERR_PASSWORD and password is not None:
        return Encrypted("The password does not open this PDF.", advice="Type the password again; capitals matter.")
    if code == pdfium.FPDF_ERR_PASSWORD:
        return Encrypted("The PDF is locked with a password.")
    if code == pdfium.FPDF_ERR_SECURITY:
        return Encrypted(
            "The PDF is locked in a way tukscal cannot open.", advice="Download the timetable again from the portal."
        )
    return Damaged("The file is not a readable PDF.")


def _read_page(document: object, index: int, first_word: int, screen: Screen) -> Page:
    number = index + 1
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise Damaged(f"Page {number} of the PDF cannot be read.", page=number)
    try:
        count = pdfium.FPDFPage_CountObjects(page)
        screen.objects(number, count)
        place = _place(page)
        rulings = _page_rulings(page, count, place, number, screen)
        words = _page_words(page, place, borders(rulings), number, screen)
    finally:
        pdfium.FPDF_ClosePage(page)
    return Page(number=number, first_word=first_word, words=words, rulings=rulings)


class Place(NamedTuple):
    """From PDFium's page space to our top-left origin, the page's rotation undone."""

    turn: int
    """Quarter turns clockwise."""
    width: float
    height: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the page space is seen."""
        if self.turn == 0:
            return x, self.height - y
        if self.turn == 1:
            return y, x
        if self.turn == 2:
            return self.width - x, y
        return self.width - y, self.height - x


def _place(page: object) -> Place:
    turn = pdfium.FPDFPage_GetRotation(page) % 4
    return Place(turn, pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))


# ---- words


def _page_words(page: object, place: Place, verticals: list[float], number: int, screen: Screen) -> tuple[Word, ...]:
    textpage = pdfium.FPDFText_LoadPage(page)
    if not textpage:
        raise Damaged(f"The text of page {number} cannot be read.", page=number)
    try:
        count = pdfium.FPDFText_CountChars(textpage)
        screen.glyphs(number, count)
        return tuple(_words(textpage, _page_text(textpage, count), place, verticals))
    finally:
        pdfium.FPDFText_ClosePage(textpage)


def _page_text(textpage: object, count: int) -> str:
    """Return the page's text, one character for each of PDFium's glyph indices."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer).decode("utf-16-le", "replace")[:count]
    if written == count + 1 and len(text) == count and "\0" not in text:
        return text
    # Characters outside the basic plane or without a meaning shift the text against the indices: ask one by one.
    codes = (pdfium.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes)


def _words(textpage: object, text: str, place: Place, verticals: list[float]) -> list[Word]:
    """Return the words of a page; this loop is most of what reading costs, so an upright page is placed in line."""
    x, y, left, right, bottom, top = (c_double() for _ in range(6))
    x_ref, y_ref = byref(x), byref(y)
    box = byref(left), byref(right), byref(bottom), byref(top)
    origin, char_box, upright, height = (
        pdfium.FPDFText_GetCharOrigin,
        pdfium.FPDFText_GetCharBox,
        not place.turn,
        place.height,
    )
    words: list[Word] = []
    for match in _WORD.finditer(text):
        first, last = match.span()
        token = match[0]
        origin(textpage, first, x_ref, y_ref)
        char_box(textpage, last - 1, *box)
        if upright:
            x0, x1, baseline = x.value, right.value, height - y.value
        else:
            x0, baseline = place.point(x.value, y.value)
            x1 = max(place.point(left.value, bottom.value)[0], place.point(right.value, top.value)[0])
        if token[-1] in _HYPHENS:
            token = f"{token[:-1]}-"
        if bisect(verticals, x0 + INSIDE) != bisect(verticals, x1 - INSIDE):
            words += split_at_jumps(_glyphs(textpage, token, first, place))
        else:
            words.append(Word(token, x0, x1 if x1 > x0 else x0, baseline, text.startswith(_BROKEN, last)))
    return words


def _glyphs(textpage: object, text: str, first: int, place: Place) -> Iterator[Word]:
    """Yield each glyph of a word with its advance width."""
    x, y = c_double(), c_double()
    box = pdfium.FS_RECTF()
    for index, char in enumerate(text, first):
        pdfium.FPDFText_GetCharOrigin(textpage, index, byref(x), byref(y))
        pdfium.FPDFText_GetLooseCharBox(textpage, index, byref(box))
        x0, baseline = place.point(x.value, y.value)
        ends = place.point(box.left, box.bottom)[0], place.point(box.right, box.top)[0]
        yield Word(char, x0, max(ends), baseline)


# ---- rulings


def _page_rulings(page: object, count: int, place: Place, number: int, screen: Screen) -> tuple[Ruling, ...]:
    found: list[Ruling] = []
    get = pdfium.FPDFPage_GetObject
    horizontal = vertical = 0
    for ruling in _object_rulings((get(page, index) for index in range(count)), place):
        found.append(ruling)
        if ruling.y0 == ruling.y1:
            horizontal += 1
        else:
            vertical += 1
    screen.rulings(number, horizontal, vertical)
    return tuple(found)


def _object_rulings(objects: Iterator[object], place: Place) -> Iterator[Ruling]:
    bounds = tuple(c_float() for _ in range(4))
    refs = tuple(byref(value) for value in bounds)
    left, bottom, right, top = bounds
    get_type, get_bounds = pdfium.FPDFPageObj_GetType, pdfium.FPDFPageObj_GetBounds
    for item in objects:
        kind = get_type(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            if get_bounds(item, *refs):
                ax, ay = place.point(left.value, bottom.value)
                bx, by = place.point(right.value, top.value)
                x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
                thin = min(x1 - x0, y1 - y0) <= THICKEST
                yield from box_rulings(x0, y0, x1, y1) if thin else _path(item, _IDENTITY, place)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            yield from _form(item, _IDENTITY, place, 1)


def _form(form: object, outer: Matrix, place: Place, depth: int) -> Iterator[Ruling]:
    """Yield the rulings inside a form XObject: re-printed timetables wrap a whole page in one."""
    if depth > _DEEPEST_FORM:
        return
    matrix = _times(_matrix(form), outer)
    for index in range(pdfium.FPDFFormObj_CountObjects(form)):
        item = pdfium.FPDFFormObj_GetObject(form, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield from _path(item, matrix, place)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            yield from _form(item, matrix, place, depth + 1)


def _path(path: object, outer: Matrix, place: Place) -> Iterator[Ruling]:
    """Yield the rulings of one path object: several rectangles or lines may be drawn as one."""
    a, b, c, d, e, f = _times(_matrix(path), outer)
    for points in _subpaths(path):
        placed = [place.point(a * x + c * y + e, b * x + d * y + f) for x, y in points]
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        if min(max(xs) - min(xs), max(ys) - min(ys)) <= THICKEST:
            yield from box_rulings(min(xs), min(ys), max(xs), max(ys))
        else:
            yield from path_rulings(placed)


def _subpaths(path: object) -> Iterator[list[tuple[float, float]]]:
    x, y = c_float(), c_float()
    points: list[tuple[float, float]] = []
    for index in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        points.append((x.value, y.value))
        if pdfium.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if points:
        yield points


def _matrix(item: object) -> Matrix:
    value = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, byref(value))
    return (value.a, value.b, value.c, value.d, value.e, value.f)


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix that applies `first`, then `second` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
