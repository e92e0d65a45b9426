"""Rows to cells: the lines each cell holds, as the portal breaks and sizes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .layout import Layout
from .metrics import BOLD, REGULAR, width, wrap
from .rows import ExamRow, Kind, LectureRow, Row, TestRow
from .table import BODY_ASCENT, BODY_LEADING, BOLD_ASCENT, BOLD_LEADING, TABLES, Column


@dataclass(frozen=True, kw_only=True)
class Run:
    """Text of one font, size and colour; `dx` is its distance from the line's left end."""

    text: str
    size: float
    dx: float = 0.0
    font: str = REGULAR
    white: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a cell: its runs, its height and the depth of its baseline below its top."""

    runs: tuple[Run, ...]
    height: float
    ascent: float


Cells = Mapping[str, tuple[Line, ...]]


def header_cells(kind: Kind, columns: Sequence[Column], layout: Layout) -> Cells:
    """The header row."""
    return {column.header: _header(layout.title(column.header), column) for column in columns}


def row_cells(number: int, row: Row, columns: Sequence[Column], layout: Layout) -> Cells:
    """The cells of one row, the layout's own texts included."""
    inner = {column.header: column.inner for column in columns}
    if isinstance(row, LectureRow):
        cells = _lecture(row, inner)
    else:
        cells = _test(row, inner) if isinstance(row, TestRow) else _exam(row, inner)
    for extra in layout.extra:
        cells[extra.header] = body(extra.texts[number % len(extra.texts)], extra.width, 10)
    for own in layout.cells:
        if own.row == number:
            cells[own.column] = tuple(_line(text, TABLES[_kind(row)].size) for text in own.lines)
    return cells


def body(text: str, inner: float, size: float, end: str = "") -> tuple[Line, ...]:
    """Wrapped body text; `end` follows each line (the portal leaves a space there in some cells)."""
    return tuple(_line(line + end, size) for line in wrap(text, inner, REGULAR, size))


def _kind(row: Row) -> Kind:
    if isinstance(row, LectureRow):
        return "lectures"
    return "tests" if isinstance(row, TestRow) else "exams"


def _header(title: str, column: Column) -> tuple[Line, ...]:
    size = column.header_size
    lines = wrap(title, column.inner, BOLD, size)
    return tuple(
        Line(
            runs=(Run(text=line + (" " if line is not lines[-1] else ""), size=size, font=BOLD),),
            height=size * BOLD_LEADING,
            ascent=size * BOLD_ASCENT,
        )
        for line in lines
    )


def _line(text: str, size: float) -> Line:
    return Line(runs=(Run(text=text, size=size),), height=size * BODY_LEADING, ascent=size * BODY_ASCENT)


def _lecture(row: LectureRow, inner: Mapping[str, float]) -> dict[str, tuple[Line, ...]]:
    def lines(texts: Sequence[str], column: str) -> tuple[Line, ...]:
        return tuple(line for text in texts for line in body(text, inner.get(column, 99), 10) or (_line("", 10),))

    sessions = row.sessions
    return {
        "Module": lines([row.module], "Module"),
        "Offered": lines([row.offered], "Offered"),
        "Group": lines([row.group], "Group"),
        "Lang": _language(row.language, row.block),
        "Activity": lines([session.activity for session in sessions], "Activity"),
        "Day": lines([session.day for session in sessions], "Day"),
        "Time": lines([session.time for session in sessions], "Time"),
        "Venue": tuple(line for session in sessions for line in _venue(session.venue, inner.get("Venue", 99))),
        "Campus": lines([row.campus], "Campus"),
        "Study Prog": _programme(row.study_programme, inner.get("Study Prog", 99)),
    }


def _venue(text: str, inner: float) -> tuple[Line, ...]:
    # A line broken at a blank keeps it, as the headers and the exams' `Exam Written` do; PTest / 1 has none to keep.
    return _spaced(body(text, inner, 10)) or (_line("", 10),)


def _language(language: str, block: str) -> tuple[Line, ...]:
    # The kind of block is printed white on white, a run of its own.
    shown = Run(text=f"{language} ", size=10)
    hidden = Run(text=block, size=10, dx=width(shown.text, REGULAR, 10), white=True)
    return (Line(runs=(shown, hidden), height=10 * BODY_LEADING, ascent=10 * BODY_ASCENT),)


def _programme(text: str, inner: float) -> tuple[Line, ...]:
    # An empty line of 8 pt stands above the text, and a blank of 8 pt before it.
    gap = Line(runs=(), height=8 * BODY_LEADING, ascent=0)
    first, *rest = body(text, inner - 2.224, 10) or (_line("  ", 10),)
    shifted = Run(text=first.runs[0].text, size=10, dx=width(" ", REGULAR, 8))
    blank = Run(text=" ", size=8)
    return (gap, Line(runs=(blank, shifted), height=first.height, ascent=first.ascent), *rest)


def _test(row: TestRow, inner: Mapping[str, float]) -> dict[str, tuple[Line, ...]]:
    cells = {
        name: body(text, inner.get(name, 99), 11)
        for name, text in {
            "Test": row.test, "Day": row.day, "Date": row.date, "Time": row.time, "Campus": row.campus,
        }.items()
    }  # fmt: skip
    cells["Module"] = (_module(row.module, inner.get("Module", 99)),)
    cells["Venue"] = tuple(line for venue in row.venues for line in body(venue, inner.get("Venue", 99), 11, " "))
    return cells


def _module(module: str, inner: float) -> Line:
    # The code is of 10 pt, the space behind it of 11; where the space does not fit the line is a 10 pt one.
    code, space = width(module, REGULAR, 10), width(" ", REGULAR, 11)
    if code + space > inner:
        return _line(module, 10)
    runs = (Run(text=module, size=10), Run(text=" ", size=11, dx=code))
    return Line(runs=runs, height=11 * BODY_LEADING, ascent=11 * BODY_ASCENT)


def _exam(row: ExamRow, inner: Mapping[str, float]) -> dict[str, tuple[Line, ...]]:
    cells = {
        name: body(text, inner.get(name, 99), 10)
        for name, text in {
            "Status": row.status, "Paper": row.paper, "Date": row.date, "Start Time": row.start,
            "Module Campus": row.module_campus, "Exam Campus": row.exam_campus, "Exam Comments": row.comments,
        }.items()
    }  # fmt: skip
    cells["Module"] = body(row.module, inner.get("Module", 99), 10, " ")
    cells["Activity"] = _spaced(body(row.activity, inner.get("Activity", 99), 10))
    cells["Venue"] = tuple(line for venue in row.venues for line in body(venue, inner.get("Venue", 99), 10, " "))
    return cells


def _spaced(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(_line(line.runs[0].text + " ", 10) for line in lines[:-1]) + lines[-1:]
