"""What all pictures share: words, marks, colours, and when a week is too full to be drawn.

Colour is never the only sign: a module's code stands in each block, a clash has "!", a preliminary session "?", a
cancelled one "x".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..model import WEEKDAYS, Kind, quarters
from ..wording import clean, counted
from .week import Block, Clash, Week, clashing_minutes, clock

MOST_LANES = 14
"""Blocks side by side in a week, all days together: with more, none could be read on a page."""

# Okabe and Ito's colours, which the colour-blind can tell apart, without black; the edge of a block has the colour,
# its ground a tint of it that black text is read on.
COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
EDGES = ("solid", "double", "dashed", "dotted")
# The last two colours are hard to tell from the first and third without green cones, so they never share an edge there.
_ALIKE = 5
_EDGES_ALIKE = ("dashed", "dotted", "solid", "double")
_TINT = 0.24
HALVES = {"S1": "First semester (S1)", "S2": "Second semester (S2)"}


class Marked(Protocol):
    """Anything with the marks of a session."""

    @property
    def clash(self) -> bool:
        """Whether it is at the time of another."""

    @property
    def tentative(self) -> bool:
        """Whether it may still change."""

    @property
    def cancelled(self) -> bool:
        """Whether it no longer takes place."""


class Mark(NamedTuple):
    """A sign, what it stands for, and how that is said of one session."""

    sign: str
    name: str
    word: str


def marks(block: Marked) -> tuple[Mark, ...]:
    """Return the marks of a session."""
    days = [f"{day.day} {day:%b}" for day in getattr(block, "clash_on", ())]
    found = (
        (block.cancelled, Mark("x", "cancelled", "cancelled")),
        (block.clash, Mark("!", "clash", " ".join(["clash", ", ".join(days)]).strip())),
        (block.tentative, Mark("?", "tentative", "tentative")),
    )
    return tuple(mark for there, mark in found if there)


def drawable(week: Week) -> bool:
    """Tell whether a week's blocks can stand side by side on a page."""
    return sum(week.lanes) <= MOST_LANES


def shares(week: Week) -> list[int]:
    """Return the breadth of each day, as a share: more where blocks stand side by side, but not as many times more."""
    return [2 * lanes + 1 for lanes in week.lanes]


def several_campuses(week: Week) -> bool:
    """Tell whether a week's sessions are on more than one campus; if not, there is no need to say on which."""
    return len({block.entry.campus for block in week.blocks if block.entry.campus}) > 1


def short_places(week: Week) -> dict[int, str]:
    """Return the venues of each block by its id, with the campus only where a week has more than one."""
    several = several_campuses(week)
    return {
        id(block): block.where if several else clean("; ".join(block.entry.venues)) or block.where
        for block in week.blocks
    }


def spoken(block: Block) -> str:
    """Return a session as a sentence has it: "08:30–09:20 COS 214 L1 (G01), IT 4-4 (HATFIELD), clash"."""
    signs = "".join(f", {mark.word}" for mark in marks(block))
    return f"{times(block)} {name(block)}{f', {block.where}' if block.where else ''}{signs}"


def color(index: int) -> str:
    """Return a module's colour."""
    return COLORS[index % len(COLORS)]


def edge(index: int) -> str:
    """Return the kind of edge that tells modules of one colour apart."""
    edges = _EDGES_ALIKE if index % len(COLORS) >= _ALIKE else EDGES
    return edges[index // len(COLORS) % len(edges)]


def tint(index: int) -> str:
    """Return the ground of a module's blocks."""
    channels = [int(color(index)[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - channel) * _TINT):02x}" for channel in channels)


def times(block: Block) -> str:
    """Return "08:30–09:20", of an exam "from 07:30": its end is an estimate."""
    return (
        f"from {clock(block.start)}" if block.entry.kind is Kind.EXAMS else f"{clock(block.start)}–{clock(block.end)}"
    )


def long_date(block: Block) -> str:
    """Return "Mon 24 Aug 2026" for a test or exam, the weekday of a lecture."""
    if block.date is None:
        return WEEKDAYS[block.day]
    return f"{WEEKDAYS[block.day][:3]} {block.date.day} {block.date:%b} {block.date.year}"


def name(block: Block) -> str:
    """Return "COS 214 L1 (G01)"."""
    return f"{block.title} ({block.detail})" if block.detail else block.title


def clash_text(clash: Clash) -> str:
    """Return "Mon 24 Aug 2026, 15:00: COS 214 L1 (G01) and COS 226 Test1"."""
    dated = clash.first if clash.first.date else clash.second
    return f"{long_date(dated)}, {clock(clash.second.start)}: {name(clash.first)} and {name(clash.second)}"


def clash_sentence(clash: Clash) -> str:
    """Return a clash as a sentence."""
    return f"{clash_text(clash)} overlap for {clash.minutes} minutes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words around a picture."""

    title: str
    notes: tuple[str, ...] = ()
    """Sentences: what was chosen, what is still open, what could not be read."""
    origin: str = "the timetable PDFs"
    """What it was made from."""
    version: str = ""
    """The tukscal that draws it."""


def clash_line(clash: Clash) -> str:
    """Return a clash with its length and frequency: "Monday, 08:30: ... and ... (50 minutes, every week)"."""
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
    return (
        f"{clash_total(clashes)}, a weekly clash counted for 6 weeks a quarter"
        if any(clash.weekly for clash in clashes)
        else clash_total(clashes)
    )
