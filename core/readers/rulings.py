"""What counts as a ruling, the same for both readers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from ..model import Ruling

THICKEST = 2.0
"""Points. A timetable's rulings are filled rectangles 0.5 pt thick; anything thicker is an area with four edges."""


def box_rulings(x0: float, y0: float, x1: float, y1: float) -> list[Ruling]:
    """Return the rulings of a rectangle: its middle line if it is thin, else its four edges."""
    width, height = x1 - x0, y1 - y0
    if height <= THICKEST:
        y = (y0 + y1) / 2
        return [Ruling(x0, y, x1, y)] if width > THICKEST else []
    if width <= THICKEST:
        x = (x0 + x1) / 2
        return [Ruling(x, y0, x, y1)]
    return [Ruling(x0, y0, x1, y0), Ruling(x0, y1, x1, y1), Ruling(x0, y0, x0, y1), Ruling(x1, y0, x1, y1)]


def path_rulings(points: list[tuple[float, float]]) -> list[Ruling]:
    """Return a ruling for each straight horizontal or vertical piece of a path."""
    found = []
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        if min(x1 - x0, y1 - y0) <= 0.1 < max(x1 - x0, y1 - y0):
            found += box_rulings(x0, y0, x1, y1)
    return found


def borders(rulings: Iterable[Ruling]) -> list[float]:
    """Return the x of every vertical ruling, ascending, each once."""
    return sorted({ruling.x0 for ruling in rulings if ruling.x0 == ruling.x1})
