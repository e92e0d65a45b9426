"""What the objects of a page show beside its words: rulings, areas, and text that a viewer does not show."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from ctypes import byref, c_float, c_int, c_uint
from itertools import repeat

from ...model import Foreign, Ruling
from ..place import Place
from ..rulings import THICKEST, box_rulings, path_rulings
from ..words import PALE
from .calls import (
    Handle,
    count_marks,
    count_objects,
    count_segments,
    draw_mode,
    fill_color,
    form_object,
    mark_name,
    mark_text,
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
    text_object,
)
from .ink import Box, Ink, Room, is_shown

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_TEXT, _PATH = raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH
_DEEPEST_FORM = 8
_MOST_LAYERS = 100  # of one page that are looked at; each costs two pictures of the page
_OPAQUE = 250  # of 255
_UNSEEN = (3, 7)  # text rendering modes: neither filled nor stroked, only a clip (PDF 32000-1, 9.3.6)


class Drawn:
    """What the objects of a page show beside its words, and which text objects a viewer does not show as text."""

    def __init__(self, place: Place, *, layers: bool) -> None:
        self._layers = layers
        self.rulings: list[Ruling] = []
        self._place = place
        self._texts: list[Handle] = []
        self._odd: dict[int | None, Foreign] = {}
        self._layered: dict[object, list[Handle]] = {}
        """Layer, or a form that may be on one -> what is drawn on it."""
        self._inside: dict[int | None, list[int | None]] = {}
        """Form -> the text objects in it."""
        self._areas: list[tuple[int, Box, Handle]] = []
        """What may hide text below it: how many text objects these are, where it is in page space, and the object."""
        self._bounds = tuple(c_float() for _ in range(4))
        self._refs = tuple(byref(value) for value in self._bounds)

    def add_all(self, items: Iterable[Handle], matrix: Matrix, depth: int, odd: Foreign | None = None) -> None:
        """Look at objects from back to front; those of a form XObject have its matrix."""
        texts = self._texts
        for item in items:
            kind = object_type(item)
            if kind == _TEXT:
                texts.append(item)
                if odd or self._layers or see_through(item) or render_mode(item) in _UNSEEN:
                    self._look_at(item, odd)
            elif kind == _PATH:
                self._add_path(item, matrix, depth)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
                self._add_form(item, matrix, depth, odd)
            elif kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING):
                self._areas.append((len(texts), self._box(item, matrix), item))

    def _look_at(self, item: Handle, odd: Foreign | None) -> None:
        """Note why a text object is not shown as text, if so."""
        if render_mode(item) in _UNSEEN:
            odd = Foreign.UNSEEN
        elif see_through(item) and _alpha(item) < _OPAQUE:
            odd = odd or Foreign.FAINT
        if odd:
            self._odd[item.value] = odd
        elif (layer := _layer(item)) is not None:
            self._layered.setdefault(layer, []).append(item)

    def _add_form(self, form: Handle, outer: Matrix, depth: int, odd: Foreign | None) -> None:
        """Look into a form XObject: re-printed timetables wrap a whole page in one."""
        if see_through(form) and _alpha(form) < _OPAQUE:
            odd = Foreign.FAINT
        before = len(self._texts)
        items = map(form_object, repeat(form), range(count_objects(form)))
        self.add_all(items, _times(_matrix(form), outer), depth + 1, odd)
        if self._layers and len(self._texts) > before:
            # A form says itself which layer it is on, and nothing here tells what it says.
            self._layered[form.value] = [form]
            self._inside[form.value] = [item.value for item in self._texts[before:]]

    def _add_path(self, path: Handle, outer: Matrix, depth: int) -> None:
        area = self._box(path, outer)
        x0, y0, x1, y1 = self._place.box(*area)
        if min(x1 - x0, y1 - y0) <= THICKEST:
            self.rulings += box_rulings(x0, y0, x1, y1, stroked=False)
            return
        fill, stroke = c_int(), c_int()
        draw_mode(path, byref(fill), byref(stroke))
        if fill.value:
            self._areas.append((len(self._texts), area, path))
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

    def is_dark(self, box: Box) -> bool:
        """Tell whether something that is not white lies where a glyph is drawn, so that white text is seen."""
        return any(_meet(box, area) and _is_dark(item) for _, area, item in self._areas)

    def foreign_words(self, page: object, textpage: object) -> Callable[[int], Foreign | None] | None:
        """Return what tells of a glyph why it is not the table's text, if so; None if nothing on the page could be."""
        for number, items in enumerate(self._layered.values()):
            if number >= _MOST_LAYERS or not is_shown(page, items):
                texts = [text for item in items for text in self._inside.get(item.value, [item.value])]
                self._odd |= dict.fromkeys(texts, Foreign.HIDDEN)
        over = [(below, area, item) for below, area, item in self._areas if below]
        if not self._odd and not over:
            return None
        orders = {item.value: order for order, item in enumerate(self._texts)}
        handle = ctypes.cast(textpage, Handle)  # type: ignore[arg-type]
        ink = Ink(page, [item for _, _, item in over], self._texts) if over else None
        room = Room(handle)

        def why(glyph: int) -> Foreign | None:
            item = text_object(handle, glyph).value
            order, box = orders.get(item, 0), room.of(glyph)
            above = any(order < below and _meet(box, area) for below, area, _ in over)
            if item in self._odd:
                return self._odd[item]
            return Foreign.COVERED if above and ink and ink.is_covered(box) else None

        return why


def _meet(box: Box, area: Box) -> bool:
    """Tell whether two boxes overlap."""
    return box[0] < area[2] and area[0] < box[2] and box[1] < area[3] and area[1] < box[3]


def _alpha(item: Handle) -> int:
    return _color(item)[3]


def _is_dark(item: Handle) -> bool:
    """Tell whether an area is of another colour than white paper; a picture is."""
    return object_type(item) != _PATH or min(_color(item)[:3]) < PALE


def _color(item: Handle) -> tuple[int, int, int, int]:
    """Return red, green, blue and opacity of what an object is filled with, of 255; opaque black if nothing tells."""
    red, green, blue, alpha = (c_uint() for _ in range(4))
    if not fill_color(item, byref(red), byref(green), byref(blue), byref(alpha)):
        return 0, 0, 0, 255
    return red.value, green.value, blue.value, alpha.value


def _layer(item: Handle) -> object | None:
    """Return the name of the optional content an object is marked as, None if it is not."""
    for index in range(count_marks(item)):
        mark = object_mark(item, index)
        if _text(mark_name, mark) == "OC":
            return _text(mark_text, mark, b"Name")
    return None


def _text(ask: Callable[..., int], mark: Handle, *more: bytes) -> str:
    length = ctypes.c_ulong()
    buffer = (ctypes.c_ushort * 256)()
    ask(mark, *more, buffer, 512, byref(length))
    return bytes(buffer)[: max(length.value - 2, 0)].decode("utf-16-le", "replace")


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
