"""The fast reader: PDFium through pypdfium2's raw calls, the only module that imports it.

A page's text and the boxes of its glyphs are taken as a whole and cut into words in Python. What is asked for each
glyph or object is asked through a function without the checks of its arguments, which cost twice as much as the call.
PDFium is not thread-safe, even across documents: use processes.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import PYFUNCTYPE, byref, c_double, c_float, c_int, c_uint, c_void_p
from itertools import groupby, repeat
from typing import Any

import pypdfium2.raw as pdfium

from ..errors import Damaged, Encrypted, TukscalError
from ..model import Foreign, Page, Ruling, Word
from ..screen import Screen
from .place import Place, find_place
from .remarks import FILLED, REMARKS
from .rulings import THICKEST, box_rulings, crossings, joined, path_rulings
from .words import Glyphs, plain, word_spans

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]

_TEXT, _PATH = pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH
_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_DEEPEST_FORM = 8
_SAMPLE = 24  # glyphs whose matrices tell which way a page is read
_MOST_LAYERS = 100  # of one page that are looked at; each costs two pictures of the page
_INK_SCALE, _LARGEST = 2.0, 2_000.0  # points of a picture to one of the page, and the longest side
_MOST_SEEN = 0.6  # of what is drawn of a glyph that must be seen
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
_glyph_matrix = _quick(pdfium.FPDFText_GetMatrix)
_font_size = _quick(pdfium.FPDFText_GetFontSize, c_double)
_char_box = _quick(pdfium.FPDFText_GetCharBox)
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
    _glyph_matrix(textpage, index, byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, _font_size(textpage, index)


def _words(textpage: object, text: str, place: Place, foreign: Callable[[int], Foreign | None] | None) -> list[Word]:
    """Return the words of a page; after the glyphs' boxes this loop is most of what reading costs."""
    handle = ctypes.cast(textpage, _Handle)  # type: ignore[arg-type]
    glyphs = _glyphs(handle, text, place)
    _, lefts, rights, bottoms, tops = glyphs
    words: list[Word] = []
    lines: dict[tuple[float, float], tuple[float, Foreign | None]] = {}

    def look(index: int) -> tuple[float, Foreign | None]:
        # Glyphs of one bottom and top have one font, size, direction and baseline.
        box = bottoms[index], tops[index]
        if box not in lines:
            lines[box] = _line(handle, index, place)
        return lines[box]

    for first, last, spaced in word_spans(glyphs):
        baseline, why = lines.get((bottoms[first], tops[first])) or look(first)
        if foreign or bottoms[first] != bottoms[last] or tops[first] != tops[last]:
            # What somebody added may touch the table's text.
            whys = [(foreign and foreign(index)) or look(index)[1] for index in range(first, last + 1)]
            words += _split(text, glyphs, first, whys, baseline, spaced)
            continue
        x0, x1, height = lefts[first], rights[last], tops[first] - bottoms[first]
        # A named tuple's own constructor takes twice as long.
        words.append(tuple.__new__(Word, (plain(text[first : last + 1]), x0, x1, baseline, spaced, height, why)))
    return words


def _split(
    text: str, glyphs: Glyphs, first: int, whys: list[Foreign | None], baseline: float, spaced: bool
) -> Iterator[Word]:
    """Yield a word as the parts that are the table's own text and those that are not, and why."""
    start = first
    for why, part in groupby(whys):
        stop = start + len(list(part))
        if piece := plain(text[start:stop]):
            height = glyphs.top[start] - glyphs.bottom[start]
            yield Word(piece, glyphs.x0[start], glyphs.x1[stop - 1], baseline, spaced, height, why)
        start = stop


def _line(textpage: _Handle, index: int, place: Place) -> tuple[float, Foreign | None]:
    """Return the baseline of a glyph, and whether it is turned."""
    x, y = c_double(), c_double()
    _origin(textpage, index, byref(x), byref(y))
    a, b, c, d, _ = _matrix_and_size(textpage, index)
    turned = a * d < b * c or place.turned(_angle(textpage, index))  # mirrored, or not level
    return place.point(x.value, y.value)[1], Foreign.TURNED if turned else None


class _Boxes:
    """Room for the boxes of a page's glyphs, and references into it, made once for all pages."""

    def __init__(self) -> None:
        self._room = (c_float * 0)()
        self._references: list[Any] = []

    def of(self, textpage: _Handle, count: int) -> list[Sequence[float]]:
        """Return left, top, right and bottom of each glyph's advance box, valid until the next call."""
        if len(self._references) < count:
            self._room = (c_float * (4 * count))()
            self._references = [byref(self._room, 16 * index) for index in range(count)]
        deque(map(_loose_box, repeat(textpage), range(count), self._references), 0)
        # Views, not lists: tens of thousands of numbers that are looked at once need no place of their own.
        room = memoryview(self._room).cast("B").cast("f")
        return [room[side : 4 * count : 4] for side in range(4)]


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
        self._areas: list[tuple[int, Box, _Handle]] = []
        """What may hide text below it: how many text objects these are, where it is in page space, and the object."""
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
            elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
                self._areas.append((len(texts), self._box(item, matrix), item))

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
        area = self._box(path, outer)
        x0, y0, x1, y1 = self._place.box(*area)
        if min(x1 - x0, y1 - y0) <= THICKEST:
            self.rulings += box_rulings(x0, y0, x1, y1, stroked=False)
            return
        fill, stroke = c_int(), c_int()
        _draw_mode(path, byref(fill), byref(stroke))
        if fill.value:
            self._areas.append((len(self._texts), area, path))
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

    def foreign_words(self, page: object, textpage: object) -> Callable[[int], Foreign | None] | None:
        """Return what tells of a glyph why it is not the table's text, if so; None if nothing on the page could be."""
        for number, items in enumerate(self._layered.values()):
            if number >= _MOST_LAYERS or not _is_shown(page, items):
                texts = [text for item in items for text in self._inside.get(item.value, [item.value])]
                self._odd |= dict.fromkeys(texts, Foreign.HIDDEN)
        over = [(below, area, item) for below, area, item in self._areas if below]
        if not self._odd and not over:
            return None
        orders = {item.value: order for order, item in enumerate(self._texts)}
        handle = ctypes.cast(textpage, _Handle)  # type: ignore[arg-type]
        ink = _Ink(page, [item for _, _, item in over], self._texts) if over else None
        room = _Room(handle)

        def why(glyph: int) -> Foreign | None:
            item = _text_object(handle, glyph).value
            order, box = orders.get(item, 0), room.of(glyph)
            above = any(order < below and _meet(box, area) for below, area, _ in over)
            if item in self._odd:
                return self._odd[item]
            return Foreign.COVERED if above and ink and ink.is_covered(box) else None

        return why


