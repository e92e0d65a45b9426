"""Sessions and clashes in words; letters for modules in small pictures."""

from __future__ import annotations

from ..core.model import Entry
from ..core.text import clean
from ..core.week import Block, Clash, clock

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def clash_text(clash: Clash) -> str:
    """Return both sides of a clash and when: "COS 214 L1 G01 and COS 226 Test1, Mon 24 Aug 2026 15:00-16:00"."""
    start = max(clash.first.start, clash.second.start)
    dated = clash.first if clash.first.date else clash.second
    day = _DAYS[dated.day] if dated.date is None else f"{_DAYS[dated.day]} {dated.date.day} {dated.date:%b %Y}"
    return f"{side(clash.first)} and {side(clash.second)}, {day} {clock(start)}-{clock(start + clash.minutes)}"


def clash_count(number: int) -> str:
    """Return "1 clash" or "2 clashes"."""
    return "1 clash" if number == 1 else f"{number:,} clashes"


def side(block: Block) -> str:
    """Return a session's name as a clash tells it."""
    return clean(f"{block.title} {block.detail}".strip())


def times_text(entry: Entry) -> str:
    """Return an entry's activity, day and times."""
    end = f"-{entry.end:%H:%M}" if entry.end else ""
    return clean(f"{entry.activity} {_DAYS[entry.day or 0]} {entry.start:%H:%M}{end}")


def letter(number: int) -> str:
    """Return the letter of a module; after 52 they start again."""
    return _LETTERS[number % len(_LETTERS)]
