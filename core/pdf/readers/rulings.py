"""What counts as a ruling, for both readers.

A viewer shows a line where one is stroked or where a thin area is filled. The edges of a filled area (a page's
background, a marker, a shaded row) show none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from ...model import Ruling

THICKEST = 4.0
"""Points. A timetable's rulings are filled rectangles 0.5 pt thick; no text is as low as 4, so anything thicker may be
an area."""
_LEVEL = 0.3  # points within which two pieces lie on one line
_BRIDGED = 3.2  # points between two pieces of one line: cells with borders of their own stand up to 3 pt apart


def box_rulings(x0: float, y0: float, x1: float, y1: float, *, stroked: bool) -> list[Ruling]:
    """Return the rulings of a rectangle: its middle line if it is thin, its four edges if they are stroked.

    A dot may be part of a dotted line in either direction.
    """
    width, height = x1 - x0, y1 - y0
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    thin = ([Ruling(x0, y, x1, y)] if height <= THICKEST else []) + (
        [Ruling(x, y0, x, y1)] if width <= THICKEST else []
    )
    if thin:
        return thin
    if not stroked:
        return []
    return [Ruling(x0, y0, x1, y0), Ruling(x0, y1, x1, y1), Ruling(x0, y0, x0, y1), Ruling(x1, y0, x1, y1)]


def path_rulings(points: list[tuple[float, float]], *, stroked: bool) -> list[Ruling]:
    """Return the rulings of one subpath: a thin shape is one line, of a stroked one each straight piece."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    if min(x1 - x0, y1 - y0) <= THICKEST:
        return box_rulings(x0, y0, x1, y1, stroked=stroked)
    found = []
    for (ax, ay), (bx, by) in itertools.pairwise(points) if stroked else ():
        x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        if min(x1 - x0, y1 - y0) <= 0.1 < max(x1 - x0, y1 - y0):
            found += box_rulings(x0, y0, x1, y1, stroked=True)
    return found


def joined(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """Return rulings with the pieces of each line merged: a table may draw a line cell by cell, or twice."""
    flat, upright = [], []
    for x0, y0, x1, y1 in rulings:
        if y0 == y1:
            flat.append((y0, x0, x1))
        else:
            upright.append((x0, y0, y1))
    lines = [Ruling(start, at, end, at) for at, start, end in _lines(flat) if end - start > THICKEST]
    return (*lines, *(Ruling(at, start, at, end) for at, start, end in _lines(upright) if end - start > THICKEST))


def _lines(pieces: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """Yield (place, start, end) of each line that pieces of the same form make up."""
    pieces.sort()
    for _, level in itertools.groupby(_levelled(pieces), key=lambda piece: piece[0]):
        (at, start, end), *others = sorted(level)
        for _, begins, ends in others:
            if begins <= end + _BRIDGED:
                end = max(end, ends)
            else:
                yield at, start, end
                start, end = begins, ends
        yield at, start, end


def _levelled(pieces: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """Yield pieces sorted by position; positions that differ by a hair are made equal."""
    at = float("-inf")
    for place, start, end in pieces:
        if place - at > _LEVEL:
            at = place
        yield at, start, end


def crossings(rulings: Iterable[Ruling]) -> int:
    """Return at how many points the lines of a page may cross, to which the cost of finding tables is proportional.

    Lines at one place count once, since a table whose cells have borders of their own is as large as any other; their
    pieces count where there are many more of them.
    """
    flat = [ruling.y0 for ruling in rulings if ruling.y0 == ruling.y1]
    upright = [ruling.x0 for ruling in rulings if ruling.y0 != ruling.y1]
    return max(len(set(flat)) * len(set(upright)), len(flat) * len(upright) // _PIECES)


_PIECES = 250  # pieces of lines that cost as much as one more crossing
