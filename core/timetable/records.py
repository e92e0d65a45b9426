"""Table rows -> records: the header is found once, and rows broken across pages are joined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ..model import Cell, Kind, Line, PageTables, Problem, Row
from . import values
from .breaks import Key, Usual, order_key, row_name, why_not_rest
from .layouts import Header, find_header

_NO_CELL = Cell((), 0.0)
_UNSURE = "it is not certain that this is the row's study programme: it stands where the portal prints none"

# Where the portal prints a study programme: its size in sizes of the row's text, and how far below the row's first line
# it stands, in heights of that. Several stand below each other.
_PROGRAMMES = ((0.8, 0.0), (1.0, 0.79))
_PROGRAMME_LEADING = 0.95
_NEAR = 0.05


def _are_programmes(row: Row, lines: Sequence[Line]) -> bool:
    """Tell whether a cell's lines are where the portal prints study programmes."""
    others = [cell.lines[0] for cell in row.cells if cell.lines and cell.lines is not lines]
    if not others:  # the rest of a row, of which nothing else is left
        return True
    first = min(others, key=lambda line: line.y)
    if len(lines) > 1:
        known = [(size, _PROGRAMME_LEADING) for size, _ in _PROGRAMMES]
        return all(_is_among(known, before.y, line, first) for before, line in pairwise(lines))
    return _is_among(_PROGRAMMES, first.y, lines[0], first)


def _is_among(places: Sequence[tuple[float, float]], above: float, line: Line, first: Line) -> bool:
    size, down = line.height / first.height, (line.y - above) / first.height
    return any(abs(size - one) <= _NEAR and abs(down - other) <= _NEAR for one, other in places)


@dataclass(slots=True, kw_only=True)
class Record:
    """One row of the timetable, with its continuation on later pages."""

    header: Header
    rows: list[Row]
    foot: float | None = None
    """Where the table ends on whose page its first row stands, if it goes on."""
    timetable: int = 0
    """Of several timetables in one PDF, whose row it is."""

    @property
    def fault(self) -> str | None:
        """Why the record cannot be used, whatever its cells contain."""
        if self.header.fault:
            return self.header.fault
        if any(len(row.cells) != len(self.header.fields) for row in self.rows):
            return f"the row has {len(self.rows[0].cells)} cells, the header has {len(self.header.fields)}"
        return next((fault for row in self.rows if (fault := self._fault(row))), None)

    def _fault(self, row: Row) -> str | None:
        """Return why a row's cells cannot be trusted, if so."""
        if row.fault or not row.doubts:
            return row.fault
        return next((doubt for column, doubt in row.doubts.items() if not self._is_programme(row, column)), None)

    def _is_programme(self, row: Row, column: int) -> bool:
        """Tell whether a cell contains study programmes: they may be smaller than their row, or below an empty line."""
        texts = [line.text for line in row.cells[column].lines]
        return self.header.fields[column] == "study_programme" and all(map(values.is_programme, texts))

    def unsure(self) -> Iterator[Problem]:
        """Yield a problem for each study programme where the portal prints none: a stamp may read like one."""
        for row in self.rows:
            for column in row.doubts:
                lines = row.cells[column].lines
                if lines and self._is_programme(row, column) and not _are_programmes(row, lines):
                    text = " ".join([line.text for line in lines])
                    yield Problem(page=row.page, row=row.number, text=text, reason=_UNSURE)

    def cells(self) -> Mapping[str, Cell]:
        """Return the cells by field; columns with unknown names by "+" and their name."""
        found: dict[str, Cell] = {}
        for name, printed, cell in zip(self.header.fields, self.header.names, self._whole_cells(), strict=True):
            if name is not None:
                found[name] = cell
            elif cell.lines:
                key = f"+{printed}"
                found[key] = Cell(found.get(key, _NO_CELL).lines + cell.lines, cell.right)
        return found

    def _whole_cells(self) -> Sequence[Cell]:
        """Return the cells, each with its lines on later pages."""
        if len(self.rows) == 1:
            return self.rows[0].cells
        columns = zip(*(row.cells for row in self.rows), strict=True)
        return [Cell(tuple(line for cell in cells for line in cell.lines), cells[0].right) for cells in columns]

    def problem(self, reason: str) -> Problem:
        """Return the whole record as one problem."""
        return rows_problem(self.rows, reason)


@dataclass(slots=True, kw_only=True)
class Records:
    """The contents of a document's tables: headers, records, and problems for the other rows."""

    headers: list[Header] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    without_header: int | None = None
    """The page of the first rows of a timetable before any header, if there are such."""
    at_foot: list[Record] = field(default_factory=list)
    """The last record of each timetable that ends where a page ends that is followed by another."""

    @property
    def joined(self) -> list[Record]:
        """Records that continue across a page break."""
        return [record for record in self.records if len(record.rows) > 1]


