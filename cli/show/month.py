"""The plan of a month as lines of text: a sheet of weeks, then its tests and exams with their venues."""

from __future__ import annotations

from datetime import date

from ...core.model import WEEKDAYS, Kind
from ...core.pictures.month import MonthPlan, Occurrence
from ...core.pictures.theme import marks, tint
from ...core.pictures.week import clock
from ..common.canvas import Canvas, Line, Piece, breadth, cut, pad, paragraph

_HEADING = "bold"
_NARROW = 10  # columns a day needs


def print_month(month: MonthPlan) -> None:
    """Print the plan of a month."""
    from ..common.paint import columns, print_picture

    print_picture(month_lines(month, columns()))


def month_lines(month: MonthPlan, width: int) -> list[Line]:
    """Return a month as lines of at most `width` columns."""
    lines: list[Line] = [(Piece(f"{month.first:%B %Y}", _HEADING),)]
    if not any(month.days):
        return [*lines, (Piece("Nothing takes place in this month."),)]
    days = max([5, *(month.day(number).weekday() + 1 for number, day in enumerate(month.days, 1) if day)])
    breadth_of_day = width // days
    lines += _list(month, width) if breadth_of_day < _NARROW else _sheet(month, days, breadth_of_day)
    dated = [(month.day(number), each) for number, day in enumerate(month.days, 1) for each in day if _is_dated(each)]
    if dated:
        lines += [(), (Piece("Tests and exams", _HEADING),)]
        lines += [line for day, each in dated for line in _item(day, each, width)]
    return [*lines, *_legend(month, width)]


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
    for week in sorted({_row(month, number) for number in numbers}):
        shown = [number for number in numbers if _row(month, number) == week and month.day(number).weekday() < days]
        for number in shown:
            _put_day(canvas, month, number, (row, month.day(number).weekday() * width, width - 1))
        row += max((len(month.days[number - 1]) for number in shown), default=0) + (2 if shown else 0)
    return canvas.lines()


def _row(month: MonthPlan, number: int) -> int:
    """Return the week, from 0, that a day of the month stands in."""
    return (number - 1 + month.first.weekday()) // 7


def _put_day(canvas: Canvas, month: MonthPlan, number: int, at: tuple[int, int, int]) -> None:
    row, column, width = at
    canvas.put(row, column, Piece(f"{number:>2} ".ljust(width, "─"), "bold"))
    for offset, each in enumerate(month.days[number - 1], 1):
        canvas.put(row + offset, column, Piece(pad(_short(each, width), width), _style(month, each)))


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


def _style(month: MonthPlan, each: Occurrence) -> str:
    if each.cancelled:
        return "strike"
    index = month.modules.index(each.module)
    return f"black on {tint(index)}" + (" bold" if _is_dated(each) else "")


def _item(day: date, each: Occurrence, width: int) -> list[Line]:
    """Return a test or exam in full."""
    words = " ".join(f"[{mark.sign} {mark.word}]" for mark in marks(each))
    when = f"{WEEKDAYS[day.weekday()][:3]} {day.day:>2}, {clock(each.start)}"
    text = " ".join(part for part in (when, each.title, words, each.where or "(no venue)") if part)
    return paragraph(text, width, indent=2, hang=4)


def _list(month: MonthPlan, width: int) -> list[Line]:
    lines: list[Line] = []
    for number, day in enumerate(month.days, 1):
        if day:
            lines.append((Piece(f"{WEEKDAYS[month.day(number).weekday()]} {number}", _HEADING),))
            lines += [(Piece(_short(each, width), _style(month, each)),) for each in day]
    return lines


def _legend(month: MonthPlan, width: int) -> list[Line]:
    signs = {mark.sign for day in month.days for each in day for mark in marks(each)}
    dated = any(_is_dated(each) for day in month.days for each in day)
    meanings = {"*": "test or exam", "!": "at the time of another", "?": "may still change", "x": "cancelled"}
    used = [f"{sign} {meaning}" for sign, meaning in meanings.items() if sign in signs or (sign == "*" and dated)]
    return [(), *paragraph(", ".join(used), width, style="dim")] if used else []
