"""Draws timetables: rows to the PDF the portal would print."""

from __future__ import annotations

from collections.abc import Sequence

from .cells import header_cells, row_cells
from .document import document
from .layout import Layout
from .paginate import Page, paginate
from .paint import content
from .rows import Kind, Row, kind_of
from .table import TABLES, columns_of, on_page

PORTAL = Layout()


def timetable_pdf(
    rows: Sequence[Row],
    *,
    kind: Kind | None = None,
    layout: Layout = PORTAL,
    encrypted: bool = False,
    user_password: str = "",
) -> bytes:
    """The PDF of a timetable; the kind follows from the rows and is needed only when there are none."""
    streams = timetable_pages(rows, kind=kind, layout=layout)
    return document(streams, layout, encrypted=encrypted, user_password=user_password)


def merged_pdf(parts: Sequence[Sequence[Row]], *, layout: Layout = PORTAL) -> bytes:
    """One PDF of several timetables behind each other, each with its own heading and header."""
    streams = [stream for rows in parts for stream in timetable_pages(rows, layout=layout)]
    return document(streams, layout)


def timetable_pages(rows: Sequence[Row], *, kind: Kind | None = None, layout: Layout = PORTAL) -> list[bytes]:
    """The content streams of a timetable, one a page."""
    kind = kind or kind_of(rows)
    columns = columns_of(kind, layout)
    pages = plan(rows, kind=kind, layout=layout)
    heading = TABLES[kind].heading if layout.heading is None else layout.heading
    return [content(page, len(pages), on_page(columns, layout, page.number), heading, layout) for page in pages]


def plan(rows: Sequence[Row], *, kind: Kind | None = None, layout: Layout = PORTAL) -> list[Page]:
    """Where everything stands, before anything is drawn."""
    kind = kind or kind_of(rows)
    columns = columns_of(kind, layout)
    header = header_cells(kind, columns, layout) if layout.header else None
    body = [row_cells(number, row, columns, layout) for number, row in enumerate(rows)]
    return paginate(header, body, least=TABLES[kind].least, repeat=layout.header_on_every_page)
