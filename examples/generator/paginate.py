"""Rows to pages: where each line and each ruling stands, rows broken where the page ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cells import Cells, Line
from .table import BOTTOM, FIRST_TOP, NEXT_TOP, RULE


@dataclass(frozen=True, kw_only=True)
class Block:
    """A row, or the part of one that stands on one page, with the ruling above it; the header has no row number."""

    top: float
    cells: Cells
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the table; `bottom` is its last ruling, `broken` says its first row began a page earlier."""

    number: int
    blocks: tuple[Block, ...]
    bottom: float
    broken: bool = False


def paginate(header: Cells | None, rows: Sequence[Cells], *, least: float = 0.0, repeat: bool = False) -> list[Page]:
    """The pages of a table: the header on the first (`repeat`: on each), rows broken at any line."""
    sheet = _Sheet(header=header, least=least, repeat=repeat)
    for number, row in enumerate(rows):
        sheet.put(number, row)
    return sheet.finish()


class _Sheet:
    def __init__(self, *, header: Cells | None, least: float, repeat: bool) -> None:
        self._header, self._least, self._repeat = header, least, repeat
        self._pages: list[Page] = []
        self._start(FIRST_TOP, header, broken=False)

    def put(self, number: int, row: Cells) -> None:
        rest = row
        while True:
            part, rest = _split(rest, self._y - RULE - BOTTOM)
            if _holds_text(part) or not rest:
                self._place(part, 0 if rest else self._least, number)
            if not rest:
                return
            self._turn(broken=_holds_text(part))

    def finish(self) -> list[Page]:
        self._close()
        return self._pages

    def _start(self, top: float, header: Cells | None, *, broken: bool) -> None:
        self._blocks: list[Block] = []
        self._y, self._broken = top, broken
        if header is not None:
            self._place(header, 0)

    def _turn(self, *, broken: bool) -> None:
        self._close()
        self._start(NEXT_TOP, self._header if self._repeat else None, broken=broken)

    def _place(self, cells: Cells, least: float, row: int | None = None) -> None:
        self._blocks.append(Block(top=self._y, cells=cells, row=row))
        room = self._y - RULE - BOTTOM
        self._y -= max(_height(cells), min(least, room)) + RULE

    def _close(self) -> None:
        page = Page(number=len(self._pages) + 1, blocks=tuple(self._blocks), bottom=self._y, broken=self._broken)
        self._pages.append(page)


def _height(cells: Cells) -> float:
    return max((sum(line.height for line in lines) for lines in cells.values()), default=0.0)


def _holds_text(cells: Cells) -> bool:
    return any(run.text.strip() for lines in cells.values() for line in lines for run in line.runs)


def _split(cells: Cells, room: float) -> tuple[Cells, Cells]:
    """What fits into the room, and the rest (empty when everything fits or only blanks are left)."""
    cuts = {name: _fitting(lines, room) for name, lines in cells.items()}
    fits = {name: lines[: cuts[name]] for name, lines in cells.items()}
    rest = {name: lines[cuts[name] :] for name, lines in cells.items()}
    # A cell with only blanks left ends where the page ends: the portal prints nothing of it on the next.
    return fits, {name: lines for name, lines in rest.items() if _holds_text({name: lines})}


def _fitting(lines: tuple[Line, ...], room: float) -> int:
    used = 0.0
    for count, line in enumerate(lines):
        used += line.height
        if used > room:
            return count
    return len(lines)
