"""Copies drawn anew, as browsers print a page and other tools draw its rulings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pikepdf
from pikepdf import Dictionary

from .copies_parts import each_page, fonts, form, numbers, rectangle, write
from .copies_seen import Box, Matrix, Run, Seen, see, times
from .copies_text import line, lines_of
from .metrics import width
from .paint import string
from .table import RULE

FIREFOX, CHROMIUM = 0.480084, 0.75  # points a unit of the browser


def firefox(pdf: bytes) -> bytes:
    """As Firefox prints: one form drawn upside down, white pages behind, a line of several cells in one array."""

    def reprint(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        wide, high = seen.page[2] / FIREFOX, seen.page[3] / FIREFOX
        to_form: Matrix = (1 / FIREFOX, 0, 0, -1 / FIREFOX, 0, high)
        lines = b"".join(line(runs, to_form, kern=3) for run in lines_of(seen.runs) for runs in _of_few(run))
        boxes = b"".join(rectangle(_moved(box, to_form)) + b"f\n" for box in seen.boxes)
        white = b"1 1 1 rg\n" + (rectangle((0, 0, wide, high)) + b"f\n") * 2
        own = Dictionary(Font=Dictionary(fonts(page)))
        drawn = form(opened, b"q\n" + white + lines + b"0 0 0 rg\n" + boxes + b"Q\n", (0, 0, wide, high), Resources=own)
        page.obj.Resources = Dictionary(XObject=Dictionary(x7=drawn))
        down = numbers(1, 0, 0, -1, 0, seen.page[3]), rectangle(seen.page), numbers(FIREFOX, 0, 0, FIREFOX, 0, 0)
        write(opened, page, b"%s cm\nq\nQ\nq\n%sW n\nq\n%s cm\n/x7 Do\nQ\nQ\n" % down)

    return each_page(pdf, reprint)


def chromium(pdf: bytes) -> bytes:
    """As Chromium prints a table of HTML: every cell draws its own four borders, every glyph stands for itself."""

    def reprint(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        to_page: Matrix = (CHROMIUM, 0, 0, -CHROMIUM, 0, seen.page[3])
        from_page: Matrix = (1 / CHROMIUM, 0, 0, -1 / CHROMIUM, 0, seen.page[3] / CHROMIUM)
        borders = [rectangle(_moved(box, from_page)) + b"f\n" for cell in _cells(seen) for box in _borders(cell)]
        words = [_tagged(number, _spelled(run, from_page)) for number, run in enumerate(seen.runs)]
        page.obj.Resources = Dictionary(Font=Dictionary(fonts(page)))
        drawn = b"/Table <</MCID 0>> BDC\n0 0 0 rg\n" + b"".join(borders) + b"EMC\n" + b"".join(words)
        write(opened, page, b"q\n%s cm\n%sQ\n" % (numbers(*to_page), drawn))

    return each_page(pdf, reprint)


def cut_rulings(pdf: bytes) -> bytes:
    """Every ruling cut into a piece for each cell beside it."""
    return _ruled(pdf, lambda seen: [rectangle(box) + b"f\n" for box in _pieces(seen)])


def stroked_rulings(pdf: bytes) -> bytes:
    """Lines in place of thin rectangles."""

    def lines(seen: Seen) -> Iterator[bytes]:
        for x0, y0, x1, y1 in seen.boxes:
            x, y, level = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0 > y1 - y0
            ends = (x0, y, x1, y) if level else (x, y0, x, y1)
            yield b"%s w %s m %s l S\n" % (numbers(min(x1 - x0, y1 - y0)), numbers(*ends[:2]), numbers(*ends[2:]))

    return _ruled(pdf, lines)


def stroked_cells(pdf: bytes) -> bytes:
    """Every cell a rectangle of its own that is stroked."""

    def cells(seen: Seen) -> Iterator[bytes]:
        half = _thick(seen) / 2
        yield numbers(2 * half) + b" w\n"
        for x0, y0, x1, y1 in _cells(seen):
            yield rectangle((x0 + half, y0 + half, x1 + half, y1 + half)) + b"S\n"

    return _ruled(pdf, cells)


def _ruled(pdf: bytes, rulings: Callable[[Seen], Sequence[bytes] | Iterator[bytes]]) -> bytes:
    def rule(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        words = b"".join(line([run]) for run in seen.runs)
        page.obj.Resources = Dictionary(Font=Dictionary(fonts(page)))
        write(opened, page, words + b"0 0 0 rg 0 0 0 RG\n" + b"".join(rulings(seen)))

    return each_page(pdf, rule)


def _thick(seen: Seen) -> float:
    return min((box[2] - box[0] for box in seen.boxes), default=RULE)


def _cells(seen: Seen) -> Iterator[Box]:
    for top, bottom in pairwise(seen.ys):
        for left, right in pairwise(seen.xs):
            yield left, bottom, right, top


def _borders(cell: Box) -> list[Box]:
    # The left border ends where the lower one begins and so on: the pieces of one cell touch and do not overlap.
    x0, y0, x1, y1 = cell
    return [
        (x0, y0, x0 + RULE, y1),
        (x0, y1, x1, y1 + RULE),
        (x1, y0 + RULE, x1 + RULE, y1 + RULE),
        (x0 + RULE, y0, x1 + RULE, y0 + RULE),
    ]


def _pieces(seen: Seen) -> Iterator[Box]:
    thick = _thick(seen)
    for x in seen.xs:
        yield from ((x, bottom, x + thick, top) for top, bottom in pairwise(seen.ys))
    for y in seen.ys:
        yield from ((left, y, right + thick, y + thick) for left, right in pairwise(seen.xs))


def _of_few(runs: Sequence[Run]) -> Iterator[list[Run]]:
    # Firefox begins anew where the next string stands far away; three strings are what its arrays usually hold.
    yield from (list(runs[start : start + 3]) for start in range(0, len(runs), 3))


def _moved(box: Box, matrix: Matrix) -> Box:
    ends = [times((1, 0, 0, 1, *at), matrix)[4:] for at in (box[:2], box[2:])]
    (x0, x1), (y0, y1) = sorted(at[0] for at in ends), sorted(at[1] for at in ends)
    return x0, y0, x1, y1


def _tagged(number: int, content: bytes) -> bytes:
    return b"/NonStruct <</MCID %d>> BDC\n%sEMC\n" % (number + 1, content)


def _spelled(run: Run, matrix: Matrix) -> bytes:
    size = run.height * matrix[0]
    place = times((1, 0, 0, 1, run.x, run.y), matrix)[4:]
    colour = b"1 1 1 rg" if run.white else b"0 0 0 rg"
    start = b"%s BT %s %s Tf %s Tm\n" % (colour, run.key.encode(), numbers(size), numbers(1, 0, 0, -1, *place))
    steps = [numbers(width(letter, run.font, size)) + b" 0 Td\n" for letter in run.text]
    glyphs = [string(letter) + b" Tj\n" + step for letter, step in zip(run.text, steps, strict=True)]
    return start + b"".join(glyphs) + b"ET\n"