def rows_problem(rows: Iterable[Row], reason: str) -> Problem:
    """Return one problem for several rows, located at the first."""
    rows = list(rows)
    lines = [line for row in rows for cell in row.cells for line in cell.lines]
    return lines_problem(lines, reason, (rows[0].page, rows[0].number))


def lines_problem(lines: Iterable[Line], reason: str, place: tuple[int, int]) -> Problem:
    """Return one problem for lines of cells, located at (page, row)."""
    lines = list(lines)
    return Problem(
        page=place[0],
        row=place[1],
        text=" | ".join([line.text for line in lines]),
        reason=reason,
        words=tuple(word for line in lines for word in line.words),
    )


def find_records(pages: Iterable[PageTables], headed: Collection[int] = ()) -> Records:
    """Return the headers, records and stray rows of a document, in reading order.

    `headed` are the pages with a timetable's heading, where another timetable may begin. Pages that are out of order
    are sorted by their rows if all of them then fit together.
    """
    parts, repeated = _once(_parts(pages))
    finder = _Finder(headed)
    found = finder.find(parts)
    if finder.breaks and (ordered := _in_order(parts)) is not None:
        again = _Finder(headed)
        better = again.find(ordered)
        if not again.breaks:
            better.problems.append(_reordered(ordered))
            found = better
    found.problems += repeated
    return found


class _Part(NamedTuple):
    """One table, with its rows that contain text."""

    page: int
    rows: list[Row]
    width: float
    top: float
    bottom: float
    alone: bool
    """Whether it is the only table of its page."""

    @property
    def begins(self) -> tuple[int, tuple[int, ...]]:
        """How many rows it has, and how many lines each cell of the first row: enough to distinguish most tables."""
        return len(self.rows), tuple([len(cell.lines) for cell in self.rows[0].cells])

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        return tuple([tuple([line.text for cell in row.cells for line in cell.lines]) for row in self.rows])


def _parts(pages: Iterable[PageTables]) -> list[_Part]:
    found = []
    for page in pages:
        for table in page.tables:
            if rows := [row for row in table.rows if any(cell.lines for cell in row.cells)]:
                wide = table.columns[-1] - table.columns[0]
                found.append(_Part(page.page, rows, wide, table.top, table.bottom, len(page.tables) == 1))
    return found


def _once(parts: Iterable[_Part]) -> tuple[list[_Part], list[Problem]]:
    """Return the tables without those that repeat another page's, and a problem for each repeated one."""
    kept: list[_Part] = []
    known: dict[object, list[_Part]] = {}
    problems = []
    for part in parts:
        alike = known.setdefault(part.begins, [])
        twin = next((other for other in alike if other.texts == part.texts), None)
        if twin is None:
            kept.append(part)
            alike.append(part)
        else:
            problems.append(_repeats(part, twin))
    return kept, problems


def _in_order(parts: Sequence[_Part]) -> list[_Part] | None:
    """Return tables in the order of their rows; None if they are in order already or have no single header."""
    first = [part for part in parts if find_header(part.rows[0])]
    if len(first) != 1 or (header := find_header(first[0].rows[0])) is None:
        return None
    keys = [_first_key(part, header) if part is not first[0] else () for part in parts]
    if None in keys:
        return None
    order = sorted(range(len(parts)), key=lambda index: keys[index] or ())
    return [parts[index] for index in order] if order != list(range(len(parts))) else None


def _first_key(part: _Part, header: Header) -> Key | None:
    """Return the order key of the first complete row of a table."""
    keys = (order_key(header, row) for row in part.rows if not _continues(row, header))
    return next((key for key in keys if key is not None), None)


_ONE_SIZE = 0.01  # part by which the widths of one table on two pages differ at most
_LEADING = 14.0  # points: the distance of two lines of 11 points, and a ruling
_NO_HEADER = "the row stands before any header: the first page of the timetable is missing or comes later"
_OTHER_COLUMNS = (
    "the row has other columns than the table before it: the first page of its timetable is missing or comes later"
)
_NO_ROW = "the module is missing, and there is no row it continues"
_NO_REST = "the module is missing, and it does not continue the row before it: {}"


