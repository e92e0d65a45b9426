"""Events or looking again and again: decided by the file system's type, and by a file made to see whether it is seen.

The type goes first: on a network share the system tells what this computer writes, so that a probe succeeds, and never
what others do.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..host import LOCAL, file_system
from .eyes import Blind, Eyes

SECONDS = 2.0  # in which the probe's event must come
PROBE = ".tukscal-probe.tmp"
"""One name for all: what a killed process left is used and removed by the next."""
_MAKE = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
Wait = Callable[[threading.Event, float], bool]
"""Waits for an event to be set, at most so many seconds; returns whether it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How a folder is watched."""

    eyes: Eyes | None
    """What gives events, to be closed by whoever gets it; None where the folder has to be looked at again and again."""
    why: str
    """A sentence."""

    @property
    def native(self) -> bool:
        """Whether there are events."""
        return self.eyes is not None


def choose(root: Path, open_eyes: Callable[[], Eyes], *, poll: bool = False, wait: Wait = threading.Event.wait) -> Mode:
    """Decide how to watch a folder; `poll` is a person's word for no events."""
    if poll:
        return Mode(eyes=None, why="Polling was asked for.")
    if refusal := _refusal(file_system(root)):
        return Mode(eyes=None, why=refusal)
    try:
        eyes = open_eyes()
    except Blind as error:
        return Mode(eyes=None, why=str(error))
    try:
        seen = probe(eyes, root, wait)
    except BaseException:
        eyes.close()
        raise
    if seen is None:
        return Mode(eyes=eyes, why="The folder is on a disk of this computer; no file can be made in it for a test.")
    if seen:
        return Mode(eyes=eyes, why="The folder is on a disk of this computer, and events come.")
    eyes.close()
    return Mode(eyes=None, why=f"No event came within {SECONDS:g} seconds of making a file.")


def probe(eyes: Eyes, root: Path, wait: Wait = threading.Event.wait) -> bool | None:
    """Make a hidden file, tell whether its event comes, and remove it; None if none can be made."""
    path = os.path.join(os.path.abspath(root), PROBE)
    expected = eyes.expect(path)
    try:
        os.close(os.open(path, _MAKE, 0o600))
    except OSError:
        return None
    try:
        return wait(expected, SECONDS)
    finally:
        with contextlib.suppress(OSError):  # another daemon removed it
            os.unlink(path)


def _refusal(kind: str | None) -> str:
    """Return why a file system of this type gives no events that can be relied on; empty if it does."""
    if kind in LOCAL:
        return ""
    if not kind:
        return "The file system's type is not known, so it may be a share that tells nothing."
    return f"The folder is on {kind}, where what others write may cause no event."
