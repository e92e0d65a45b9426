"""The fast reader: PDFium through pypdfium2's raw calls, the only module that imports it.

A page's text and the boxes of its glyphs are taken as a whole and cut into words in Python. What is asked for each
glyph or object is asked through a function without the checks of its arguments, which cost twice as much as the call.
PDFium is not thread-safe, even across documents: use processes.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import PYFUNCTYPE, byref, c_double, c_float, c_int, c_uint, c_void_p
from itertools import repeat
from typing import Any

import pypdfium2.raw as pdfium

from ..errors import Damaged, Encrypted, TukscalError
from ..model import Foreign, Page, Ruling, Word
from ..screen import Screen
from .place import Place, find_place
from .rulings import THICKEST, box_rulings, crossings, joined, path_rulings
from .words import Glyphs, plain, word_spans

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]

_TEXT, _PATH = pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH
_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_DEEPEST_FORM = 8
_SAMPLE = 24  # glyphs whose matrices tell which way a page is read
_MOST_LAYERS = 100  # of one page that are looked at; each costs two pictures of the page
_OPAQUE = 250  # of 255
_UNSEEN = (3, 7)  # text rendering modes: neither filled nor stroked, only a clip (PDF 32000-1, 9.3.6)


class _Handle(c_void_p):
    """A pointer to something of PDFium's that stays a pointer when it is returned."""


def _quick(function: Callable[..., Any], result: type[Any] | None = c_int) -> Callable[..., Any]:
    """Return a function of PDFium's without the conversions of its arguments: handles, numbers and references only."""
    return PYFUNCTYPE(result)(ctypes.cast(function, c_void_p).value)  # type: ignore[arg-type]


_loose_box = _quick(pdfium.FPDFText_GetLooseCharBox)
_origin = _quick(pdfium.FPDFText_GetCharOrigin)
_angle = _quick(pdfium.FPDFText_GetCharAngle, c_float)
_text_object = _quick(pdfium.FPDFText_GetTextObject, _Handle)
_page_object = _quick(pdfium.FPDFPage_GetObject, _Handle)
_form_object = _quick(pdfium.FPDFFormObj_GetObject, _Handle)
_type = _quick(pdfium.FPDFPageObj_GetType)
_bounds = _quick(pdfium.FPDFPageObj_GetBounds)
_see_through = _quick(pdfium.FPDFPageObj_HasTransparency)
_render_mode = _quick(pdfium.FPDFTextObj_GetTextRenderMode)
_count_marks = _quick(pdfium.FPDFPageObj_CountMarks)
_mark = _quick(pdfium.FPDFPageObj_GetMark, _Handle)
_mark_name = _quick(pdfium.FPDFPageObjMark_GetName)
_mark_text = _quick(pdfium.FPDFPageObjMark_GetParamStringValue)
_set_active = _quick(pdfium.FPDFPageObj_SetIsActive)
_fill_color = _quick(pdfium.FPDFPageObj_GetFillColor)
_object_matrix = _quick(pdfium.FPDFPageObj_GetMatrix)
_count_objects = _quick(pdfium.FPDFFormObj_CountObjects)
_draw_mode = _quick(pdfium.FPDFPath_GetDrawMode)
_count_segments = _quick(pdfium.FPDFPath_CountSegments)
_segment = _quick(pdfium.FPDFPath_GetPathSegment, _Handle)
_segment_type = _quick(pdfium.FPDFPathSegment_GetType)
_segment_point = _quick(pdfium.FPDFPathSegment_GetPoint)
_segment_closes = _quick(pdfium.FPDFPathSegment_GetClose)

pdfium.FPDF_InitLibrary()


def read_pages(data: bytes, *, password: str | None, screen: Screen, layers: bool = False) -> tuple[Page, ...]:
    """Return the pages of a PDF with their words and rulings; `layers` says that parts of it may be hidden.

    Raises Encrypted, Damaged or TooLarge.
    """
    with _document(data, password) as document:
        count = pdfium.FPDF_GetPageCount(document)
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
    length = pdfium.FPDF_GetMetaText(document, name, buffer, 512)
    return bytes(buffer)[: max(min(length, 512) - 2, 0)].decode("utf-16-le", "replace")


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


