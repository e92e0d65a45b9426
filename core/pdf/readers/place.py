"""The coordinates of a page as it is read: turned so that its text runs to the right, and scaled to the portal's size.

Printing turns and scales pages and puts them side by side; only the direction of the text tells which way a page is
read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_SIZE = 10.0  # points; the portal prints tables in 10 and 11
_SMALLEST, _LARGEST = 8.0, 12.5  # between these a page is taken as it is
_STRAIGHT = 1.0  # degrees a line may be off


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTransform:
    """From a reader's page space, y upwards, to the page as it is read, y downwards."""

    turn: int = 0
    """Quarter turns clockwise."""
    width: float
    height: float
    """Of the page as it is read, before it is scaled."""
    scale: float = 1.0
    level: bool = True
    """Whether most of the text runs straight along or across the page; if not, no rulings fit it."""

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of page space in the coordinates of the page as it is read."""
        if self.turn == 0:
            x, y = x, self.height - y
        elif self.turn == 1:
            x, y = y, x
        elif self.turn == 2:
            x, y = self.width - x, y
        else:
            x, y = self.width - y, self.height - x
        return x * self.scale, y * self.scale

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Return a box of the page space as (x0, y0, x1, y1)."""
        ax, ay = self.point(left, bottom)
        bx, by = self.point(right, top)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def turned(self, radians: float) -> bool:
        """Tell whether text at this angle, clockwise, is not level with the page's text."""
        if not self.level:
            return True
        off = (math.degrees(radians) + 90.0 * self.turn + 180) % 360 - 180
        return abs(off) > _STRAIGHT


def find_place(width: float, height: float, texts: Iterable[tuple[float, float, float, float, float]]) -> PageTransform:
    """Return the transform of a page of this size in its own space, by a sample of its glyphs.

    Each glyph is given by the first four numbers of its matrix and its font size.
    """
    turns: Counter[int] = Counter()
    sizes: Counter[tuple[int, float]] = Counter()
    count = 0
    for a, b, c, d, size in texts:
        count += 1
        degrees = math.degrees(math.atan2(b, a))
        turn = round(degrees / 90)
        if a * d - b * c > 0 and abs(degrees - 90 * turn) <= _STRAIGHT:
            turns[turn % 4] += 1
            sizes[turn % 4, round(math.hypot(c, d) * size, 1)] += 1
    turn, level = turns.most_common(1)[0] if turns else (0, 0)
    size = max(((many, size) for (way, size), many in sizes.items() if way == turn), default=(0, _SIZE))[1]
    return PageTransform(
        turn=turn,
        width=height if turn % 2 else width,
        height=width if turn % 2 else height,
        scale=1.0 if _SMALLEST <= size <= _LARGEST or size <= 0 else _SIZE / size,
        level=2 * level >= count,
    )
