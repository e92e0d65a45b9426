"""Clashes in words, as a choice of groups tells them; letters for modules in small pictures."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.model import quarters
from ...core.pictures.theme import clash_text, long_date, name
from ...core.pictures.week import Clash, clashing_minutes, clock
from ...core.wording import counted

COUNTED = "a weekly clash counted for 6 weeks a quarter"
"""How the minutes of a year are reckoned; how often a session takes place depends on recess and test weeks."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def clash_line(clash: Clash) -> str:
    """Return a clash, how long it is, and how often: "Monday, 08:30: ... and ... (50 minutes, every week)"."""
    return f"{clash_text(clash)} ({counted(clash.minutes, 'minute')}, {_often(clash)})"


def short_clash(clash: Clash) -> str:
    """Return a clash for one line of a narrow screen: "Mon 08:30 ... and ... 50 min every week"."""
    dated = clash.first if clash.first.date else clash.second
    day = long_date(dated).rpartition(" ")[0] or long_date(dated)[:3]
    sides = f"{name(clash.first)} and {name(clash.second)}"
    return f"{day} {clock(clash.second.start)} {sides} {clash.minutes} min {_often(clash)}"


def _often(clash: Clash) -> str:
    """Return "once" or "every week", where one side is taught longer than the other with their common period."""
    if not clash.weekly:
        return "once"
    first, second = clash.first.entry.offered, clash.second.entry.offered
    if quarters(first) == quarters(second):
        return "every week"
    return f"every week of {min(first or '', second or '', key=lambda period: len(quarters(period)))}"


def clash_total(clashes: Sequence[Clash]) -> str:
    """Return "2 clashes, 690 minutes in a year"."""
    return f"{counted(len(clashes), 'clash', 'clashes')}, {counted(clashing_minutes(clashes), 'minute')} in a year"


def counted_total(clashes: Sequence[Clash]) -> str:
    """Return the total and, if a weekly clash is in it, how that is counted."""
    return f"{clash_total(clashes)}, {COUNTED}" if any(clash.weekly for clash in clashes) else clash_total(clashes)


def letter(number: int) -> str:
    """Return the letter of a module; after 52 they start again."""
    return _LETTERS[number % len(_LETTERS)]
