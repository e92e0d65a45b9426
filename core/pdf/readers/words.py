"""Glyphs -> words, the same for both readers: what belongs together is told by the gaps between the glyphs.

How a program cuts its text into pieces says nothing: one writes each glyph by itself, another a line over several cells
as one piece, and a reader makes up separators between them. Measured on many copies, in heights of the text: touching
glyphs are under 0.06 apart, blanks 0.15 to 0.45.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from ...model import KERNED, TOUCHING, Ruling, Word

_LEVEL = 0.06  # heights of the text by which the baselines of one word differ at most
_LIKE = 0.05  # part by which the heights of its glyphs do
_DOWN = 0.1  # heights of the text from which on a word stands on another line

_BLANKS = frozenset(
    " \t\r\n\0\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff"
    + "".join(map(chr, range(0x2000, 0x200B)))
)


_PRINTED = re.compile(f"[^{re.escape(''.join(sorted(_BLANKS)))}]+")
_TIGHT = 0.1  # points
_RULING = 0.5  # points: half of a ruling, on either side of which text of two cells may stand
_BESIDE = 1.0  # heights of the text from a word to the next in its cell, at most
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl", "ft", "fj", "tt", "ti", "st", "ct", "Th")


class Glyphs(NamedTuple):
    """The glyphs of a page in the order of its contents; five columns of one length, y upwards."""

    text: str
    """A character each; blanks may be made up."""
    x0: Sequence[float]
    x1: Sequence[float]
    """Where the pen stands before and after it."""
    bottom: Sequence[float]
    top: Sequence[float]
    """The same for all glyphs of one font, size and baseline."""


def word_spans(glyphs: Glyphs, rulings: Sequence[Ruling] = ()) -> Iterator[tuple[int, int, bool]]:
    """Yield the words of a page in their order: first glyph, last glyph, whether a blank ends its line.

    No word goes on behind an upright ruling, however near the text of two cells stands.
    """
    uprights = sorted({ruling.x0 for ruling in rulings if ruling.x0 == ruling.x1})
    _, lefts, rights, bottoms, tops = glyphs
    first = last = -1
    start = end = base = tall = 0.0
    for begins, ends in _pieces(glyphs):
        x0, at = lefts[begins], bottoms[begins]
        if last >= 0:
            gap, down = x0 - end, abs(at - base)
            if gap < TOUCHING * tall and down < _LEVEL * tall:
                same = abs(tops[begins] - at - tall) < _LIKE * tall
                apart = gap > _TIGHT and _has_between(uprights, end, x0)
                one_box = x0 == start and rights[begins] == end and at == base  # the letters of a ligature
                if (gap > KERNED * tall and same and not apart) or one_box:
                    start, end, last = lefts[ends], rights[ends], ends
                    continue
            elif abs(gap) < TOUCHING * tall and tops[begins] - at > 0:
                # Letters that PDFium makes of one glyph have boxes of their own, within those of the glyphs beside it.
                within = base <= at and tops[begins] <= base + tall and _is_ligature(glyphs, begins, ends)
                around = at <= base and base + tall <= tops[begins] and _is_ligature(glyphs, first, last)
                if within or around:
                    start, end, last = lefts[ends], rights[ends], ends
                    base, tall = (at, tops[begins] - at) if around else (base, tall)
                    continue
            yield first, last, down > _DOWN * tall and _has_blank(glyphs, last + 1)
        first, last, start, end, base, tall = begins, ends, lefts[ends], rights[ends], at, tops[begins] - at
    if last >= 0:
        yield first, last, _has_blank(glyphs, last + 1)


def _pieces(glyphs: Glyphs) -> Iterator[tuple[int, int]]:
    """Yield the first and last glyph of each run of glyphs that touch, with no blank between them.

    Almost all that touch have one bottom and hardly a gap: whatever else there is begins a piece, and is looked at more
    closely by whoever puts pieces together. This is the one loop over all glyphs.
    """
    text, lefts, rights, bottoms, _ = glyphs
    following = zip(islice(lefts, 1, None), rights, islice(bottoms, 1, None), bottoms, strict=False)
    breaks = [
        index for index, (x0, end, at, base) in enumerate(following, 1) if at != base or not -_TIGHT < x0 - end < _TIGHT
    ]
    breaks.append(len(text))
    place = 0
    for match in _PRINTED.finditer(text):
        first, stop = match.span()
        while breaks[place] <= first:
            place += 1
        while (end := breaks[place]) < stop:
            yield first, end - 1
            first = end
            place += 1
        yield first, stop - 1


def _has_between(places: Sequence[float], start: float, end: float) -> bool:
    at = bisect_left(places, start - _RULING)
    return at < len(places) and places[at] <= end + _RULING


def _is_ligature(glyphs: Glyphs, first: int, last: int) -> bool:
    return glyphs.text[first : last + 1] in _LIGATURES


def _has_blank(glyphs: Glyphs, index: int) -> bool:
    """Tell whether a printed blank stands here; a made-up one has no width."""
    text = glyphs.text
    return index < len(text) and text[index] in _BLANKS and glyphs.x1[index] > glyphs.x0[index]


# ---- what nobody sees

PALE = 240
"""Of 255: each channel of a colour that is not seen on white paper."""


def unseen(words: Sequence[Word], white: Iterable[int]) -> list[int]:
    """Return those of the white words, given by their places, that the portal does not print so.

    It prints the kinds of sessions of a group white on white, behind the letter of its language.
    """
    letters: dict[int, list[Word]] = {}
    for word in words:
        if len(word[0]) == 1:
            letters.setdefault(round(word.y), []).append(word)
    return [index for index in white if not _is_block(words[index], letters)]


def _is_block(word: Word, letters: Mapping[int, Sequence[Word]]) -> bool:
    level = round(word.y)
    near = (letter for y in (level - 1, level, level + 1) for letter in letters.get(y, ()))
    return word.text.isupper() and any(_is_beside(letter, word) for letter in near)


def _is_beside(before: Word, word: Word) -> bool:
    level = abs(before.y - word.y) < _LEVEL * word.height
    return level and 0 < word.x0 - before.x1 < _BESIDE * word.height


# ---- characters that look alike

_HYPHENS = "-\u0002\ufffe\xad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_COLONS = ":\u2236\ua789\ufe55\ufe13\uff1a\u02d0"
_ALIKE = {ord(char): "-" for char in _HYPHENS} | {ord(char): ":" for char in _COLONS}
_ALIKE |= {ord(char): "" for char in _BLANKS}


def plain(text: str) -> str:
    """Return a word's text with one character for all that look alike, so that a copy of a timetable says the same.

    Dashes, colons, digits and letters of full width, ligatures; a hyphen at the end of a line is one of PDFium's own.
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return unicodedata.normalize("NFKC", text.translate(_ALIKE))
