"""What is printed on a terminal: paragraphs, wrapped at its width, and pictures, laid out by columns.

A character may take no column, one or two. What is no terminal gets no styles, and in pictures a stream that cannot
encode a character gets one that resembles it.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ...core.wording import clean

_LEAST, _MOST = 20, 100  # columns of paragraphs; longer lines are hard to read
_NARROWEST_PICTURE, _WIDEST_PICTURE = 40, 160
_PLAIN = 80  # where there is no terminal
_ALIKE = str.maketrans({"┌": "+", "└": "+", "│": "|", "─": "-", "–": "-", "…": "~", "’": "'"})


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


# ---- printing


class _Console(Console):
    """A console that leaves it to `main` what happens when nobody reads."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def columns() -> int:
    """Return how many columns a picture may have on standard output."""
    found = _Console(file=sys.stdout).width if sys.stdout.isatty() else _plain_columns()
    return max(min(found, _WIDEST_PICTURE), _NARROWEST_PICTURE)


def print_picture(lines: Iterable[Line]) -> None:
    """Print lines as they are: they are wrapped already."""
    console = _Console(file=sys.stdout, width=_WIDEST_PICTURE, highlight=False)
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    for line in lines:
        text = Text(end="")
        for piece in line:
            text.append(encodable(piece.text, encoding), style=piece.style or None)
        text.rstrip()
        console.print(text, soft_wrap=True, end="\n")


def encodable(text: str, encoding: str) -> str:
    """Return text of the same breadth that an encoding has characters for."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "".join(_alike(character, encoding) for character in text)
    return text


def _alike(character: str, encoding: str) -> str:
    for like in (character, character.translate(_ALIKE), unicodedata.normalize("NFKD", character)[:1]):
        try:
            like.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            continue
        return like if breadth(like) == breadth(character) else like.ljust(breadth(character))
    return "_" * breadth(character)


class Shown(NamedTuple):
    """One paragraph of output."""

    text: str
    indent: int = 0
    style: str = ""


def print_lines(lines: Iterable[Shown], *, to_stderr: bool = False) -> None:
    """Print paragraphs, each wrapped behind its indent; text from PDFs cannot command the terminal."""
    stream = sys.stderr if to_stderr else sys.stdout
    console = _Console(file=stream, width=None if stream.isatty() else _plain_columns(), highlight=False)
    console.width = max(min(console.width, _MOST), _LEAST)
    for line in lines:
        for part in Text(clean(line.text), style=line.style).wrap(console, console.width - line.indent):
            part.rstrip()
            console.print(Text(" " * line.indent).append_text(part), soft_wrap=True)


def _plain_columns() -> int:
    """Return the width to print with where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else _PLAIN
