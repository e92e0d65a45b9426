"""Timetables with one thing wrong each, what must still come out of them, and what must be named as bad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from .draw import PORTAL, plan, timetable_pdf
from .layout import CellText, Layout, Stray
from .malformed_rows import EXAMS, LECTURES, TESTS
from .rows import ExamRow, LectureRow, Row, Session, TestRow
from .truth import expected

LAST = 3  # the row that is broken where one line suffices; it holds one entry
DOUBLE = 2  # the row of two lines that is broken where the lines must disagree
MANY = 10_000


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """One malformation: what it is, its PDF, and what a reader owes.

    `good` is the least number of entries that must still come out; `cells` are texts that the problems must show;
    `whole` says that the timetable may also be refused as a whole.
    """

    what: str
    pdf: Callable[[], bytes]
    good: int
    cells: tuple[str, ...] = ()
    whole: bool = False


def _all() -> dict[str, Malformed]:
    return {**_headers(), **_counts(), **_values(), **_shapes()}


def _headers() -> dict[str, Malformed]:
    def broken(what: str, layout: Layout) -> Malformed:
        return Malformed(what=what, pdf=_draw(LECTURES, layout), good=0, whole=True)

    return {
        "header-cell-empty": broken("the header cell of Day is empty", Layout(blank_headers=("Day",))),
        "header-cell-missing": broken("there is no Day column", Layout(without=("Day",))),
        "header-cell-unknown": broken("the header of Day says Dag", Layout(rename_headers=(("Day", "Dag"),))),
        "header-cell-twice": broken("two columns say Day", Layout(rename_headers=(("Time", "Day"),))),
        "header-row-missing": broken("there is no header row", Layout(header=False)),
    }


def _counts() -> dict[str, Malformed]:
    # Texts of the other cells must be shown: nobody can tell which line lost its partner.
    row = LECTURES[DOUBLE]
    all_lines = {
        "Activity": [session.activity for session in row.sessions],
        "Day": [session.day for session in row.sessions],
        "Time": [session.time for session in row.sessions],
        "Venue": [session.venue for session in row.sessions],
    }
    short = {
        f"{column.lower()}-line-short": Malformed(
            what=f"the {column} cell has a line less than the others",
            pdf=_draw(LECTURES, Layout(cells=(CellText(row=DOUBLE, column=column, lines=tuple(lines[:1])),))),
            good=4,
            cells=("STK 220", all_lines["Venue" if column != "Venue" else "Time"][1]),
        )
        for column, lines in all_lines.items()
    }
    return short | {"activity-empty": _empty("Activity", "HB 4-1"), "day-empty": _empty("Day", "HB 4-1")}


def _empty(column: str, shown: str) -> Malformed:
    layout = Layout(cells=(CellText(row=LAST, column=column, lines=()),))
    return Malformed(what=f"an empty {column} cell", pdf=_draw(LECTURES, layout), good=5, cells=(shown,))


def _values() -> dict[str, Malformed]:
    return {
        "date-impossible": _test("30 February", date="30 Feb 2025"),
        "date-words": _test("a date that is none", date="Week 12"),
        "year-9999": _test("the year 9999", date="27 Aug 9999", day="Friday"),  # a Friday it is
        "weekday-contradicts-date": _test("Sunday for a Thursday", shown="28 Aug 2025", day="Sunday"),
        "test-ends-before-start": _test("an end before the start", time="09:00 - 07:30"),
        "exam-date-impossible": _exam("31 November", date="31 NOV 2025"),
        "exam-year-9999": _exam("the year 9999", date="17 NOV 9999"),
        "exam-start-impossible": _exam("a start at 25:00", start="25:00"),
        "exam-start-late": Malformed(
            what="an exam at 23:00, whose estimated end would be after midnight",
            pdf=_draw([*EXAMS[:LAST], replace(EXAMS[LAST], start="23:00")]),
            good=3,
        ),
        "module-unknown": _row("a module code that is none", module="C0S 21"),
        "offered-unknown": _row("a period that is none", offered="S9"),
        "time-impossible": _lecture("a start at 99:99", time="99:99 - 10:00"),
        "end-before-start": _lecture("an end before the start", time="15:50 - 14:30"),
        "end-equals-start": _lecture("an end at the start", time="14:30 - 14:30"),
        "time-without-end": _lecture("a time without an end", time="14:30"),
        "day-unknown": _lecture("an Afrikaans weekday", day="Maandag"),
    }


def _test(what: str, shown: str = "", **changes: str) -> Malformed:
    rows: list[TestRow] = [*TESTS[:LAST], replace(TESTS[LAST], **changes)]  # type: ignore[arg-type]  # only texts change
    return Malformed(what=f"a test with {what}", pdf=_draw(rows), good=3, cells=(shown or _first(changes),))


def _exam(what: str, **changes: str) -> Malformed:
    rows: list[ExamRow] = [*EXAMS[:LAST], replace(EXAMS[LAST], **changes)]  # type: ignore[arg-type]  # only texts change
    return Malformed(what=f"an exam with {what}", pdf=_draw(rows), good=3, cells=(_first(changes),))


def _lecture(what: str, **changes: str) -> Malformed:
    session = replace(LECTURES[LAST].sessions[0], **changes)
    rows: list[LectureRow] = [*LECTURES[:LAST], replace(LECTURES[LAST], sessions=(session,))]
    return Malformed(what=f"a lecture with {what}", pdf=_draw(rows), good=5, cells=(_first(changes),))


def _row(what: str, **changes: str) -> Malformed:
    rows: list[LectureRow] = [*LECTURES[:LAST], replace(LECTURES[LAST], **changes)]  # type: ignore[arg-type]  # only texts change
    return Malformed(what=f"a lecture with {what}", pdf=_draw(rows), good=5, cells=(_first(changes),))


def _first(changes: dict[str, str]) -> str:
    return next(iter(changes.values()))


def _shapes() -> dict[str, Malformed]:
    orphan = LectureRow(
        module="", offered="", group="", language="", block="", campus="",
        sessions=(Session(activity="P1", day="Monday", time="13:30 - 16:20", venue="IT Open Silver Lab"),),
    )  # fmt: skip
    blank = TestRow(module="", test="", day="", date="", time="", campus="", venues=("IT Open Silver Lab",))
    return {
        "continuation-first": Malformed(
            what="the first row continues none", pdf=_draw([orphan, *LECTURES]), good=6, cells=("IT Open Silver Lab",)
        ),
        "continuation-first-test": Malformed(
            what="the first row holds only a venue", pdf=_draw([blank, *TESTS]), good=4, cells=("IT Open Silver Lab",)
        ),
        "columns-fewer-on-page-2": _fewer_columns(),
        "rulings-cut-right": Malformed(
            what="the right half has no rulings", pdf=_draw(LECTURES, Layout(cut="right")), good=0, whole=True
        ),
        "rulings-cut-bottom": Malformed(
            what="the lower half has no rulings",
            pdf=_draw(LECTURES, Layout(cut="bottom")),
            good=3,
            cells=("STK 220", "WTW 285", "EMS 4-152", "HB 4-1"),
            whole=True,
        ),
        "text-outside": Malformed(
            what="text below and beside the table",
            pdf=_draw(LECTURES, Layout(strays=_STRAYS)),
            good=6,
        ),
        "rows-10000": Malformed(what="10,000 good rows", pdf=many_rows, good=MANY),
    }


_STRAYS = (
    Stray(page=1, x=300, y=60, text="Subject to change without notice"),
    Stray(page=1, x=760, y=300, text="DRAFT"),
)


def _fewer_columns() -> Malformed:
    rows = [replace(LECTURES[number % 4], module=f"WTW {110 + number}") for number in range(32)]
    on_first = {block.row for block in plan(rows)[0].blocks if block.row is not None}
    on_second = {block.row for block in plan(rows)[1].blocks}
    whole = [row for number, row in enumerate(rows) if number in on_first - on_second]
    layout = Layout(fewer=(2, "Day"))
    # The last module stands on page 2 alone: only a problem can show it.
    return Malformed(
        what="no Day column from page 2 on",
        pdf=_draw(rows, layout),
        good=len(expected(whole)),
        cells=(rows[-1].module,),
        whole=True,
    )


def many_rows() -> bytes:
    """10,000 tests of one venue each: about 260 pages and 0.6 million glyphs."""
    rows = [
        TestRow(
            module=f"{_letters(number // 900)} {100 + number % 900}",
            test="Test1",
            day="Saturday",
            date="23 Aug 2025",
            time="10:00 - 11:30",
            venues=("IT 4-4",),
        )
        for number in range(MANY)
    ]
    return timetable_pdf(rows)


def _letters(number: int) -> str:
    return "WT" + chr(ord("A") + number)


def _draw(rows: Sequence[Row], layout: Layout = PORTAL) -> Callable[[], bytes]:
    return partial(timetable_pdf, rows, layout=layout)


MALFORMED: dict[str, Malformed] = _all()
