"""Clashes in words, as a choice of groups tells them; letters for modules in small pictures."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.pictures.look import clash_text
from ..core.week import Clash, clashing_minutes
from .summary import count

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def clash_line(clash: Clash) -> str:
    """Return a clash, how long it is, and how often: "Monday, 08:30: ... and ... (50 minutes, 12 times)"."""
    often = "once" if clash.times == 1 else f"{clash.times} times"
    return f"{clash_text(clash)} ({count(clash.minutes, 'minute')}, {often})"


def clash_total(clashes: Sequence[Clash]) -> str:
    """Return "2 clashes, 690 minutes in a year"."""
    return f"{clash_count(len(clashes))}, {count(clashing_minutes(clashes), 'minute')} in a year"


def clash_count(number: int) -> str:
    """Return "1 clash" or "2 clashes"."""
    return "1 clash" if number == 1 else f"{number:,} clashes"


def letter(number: int) -> str:
    """Return the letter of a module; after 52 they start again."""
    return _LETTERS[number % len(_LETTERS)]
