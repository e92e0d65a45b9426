"""The keyboard and the screen of choosing: keys in, pictures out, the terminal as it was afterwards (imports rich)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click
from rich.console import Console, Group
from rich.control import Control
from rich.screen import Screen

from ..core import guard
from .chooser import Board, Mode, State, press, press_unseen
from .chooser_view import Size, screen_lines, too_small

_SEQUENCES = {
    "\x1b[A": "UP", "\x1b[B": "DOWN", "\x1b[C": "RIGHT", "\x1b[D": "LEFT", "\x1b[3~": "DELETE",
    "\x1bOA": "UP", "\x1bOB": "DOWN", "\x1bOC": "RIGHT", "\x1bOD": "LEFT",
    "\xe0H": "UP", "\xe0P": "DOWN", "\xe0M": "RIGHT", "\xe0K": "LEFT", "\xe0S": "DELETE",
    "\x00H": "UP", "\x00P": "DOWN", "\x00M": "RIGHT", "\x00K": "LEFT", "\x00S": "DELETE",
}  # fmt: skip
_SINGLE = {"\r": "ENTER", "\n": "ENTER", "\t": "TAB", "\x1b": "ESCAPE", "\x7f": "DELETE", "\x08": "DELETE"}


def keys_of(typed: str) -> Iterator[str]:
    """Yield the keys of what one read of the terminal gave: often one, several if a person types fast."""
    while typed:
        sequence = next((text for text in _SEQUENCES if typed.startswith(text)), None)
        if sequence:
            yield _SEQUENCES[sequence]
            typed = typed[len(sequence) :]
        elif typed.startswith(("\x1b[", "\x1bO")):
            return  # a key we have no use for
        else:
            yield _SINGLE.get(typed[0], typed[0])
            typed = typed[1:]


def choose_on_screen(board: Board, state: State) -> State:
    """Let a person choose until they save or leave; the terminal is restored whatever happens."""
    console = Console(highlight=False)
    with console.screen(hide_cursor=True):

        def size() -> Size:
            return Size(width=console.width, height=console.height)

        def draw() -> None:
            console.control(Control.home())
            console.print(Screen(Group(*screen_lines(board, state, size()))), end="")

        with _redrawn(draw), _keyboard() as read:
            while state.mode not in (Mode.SAVED, Mode.LEFT):
                draw()
                for key in keys_of(read()):
                    state = (press_unseen if too_small(size()) else press)(board, state, key)
                    if state.mode in (Mode.SAVED, Mode.LEFT):
                        break
    return state


@contextmanager
def _keyboard() -> Iterator[Callable[[], str]]:
    """Yield what reads keys; until the end they are not shown, and none is lost while a picture is drawn.

    click.getchar changes the terminal's mode for every key and drops what was typed before; it is used where there are
    no such modes (Windows).
    """
    if sys.platform == "win32":
        yield click.getchar
        return
    handle = sys.stdin.fileno()
    stopped = signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # a shell would find our picture and no cursor
    try:
        with guard.unseen_keys(handle):
            yield lambda: _read(handle)
    finally:
        signal.signal(signal.SIGTSTP, stopped)


def _read(handle: int) -> str:
    typed = os.read(handle, 1024)
    if not typed:
        raise EOFError
    return typed.decode(errors="replace")


@contextmanager
def _redrawn(draw: Callable[[], None]) -> Iterator[None]:
    """Draw again whenever the window changes its size, where a system tells."""
    if not hasattr(signal, "SIGWINCH"):
        yield
        return

    def changed(_number: int, _frame: FrameType | None) -> None:
        draw()

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
