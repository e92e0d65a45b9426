"""The week in a corner of the choosing screen: days by hours, a letter for each module (imports rich like `render`)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ...core.model import WEEKDAYS, Entry
from ...core.pictures.week import Block, Clash, WeekPlan, clock, plan_week
from .clashes import letter
from .state import Board, ChooserState, clashes_of, sessions

_STYLES = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")
_HOURS = 6  # columns


def week_lines(board: Board, state: ChooserState, *, width: int, height: int) -> list[Text]:
    """Return the picture of one half-year's week, exactly so many lines."""
    frame = plan_week(board.decisions.entries)
    if not frame.weeks:
        return [Text()] * height
    whole = frame.weeks[state.half % len(frame.weeks)]
    blocks = _blocks(plan_week(sessions(board, state.picks)), whole.name)
    first, last = min(block.start for block in whole.blocks), max(block.end for block in whole.blocks)
    first -= first % 30
    step = next(step for step in (60, 120, 240, 1440) if first + step * (height - 1) >= last)
    head = Text(
        f"{whole.name:{_HOURS}}" + "".join(f"{day[:3]:{_cell(width, whole.days)}}" for day in WEEKDAYS[: whole.days])
    )
    head.stylize("bold")
    clashing = clashes_of(board, state.picks)
    here = board.rows[state.row].module if board.rows else ""
    modules = {module: number for number, module in enumerate(frame.modules)}
    lines = [head]
    for start in range(first, last, step):
        line = Text(f"{clock(start):{_HOURS}}", style="")
        for day in range(whole.days):
            there = [b for b in blocks if b.day == day and b.start < start + step and b.end > start]
            line.append_text(_cell_text(there, clashing, modules, here, _cell(width, whole.days)))
        lines.append(line)
    return [*lines, *[Text()] * height][:height]


def _cell(width: int, days: int) -> int:
    return (width - _HOURS) // days


def _blocks(plan: WeekPlan, name: str) -> Sequence[Block]:
    return next((week.blocks for week in plan.weeks if week.name == name), ())


def _cell_text(
    there: Sequence[Block], clashing: Sequence[Clash], modules: dict[str, int], here: str, width: int
) -> Text:
    if not there:
        return Text("." + " " * (width - 1), style="dim")
    numbers = sorted({modules[block.entry.module] for block in there})
    clash = any(_among(clash, there) for clash in clashing)
    if len(there) == 1:
        text = Text(f"{letter(numbers[0])} {there[0].entry.activity}", style=_STYLES[numbers[0] % len(_STYLES)])
    else:
        text = Text(("!" if clash else "/").join(map(letter, numbers)) + ("!" if clash and len(numbers) == 1 else ""))
    if clash:
        text.stylize("bold red")
    if any(block.entry.module == here for block in there):
        text.stylize("reverse")
    text.truncate(width - 1)
    return text.append(" " * (width - len(text)), style="not reverse")


def _among(clash: Clash, there: Sequence[Block]) -> bool:
    entries: list[Entry] = [block.entry for block in there]
    return any(clash.first.entry is e for e in entries) and any(clash.second.entry is e for e in entries)
