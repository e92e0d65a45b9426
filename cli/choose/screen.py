"""The keyboard and the screen of choosing: keys in, pictures out, the terminal as it was afterwards (imports rich)."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console, Group
from rich.control import Control
from rich.screen import Screen

from ...core.system import process
from .state import Board, ChooserState, ScreenMode, press, press_unseen
from .view import TerminalSize, screen_lines, too_small

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


def choose_on_screen(board: Board, state: ChooserState) -> ChooserState:
    """Let a person choose until they save or leave; the terminal is restored whatever happens."""
    console = Console(highlight=False)
    with console.screen(hide_cursor=True):

        def size() -> TerminalSize:
            return TerminalSize(width=console.width, height=console.height)

        def draw() -> None:
            console.control(Control.home())
            console.print(Screen(Group(*screen_lines(board, state, size()))), end="")

        with _keyboard() as read:
            while state.mode not in (ScreenMode.SAVED, ScreenMode.LEFT):
                draw()
                for key in keys_of(read()):
                    state = (press_unseen if too_small(size()) else press)(board, state, key)
                    if state.mode in (ScreenMode.SAVED, ScreenMode.LEFT):
                        break
    return state


@contextmanager
def _keyboard() -> Iterator[Callable[[], str]]:
    """Yield what reads keys, or nothing once the window has another size; until the end they are not shown.

    None is lost while a picture is drawn. click.getchar changes the terminal's mode for every key and drops what was
    typed before; it is used where there are no such modes (Windows).
    """
    if sys.platform == "win32":
        yield click.getchar
        return
    handle = sys.stdin.fileno()
    stopped = signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # a shell would find our picture and no cursor
    try:
        with process.unseen_keys(handle), _resized() as resized:
            yield lambda: _read(handle, resized)
    finally:
        signal.signal(signal.SIGTSTP, stopped)


def _read(handle: int, resized: int) -> str:
    ready, _, _ = select.select([handle, resized], [], [])
    if resized in ready:
        os.read(resized, 1024)
        return ""
    typed = os.read(handle, 1024)
    if not typed:
        raise EOFError
    return typed.decode(errors="replace")


@contextmanager
def _resized() -> Iterator[int]:
    """Yield what can be read from whenever the window has changed its size.

    The signal may come in the middle of a picture: drawing in its handler would write into what is being written. And
    it may come just before the waiting begins, where a handler in Python would run only after that: the pipe is written
    into below Python, at every signal.
    """
    out, into = os.pipe()
    os.set_blocking(into, False)
    before = signal.signal(signal.SIGWINCH, lambda *_: None)  # the usual one is not told to the pipe
    woken = signal.set_wakeup_fd(into, warn_on_full_buffer=False)
    try:
        yield out
    finally:
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGWINCH, before)
        os.close(into)
        os.close(out)
