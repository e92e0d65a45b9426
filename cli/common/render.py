"""Paragraphs -> terminal: wrapped at the terminal's width, plain where it is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ...core.wording import clean

_MOST = 100  # columns; longer lines are hard to read
_LEAST = 20
_PLAIN = 80


class Shown(NamedTuple):
    """One paragraph of output."""

    text: str
    indent: int = 0
    style: str = ""


class _Console(Console):
    """A console that leaves it to `main` what happens when nobody reads."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def print_lines(lines: Iterable[Shown], *, to_stderr: bool = False) -> None:
    """Print paragraphs, each wrapped behind its indent; text from PDFs cannot command the terminal."""
    stream = sys.stderr if to_stderr else sys.stdout
    console = _Console(file=stream, width=None if stream.isatty() else _columns(), highlight=False)
    console.width = max(min(console.width, _MOST), _LEAST)
    for line in lines:
        for part in Text(clean(line.text), style=line.style).wrap(console, console.width - line.indent):
            part.rstrip()
            console.print(Text(" " * line.indent).append_text(part), soft_wrap=True)


def _columns() -> int:
    """Return the width to print with where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else _PLAIN
