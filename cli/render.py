"""Lines -> terminal, the only module that imports rich: wrapped at the terminal's width, plain where it is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..core.text import clean

_MOST = 100  # columns; longer lines are hard to read
_PLAIN = 80


class Shown(NamedTuple):
    """One paragraph of output."""

    text: str
    indent: int = 0
    style: str = ""


def print_lines(lines: Iterable[Shown], *, to_stderr: bool = False) -> None:
    """Print paragraphs, each wrapped behind its indent; text from PDFs cannot command the terminal."""
    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else int(os.environ.get("COLUMNS", _PLAIN))
    console = Console(file=stream, width=width, highlight=False, soft_wrap=False)
    console.width = min(console.width, _MOST)
    for line in lines:
        console.print(Padding(Text(clean(line.text), style=line.style), (0, 0, 0, line.indent)))
