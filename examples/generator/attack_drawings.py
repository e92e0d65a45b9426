"""Attacks by what one page draws: too many rulings, boxes, glyphs, brackets, digits."""

from __future__ import annotations

from .raw import Objects, one_page

_STEP = 10


def wide_grid(lines: int) -> bytes:
    """As many rulings each way, 10 pt apart on a page sized to fit: cells grow with the square."""
    side = lines * _STEP
    upright = b"".join(b"%d 0 .4 %d re f\n" % (x, side) for x in range(0, side, _STEP))
    flat = b"".join(b"0 %d %d .4 re f\n" % (y, side) for y in range(0, side, _STEP))
    return _drawn(upright + flat, media_box=b"[0 0 %d %d]" % (side, max(side, 600)))


def grid(lines: int) -> bytes:
    """Half the rulings each way, all on one A4 page."""
    half = lines // 2
    upright = b"".join(b"%.3f 0 .4 595 re f\n" % (x * 841.9 / half) for x in range(half))
    flat = b"".join(b"0 %.3f 841 .4 re f\n" % (y * 595.3 / half) for y in range(half))
    return _drawn(upright + flat)


def boxes(side: int) -> bytes:
    """A table whose cells are each a stroked rectangle with one glyph."""
    width, height = 800 / side, 520 / side
    cells = [
        b"%.2f %.2f %.2f %.2f re S BT /F1 3 Tf %.2f %.2f Td (x)Tj ET\n"
        % (20 + x * width, 10 + y * height, width, height, 21 + x * width, 11 + y * height)
        for y in range(side)
        for x in range(side)
    ]
    return _drawn(b"".join(cells))


def long_string() -> bytes:
    """500,000 nested brackets in one string, not compressed."""
    objects = Objects()
    text = b"(" * 500_000 + b")" * 500_000
    return one_page(objects, [objects.stream(b"BT /F1 10 Tf 36 500 Td " + text + b"Tj ET")])


def nested_arrays() -> bytes:
    """100,000 opened arrays, none closed."""
    objects = Objects()
    return one_page(objects, [objects.stream(b"BT /F1 10 Tf 36 500 Td " + b"[" * 100_000)])


def many_glyphs() -> bytes:
    """300,000 glyphs on one page."""
    lines = b"0 -1 Td (%s)Tj\n" % (b"x" * 100)
    return _drawn(b"BT /F1 1 Tf 36 530 Td\n" + lines * 3_000 + b"ET")


def many_saves() -> bytes:
    """1,000,000 saved graphics states, none restored."""
    return _drawn(b"q " * 1_000_000)


def long_number() -> bytes:
    """A font size of 100,000 digits."""
    return _drawn(b"BT /F1 " + b"9" * 100_000 + b" Tf 36 500 Td (COS 214)Tj ET")


def _drawn(content: bytes, media_box: bytes = b"[0 0 841.9 595.3]") -> bytes:
    objects = Objects()
    return one_page(objects, [objects.flate(content)], media_box=media_box)
