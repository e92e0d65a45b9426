"""The page objects besides words: rulings, filled areas, and text that a viewer does not show.

The page is rendered to find out what is visible: nothing else tells what is covered and which layers are shown.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterable, Iterator
from ctypes import byref, c_double, c_float, c_int, c_uint
from itertools import repeat

from ....model import Foreign, Ruling
from ..place import PageTransform
from ..rulings import THICKEST, box_rulings, path_rulings
from ..words import PALE
from .calls import (
    Handle,
    char_box,
    count_marks,
    count_objects,
    count_segments,
    draw_mode,
    fill_color,
    form_object,
    mark_name,
    object_bounds,
    object_mark,
    object_matrix,
    object_type,
    path_segment,
    raw,
    render_mode,
    see_through,
    segment_closes,
    segment_point,
    segment_type,
    set_active,
    stroke_width,
    text_object,
)

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in page space."""

_INK_SCALE, _LARGEST = 2.0, 2_000.0  # points of a picture to one of the page, and the longest side
_MOST_SEEN = 0.6  # of what is drawn of a glyph that must be seen


class GlyphBoxes:
    """Where glyphs are drawn, in page space."""

    def __init__(self, textpage: Handle) -> None:
        self._textpage = textpage
        self._box = tuple(c_double() for _ in range(4))
        self._refs = tuple(byref(value) for value in self._box)

    def of(self, glyph: int) -> Box:
        """Return left, bottom, right and top."""
        char_box(self._textpage, glyph, *self._refs)
        left, right, bottom, top = (value.value for value in self._box)
        return left, bottom, right, top


class Ink:
    """Which text of a page is visible: the page is rendered with and without it, and with and without what lies over
    it.
    """

    def __init__(self, page: object, over: list[Handle], texts: list[Handle]) -> None:
        self._picture = _Picture(page, _INK_SCALE)
        self._seen = self._differences(texts)
        for item in over:
            set_active(item, 0)
        self._all = self._differences(texts)
        for item in over:
            set_active(item, 1)

    def _differences(self, texts: list[Handle]) -> bytes:
        """Return a byte for each point of the page: 0 where the page looks the same without the text."""
        looks = []
        for active in (0, 1):
            for item in texts:
                set_active(item, active)
            looks.append(self._picture.look())
        without, with_text = (int.from_bytes(look, "big") for look in looks)
        return (without ^ with_text).to_bytes(len(looks[0]), "big")

    def is_covered(self, box: Box) -> bool:
        """Tell whether most of what is drawn in a box of page space is hidden."""
        seen, drawn = (self._count(points, box) for points in (self._seen, self._all))
        return seen < _MOST_SEEN * drawn

    def is_blank(self, box: Box) -> bool:
        """Tell whether nothing drawn in a box of page space is visible; outside the page that cannot be told."""
        left, top, right, bottom = self._picture.place(box)
        return right - left > 1 and bottom - top > 1 and not self._count(self._seen, box)

    def _count(self, points: bytes, box: Box) -> int:
        left, top, right, bottom = self._picture.place(box)
        stride = self._picture.stride
        rows = (points[y * stride + left : y * stride + right] for y in range(top, bottom))
        return sum(len(row) - row.count(0) for row in rows)


