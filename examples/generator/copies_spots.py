"""Where a mark or a stamp goes: a row of the table, a cell of it, a word; chosen by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf

from .copies_parts import Extra, add, changed
from .copies_seen import Box, Run, Seen, see


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A row of a page, and what was drawn by lot beside it."""

    seen: Seen
    row: int
    venue_column: int
    chance: random.Random

    @property
    def box(self) -> Box:
        """The box of the row."""
        return self.seen.row(self.row)

    @property
    def runs(self) -> list[Run]:
        """The row's runs that show something."""
        return [run for run in self.seen.within(self.box) if run.text.strip() and not run.white]

    @property
    def module(self) -> Run:
        """The row's module code."""
        return next(run for run in self.runs if len(run.text.strip()) == 7 and run.text[3] == " ")

    @property
    def venue(self) -> Run | None:
        """The first line of the row's venues."""
        cell = self.seen.cell(self.row, self.venue_column)
        return next((run for run in self.seen.within(cell) if run.text.strip()), None)

    @property
    def filled(self) -> Run:
        """The first venue, or the module where there is none."""
        return self.venue or self.module

    @property
    def empty(self) -> Box | None:
        """The box of an empty cell of the row, the widest."""
        cells = [self.seen.cell(self.row, column) for column in range(len(self.seen.xs) - 1)]
        empty = [cell for cell in cells if not any(run.text.strip() for run in self.seen.within(cell))]
        return max(empty, key=lambda cell: cell[2] - cell[0], default=None)

    def beside(self) -> tuple[float, float]:
        """Where something may stand beside text: in an empty cell, or behind the venue, on the row's first baseline."""
        if self.empty and self.chance.random() < 0.5:
            return self.empty[0] + 5, self.module.y
        return self.filled.end + 4, self.filled.y


def spotted(pdf: bytes, draw: Callable[[pikepdf.Pdf, Spot], Extra], seed: int) -> bytes:
    """The PDF with something drawn at one row of one page."""

    def mark(opened: pikepdf.Pdf) -> None:
        chance = random.Random(f"spot {seed}")  # noqa: S311 - a place, not a secret
        seen = [see(page) for page in opened.pages]
        page, row = chance.choice([(number, row) for number, one in enumerate(seen) for row in one.rows])
        spot = Spot(seen=seen[page], row=row, venue_column=seen[0].column("Venue"), chance=chance)
        add(opened, opened.pages[page], draw(opened, spot))

    return changed(pdf, mark)


def everywhere(pdf: bytes, draw: Callable[[pikepdf.Pdf, Seen], Extra]) -> bytes:
    """The PDF with something drawn on each page."""

    def mark(opened: pikepdf.Pdf) -> None:
        for page in opened.pages:
            add(opened, page, draw(opened, see(page)))

    return changed(pdf, mark)
