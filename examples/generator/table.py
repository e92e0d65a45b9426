"""The three tables as measured in the portal's PDFs: columns, sizes, margins."""

from __future__ import annotations

from dataclasses import dataclass

from .layout import Layout
from .rows import Kind

PAGE = (841.9, 595.3)  # A4 landscape
LEFT = 35.75
TEXT_INDENT = 5.65  # ruling to text
PADDING = 10.8  # both sides of a cell together
RULE = 0.5
FIRST_TOP = 521.43  # the upper ruling below the heading
NEXT_TOP = 558.8  # the upper ruling of every later page
BOTTOM = 36.0
HEADING_AT = (36.0, 539.88)
HEADING_SIZE = 20.0

# Line height and distance from the top of a line to its baseline, per point of size.
BODY_LEADING, BODY_ASCENT = 1.156, 0.9371
BOLD_LEADING, BOLD_ASCENT = 1.19, 0.9711


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header as the portal says it, and its width from ruling to ruling."""

    header: str
    width: float
    header_size: float

    @property
    def inner(self) -> float:
        """The width text may fill."""
        return self.width - PADDING


@dataclass(frozen=True, kw_only=True)
class Table:
    """One kind of table: its heading, columns, size of body text and least height of a row."""

    heading: str
    columns: tuple[Column, ...]
    size: float
    least: float = 0.0


def _columns(text: str) -> tuple[Column, ...]:
    cells = (cell.rsplit(maxsplit=2) for cell in text.split(","))
    return tuple(
        Column(header=name.strip(), width=float(width), header_size=float(size)) for name, width, size in cells
    )


TABLES: dict[Kind, Table] = {
    "lectures": Table(
        heading="Lectures",
        columns=_columns(
            "Module 56.7 10, Offered 42.55 8, Group 42.5 10, Lang 35.45 10, Activity 49.6 9, Day 63.8 10, "
            "Time 70.9 10, Venue 155.9 10, Campus 85.05 10, Study Prog 106.3 10"
        ),
        size=10,
    ),
    "tests": Table(
        heading="Semester Tests",
        columns=_columns(
            "Module 56.7 11, Test 42.55 11, Day 78 11, Date 78 11, Time 77.95 11, Campus 92.15 11, Venue 191.3 11"
        ),
        size=11,
    ),
    "exams": Table(
        heading="Exams",
        columns=_columns(
            "Status 49.5 10, Module 58.5 11, Paper 40.5 10, Activity 54 11, Date 76.5 11, Start Time 47.05 11, "
            "Module Campus 92.15 11, Exam Campus 92.15 11, Venue 127.55 11, Exam Comments 92.15 11"
        ),
        size=10,
        least=37.9,
    ),
}


def columns_of(kind: Kind, layout: Layout) -> tuple[Column, ...]:
    """The columns of a table after the layout's departures, from left to right."""
    own = TABLES[kind].columns
    added = tuple(Column(header=x.header, width=x.width, header_size=10) for x in layout.extra)
    kept = [column for column in own + added if column.header not in layout.without]
    first = [column for name in layout.order for column in kept if column.header == name]
    return tuple(first + [column for column in kept if column not in first])


def on_page(columns: tuple[Column, ...], layout: Layout, page: int) -> tuple[Column, ...]:
    """The columns drawn on a page (counted from 1)."""
    if layout.fewer is None or page < layout.fewer[0]:
        return columns
    return tuple(column for column in columns if column.header != layout.fewer[1])