class _Picture:
    """Greyscale renderings of a page."""

    def __init__(self, page: object, scale: float) -> None:
        self._page = page
        sides = (raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page))
        scale = min(scale, _LARGEST / max(*sides, 1.0))
        self._width, self._height = (max(int(side * scale), 1) for side in sides)
        self.stride = self._width

    def look(self) -> bytes:
        """Render the page as it is now, a byte for each point."""
        bitmap = raw.FPDFBitmap_CreateEx(self._width, self._height, raw.FPDFBitmap_Gray, None, 0)
        try:
            raw.FPDFBitmap_FillRect(bitmap, 0, 0, self._width, self._height, 0xFFFFFFFF)
            raw.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, self._width, self._height, 0, 0)
            self.stride = raw.FPDFBitmap_GetStride(bitmap)
            return ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), self.stride * self._height)
        finally:
            raw.FPDFBitmap_Destroy(bitmap)

    def place(self, box: Box) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of a box of page space in the rendering."""
        x, y = c_int(), c_int()
        corners = []
        for at in ((box[0], box[1]), (box[2], box[3])):
            raw.FPDF_PageToDevice(self._page, 0, 0, self._width, self._height, 0, *at, byref(x), byref(y))
            corners.append((min(max(x.value, 0), self._width), min(max(y.value, 0), self._height)))
        (ax, ay), (bx, by) = corners
        return min(ax, bx), min(ay, by), max(ax, bx) + 1, min(max(ay, by) + 1, self._height)


Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_TEXT, _PATH = raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH
_DEEPEST_FORM = 8
_WIDE = 2.0  # points from which on a stroke may hide text
_OPAQUE = 250  # of 255
_UNSEEN = (3, 7)  # text rendering modes: neither filled nor stroked, only a clip (PDF 32000-1, 9.3.6)


class Drawn:
    """Rulings and areas of a page, and the text objects that a viewer does not show as text."""

    def __init__(self, place: PageTransform, *, layers: bool) -> None:
        self._layers = layers
        self.rulings: list[Ruling] = []
        self._place = place
        self._texts: list[Handle] = []
        self._odd: dict[int | None, Foreign] = {}
        self._white: list[Box] = []
        """Where text is white, in page space."""
        self._suspects: dict[int | None, Foreign] = {}
        """Text objects that may not be seen, and why; a picture of the page tells."""
        self._areas: list[tuple[int, Box, Handle]] = []
        """What may hide text below it: how many text objects these are, where it is in page space, and the object."""
        self._bounds = tuple(c_float() for _ in range(4))
        self._refs = tuple(byref(value) for value in self._bounds)

    def add_all(self, items: Iterable[Handle], matrix: Matrix, depth: int, odd: Foreign | None = None) -> None:
        """Examine objects from back to front; those of a form XObject have its matrix."""
        texts = self._texts
        red, green, blue, alpha = (c_uint() for _ in range(4))
        channels = byref(red), byref(green), byref(blue), byref(alpha)
        for item in items:
            kind = object_type(item)
            if kind == _TEXT:
                texts.append(item)
                fill_color(item, *channels)
                if red.value >= PALE and green.value >= PALE and blue.value >= PALE:
                    self._add_white(item, matrix)
                if odd or self._layers or see_through(item) or render_mode(item) in _UNSEEN:
                    self._look_at(item, depth, odd)
            elif kind == _PATH:
                self._add_path(item, matrix, depth)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
                self._add_form(item, matrix, depth, odd)
            elif kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING):
                self._areas.append((len(texts), self._box(item, matrix), item))

    def _add_white(self, item: Handle, matrix: Matrix) -> None:
        """Record where white text is, except after a letter drawn just before: the portal prints that."""
        x0, y0, x1, y1 = self._box(item, matrix)
        if matrix is IDENTITY and len(self._texts) > 1:
            left, bottom, right, _ = self._box(self._texts[-2], matrix)
            high = y1 - y0
            if 0 < right - left < high and 0 < x0 - right < high and abs(bottom - y0) < high / 4:
                return
        self._white.append((x0, y0, x1, y1))

    def _look_at(self, item: Handle, depth: int, odd: Foreign | None) -> None:
        """Record why a text object is not or may not be shown as text, if so."""
        if render_mode(item) in _UNSEEN:
            odd = Foreign.UNSEEN
        elif see_through(item) and _alpha(item) < _OPAQUE:
            odd = odd or Foreign.FAINT
        if odd:
            self._odd[item.value] = odd
        elif self._layers and (depth or _is_on_layer(item)):
            # A form may be on a layer as a whole, and nothing here tells which layer, or whether that is shown.
            self._suspects[item.value] = Foreign.HIDDEN
        elif see_through(item):
            self._suspects[item.value] = Foreign.UNSEEN  # a mask may hide it

    def _add_form(self, form: Handle, outer: Matrix, depth: int, odd: Foreign | None) -> None:
        """Examine a form XObject: reprinted timetables wrap a whole page in one."""
        if see_through(form) and _alpha(form) < _OPAQUE:
            odd = Foreign.FAINT
        items = map(form_object, repeat(form), range(count_objects(form)))
        self.add_all(items, _times(_matrix(form), outer), depth + 1, odd)

    def _add_path(self, path: Handle, outer: Matrix, depth: int) -> None:
        area = self._box(path, outer)
        x0, y0, x1, y1 = self._place.box(*area)
        if min(x1 - x0, y1 - y0) <= THICKEST:
            self.rulings += box_rulings(x0, y0, x1, y1, stroked=False)
            return
        fill, stroke = c_int(), c_int()
        draw_mode(path, byref(fill), byref(stroke))
        wide = _pen(path, outer) if stroke.value else 0.0
        if fill.value or wide > _WIDE:
            left, bottom, right, top = area
            around = left - wide / 2, bottom - wide / 2, right + wide / 2, top + wide / 2
            self._areas.append((len(self._texts), around, path))
        for points in _subpaths(path, _times(_matrix(path), outer)):
            placed = [self._place.point(x, y) for x, y in points]
            self.rulings += path_rulings(placed, stroked=bool(stroke.value))

    def _box(self, item: Handle, matrix: Matrix) -> Box:
        """Return the bounds of an object in page space."""
        object_bounds(item, *self._refs)
        left, bottom, right, top = (value.value for value in self._bounds)
        if matrix is IDENTITY:
            return left, bottom, right, top
        corners = [_apply(matrix, x, y) for x in (left, right) for y in (bottom, top)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)

    def white_text(self) -> list[Box]:
        """Return where white text is drawn with nothing darker behind it, in coordinates of the page as it is read."""
        dark = [area for _, area, item in self._areas if self._white and _is_dark(item)]
        return [self._place.box(*box) for box in self._white if not any(_meet(box, area) for area in dark)]

    def foreign_words(self, page: object, textpage: object) -> Callable[[int], Foreign | None] | None:
        """Return a function that tells why a glyph is not the table's text, if so; None if that holds for no text of
        the page.
        """
        over = [(below, area, item) for below, area, item in self._areas if below]
        if not self._odd and not over and not self._suspects:
            return None
        orders = {item.value: order for order, item in enumerate(self._texts)}
        handle = ctypes.cast(textpage, Handle)  # type: ignore[arg-type]
        ink = Ink(page, [item for _, _, item in over], self._texts) if over or self._suspects else None
        room = GlyphBoxes(handle)

        def why(glyph: int) -> Foreign | None:
            text = text_object(handle, glyph)
            item, box = text.value, room.of(glyph)
            order = orders.get(item, 0)
            above = any(order < below and _meet(box, area) for below, area, _ in over)
            if item in self._odd:
                return self._odd[item]
            if above and ink and ink.is_covered(box):
                return Foreign.COVERED
            # White text shows nothing where it is shown, either; whether it may be there is asked of words.
            blank = item in self._suspects and ink is not None and ink.is_blank(box) and not _is_white(text)
            return self._suspects[item] if blank else None

        return why


def _meet(box: Box, area: Box) -> bool:
    """Tell whether two boxes overlap."""
    return box[0] < area[2] and area[0] < box[2] and box[1] < area[3] and area[1] < box[3]


def _alpha(item: Handle) -> int:
    return _color(item)[3]


def _is_dark(item: Handle) -> bool:
    """Tell whether an area differs from white paper; a picture does."""
    return object_type(item) != _PATH or not _is_white(item)


def _is_white(item: Handle) -> bool:
    return min(_color(item)[:3]) >= PALE


def _color(item: Handle) -> tuple[int, int, int, int]:
    """Return an object's fill colour as red, green, blue and opacity, 0 to 255; opaque black if unknown."""
    red, green, blue, alpha = (c_uint() for _ in range(4))
    if not fill_color(item, byref(red), byref(green), byref(blue), byref(alpha)):
        return 0, 0, 0, 255
    return red.value, green.value, blue.value, alpha.value


