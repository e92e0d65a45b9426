"""Text laid out by the columns of a terminal: a character may take none, one or two of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """Text of one style, in rich's words."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def breadth(text: str) -> int:
    """Return the columns text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """Return text that takes at most so many columns; what is cut off leaves an ellipsis."""
    if breadth(text) <= columns:
        return text
    kept, taken = "", 0
    for character in text:
        taken += _columns(character)
        if taken > columns - 1:
            break
        kept += character
    return f"{kept}…" if columns > 0 else ""


def pad(text: str, columns: int) -> str:
    """Return text of exactly so many columns."""
    text = cut(text, columns)
    return text + " " * (columns - breadth(text))


def wrap(text: str, columns: int) -> list[str]:
    """Return lines of at most so many columns, broken between words where possible."""
    lines = [""]
    for word in text.split():
        if lines[-1] and breadth(lines[-1]) + 1 + breadth(word) <= columns:
            lines[-1] += f" {word}"
            continue
        while breadth(word) > columns:
            head = cut(word, columns + 1)[:-1] or word[0]
            lines.append(head)
            word = word[len(head) :]
        lines.append(word)
    return [line for line in lines if line]


def paragraph(text: str, columns: int, *, indent: int = 0, hang: int = 0, style: str = "") -> list[Line]:
    """Return wrapped text; the lines after the first stand `hang` further in."""
    first, *rest = wrap(text, columns - indent - hang) or [""]
    if hang and rest:  # the first line has more room
        first, *_ = wrap(text, columns - indent)
        rest = wrap(text[len(first) :].lstrip(), columns - indent - hang)
    return [
        (Piece(" " * indent + first, style),),
        *((Piece(" " * (indent + hang) + line, style),) for line in rest),
    ]


class Canvas:
    """A sheet of so many columns, written on row by row."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._rows: list[list[tuple[int, Piece]]] = []

    def put(self, row: int, column: int, piece: Piece) -> None:
        """Write text at a place nothing was written at yet."""
        while len(self._rows) <= row:
            self._rows.append([])
        self._rows[row].append((column, piece))

    def lines(self) -> list[Line]:
        """Return the rows from top to bottom, gaps filled, none longer than the sheet is wide."""
        return [self._line(sorted(row, key=lambda item: item[0])) for row in self._rows]

    def _line(self, row: Sequence[tuple[int, Piece]]) -> Line:
        pieces: list[Piece] = []
        at = 0
        for column, piece in row:
            if column > at:
                pieces.append(Piece(" " * (column - at)))
            pieces.append(Piece(cut(piece.text, self._columns - column), piece.style))
            at = column + breadth(pieces[-1].text)
        return tuple(pieces)
