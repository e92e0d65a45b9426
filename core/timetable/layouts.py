"""The three layouts, recognised by the column names in their header row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..model import Kind, Row

HEADINGS: Mapping[str, Kind] = {
    "lectures": Kind.LECTURES,
    "semester tests": Kind.TESTS,
    "exams": Kind.EXAMS,
}
"""What stands above a table, in lower case."""

_COLUMNS: Mapping[Kind, Mapping[str, str]] = {
    Kind.LECTURES: {
        "module": "module",
        "offered": "offered",
        "group": "group",
        "lang": "language",
        "activity": "activity",
        "day": "day",
        "time": "time",
        "venue": "venue",
        "campus": "campus",
        "study prog": "study_programme",
    },
    Kind.TESTS: {
        "module": "module",
        "test": "activity",
        "day": "day",
        "date": "date",
        "time": "time",
        "campus": "campus",
        "venue": "venue",
    },
    Kind.EXAMS: {
        "status": "status",
        "module": "module",
        "paper": "paper",
        "activity": "activity",
        "date": "date",
        "start time": "start",
        "module campus": "module_campus",
        "exam campus": "campus",
        "venue": "venue",
        "exam comments": "comments",
    },
}
_REQUIRED: Mapping[Kind, frozenset[str]] = {
    Kind.LECTURES: frozenset({"module", "offered", "group", "activity", "day", "time"}),
    Kind.TESTS: frozenset({"module", "activity", "date", "time"}),
    Kind.EXAMS: frozenset({"status", "module", "paper", "activity", "date", "start"}),
}
# Compared without blanks: a name may be wrapped between its words, or within one in a narrow column.
_FIELDS = {
    kind: {name.replace(" ", ""): field for name, field in columns.items()} for kind, columns in _COLUMNS.items()
}
_NAMES = frozenset(name for fields in _FIELDS.values() for name in fields)
_LONGEST = 20  # letters that tell whether a text begins as a name does
_ENOUGH = 3
"""Known names that make a row a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header row: the field of each column."""

    kind: Kind
    fields: tuple[str | None, ...]
    """Per column; None where the name is not known."""
    names: tuple[str, ...]
    """As printed; empty where a header cell is."""
    words: tuple[int, ...]
    missing: tuple[str, ...]
    """Names of the layout's columns that are not there."""
    fault: str | None
    """Why no row under it can be used."""


def find_header(row: Row) -> Header | None:
    """Return the header in a row, or None for a row of data."""
    if not _may_be_header(row):
        return None
    texts = [" ".join([line.text for line in cell.lines]) for cell in row.cells]
    names = [text.lower().replace(" ", "") for text in texts]
    if sum(name in _NAMES for name in names) < _ENOUGH:
        return None
    kind = max(_FIELDS, key=lambda kind: sum(name in _FIELDS[kind] for name in names))
    fields = tuple(_FIELDS[kind].get(name) for name in names)
    return Header(
        kind=kind,
        fields=fields,
        names=tuple(texts),
        words=tuple(word for cell in row.cells for line in cell.lines for word in line.words),
        missing=tuple(name.title() for name, field in _COLUMNS[kind].items() if field not in fields),
        fault=_fault(kind, fields, names),
    )


def _may_be_header(row: Row) -> bool:
    """Tell whether enough cells begin like a column name: a quick test, because most rows are no headers."""
    return sum([bool(cell[0]) and _begins_name(cell[0][0][0][:_LONGEST]) for cell in row.cells]) >= _ENOUGH


@lru_cache(maxsize=4096)
def _begins_name(text: str) -> bool:
    start = text.lower().replace(" ", "")
    return any(name.startswith(start) for name in _NAMES)


def _fault(kind: Kind, fields: tuple[str | None, ...], names: list[str]) -> str | None:
    required = _REQUIRED[kind]
    for name, field in _COLUMNS[kind].items():
        if fields.count(field) > 1:
            return f"two columns are headed '{name.title()}'"
        if field in required and field not in fields:
            unnamed = [str(index) for index, text in enumerate(names, 1) if not text]
            hint = f"; column {' and '.join(unnamed)} has no heading" if unnamed else ""
            return f"the table has no column '{name.title()}'{hint}"
    return None