def _is_on_layer(item: Handle) -> bool:
    """Tell whether an object is marked as optional content."""
    return any(_mark_is(object_mark(item, index), "OC") for index in range(count_marks(item)))


def _mark_is(mark: Handle, name: str) -> bool:
    length = ctypes.c_ulong()
    buffer = (ctypes.c_ushort * 256)()
    mark_name(mark, buffer, 512, byref(length))
    return bytes(buffer)[: max(length.value - 2, 0)].decode("utf-16-le", "replace") == name


def _pen(path: Handle, outer: Matrix) -> float:
    """Return the width of a path's stroke, in points of the page."""
    width = c_float()
    stroke_width(path, byref(width))
    a, b, c, d, _, _ = _times(_matrix(path), outer)
    return float(width.value * math.sqrt(abs(a * d - b * c)))


def _subpaths(path: Handle, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    x, y = c_float(), c_float()
    points: list[tuple[float, float]] = []
    for index in range(count_segments(path)):
        segment = path_segment(path, index)
        if segment_type(segment) == raw.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        segment_point(segment, byref(x), byref(y))
        points.append(_apply(matrix, x.value, y.value))
        if segment_closes(segment):
            points.append(points[0])
    if points:
        yield points


def _matrix(item: Handle) -> Matrix:
    value = raw.FS_MATRIX()
    object_matrix(item, byref(value))
    return (value.a, value.b, value.c, value.d, value.e, value.f)


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix that applies `first`, then `second` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