def _read_page(document: object, index: int, first_word: int, screen: Screen, *, layers: bool) -> Page:
    number = index + 1
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise Damaged(f"Page {number} of the PDF cannot be read.", page=number)
    try:
        count = pdfium.FPDFPage_CountObjects(page)
        screen.objects(number, count)
        with _text_page(page, number) as textpage:
            glyphs = pdfium.FPDFText_CountChars(textpage)
            screen.glyphs(number, glyphs)
            text = _page_text(textpage, glyphs)
            place = _place(page, textpage, text)
            drawn = _Drawn(place, layers=layers)
            drawn.add_all(map(_page_object, repeat(page), range(count)), _IDENTITY, 0)
            rulings = joined(drawn.rulings) if glyphs else ()
            screen.rulings(number, crossings(rulings))
            words = tuple(_words(textpage, text, place, drawn.foreign_words(page, textpage)))
        remarks = tuple(_remarks(page))
    finally:
        pdfium.FPDF_ClosePage(page)
    return Page(number=number, first_word=first_word, words=words, rulings=rulings, remarks=remarks)


# ---- words


@contextmanager
def _text_page(page: object, number: int) -> Iterator[Any]:
    textpage = pdfium.FPDFText_LoadPage(page)
    if not textpage:
        raise Damaged(f"The text of page {number} cannot be read.", page=number)
    try:
        yield textpage
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


def _place(page: object, textpage: object, text: str) -> Place:
    """Return how a page is read, by a sample of its glyphs."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    if pdfium.FPDFPage_GetRotation(page) % 2:
        width, height = height, width
    step = max(1, len(text) // _SAMPLE)
    sample = [index for index in range(0, len(text), step) if not text[index].isspace()]
    if not sample:
        sample = [index for index, char in enumerate(text) if not char.isspace()]
    return find_place(width, height, (_matrix_and_size(textpage, index) for index in sample))


def _matrix_and_size(textpage: object, index: int) -> tuple[float, float, float, float, float]:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, index, byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, pdfium.FPDFText_GetFontSize(textpage, index)


def _words(
    textpage: object, text: str, place: Place, foreign: Callable[[int, Box], Foreign | None] | None
) -> list[Word]:
    """Return the words of a page; after the glyphs' boxes this loop is most of what reading costs."""
    handle = ctypes.cast(textpage, _Handle)  # type: ignore[arg-type]
    glyphs = _glyphs(handle, text, place)
    _, lefts, rights, bottoms, tops = glyphs
    words: list[Word] = []
    lines: dict[tuple[float, float], tuple[float, Foreign | None]] = {}
    for first, last, spaced in word_spans(glyphs):
        x0, x1, box = lefts[first], rights[last], (bottoms[first], tops[first])
        # Glyphs of one bottom and top have one font, size, direction and baseline.
        if box not in lines:
            lines[box] = _line(handle, first, place)
        baseline, why = lines[box]
        height = box[1] - box[0]
        if foreign and not why:
            why = foreign(first, (x0, baseline - height, x1, baseline))
        # A named tuple's own constructor takes twice as long.
        words.append(tuple.__new__(Word, (plain(text[first : last + 1]), x0, x1, baseline, spaced, height, why)))
    return words


def _line(textpage: _Handle, index: int, place: Place) -> tuple[float, Foreign | None]:
    """Return the baseline of a glyph, and whether it is turned."""
    x, y = c_double(), c_double()
    _origin(textpage, index, byref(x), byref(y))
    turned = place.turned(_angle(textpage, index))
    return place.point(x.value, y.value)[1], Foreign.TURNED if turned else None


class _Boxes:
    """Room for the boxes of a page's glyphs, and references into it, made once for all pages."""

    def __init__(self) -> None:
        self._room = (c_float * 0)()
        self._references: list[Any] = []

    def of(self, textpage: _Handle, count: int) -> tuple[list[float], list[float], list[float], list[float]]:
        """Return left, top, right and bottom of each glyph's advance box."""
        if len(self._references) < count:
            self._room = (c_float * (4 * count))()
            self._references = [byref(self._room, 16 * index) for index in range(count)]
        deque(map(_loose_box, repeat(textpage), range(count), self._references), 0)
        room = self._room
        return room[0 : 4 * count : 4], room[1 : 4 * count : 4], room[2 : 4 * count : 4], room[3 : 4 * count : 4]


_boxes = _Boxes()


