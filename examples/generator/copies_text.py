"""Copies whose text is written otherwise: cut into runs, joined to lines, drawn twice, or with look-alike letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any, Literal

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from .copies_parts import each_page, flattened, fonts, numbers, rectangle, write
from .copies_seen import IDENTITY, Matrix, Op, Run, see, times
from .metrics import encode, width
from .paint import string

Way = Literal["strings", "places", "objects"]

LOOK_ALIKES: Mapping[str, Mapping[str, str]] = {
    **{f"dash-{code:04x}": {"-": chr(code)} for code in (0xAD, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212)},
    **{f"colon-{code:04x}": {":": chr(code)} for code in (0xFF1A, 0x2236)},
    **{f"space-{code:04x}": {" ": chr(code)} for code in (0xA0, 0x2003)},
    "digits-wide": {digit: chr(0xFF10 + int(digit)) for digit in "0123456789"},
    "all-at-once": {"-": "\u2013", ":": "\uff1a", " ": "\u2003", **{d: chr(0xFF10 + int(d)) for d in "0123456789"}},
}
"""What a font's ToUnicode says instead of the letters it draws."""

RECODED: Mapping[str, tuple[str, int]] = {"soft-hyphen": ("-", 0xAD), "no-break-space": (" ", 0xA0)}
"""Codes of WinAnsi that draw the same as another."""


def cut(pdf: bytes, glyphs: int, way: Way = "strings") -> bytes:
    """Every string cut after so many glyphs; each piece may have a place or a text object of its own."""

    def rewrite(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        names = {run.key: run.font for run in see(page).runs}
        write(opened, page, list(_cut(flattened(page), names, glyphs, way)))

    return each_page(pdf, rewrite)


def joined(pdf: bytes) -> bytes:
    """The strings of a line, of whichever cells, as one with wide gaps in it."""

    def rewrite(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        lines = b"".join(line(runs) for runs in lines_of(seen.runs))
        rulings = b"".join(rectangle(box) + b"f\n" for box in seen.boxes)
        page.obj.Resources = Dictionary(Font=Dictionary(fonts(page)))
        write(opened, page, lines + b"0 0 0 rg\n" + rulings)

    return each_page(pdf, rewrite)


def drawn_twice(pdf: bytes) -> bytes:
    """The whole of each page drawn a second time over itself."""

    def again(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        page.contents_coalesce()
        page.obj.Contents = Array([page.obj.Contents, page.obj.Contents])

    return each_page(pdf, again)


def look_alikes(pdf: bytes, letters: Mapping[str, str]) -> bytes:
    """The same picture, but the fonts say other characters for some letters."""

    def say(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        for one in fonts(page).values():
            one.ToUnicode = opened.make_stream(_to_unicode(letters))

    return each_page(pdf, say)


def recoded(pdf: bytes, letter: str, code: int) -> bytes:
    """One letter written by another code of the encoding that draws the same."""

    def rewrite(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        old, new = letter.encode(), bytes([code])
        content = [([_replaced(value, old, new) for value in values], op) for values, op in flattened(page)]
        write(opened, page, content)

    return each_page(pdf, rewrite)


def lines_of(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """The runs that stand on one line in one font, size and colour, from left to right."""

    def kind(run: Run) -> tuple[float, str, float, bool]:
        return -round(run.y, 2), run.key, round(run.height, 3), run.white

    for _, same in groupby(sorted(runs, key=lambda run: (*kind(run), run.x)), key=kind):
        yield list(same)


def line(runs: Sequence[Run], matrix: Matrix = IDENTITY, *, kern: int = 0) -> bytes:
    """One text object of one array for the runs of a line; the matrix maps the page to where it is drawn.

    With `kern` every second glyph stands so many thousandths of the size to the right, the next ones back again.
    """
    first = runs[0]
    parts, at = [], first.x
    for run in runs:
        parts.append(numbers(-(run.x - at) / first.height * 1000) + b" " + _kerned(run.text, kern))
        at = run.end
    place = numbers(*times((first.height, 0, 0, first.height, first.x, first.y), matrix))
    colour = b"1 1 1 rg" if first.white else b"0 0 0 rg"
    return b"%s BT %s 1 Tf %s Tm [%s] TJ ET\n" % (colour, first.key.encode(), place, b" ".join(parts))


def _kerned(text: str, kern: int) -> bytes:
    if not kern:
        return string(text)
    pairs = [string(text[start : start + 2]) for start in range(0, len(text), 2)]
    steps = [b" %d " % (-kern if place % 2 else kern) for place in range(len(pairs) // 2 * 2)]  # together they are 0
    return b"".join(pair + step for pair, step in zip_longest(pairs, steps, fillvalue=b""))


def _cut(content: Sequence[Op], names: Mapping[str, str], glyphs: int, way: Way) -> Iterator[Op]:
    key, size, place = Name("/F0"), 0.0, IDENTITY
    for values, op in content:
        if op == "Tf":
            key, size = values[0], float(values[1])
        elif op == "Tm":
            place = _matrix(values)
        if op != "Tj":
            yield values, op
            continue
        text = bytes(values[0])
        for piece in (text[start : start + glyphs] for start in range(0, len(text), glyphs)):
            yield from _piece(piece, way, place, [key, size])
            place = times((1, 0, 0, 1, width(piece.decode("cp1252"), names[str(key)], size), 0), place)


def _piece(piece: bytes, way: Way, place: Matrix, font: list[Any]) -> Iterator[Op]:
    if way == "objects":
        yield from (([], "ET"), ([], "BT"), (font, "Tf"))
    if way != "strings":
        yield place, "Tm"
    yield [String(piece)], "Tj"


def _matrix(values: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return a, b, c, d, e, f


def _replaced(value: Any, old: bytes, new: bytes) -> Any:
    return String(bytes(value).replace(old, new)) if isinstance(value, String) else value


def _to_unicode(letters: Mapping[str, str]) -> bytes:
    codes = [code for code in range(32, 256) if bytes([code]).decode("cp1252", "ignore")]
    said = {code: bytes([code]).decode("cp1252") for code in codes}
    said |= {encode(letter)[0]: other for letter, other in letters.items()}
    pairs = [b"<%02x> <%s>\n" % (code, text.encode("utf-16-be").hex().encode()) for code, text in said.items()]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]  # the most a block may hold
    body = b"".join(b"%d beginbfchar\n%sendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
    return _CMAP % body


_CMAP = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
%sendcmap CMapName currentdict /CMap defineresource pop end end
"""
