"""What of a page is seen, by pictures of it: nothing else tells what is covered, and which layers are shown."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_double, c_int

from .calls import Handle, char_box, raw, set_active

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
    """What of a page's text is seen: the page is drawn with and without it, and with and without what lies over it."""

    def __init__(self, page: object, over: list[Handle], texts: list[Handle]) -> None:
        self._picture = _Picture(page, _INK_SCALE)
        self._seen = self._differences(texts)
        for item in over:
            set_active(item, 0)
        self._all = self._differences(texts)
        for item in over:
            set_active(item, 1)

    def _differences(self, texts: list[Handle]) -> bytes:
        """Return a byte for each point of the page: 0 where it looks the same without the text."""
        looks = []
        for active in (0, 1):
            for item in texts:
                set_active(item, active)
            looks.append(self._picture.look())
        without, with_text = (int.from_bytes(look, "big") for look in looks)
        return (without ^ with_text).to_bytes(len(looks[0]), "big")

    def is_covered(self, box: Box) -> bool:
        """Tell whether less of what is drawn in a box of page space is seen than most of it."""
        seen, drawn = (self._count(points, box) for points in (self._seen, self._all))
        return seen < _MOST_SEEN * drawn

    def is_blank(self, box: Box) -> bool:
        """Tell whether nothing is seen of what is drawn in a box of page space; beside the page nothing tells."""
        left, top, right, bottom = self._picture.place(box)
        return right - left > 1 and bottom - top > 1 and not self._count(self._seen, box)

    def _count(self, points: bytes, box: Box) -> int:
        left, top, right, bottom = self._picture.place(box)
        stride = self._picture.stride
        rows = (points[y * stride + left : y * stride + right] for y in range(top, bottom))
        return sum(len(row) - row.count(0) for row in rows)


class _Picture:
    """Grey pictures of a page."""

    def __init__(self, page: object, scale: float) -> None:
        self._page = page
        sides = (raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page))
        scale = min(scale, _LARGEST / max(*sides, 1.0))
        self._width, self._height = (max(int(side * scale), 1) for side in sides)
        self.stride = self._width

    def look(self) -> bytes:
        """Return the page as it looks now, a byte for each point."""
        bitmap = raw.FPDFBitmap_CreateEx(self._width, self._height, raw.FPDFBitmap_Gray, None, 0)
        try:
            raw.FPDFBitmap_FillRect(bitmap, 0, 0, self._width, self._height, 0xFFFFFFFF)
            raw.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, self._width, self._height, 0, 0)
            self.stride = raw.FPDFBitmap_GetStride(bitmap)
            return ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), self.stride * self._height)
        finally:
            raw.FPDFBitmap_Destroy(bitmap)

    def place(self, box: Box) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of a box of page space in the picture."""
        x, y = c_int(), c_int()
        corners = []
        for at in ((box[0], box[1]), (box[2], box[3])):
            raw.FPDF_PageToDevice(self._page, 0, 0, self._width, self._height, 0, *at, byref(x), byref(y))
            corners.append((min(max(x.value, 0), self._width), min(max(y.value, 0), self._height)))
        (ax, ay), (bx, by) = corners
        return min(ax, bx), min(ay, by), max(ax, bx) + 1, min(max(ay, by) + 1, self._height)