def _glyphs(textpage: _Handle, text: str, place: Place) -> Glyphs:
    """Return the glyphs of a page with their advance boxes, placed."""
    lefts, tops, rights, bottoms = _boxes.of(textpage, len(text))
    if place.turn == 1:
        lefts, tops, rights, bottoms = bottoms, [-x for x in lefts], tops, [-x for x in rights]
    elif place.turn == 2:
        wide = place.width
        lefts, rights = [wide - x for x in rights], [wide - x for x in lefts]
        tops, bottoms = [-y for y in bottoms], [-y for y in tops]
    elif place.turn == 3:
        wide = place.width
        lefts, tops, rights, bottoms = [wide - y for y in tops], rights, [wide - y for y in bottoms], lefts
    if place.scale != 1.0:
        scale = place.scale
        lefts, tops, rights, bottoms = ([scale * value for value in side] for side in (lefts, tops, rights, bottoms))
    return Glyphs(text, lefts, rights, bottoms, tops)


# ---- what is drawn


class _Drawn:
    """What the objects of a page show beside its words, and which text objects a viewer does not show as text."""

    def __init__(self, place: Place, *, layers: bool) -> None:
        self._layers = layers
        self.rulings: list[Ruling] = []
        self._place = place
        self._texts: list[_Handle] = []
        self._odd: dict[int | None, Foreign] = {}
        self._layered: dict[object, list[_Handle]] = {}
        """Layer, or a form that may be on one -> what is drawn on it."""
        self._inside: dict[int | None, list[int | None]] = {}
        """Form -> the text objects in it."""
        self._areas: list[tuple[int, Box]] = []
        """What hides the text below it: how many text objects these are, and where it is."""
        self._bounds = tuple(c_float() for _ in range(4))
        self._refs = tuple(byref(value) for value in self._bounds)

    def add_all(self, items: Iterable[_Handle], matrix: Matrix, depth: int, odd: Foreign | None = None) -> None:
        """Look at objects from back to front; those of a form XObject have its matrix."""
        texts = self._texts
        for item in items:
            kind = _type(item)
            if kind == _TEXT:
                texts.append(item)
                if odd or self._layers or _see_through(item) or _render_mode(item) in _UNSEEN:
                    self._look_at(item, odd)
            elif kind == _PATH:
                self._add_path(item, matrix, depth)
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
                self._add_form(item, matrix, depth, odd)
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                self._areas.append((len(texts), self._place.box(*self._box(item, matrix))))

    def _look_at(self, item: _Handle, odd: Foreign | None) -> None:
        """Note why a text object is not shown as text, if so."""
        if _render_mode(item) in _UNSEEN:
            odd = Foreign.UNSEEN
        elif _see_through(item) and _alpha(item) < _OPAQUE:
            odd = odd or Foreign.FAINT
        if odd:
            self._odd[item.value] = odd
        elif (layer := _layer(item)) is not None:
            self._layered.setdefault(layer, []).append(item)

    def _add_form(self, form: _Handle, outer: Matrix, depth: int, odd: Foreign | None) -> None:
        """Look into a form XObject: re-printed timetables wrap a whole page in one."""
        if _see_through(form) and _alpha(form) < _OPAQUE:
            odd = Foreign.FAINT
        before = len(self._texts)
        items = map(_form_object, repeat(form), range(_count_objects(form)))
        self.add_all(items, _times(_matrix(form), outer), depth + 1, odd)
        if self._layers and len(self._texts) > before:
            # A form says itself which layer it is on, and nothing here tells what it says.
            self._layered[form.value] = [form]
            self._inside[form.value] = [item.value for item in self._texts[before:]]

    def _add_path(self, path: _Handle, outer: Matrix, depth: int) -> None:
        x0, y0, x1, y1 = self._place.box(*self._box(path, outer))
        if min(x1 - x0, y1 - y0) <= THICKEST:
            self.rulings += box_rulings(x0, y0, x1, y1, stroked=False)
            return
        fill, stroke = c_int(), c_int()
        _draw_mode(path, byref(fill), byref(stroke))
        if fill.value and not _see_through(path) and _alpha(path) >= _OPAQUE:
            self._areas.append((len(self._texts), (x0, y0, x1, y1)))
        for points in _subpaths(path, _times(_matrix(path), outer)):
            placed = [self._place.point(x, y) for x, y in points]
            self.rulings += path_rulings(placed, stroked=bool(stroke.value))

    def _box(self, item: _Handle, matrix: Matrix) -> Box:
        """Return the bounds of an object in page space."""
        _bounds(item, *self._refs)
        left, bottom, right, top = (value.value for value in self._bounds)
        if matrix is _IDENTITY:
            return left, bottom, right, top
        corners = [_apply(matrix, x, y) for x in (left, right) for y in (bottom, top)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)

    def foreign_words(self, page: object, textpage: object) -> Callable[[int, Box], Foreign | None] | None:
        """Return what tells of a word, by its first glyph and its box, why it is not the table's text, if so.

        None if there is nothing on the page that could.
        """
        for number, items in enumerate(self._layered.values()):
            if number >= _MOST_LAYERS or not _is_shown(page, items):
                texts = [text for item in items for text in self._inside.get(item.value, [item.value])]
                self._odd |= dict.fromkeys(texts, Foreign.HIDDEN)
        areas = [(below, area) for below, area in self._areas if below]
        if not self._odd and not areas:
            return None
        orders = {item.value: order for order, item in enumerate(self._texts)}
        handle = ctypes.cast(textpage, _Handle)  # type: ignore[arg-type]

        def why(glyph: int, box: Box) -> Foreign | None:
            item = _text_object(handle, glyph).value
            order = orders.get(item, 0)
            covered = any(order < below and _is_within(box, area) for below, area in areas)
            return self._odd.get(item) or (Foreign.COVERED if covered else None)

        return why


