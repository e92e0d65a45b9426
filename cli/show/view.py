"""The plans of a week and a month as lines of text: a grid where there is room, else a list for each day.

A block has a line on its left; its sign stands there when it has a mark ("!", "?", "x"), so that nothing depends on
colour. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ...core.model import WEEKDAYS, Kind
from ...core.pictures.month import MonthPlan, Occurrence
from ...core.pictures.theme import HALVES, clash_sentence, long_date, marks, name, short_places, times, tint
from ...core.pictures.week import Block, Clash, Week, WeekPlan, clock, place
from ..common.terminal import Canvas, Line, Piece, breadth, cut, pad, paragraph, wrap

_STEP = 30  # minutes a row
_AXIS = 6  # columns of the times on the left
_LANE = 7  # columns a block needs to be read
_MOST_CLASHES = 20
_HEADING = "bold"
_SIGNS = {"!": "at the time of another", "?": "may still change", "x": "cancelled"}


def week_lines(plan: WeekPlan, width: int) -> list[Line]:
    """Return the whole plan as lines of at most `width` columns."""
    lines: list[Line] = []
    for week in plan.weeks:
        lines += [(Piece(HALVES[week.name], _HEADING),), *half_lines(week, width), ()]
    if plan.dated:
        lines += [(Piece("Tests and exams", _HEADING),)]
        lines += [line for block in plan.dated for line in dated_lines(block, width)]
        lines += [()]
    if plan.clashes:
        lines += [*clash_lines(plan.clashes, width), ()]
    return [*lines, *legend([*(block for week in plan.weeks for block in week.blocks), *plan.dated], width)]


def half_lines(week: Week, width: int) -> list[Line]:
    """Return one half-year: the grid, or lists for its days where the grid has no room."""
    grid = _grid(week)
    columns = _day_columns(grid.lanes, width)
    if columns is None:
        return _lists(week, width)
    canvas = Canvas(width)
    for row in range(grid.rows):
        canvas.put(row + 1, 0, Piece(clock((grid.first + row) * _STEP), "dim"))
    for day, column in enumerate(columns):
        label = WEEKDAYS[day] if len(WEEKDAYS[day]) <= column.width else WEEKDAYS[day][:3]
        canvas.put(0, column.left, Piece(label.center(column.width), _HEADING))
        for cell in grid.cells[day]:
            _put_cell(canvas, cell, grid.first, column)
    return canvas.lines()


class _Cell(NamedTuple):
    """A block in rows of the grid, counted from midnight."""

    block: Block
    where: str
    first: int
    after: int
    lane: int
    lanes: int


class _Grid(NamedTuple):
    """A week in rows."""

    first: int
    rows: int
    lanes: tuple[int, ...]
    """For each day."""
    cells: tuple[tuple[_Cell, ...], ...]


class _Column(NamedTuple):
    """Where a day stands."""

    left: int
    width: int


def _grid(week: Week) -> _Grid:
    places = short_places(week)
    days = [_cells(week.on(day), places) for day in range(week.days)]
    first = min(cell.first for cells in days for cell in cells)
    after = max(cell.after for cells in days for cell in cells)
    lanes = tuple(max((cell.lanes for cell in cells), default=1) for cells in days)
    return _Grid(first, after - first, lanes, tuple(days))


def _cells(blocks: Iterable[Block], places: Mapping[int, str]) -> tuple[_Cell, ...]:
    """Return a day's blocks with the lanes they need once their times are those of rows."""
    spans = {id(block): _rows(block) for block in blocks}
    ordered = sorted(blocks, key=lambda block: (spans[id(block)], block.title, block.detail))
    lanes = place([spans[id(block)] for block in ordered])
    return tuple(
        _Cell(block, places[id(block)], *spans[id(block)], *lane) for block, lane in zip(ordered, lanes, strict=True)
    )


