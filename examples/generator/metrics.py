"""Widths of the two fonts, and word wrap as the publisher does it."""

from __future__ import annotations

REGULAR = "Helvetica"
BOLD = "Helvetica-Bold"

# Adobe's published widths in 1/1000 em, code points 32 to 255 of WinAnsi; a gap in the table is a bullet.
_WIDTHS = {
    REGULAR: (
        "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
        "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 "
        "778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 "
        "556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584 "
        "350 556 350 222 556 333 1000 556 556 333 1000 667 333 1000 350 611 350 350 222 222 333 333 350 "
        "556 1000 333 1000 500 333 944 350 500 667 278 333 556 556 556 556 260 556 333 737 370 556 584 "
        "333 737 333 400 584 333 333 333 556 537 278 333 333 365 556 834 834 834 611 667 667 667 667 667 "
        "667 1000 722 667 667 667 667 278 278 278 278 722 722 778 778 778 778 778 584 778 722 722 722 "
        "722 667 667 611 556 556 556 556 556 556 889 500 556 556 556 556 278 278 278 278 556 556 556 556 "
        "556 556 556 584 611 556 556 556 556 500 556 500 "
    ),
    BOLD: (
        "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
        "556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 "
        "667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 "
        "611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584 350 "
        "556 350 278 556 500 1000 556 556 333 1000 667 333 1000 350 611 350 350 278 278 500 500 350 556 "
        "1000 333 1000 556 333 944 350 500 667 278 333 556 556 556 556 280 556 333 737 370 556 584 333 "
        "737 333 400 584 333 333 333 611 556 278 333 333 365 556 834 834 834 611 722 722 722 722 722 722 "
        "1000 722 667 667 667 667 278 278 278 278 722 722 778 778 778 778 778 584 778 722 722 722 722 "
        "667 667 611 556 556 556 556 556 556 889 556 556 556 556 556 278 278 278 278 611 611 611 611 611 "
        "611 611 584 611 611 611 611 611 556 611 556 "
    ),
}
_TABLES = {font: tuple(map(int, text.split())) for font, text in _WIDTHS.items()}


def encode(text: str) -> bytes:
    """The text in WinAnsi; what it does not have becomes a question mark."""
    return text.encode("cp1252", "replace")


def width(text: str, font: str, size: float) -> float:
    """The width of a text in points."""
    table = _TABLES[font]
    return sum(table[code - 32] for code in encode(text) if code >= 32) * size / 1000


def wrap(text: str, inner: float, font: str, size: float) -> list[str]:
    """The lines of a text in a cell: greedy, at spaces, a word too long at its letters."""
    lines: list[str] = []
    line = ""
    for word in filter(None, text.split(" ")):  # a no-break space stays inside its word
        joined = f"{line} {word}" if line else word
        if width(joined, font, size) <= inner:
            line = joined
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, inner, font, size)
        lines += whole
    return [*lines, line] if line else lines


def _pieces(word: str, inner: float, font: str, size: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, font, size) > inner:
            pieces.append("")
        pieces[-1] += letter
    return pieces