class _Finder:
    """Assembles records from the tables of a document, one after the other."""

    def __init__(self, headed: Collection[int]) -> None:
        self.found = Records()
        self.breaks = 0
        """Places where two tables do not follow each other."""
        self._headed = headed
        self._timetable = 0
        self._before: _Part | None = None
        self._last: Record | None = None
        """The last record of the table before, or the one whose rest it is."""
        self._ends: list[Record] = []
        """The last record of each table."""
        self._rests: list[tuple[Record, Row]] = []
        """Records that seem to go on, with their rests; which do is decided at the end, by all the others."""

    def find(self, parts: Sequence[_Part]) -> Records:
        """Return the contents of tables in this order."""
        for part in parts:
            self._add(part)
        self._decide(max((part.bottom for part in parts if part.alone), default=0.0))
        self._end()
        return self.found

    def _end(self) -> None:
        """Record a timetable that ends at the foot of its page."""
        if self._before is None or self._last is None:
            return
        if _reaches_foot(self._before, self.found.headers[-1]):
            self.found.at_foot.append(self._last)

    def _add(self, part: _Part) -> None:
        rows = iter(part.rows)
        row = next(rows)
        restarts = False
        if named := find_header(row):
            restarts = part.page in self._headed or not self._knows(named)
            if restarts:
                self._end()
                self._timetable += 1
            self.found.headers.append(named)
            row = next(rows, None)  # type: ignore[assignment]
        if not self.found.headers or (not named and _has_other_columns(part, self.found.headers[-1])):
            self._add_loose(part)
            return
        opening = None if restarts else self._before
        if restarts:
            self._last = None
        self._add_rows(part, row, rows, opening)
        if self._last is not None:
            self._ends.append(self._last)
        self._before = part

    def _add_loose(self, part: _Part) -> None:
        """Add rows before any header: another table's, or those of a timetable whose first page has not come yet."""
        self.breaks += 1
        first, *others = part.rows
        rest = not first.cells[0].lines and any(map(_is_of_timetable, others[:1]))
        if self.found.without_header is None and (rest or _is_of_timetable(first)):
            self.found.without_header = part.page
        reason = _OTHER_COLUMNS if self.found.headers else _NO_HEADER
        self.found.problems += [rows_problem([row], reason) for row in part.rows]

    def _knows(self, named: Header) -> bool:
        return bool(self.found.headers) and self.found.headers[-1].fields == named.fields

    def _add_rows(self, part: _Part, first: Row | None, rows: Iterator[Row], before: _Part | None) -> None:
        header = self.found.headers[-1]
        ended, records = self._last, len(self.found.records)
        if first is not None and _continues(first, header):
            self._add_rest(first, part, before)
        elif first is not None:
            opened = self._add_record(first)
            if before is not None and ended is not None and opened.fault:
                # What is not the table's may hide that the row is the rest of the one before.
                self.found.problems.append(_may_go_on(ended))
        for row in rows:
            if named := find_header(row):
                self.found.headers.append(named)
                header = named
            elif _continues(row, header):
                self.found.problems.append(rows_problem([row], _NO_ROW))
            else:
                self._add_record(row)
        new = self.found.records[records:]
        if before is not None and ended is not None and new:
            self._check_order(ended, new[0], before, part)

    def _add_record(self, row: Row) -> Record:
        self._last = Record(header=self.found.headers[-1], rows=[row], timetable=self._timetable)
        self.found.records.append(self._last)
        return self._last

    def _add_rest(self, row: Row, part: _Part, before: _Part | None) -> None:
        if self._last is None or before is None:
            self.breaks += 1
            self.found.problems.append(rows_problem([row], _NO_ROW))
        else:
            self._rests.append((self._last, row))
            self._last.rows.append(row)
            # Pages of one size only are compared.
            alike = before.alone and part.alone and abs(before.width / part.width - 1) < _ONE_SIZE
            self._last.foot = self._last.foot or (before.bottom if alike else None)

    def _check_order(self, ended: Record, new: Record, before: _Part, part: _Part) -> None:
        old_key, key = order_key(ended.header, ended.rows[0]), order_key(new.header, new.rows[0])
        if ended.header.kind is new.header.kind and old_key is not None and key is not None and key < old_key:
            self.breaks += 1
            self.found.problems.append(_out_of_order(ended, new, before, part))
            self.found.problems.append(_may_go_on(ended))

    def _decide(self, lowest: float) -> None:
        """Decide which rests belong to the records before them."""
        records = {id(record): record for record, _ in self._rests}.values()
        whole = [record for record in self.found.records if len(record.rows) == 1]
        headers = {id(record.header): record.header for record in records}
        usual = {
            key: Usual(header, (one.rows[0] for one in whole if one.header is header))
            for key, header in headers.items()
        }
        for record in records:
            others = usual[id(record.header)]
            rests, record.rows = record.rows[1:], record.rows[:1]
            for rest in rests:
                why = why_not_rest(record.header, record.rows, rest, others)
                if not why and len(record.rows) == 1 and record.foot is not None and record.foot < lowest - _LEADING:
                    why = "that row's page is not full"
                if why:
                    self._add_orphan(record, rest, why, others)
                    break
                record.rows.append(rest)
            self.found.problems += [rows_problem([rest], _NO_ROW) for rest in rests[len(record.rows) :]]

    def _add_orphan(self, record: Record, rest: Row, why: str, others: Usual) -> None:
        """Report a rest that does not belong to the record before it, and every record it may belong to."""
        self.breaks += 1
        self.found.problems.append(rows_problem([rest], _NO_REST.format(why)))
        self.found.problems.append(_page_missing(record, rest))
        for end in self._ends:
            fits = end is not record and end.header.fields == record.header.fields and len(end.rows) == 1
            if fits and not why_not_rest(end.header, end.rows, rest, others):
                self.found.problems.append(_may_go_on(end))