def _rows(block: Block) -> tuple[int, int]:
    """Return the first row of a block and the one after its last."""
    first = block.start // _STEP
    return first, max(-(-block.end // _STEP), first + 1)


def _day_columns(lanes: Sequence[int], width: int) -> list[_Column] | None:
    """Return the days' columns, with more room where blocks stand side by side; None if some would be too narrow."""
    for parts, gap in (([2 * count + 1 for count in lanes], 1), (list(lanes), 0)):
        ends = [(width - _AXIS) * sum(parts[:day]) // sum(parts) for day in range(len(parts) + 1)]
        columns = [_Column(_AXIS + left, right - left - gap) for left, right in pairwise(ends)]
        if all(column.width // count >= _LANE for column, count in zip(columns, lanes, strict=True)):
            return columns
    return None


def _put_cell(canvas: Canvas, cell: _Cell, top: int, day: _Column) -> None:
    left = day.width * cell.lane // cell.lanes
    width = day.width * (cell.lane + 1) // cell.lanes - left
    rows = cell.after - cell.first
    texts = _texts(cell.block, cell.where, width - 1, rows)
    for number, (edge, text) in enumerate(zip(_edges(cell.block, rows), texts, strict=True)):
        row = cell.first - top + number + 1
        canvas.put(row, day.left + left, Piece(edge, "bold red" if edge in _SIGNS else "bold"))
        canvas.put(row, day.left + left + 1, Piece(pad(text, width - 1), _style(cell.block)))


def _edges(block: Block, rows: int) -> list[str]:
    """Return what stands on the left of a block's rows: its line, with its signs from the top."""
    line = ["┌", *["│"] * (rows - 2), "└"] if rows > 1 else ["│"]
    signs = [mark.sign for mark in marks(block)][:rows]
    return [*signs, *line[len(signs) :]]


def _style(block: Block) -> str:
    return "strike" if block.cancelled else f"black on {tint(block.color)}"


def _texts(block: Block, where: str, width: int, rows: int) -> list[str]:
    """Return a block's text in so many rows: the module, what it is, its group, then the venue as far as it fits."""
    entry = block.entry
    short = entry.module.replace(" ", "")
    titles = [(block.title, ""), (f"{short} {entry.activity}", ""), (entry.module, entry.activity)]
    head, rest = next((pair for pair in titles if breadth(pair[0]) <= width), (short, entry.activity))
    start = clock(block.start) if block.start % _STEP else ""
    lines = wrap(" ".join(part for part in (rest, start, block.detail, where) if part), width)
    below = lines[: rows - 1]
    if len(lines) > len(below) and below:
        below[-1] = cut(f"{below[-1]} {' '.join(lines[len(below) :])}", width)
    return [cut(head, width), *below, *[""] * (rows - 1 - len(below))]


# ---- lists


def _lists(week: Week, width: int) -> list[Line]:
    lines = paragraph("Too many sessions at one time to draw them side by side here: listed day by day.", width)
    for day in range(week.days):
        if blocks := week.on(day):
            lines += [(Piece(WEEKDAYS[day], _HEADING),)]
            lines += [line for block in blocks for line in _item(block, times(block), width)]
    return lines


def dated_lines(block: Block, width: int) -> list[Line]:
    """Return a test or exam with its day, time, venue and marks."""
    return _item(block, f"{_day(block)} {times(block):<11}", width)


def _day(block: Block) -> str:
    """Return "Mon  4 Aug 2026", one below the other."""
    weekday, number, rest = long_date(block).split(" ", 2)
    return f"{weekday} {number:>2} {rest}"


def _item(block: Block, when: str, width: int) -> list[Line]:
    """Return a session as a line that hangs behind its time; a mark is a sign in front and a word behind."""
    signs = "".join(mark.sign for mark in marks(block))
    words = " ".join(f"[{mark.word}]" for mark in marks(block))
    head = f"{signs:>3} {when} "
    room = width - breadth(head)
    if room < 20:  # narrow: the time on a line of its own
        text = wrap(" ".join(part for part in (name(block), words, block.where) if part), width - 4)
        return [(Piece(head.rstrip(), "bold"),), *((Piece(f"    {line}"),) for line in text)]
    text = wrap(" ".join(part for part in (name(block), words, block.where or "(no venue)") if part), room)
    gap = " " * breadth(head)
    return [(Piece(head, "bold"), Piece(text[0])), *((Piece(gap + line),) for line in text[1:])]


def clash_lines(clashes: Sequence[Clash], width: int) -> list[Line]:
    """Return a sentence for each clash, the first twenty."""
    lines: list[Line] = [(Piece(f"Clashes ({len(clashes)})", _HEADING),)]
    for clash in clashes[:_MOST_CLASHES]:
        lines += paragraph(f"! {clash_sentence(clash)}", width, indent=2, hang=2)
    if len(clashes) > _MOST_CLASHES:
        lines += paragraph(f"and {len(clashes) - _MOST_CLASHES} more; --json lists all.", width, indent=4)
    return lines


def legend(blocks: Iterable[Block], width: int) -> list[Line]:
    """Return what the signs mean that the picture has."""
    used = {mark.sign for block in blocks for mark in marks(block)}
    text = ", ".join(f"{sign} {meaning}" for sign, meaning in _SIGNS.items() if sign in used)
    return [(Piece(line, "dim"),) for line in wrap(text, width)]


_NARROW = 10  # columns a day needs


def month_lines(month: MonthPlan, width: int) -> list[Line]:
    """Return a month as lines of at most `width` columns."""
    lines: list[Line] = [(Piece(f"{month.first:%B %Y}", _HEADING),)]
    if not any(month.days):
        return [*lines, (Piece("Nothing takes place in this month."),)]
    days = max([5, *(month.day(number).weekday() + 1 for number, day in enumerate(month.days, 1) if day)])
    breadth_of_day = width // days
    lines += _day_list(month, width) if breadth_of_day < _NARROW else _sheet(month, days, breadth_of_day)
    dated = [(month.day(number), each) for number, day in enumerate(month.days, 1) for each in day if _is_dated(each)]
    if dated:
        lines += [(), (Piece("Tests and exams", _HEADING),)]
        lines += [line for day, each in dated for line in _dated_item(day, each, width)]
    return [*lines, *_month_legend(month, width)]


def _is_dated(each: Occurrence) -> bool:
    return each.kind is not Kind.LECTURES


def _sheet(month: MonthPlan, days: int, width: int) -> list[Line]:
    canvas = Canvas(width * days)
    for day in range(days):
        canvas.put(
            0, day * width, Piece((WEEKDAYS[day] if width > 10 else WEEKDAYS[day][:3]).center(width - 1), _HEADING)
        )
    row = 1
    numbers = range(1, len(month.days) + 1)
    for week in sorted({_week_of(month, number) for number in numbers}):
        shown = [number for number in numbers if _week_of(month, number) == week and month.day(number).weekday() < days]
        for number in shown:
            _put_day(canvas, month, number, (row, month.day(number).weekday() * width, width - 1))
        row += max((len(month.days[number - 1]) for number in shown), default=0) + (2 if shown else 0)
    return canvas.lines()


def _week_of(month: MonthPlan, number: int) -> int:
    """Return the week, from 0, that a day of the month stands in."""
    return (number - 1 + month.first.weekday()) // 7


def _put_day(canvas: Canvas, month: MonthPlan, number: int, at: tuple[int, int, int]) -> None:
    row, column, width = at
    canvas.put(row, column, Piece(f"{number:>2} ".ljust(width, "─"), "bold"))
    for offset, each in enumerate(month.days[number - 1], 1):
        canvas.put(row + offset, column, Piece(pad(_short(each, width), width), _occurrence_style(month, each)))


def _short(each: Occurrence, width: int) -> str:
    """Return an occurrence in so many columns, as much of it as fits, a sign before it if it has a mark."""
    found = marks(each)
    # A test may clash with a lecture of its own module: its star stays beside its other sign.
    sign = "".join([*(mark.sign for mark in found[:1]), *("*" if _is_dated(each) else "")]) or " "
    room = width - breadth(sign) + 1
    module, start = each.module.replace(" ", ""), clock(each.start)
    forms = (
        f"{start} {each.title} {each.group}",
        f"{start} {each.title}",
        f"{start} {module} {each.activity}",
        f"{start}{module} {each.activity}",
        f"{start} {module}",
        f"{start}{module}",
        f"{start.replace(':', '')}{module}",
    )
    form = next((form for form in forms if breadth(form) < room), forms[-1])
    return cut(f"{sign}{form.rstrip()}", width)


def _occurrence_style(month: MonthPlan, each: Occurrence) -> str:
    if each.cancelled:
        return "strike"
    index = month.modules.index(each.module)
    return f"black on {tint(index)}" + (" bold" if _is_dated(each) else "")


def _dated_item(day: date, each: Occurrence, width: int) -> list[Line]:
    """Return a test or exam in full."""
    words = " ".join(f"[{mark.sign} {mark.word}]" for mark in marks(each))
    when = f"{WEEKDAYS[day.weekday()][:3]} {day.day:>2}, {clock(each.start)}"
    text = " ".join(part for part in (when, each.title, words, each.where or "(no venue)") if part)
    return paragraph(text, width, indent=2, hang=4)


def _day_list(month: MonthPlan, width: int) -> list[Line]:
    lines: list[Line] = []
    for number, day in enumerate(month.days, 1):
        if day:
            lines.append((Piece(f"{WEEKDAYS[month.day(number).weekday()]} {number}", _HEADING),))
            lines += [(Piece(_short(each, width), _occurrence_style(month, each)),) for each in day]
    return lines


def _month_legend(month: MonthPlan, width: int) -> list[Line]:
    signs = {mark.sign for day in month.days for each in day for mark in marks(each)}
    dated = any(_is_dated(each) for day in month.days for each in day)
    meanings = {"*": "test or exam", "!": "at the time of another", "?": "may still change", "x": "cancelled"}
    used = [f"{sign} {meaning}" for sign, meaning in meanings.items() if sign in signs or (sign == "*" and dated)]
    return [(), *paragraph(", ".join(used), width, style="dim")] if used else []
