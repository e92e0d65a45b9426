"""Table rows -> records: the header is found once, rows broken across pages are put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..model import Cell, Line, PageTables, Problem, Row
from .layouts import Header, find_header

_NO_CELL = Cell((), 0.0)


@dataclass(slots=True, kw_only=True)
class Record:
    """One row of the timetable, with what was printed of it on later pages."""

    header: Header
    rows: list[Row]

    @property
    def fault(self) -> str | None:
        """Why the record cannot be used, whatever its cells say."""
        if self.header.fault:
            return self.header.fault
        if any(len(row.cells) != len(self.header.fields) for row in self.rows):
            return f"the row has {len(self.rows[0].cells)} cells, the header has {len(self.header.fields)}"
        return next((row.fault for row in self.rows if row.fault), None)

    def cells(self) -> Mapping[str, Cell]:
        """Return the cells by field; columns with names we do not know by "+" and their name."""
        found: dict[str, Cell] = {}
        for column, (name, printed) in enumerate(zip(self.header.fields, self.header.names, strict=True)):
            parts = [row.cells[column] for row in self.rows]
            lines = parts[0].lines if len(parts) == 1 else tuple(line for part in parts for line in part.lines)
            if name is not None:
                found[name] = Cell(lines, parts[0].right)
            elif lines:
                key = f"+{printed}"
                found[key] = Cell(found.get(key, _NO_CELL).lines + lines, parts[0].right)
        return found

    def problem(self, reason: str) -> Problem:
        """Return the whole record as one problem."""
        return rows_problem(self.rows, reason)


@dataclass(slots=True, kw_only=True)
class Records:
    """What the tables of a document hold: headers, records, and rows that belong to neither."""

    headers: list[Header] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def rows_problem(rows: Iterable[Row], reason: str) -> Problem:
    """Return rows as one problem, placed at the first."""
    rows = list(rows)
    lines = [line for row in rows for cell in row.cells for line in cell.lines]
    return lines_problem(lines, reason, (rows[0].page, rows[0].number))


def lines_problem(lines: Iterable[Line], reason: str, place: tuple[int, int]) -> Problem:
    """Return lines of cells as one problem at (page, row)."""
    lines = list(lines)
    return Problem(
        page=place[0],
        row=place[1],
        text=" | ".join([line.text for line in lines]),
        reason=reason,
        words=tuple(word for line in lines for word in line.words),
    )


def find_records(pages: Iterable[PageTables]) -> Records:
    """Return the headers, records and stray rows of a document, in reading order."""
    found = Records()
    header: Header | None = None
    last: Record | None = None
    for row, opens_page in _filled_rows(pages):
        named = find_header(row)
        if named:
            found.headers.append(_same_kind(named, found.headers))
            header, last = found.headers[-1], last if opens_page else None
        elif header is None:
            found.problems.append(rows_problem([row], "the row stands before any header"))
        elif len(row.cells) == len(header.fields) and _continues(row, header):
            if last is not None and _next_page(last, row, found.headers, opens_page):
                last.rows.append(row)
            else:
                found.problems.append(rows_problem([row], "the module is missing, and there is no row it continues"))
        else:
            last = Record(header=header, rows=[row])
            found.records.append(last)
    return found


def _filled_rows(pages: Iterable[PageTables]) -> Iterator[tuple[Row, bool]]:
    """Yield each row that holds text, and whether it is the first on its page."""
    for page in pages:
        opens_page = True
        for table in page.tables:
            for row in table.rows:
                if any(cell.lines for cell in row.cells):
                    yield row, opens_page
                    opens_page = False


def _continues(row: Row, header: Header) -> bool:
    """Tell whether a row can only be the rest of another: it names no module."""
    return "module" in header.fields and not row.cells[header.fields.index("module")].lines


def _next_page(last: Record, row: Row, headers: list[Header], opens_page: bool) -> bool:
    """Tell whether a row stands first on the page after the record's last, a repeated header aside."""
    ends = last.rows[-1].page
    return row.page == ends + 1 and (opens_page or row.number == 2) and headers[-1].fields == last.header.fields


def _same_kind(header: Header, before: list[Header]) -> Header:
    """Return a header, faulty if it begins a table of another kind: one PDF, one kind."""
    if not before or header.kind == before[0].kind:
        return header
    fault = f"a table of {header.kind} begins here after a table of {before[0].kind}; convert it as a PDF of its own"
    return Header(
        kind=header.kind,
        fields=header.fields,
        names=header.names,
        words=header.words,
        missing=header.missing,
        fault=fault,
    )
