"""Words that run over a border of their cell, the same for both readers.

Text wider than its cell is printed over the neighbour's, and a reader then sees one word where the PDF shows two.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable

from ..model import Word

INSIDE = 0.5
"""Points a glyph may touch a border without crossing it."""
_JUMP = 0.7  # points between the end of a glyph and the start of the next that no font's spacing makes


def crosses(word: Word, verticals: list[float]) -> bool:
    """Tell whether a word lies on both sides of a vertical ruling."""
    return bisect(verticals, word.x0 + INSIDE) != bisect(verticals, word.x1 - INSIDE)


def split_at_jumps(glyphs: Iterable[Word]) -> list[Word]:
    """Join glyphs to words, beginning a new one wherever the pen was moved."""
    words: list[Word] = []
    for glyph in glyphs:
        if words and abs(glyph.x0 - words[-1].x1) <= _JUMP and abs(glyph.y - words[-1].y) <= _JUMP:
            last = words.pop()
            words.append(Word(last.text + glyph.text, last.x0, glyph.x1, last.y, glyph.spaced))
        else:
            words.append(glyph)
    return words
