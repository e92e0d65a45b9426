"""Draw the pictures of README.md: `make pictures` writes docs/images/. A test compares, so that none is out of date.

The pictures of terminals are what the real commands print, drawn by rich.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text
from tukscal.cli.choose.state import ChooserState, make_board
from tukscal.cli.choose.view import TerminalSize, screen_lines
from tukscal.core.commands.choose import ChoiceRequest, lay_out
from tukscal.core.pool import InProcess
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES, lecture

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"
TUKSCAL = str(Path(sys.executable).with_name("tukscal"))
EXAMPLES = ("lectures", "tests", "exams")
# Without the fonts that rich would have a browser fetch, and without a window around the text.
_SVG = """<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<!-- made by `make pictures` -->
<style>.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#292929"/>
<svg x="1%" y="2%" width="98%" height="96%" viewBox="0 0 {terminal_width} {terminal_height}">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></svg>
</svg>
"""


def prepare(folder: Path) -> None:
    """Put the example PDFs into a folder, and one of which a row is wrong: it ends before it starts."""
    for name in EXAMPLES:
        shutil.copy(HERE / "timetables" / f"{name}.pdf", folder)
    wrong = lecture("STK 220", "G01", "L1, Tuesday, 08:30 - 09:20, EMS 4-152", "L2, Friday, 09:30 - 07:20, IT 2-23")
    (folder / "problem.pdf").write_bytes(timetable_pdf((*LECTURES[:2], wrong, *LECTURES[3:])))


def pictures() -> dict[str, bytes]:
    """Return each picture by its file's name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        choose = _screen(folder)
        week = _run(folder, "show", "lectures.pdf", "--svg", "-", "--select", str(HERE / "timetables/my-groups.toml"))
        return {
            "choose.svg": _svg("choose", choose, 100),
            "problem.svg": _terminal(folder, "problem", "convert", "problem.pdf", "--year", "2026"),
            "week.svg": week,
        }


def _screen(folder: Path) -> Text:
    """Return what `tukscal choose` shows with two decisions made."""
    draft = lay_out(ChoiceRequest(files=(folder / "lectures.pdf", folder / "tests.pdf")), InProcess())
    board = make_board(draft.decisions)
    picks = {choice: (choice.groups[1],) for choice in board.rows[:2]}
    return Text("\n").join(
        screen_lines(board, ChooserState(picks=picks, saved={}, row=2), TerminalSize(width=100, height=30))
    )


def _terminal(folder: Path, name: str, *arguments: str) -> bytes:
    typed, printed = f"$ tukscal {' '.join(arguments)}\n", _run(folder, *arguments).decode()
    return _svg(name, Text.assemble((typed, "bold"), Text.from_ansi(printed)), 80)


def _run(folder: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "COLUMNS": "80", "FORCE_COLOR": "1", "TUKSCAL_CONFIG_DIR": str(folder / "settings")}
    command = [TUKSCAL, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True).stdout  # noqa: S603


def _svg(name: str, text: Text, width: int) -> bytes:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(text, soft_wrap=True)
        return console.export_svg(code_format=_SVG, unique_id=name).encode()


def main() -> None:
    """Write them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, data in pictures().items():
        (IMAGES / name).write_bytes(data)


if __name__ == "__main__":
    main()