class _Room:
    """Where glyphs are drawn, in page space."""

    def __init__(self, textpage: _Handle) -> None:
        self._textpage = textpage
        self._box = tuple(c_double() for _ in range(4))
        self._refs = tuple(byref(value) for value in self._box)

    def of(self, glyph: int) -> Box:
        """Return left, bottom, right and top."""
        _char_box(self._textpage, glyph, *self._refs)
        left, right, bottom, top = (value.value for value in self._box)
        return left, bottom, right, top


class _Ink:
    """What of a page's text is seen: the page is drawn with and without it, and with and without what lies over it."""

    def __init__(self, page: object, over: list[_Handle], texts: list[_Handle]) -> None:
        self._picture = _Picture(page, _INK_SCALE)
        self._seen = self._differences(texts)
        for item in over:
            _set_active(item, 0)
        self._all = self._differences(texts)
        for item in over:
            _set_active(item, 1)

    def _differences(self, texts: list[_Handle]) -> bytes:
        """Return a byte for each point of the page: 0 where it looks the same without the text."""
        looks = []
        for active in (0, 1):
            for item in texts:
                _set_active(item, active)
            looks.append(self._picture.look())
        without, with_text = (int.from_bytes(look, "big") for look in looks)
        return (without ^ with_text).to_bytes(len(looks[0]), "big")

    def is_covered(self, box: Box) -> bool:
        """Tell whether less of what is drawn in a box of page space is seen than most of it."""
        seen, drawn = (self._count(points, box) for points in (self._seen, self._all))
        return seen < _MOST_SEEN * drawn

    def _count(self, points: bytes, box: Box) -> int:
        left, top, right, bottom = self._picture.place(box)
        stride = self._picture.stride
        rows = (points[y * stride + left : y * stride + right] for y in range(top, bottom))
        return sum(len(row) - row.count(0) for row in rows)


class _Picture:
    """Grey pictures of a page."""

    def __init__(self, page: object, scale: float) -> None:
        self._page = page
        sides = (pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
        scale = min(scale, _LARGEST / max(*sides, 1.0))
        self._width, self._height = (max(int(side * scale), 1) for side in sides)
        self.stride = self._width

    def look(self) -> bytes:
        """Return the page as it looks now, a byte for each point."""
        bitmap = pdfium.FPDFBitmap_CreateEx(self._width, self._height, pdfium.FPDFBitmap_Gray, None, 0)
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, self._width, self._height, 0xFFFFFFFF)
            pdfium.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, self._width, self._height, 0, 0)
            self.stride = pdfium.FPDFBitmap_GetStride(bitmap)
            return ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), self.stride * self._height)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)

    def place(self, box: Box) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of a box of page space in the picture."""
        x, y = c_int(), c_int()
        corners = []
        for at in ((box[0], box[1]), (box[2], box[3])):
            pdfium.FPDF_PageToDevice(self._page, 0, 0, self._width, self._height, 0, *at, byref(x), byref(y))
            corners.append((min(max(x.value, 0), self._width), min(max(y.value, 0), self._height)))
        (ax, ay), (bx, by) = corners
        return min(ax, bx), min(ay, by), max(ax, bx) + 1, min(max(ay, by) + 1, self._height)


def _meet(box: Box, area: Box) -> bool:
    """Tell whether two boxes overlap."""
    return box[0] < area[2] and area[0] < box[2] and box[1] < area[3] and area[1] < box[3]


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
    picture, looks = _Picture(page, 1.0), []
    for active in (0, 1):
        for item in items:
            _set_active(item, active)
        looks.append(picture.look())
    return looks[0] != looks[1]


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

_SUBTYPES = {
    pdfium.FPDF_ANNOT_FREETEXT: "FreeText",
    pdfium.FPDF_ANNOT_STAMP: "Stamp",
    pdfium.FPDF_ANNOT_STRIKEOUT: "StrikeOut",
    pdfium.FPDF_ANNOT_REDACT: "Redact",
    pdfium.FPDF_ANNOT_WIDGET: "Widget",
    pdfium.FPDF_ANNOT_WATERMARK: "Watermark",
}


def _remarks(page: object) -> Iterator[str]:
    """Yield what the annotations of a page say or hide."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        remark = REMARKS.get(_SUBTYPES.get(pdfium.FPDFAnnot_GetSubtype(annotation), ""))
        if remark is None and pdfium.FPDFAnnot_HasKey(annotation, b"IC"):
            remark = FILLED
        pdfium.FPDFPage_CloseAnnot(annotation)
        if remark:
            yield remark
