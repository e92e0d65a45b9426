"""Lines of styled text -> terminal; `render` is for paragraphs, this for pictures.

What is no terminal gets no styles, and a stream that cannot encode a character gets one that resembles it.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from .canvas import Line, breadth

_MOST = 160
_LEAST = 40
_PLAIN = 80
_ALIKE = str.maketrans({"┌": "+", "└": "+", "│": "|", "─": "-", "–": "-", "…": "~", "’": "'"})


class _Console(Console):
    """A console that leaves it to `main` what happens when nobody reads."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def columns() -> int:
    """Return how many columns a picture may have on standard output."""
    if sys.stdout.isatty():
        found = _Console(file=sys.stdout).width
    else:
        given = os.environ.get("COLUMNS", "")
        found = int(given) if given.isdecimal() else _PLAIN
    return max(min(found, _MOST), _LEAST)


def print_picture(lines: Iterable[Line]) -> None:
    """Print lines as they are: they are wrapped already."""
    console = _Console(file=sys.stdout, width=_MOST, highlight=False)
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