def _is_within(box: Box, area: Box) -> bool:
    """Tell whether the middle of a word lies in an area."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return area[0] <= x <= area[2] and area[1] <= y <= area[3]


def _alpha(item: _Handle) -> int:
    red, green, blue, alpha = (c_uint() for _ in range(4))
    found = _fill_color(item, byref(red), byref(green), byref(blue), byref(alpha))
    return alpha.value if found else 255


def _layer(item: _Handle) -> object | None:
    """Return the name of the optional content an object is marked as, None if it is not."""
    for index in range(_count_marks(item)):
        mark = _mark(item, index)
        if _text(_mark_name, mark) == "OC":
            return _text(_mark_text, mark, b"Name")
    return None


def _text(ask: Callable[..., int], mark: _Handle, *more: bytes) -> str:
    length = ctypes.c_ulong()
    buffer = (ctypes.c_ushort * 256)()
    ask(mark, *more, buffer, 512, byref(length))
    return bytes(buffer)[: max(length.value - 2, 0)].decode("utf-16-le", "replace")


def _is_shown(page: object, items: list[_Handle]) -> bool:
    """Tell whether a page looks different without some of its objects; nothing else says which layers are hidden."""
    width, height = (
        min(int(side) + 1, 2_000) for side in (pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    )
    bitmap = pdfium.FPDFBitmap_Create(width, height, 0)
    try:
        looks = []
        for active in (1, 0):
            for item in items:
                _set_active(item, active)
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
            pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
            size = pdfium.FPDFBitmap_GetStride(bitmap) * height
            looks.append(ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), size))
        for item in items:
            _set_active(item, 1)
        return looks[0] != looks[1]
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def _subpaths(path: _Handle, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    x, y = c_float(), c_float()
    points: list[tuple[float, float]] = []
    for index in range(_count_segments(path)):
        segment = _segment(path, index)
        if _segment_type(segment) == pdfium.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        _segment_point(segment, byref(x), byref(y))
        points.append(_apply(matrix, x.value, y.value))
        if _segment_closes(segment):
            points.append(points[0])
    if points:
        yield points


def _matrix(item: _Handle) -> Matrix:
    value = pdfium.FS_MATRIX()
    _object_matrix(item, byref(value))
    return (value.a, value.b, value.c, value.d, value.e, value.f)


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix that applies `first`, then `second` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


# ---- annotations

_REMARKS = {
    pdfium.FPDF_ANNOT_FREETEXT: "a text box was added to the page; what it says is not read",
    pdfium.FPDF_ANNOT_STAMP: "a stamp was added to the page; what it says or covers is not known",
    pdfium.FPDF_ANNOT_STRIKEOUT: "text of the page was struck out; it is read all the same",
    pdfium.FPDF_ANNOT_REDACT: "text of the page is marked to be removed; it is read all the same",
}


def _remarks(page: object) -> Iterator[str]:
    """Yield what annotations say or hide; marker, underlines and links change nothing."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        remark = _REMARKS.get(pdfium.FPDFAnnot_GetSubtype(annotation))
        pdfium.FPDFPage_CloseAnnot(annotation)
        if remark:
            yield remark
