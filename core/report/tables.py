"""Tables that stay tables on a wide page and become cards on a phone; their roles are said aloud either way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ..pictures.markup import Child, element

Cell = Child | None | Sequence[Child | None]


class Column(NamedTuple):
    """A column's heading; numbers stand on the right."""

    title: str
    kind: str = ""


NUMBER = "number"


def table(name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Element:
    """Return a table whose first column says what a row is about."""
    heads = [element("th", one.title, scope="col", role="columnheader", class_=one.kind or None) for one in columns]
    return element(
        "table",
        element("caption", name, class_="unseen"),
        element("thead", element("tr", *heads, role="row"), role="rowgroup"),
        element("tbody", *(_row(columns, row) for row in rows), role="rowgroup"),
        role="table",
    )


def _row(columns: Sequence[Column], cells: Sequence[Cell]) -> Element:
    pairs = list(zip(columns, cells, strict=True))
    (_, first), rest = pairs[0], pairs[1:]
    return element(
        "tr",
        element("th", *_children(first), scope="row", role="rowheader"),
        *(
            element("td", *_children(cell), role="cell", data_label=column.title, class_=column.kind or None)
            for column, cell in rest
        ),
        role="row",
    )


def _children(cell: Cell) -> Sequence[Child | None]:
    return [cell] if cell is None or isinstance(cell, str | Element) else cell
