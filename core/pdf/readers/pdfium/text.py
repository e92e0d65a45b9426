"""The words of a page: its text and the boxes of its glyphs are fetched as a whole and split into words in Python."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from ctypes import byref, c_double, c_float
from itertools import groupby, repeat
from typing import Any

from ....model import Foreign, Ruling, Word
from ..place import PageTransform, find_place
from ..words import Glyphs, plain, unseen, word_spans
from .calls import Handle, char_angle, char_origin, font_size, glyph_matrix, loose_box, raw
from .drawn import Box

_TALL = 10.0  # points: text as it is read
_SAMPLE = 24  # glyphs whose matrices tell which way a page is read


def page_text(textpage: object, count: int) -> str:
    """Return the page's text, one character for each of PDFium's glyph indices."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer).decode("utf-16-le", "replace")[:count]
    if written == count + 1 and len(text) == count and "\0" not in text:
        return text
    # Characters outside the basic plane or without a meaning shift the text against the indices: ask one by one.
    codes = (raw.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes)


def page_place(page: object, textpage: object, text: str) -> PageTransform:
    """Return how a page is turned and scaled for reading, by a sample of its glyphs."""
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    if raw.FPDFPage_GetRotation(page) % 2:
        width, height = height, width
    step = max(1, len(text) // _SAMPLE)
    sample = [index for index in range(0, len(text), step) if not text[index].isspace()]
    if not sample:
        sample = [index for index, char in enumerate(text) if not char.isspace()]
    return find_place(width, height, (_matrix_and_size(textpage, index) for index in sample))


def _matrix_and_size(textpage: object, index: int) -> tuple[float, float, float, float, float]:
    matrix = raw.FS_MATRIX()
    glyph_matrix(textpage, index, byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, font_size(textpage, index)


def read_words(
    textpage: object,
    text: str,
    place: PageTransform,
    foreign: Callable[[int], Foreign | None] | None,
    white: Sequence[Box],
    rulings: Sequence[Ruling],
) -> list[Word]:
    """Return the words of a page; apart from fetching the glyphs' boxes, this loop is most of the cost of reading."""
    handle = ctypes.cast(textpage, Handle)  # type: ignore[arg-type]
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

    for first, last, spaced in word_spans(glyphs, rulings):
        baseline, why = lines.get((bottoms[first], tops[first])) or look(first)
        if foreign or bottoms[first] != bottoms[last] or tops[first] != tops[last]:
            # What somebody added may touch the table's text.
            whys = [(foreign and foreign(index)) or look(index)[1] for index in range(first, last + 1)]
            words += _split(text, glyphs, first, whys, baseline, spaced)
            continue
        x0, x1, height = lefts[first], rights[last], tops[first] - bottoms[first]
        # A named tuple's own constructor takes twice as long.
        words.append(tuple.__new__(Word, (plain(text[first : last + 1]), x0, x1, baseline, spaced, height, why)))
    for index in unseen(words, _within(words, white)):
        words[index] = words[index]._replace(foreign=Foreign.UNSEEN)
    return words


def _within(words: Sequence[Word], boxes: Sequence[Box]) -> list[int]:
    """Return the indices of the words that start in boxes, which are in the same coordinates."""
    # By squares of eight points, so that each word is looked up once.
    squares: dict[tuple[int, int], list[Box]] = {}
    for box in boxes:
        for y in range(int(box[1]) >> 3, (int(box[3] + 0.3 * _TALL) >> 3) + 1):
            for x in range(int(box[0] - 1) >> 3, (int(box[2]) >> 3) + 1):
                squares.setdefault((x, y), []).append(box)
    if not squares:
        return []
    near = [squares.get((int(word[1]) >> 3, int(word[3]) >> 3)) for word in words]
    return [
        index
        for index, found in enumerate(near)
        if found is not None and any(_starts_in(words[index], box) for box in found)
    ]


def _starts_in(word: Word, box: Box) -> bool:
    return word.foreign is None and box[0] - 1 <= word.x0 < box[2] and box[1] <= word.y <= box[3] + 0.3 * _TALL


def _split(
    text: str, glyphs: Glyphs, first: int, whys: list[Foreign | None], baseline: float, spaced: bool
) -> Iterator[Word]:
    """Yield a word in parts: those that are the table's own text, and those that are not, with the reason."""
    start = first
    for why, part in groupby(whys):
        stop = start + len(list(part))
        if piece := plain(text[start:stop]):
            # A ligature's letters have lower boxes than the glyphs beside them.
            height = max(glyphs.top[at] - glyphs.bottom[at] for at in (start, stop - 1))
            yield Word(piece, glyphs.x0[start], glyphs.x1[stop - 1], baseline, spaced, height, why)
        start = stop


def _line(textpage: Handle, index: int, place: PageTransform) -> tuple[float, Foreign | None]:
    """Return the baseline of a glyph, and whether it is turned."""
    x, y = c_double(), c_double()
    char_origin(textpage, index, byref(x), byref(y))
    a, b, c, d, _ = _matrix_and_size(textpage, index)
    turned = a * d < b * c or place.turned(char_angle(textpage, index))  # mirrored, or not level
    return place.point(x.value, y.value)[1], Foreign.TURNED if turned else None


class _Boxes:
    """A buffer for the boxes of a page's glyphs with references into it, allocated once for all pages."""

    def __init__(self) -> None:
        self._room = (c_float * 0)()
        self._references: list[Any] = []

    def of(self, textpage: Handle, count: int) -> list[Sequence[float]]:
        """Return left, top, right and bottom of each glyph's advance box, valid until the next call."""
        if len(self._references) < count:
            self._room = (c_float * (4 * count))()
            self._references = [byref(self._room, 16 * index) for index in range(count)]
        deque(map(loose_box, repeat(textpage), range(count), self._references), 0)
        # Views, not lists: tens of thousands of numbers that are looked at once need no place of their own.
        room = memoryview(self._room).cast("B").cast("f")
        return [room[side : 4 * count : 4] for side in range(4)]


_boxes = _Boxes()


def _glyphs(textpage: Handle, text: str, place: PageTransform) -> Glyphs:
    """Return the glyphs of a page with their advance boxes, in the coordinates of the page as it is read."""
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
