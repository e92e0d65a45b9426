"""Made timetables and what must be read from them; import as `tukscal.tests.made` (see `samples`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tukscal.core.model import Page, Timetable
from tukscal.core.pdf.checksums import check_streams
from tukscal.core.pdf.limits import Limits, Screen
from tukscal.core.pdf.readers import pdfium, plumber
from tukscal.core.pdf.tables import page_tables
from tukscal.core.timetable.export import entry_value
from tukscal.examples.generator.content import Made
from tukscal.examples.generator.layout import ExtraColumn, Layout
from tukscal.examples.generator.rows import LectureRow, Row
from tukscal.examples.generator.truth import KEYS, expected
from tukscal.tests.samples import comparable

NOTES = ExtraColumn(header="Notes", texts=("", "changed", "two words"))

LAYOUTS: Mapping[str, Layout] = {
    "portal": Layout(),
    "printed-again": Layout(style="pdfium"),
    "printed-small": Layout(style="pdfium", scale=0.7),
    "header-on-every-page": Layout(header_on_every_page=True),
    "other-order": Layout(order=("Venue", "Date", "Day")),
    "extra-column": Layout(extra=(NOTES,)),
    "furniture": Layout(furniture="Page {page} of {pages}"),
    "all-at-once": Layout(
        style="pdfium", order=("Campus", "Time"), extra=(NOTES,), header_on_every_page=True, furniture="{page}/{pages}"
    ),
}

Cells = list[list[list[list[str]]]]


def pages_of(reader: str, pdf: bytes, password: str | None = None) -> tuple[Page, ...]:
    """Return what "pdfium" or "pdfplumber" sees of a PDF."""
    if reader == "pdfium":
        layers = check_streams(pdf).layers
        return pdfium.read_pages(pdf, password=password, screen=Screen(Limits()), layers=layers)
    return plumber.read_pages(pdf, password=password, screen=Screen(Limits()))


def table_texts(pages: tuple[Page, ...]) -> list[tuple[Cells, list[str]]]:
    """Return for each page the lines of every cell by table, row and column, and the words outside, sorted."""
    found = []
    for page in pages:
        built = page_tables(page)
        cells = [
            [[[line.text for line in cell.lines] for cell in row.cells] for row in table.rows] for table in built.tables
        ]
        found.append((cells, sorted(page.words[word - page.first_word].text for word in built.outside)))
    return found


def expected_values(one: Made, layout: Layout) -> list[dict[str, Any]]:
    """Return the entries of a made timetable, the texts of an extra column put where they belong."""
    notes = _notes(one, layout.extra)
    found = comparable(one.expected, KEYS)
    for entry in found:
        texts = dict.fromkeys([entry["comments"], *(f"Notes: {text}" for text in notes.get(identity(entry), ()))])
        entry["comments"] = "; ".join(text for text in texts if text) or None
    return found


def values(found: Timetable) -> list[dict[str, Any]]:
    """Return entries less the rows they stand in."""
    return [{key: value for key, value in entry_value(entry).items() if key != "rows"} for entry in found.entries]


def identity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells one session of a made timetable from all others."""
    names = ("module", "activity", "group", "offered", "language", "day", "date", "start", "status", "paper")
    return tuple(entry.get(name) for name in names)


def _notes(one: Made, extra: tuple[ExtraColumn, ...]) -> dict[tuple[Any, ...], list[str]]:
    notes: dict[tuple[Any, ...], list[str]] = {}
    for column in extra:
        for number, row in enumerate(one.rows):
            if text := column.texts[number % len(column.texts)]:
                for entry in expected([row]):
                    notes.setdefault(identity(entry), []).append(text)
    return notes


def block_of(row: Row) -> str | None:
    """Return the kind of block that a row prints."""
    return row.block if isinstance(row, LectureRow) else None
