"""How a timetable is laid out: the portal's way, and the ways to depart from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["oracle", "pdfium"]
Cut = Literal["", "right", "bottom"]


@dataclass(frozen=True, kw_only=True)
class ExtraColumn:
    """A column the portal does not have; its texts are used in turn."""

    header: str
    texts: tuple[str, ...]
    width: float = 60.0


@dataclass(frozen=True, kw_only=True)
class CellText:
    """The lines one cell is to hold instead of its own (row counts from 0)."""

    row: int
    column: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Stray:
    """A text outside the table, or anywhere else on a page (page counts from 1)."""

    page: int
    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The departures of one PDF from what the portal prints; the default has none.

    `heading` None is the kind's own; `order` lists headers to put first; `without` names columns left out everywhere,
    `fewer` from a page on; `blank_headers` keeps the column but not its title; `furniture` may use {page} and {pages};
    `pdfium` style puts each page into one Form XObject scaled by `scale`; `cut` leaves rulings out.
    """

    heading: str | None = None
    order: tuple[str, ...] = ()
    extra: tuple[ExtraColumn, ...] = ()
    without: tuple[str, ...] = ()
    fewer: tuple[int, str] | None = None
    header: bool = True
    header_on_every_page: bool = False
    blank_headers: tuple[str, ...] = ()
    rename_headers: tuple[tuple[str, str], ...] = ()
    furniture: str = ""
    strays: tuple[Stray, ...] = ()
    cells: tuple[CellText, ...] = ()
    cut: Cut = ""
    style: Style = "oracle"
    scale: float = 0.96

    def title(self, header: str) -> str:
        """What the header cell of a column says."""
        if header in self.blank_headers:
            return ""
        return dict(self.rename_headers).get(header, header)