def _has_other_columns(part: _Part, header: Header) -> bool:
    """Tell whether a table has another layout than a header: a stray line adds only one column."""
    widths = {len(row.cells) for row in part.rows}
    return len(widths) == 1 and abs(widths.pop() - len(header.fields)) > 1


def _continues(row: Row, header: Header) -> bool:
    """Tell whether a row can only be the rest of another: it has no module."""
    whole = "module" in header.fields and len(row.cells) == len(header.fields)
    return whole and not row.cells[header.fields.index("module")].lines


def _is_of_timetable(row: Row) -> bool:
    """Tell whether a row may be a timetable's: it has a module and a weekday or a date."""
    texts = [cell.lines[0].text for cell in row.cells if cell.lines]
    return any(map(values.is_module, texts)) and any(values.is_day(text) for text in texts)


def _repeats(part: _Part, twin: _Part) -> Problem:
    same = "the table" if part.page == twin.page else f"page {twin.page}"
    words = tuple([word for row in part.rows for cell in row.cells for line in cell.lines for word in line.words])
    reason = f"this page repeats {same}; it is read once"
    return Problem(page=part.page, row=None, text="", reason=reason, words=words)


def _out_of_order(ended: Record, new: Record, before: _Part, part: _Part) -> Problem:
    first, last = row_name(new.header, new.rows[0]), row_name(ended.header, ended.rows[0])
    return Problem(
        page=part.page,
        row=None,
        text="",
        reason=f"the pages are out of order: page {part.page} begins with {first}, which comes before {last} on page "
        f"{before.page}",
    )


def _may_go_on(record: Record) -> Problem:
    row = record.rows[0]
    reason = "it may go on on a page that does not follow here"
    return Problem(page=row.page, row=row.number, text=row_name(record.header, row), reason=reason)


def _reordered(parts: Iterable[_Part]) -> Problem:
    pages = list(dict.fromkeys(part.page for part in parts))
    if pages == sorted(pages):  # on one sheet: whoever prints two pages on it may put the second before the first
        reason = "the tables of a page are out of order; they are read in the order of their rows"
        return Problem(page=pages[0], row=None, text="", reason=reason)
    reason = f"the pages are out of order; they are read in this order: {', '.join(map(str, pages))}"
    first = next((page for page, right in zip(pages, sorted(pages), strict=True) if page != right), pages[0])
    return Problem(page=first, row=None, text="", reason=reason)


def _page_missing(record: Record, rest: Row) -> Problem:
    row = record.rows[-1]
    reason = f"a page seems to be missing between page {row.page} and page {rest.page}: this row may go on there"
    return Problem(page=row.page, row=row.number, text=row_name(record.header, record.rows[0]), reason=reason)


# Points, measured on the portal's own pages: how wide each table is, where a page's first ruling stands, and below
# which the last page of no complete timetable ends. Copies of any size are compared by the width.
_WIDTHS = {Kind.LECTURES: 708.75, Kind.TESTS: 616.65, Kind.EXAMS: 730.1}
_FIRST_TOP, _NEXT_TOP = 73.9, 36.5
_COMPLETE = 521.5


def _reaches_foot(part: _Part, header: Header) -> bool:
    """Tell whether a table ends so far down its page that another page may follow."""
    if None in header.fields or header.missing:
        return False
    first = find_header(part.rows[0]) is not None
    depth = (part.bottom - part.top) * _WIDTHS[header.kind] / part.width
    return (_FIRST_TOP if first else _NEXT_TOP) + depth > _COMPLETE
