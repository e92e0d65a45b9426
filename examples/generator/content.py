"""Random but lifelike timetables: rows, their PDF and what must be read from it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from .draw import PORTAL, plan, timetable_pdf
from .layout import Layout
from .make_dated import made_exams, made_tests
from .make_lectures import ALL, FEW, made_lectures, with_twin
from .rows import Kind, LectureRow, Row, portal_order
from .truth import Entry, expected

MOST_A_PAGE = 40  # more rows than fit on a page, however short they are


@dataclass(frozen=True, kw_only=True)
class Made:
    """A made timetable: its rows, its PDF and the entries a reader must find in it."""

    kind: Kind
    rows: tuple[Row, ...]
    pdf: bytes
    expected: list[Entry]


def made(
    kind: Kind,
    seed: int,
    *,
    pages: int = 1,
    offered: Sequence[str] = ("S2",),
    year: int = 2026,
    twins: bool = False,
    long_venues: bool = False,
    layout: Layout = PORTAL,
    encrypted: bool = False,
) -> Made:
    """A timetable of exactly so many pages; the same for the same arguments.

    `twins` gives one group the same activity at two times; `long_venues` lets lecture and test venues wrap as well, so
    that the lines of a row no longer correspond.
    """
    source = partial(_SOURCES[kind], offered=tuple(offered), year=year, long_venues=long_venues)
    many = [partial(source, modules=count) for count in (FEW, 4 * FEW, ALL)] if kind == "lectures" else [source]
    rows: Sequence[Row] = _enough(many, f"{kind} {seed}", pages, layout)
    if twins:
        rows = with_twin([row for row in rows if isinstance(row, LectureRow)])
    pdf = timetable_pdf(rows, layout=layout, encrypted=encrypted)
    return Made(kind=kind, rows=tuple(rows), pdf=pdf, expected=expected(rows))


_Source = Callable[[random.Random], Iterator[Row]]
_SOURCES: dict[Kind, Callable[..., Iterator[Row]]] = {
    "lectures": made_lectures,
    "tests": made_tests,
    "exams": made_exams,
}


def _enough(sources: Sequence[_Source], seed: str, pages: int, layout: Layout) -> list[Row]:
    """Rows for exactly so many pages, the last one filled by chance, from the first source that has enough."""
    for source in sources:
        chance = random.Random(seed)  # noqa: S311 - content, not a secret
        rows = sorted(islice(source(chance), MOST_A_PAGE * pages + 1), key=portal_order)
        planned = plan(rows, layout=layout)
        if len(planned) > pages:
            break
    last = {block.row: page.number for page in planned for block in page.blocks}
    ending_there = [row for row, page in last.items() if row is not None and page == pages]
    return rows[: chance.choice(ending_there) + 1]
