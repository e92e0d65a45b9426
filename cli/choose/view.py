"""The picture of choosing: state -> lines of a terminal screen (imports rich).

Every line is cut to the width, so none wraps; the number of lines is the height, so nothing scrolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.text import Text

from ...core.model import WEEKDAYS, Entry
from ...core.pictures.theme import clash_line, clash_total, counted_total, short_clash
from ...core.pictures.week import Block, Clash, WeekPlan, clashing_minutes, clock, plan_week
from ...core.selection.decisions import owner
from ...core.selection.select import Choice
from ...core.wording import clean, counted
from .state import Board, ChooserState, ScreenMode, about, clashes_of, open_rows, sessions, with_pick

_STYLES = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")
_HOURS = 6  # columns
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


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
        text = Text(f"{_letter(numbers[0])} {there[0].entry.activity}", style=_STYLES[numbers[0] % len(_STYLES)])
    else:
        text = Text(("!" if clash else "/").join(map(_letter, numbers)) + ("!" if clash and len(numbers) == 1 else ""))
    if clash:
        text.stylize("bold red")
    if any(block.entry.module == here for block in there):
        text.stylize("reverse")
    text.truncate(width - 1)
    return text.append(" " * (width - len(text)), style="not reverse")


def _among(clash: Clash, there: Sequence[Block]) -> bool:
    entries: list[Entry] = [block.entry for block in there]
    return any(clash.first.entry is e for e in entries) and any(clash.second.entry is e for e in entries)


def _letter(number: int) -> str:
    """Return the letter of a module; after 52 they start again."""
    return _LETTERS[number % len(_LETTERS)]


LEAST_WIDTH, LEAST_HEIGHT = 80, 24
_LIST = 33  # columns
_KEYS = "arrows move, choose  space pick/open  p propose  u undo  s save  q quit  ? help"
_LEAVE = "Quit without saving? y quits, s saves, any other key continues."
_HELP = (
    "Every row is one decision: the group of one kind (G class, P practical,",
    "T tutorial) that you attend in a module.",
    "",
    "  up, down, k, j      another decision",
    "  left, right, h, l   another group for it",
    "  digits              the group of that number",
    "  space               the group that clashes least; once more: none",
    "  x, Delete           no group",
    "  n                   the next open decision",
    "  v                   all clashes",
    "  p                   propose groups for the open decisions",
    "  u                   undo;  c  open all decisions",
    "  Tab                 the other half-year, if there are two",
    "  s, Enter            save and quit;  q, Esc  quit without saving",
    "",
    "In the list ? is open, <G01 comes with the class group G01, !B clashes",
    "with module B, !* with a test or exam. In the week A L1 is session L1 of module",
    "A, and sessions in A!B clash. min/year are the minutes that clash in a year, a",
    "weekly clash counted for 6 weeks a quarter, a test or exam once.",
    "",
    "Any key goes back.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSize:
    """Of a terminal."""

    width: int
    height: int


def screen_lines(board: Board, state: ChooserState, size: TerminalSize) -> list[Text]:
    """Return the lines of the screen, exactly as many as it has."""
    if too_small(size):
        lines = _too_small(state, size)
    elif state.mode is ScreenMode.HELP:
        lines = [Text(line) for line in _HELP]
    elif state.mode is ScreenMode.CLASHES:
        lines = _all_clashes(clashes_of(board, state.picks), size)
    else:
        lines = _chooser(board, state, size)
    return [_fit(line, size.width) for line in [*lines, *[Text()] * size.height][: size.height]]


def too_small(size: TerminalSize) -> bool:
    """Tell whether a window is too small to choose in."""
    return size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT


def _too_small(state: ChooserState, size: TerminalSize) -> list[Text]:
    need = f"Choosing needs a window of {LEAST_WIDTH} by {LEAST_HEIGHT}; this one has {size.width} by {size.height}."
    return _wrapped(_LEAVE if state.mode is ScreenMode.LEAVE else f"{need} q quits.", size.width)


def _wrapped(text: str, width: int, indent: str = "") -> list[Text]:
    return [Text(line) for line in wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)]


def _chooser(board: Board, state: ChooserState, size: TerminalSize) -> list[Text]:
    clashes = clashes_of(board, state.picks)
    body = size.height - 10 - (size.height - LEAST_HEIGHT) // 2
    detail = size.height - body - 3
    left = _list_lines(board, state, clashes, body)
    right = week_lines(board, state, width=size.width - _LIST - 1, height=body)
    joined = [_fit(one, _LIST).append(" ") + two for one, two in zip(left, right, strict=True)]
    return [
        _title(board, state, clashes, size.width),
        *joined,
        *_detail_lines(board, state, clashes, detail),
        _message(state),
        Text(_KEYS, style="dim"),
    ]


def _title(board: Board, state: ChooserState, clashes: Sequence[Clash], width: int) -> Text:
    still = len(open_rows(board, state.picks))
    made = f"{counted(len(board.rows), 'decision')}, {still} open" if still else "All decisions are made"
    clashing = clash_total(clashes) if clashes else "no clash"
    text = Text(f" {made}; {clashing}{'; not saved' if state.changed else ''}")
    text.truncate(width, pad=True)
    text.stylize("reverse")
    return text


def _message(state: ChooserState) -> Text:
    if state.mode is ScreenMode.LEAVE:
        return Text(_LEAVE, style="bold")
    return Text(state.message, style="bold")


# ---- the list of decisions


def _list_lines(board: Board, state: ChooserState, clashes: Sequence[Clash], height: int) -> list[Text]:
    """Return the part of the list that the row in hand is in; modules without a decision are there for their letter."""
    items = _items(board)
    at = items.index(state.row) if board.rows else 0
    # At the first row everything above it is to be seen, at the last everything below.
    middle = at - height // 2
    if state.row in (0, len(board.rows) - 1):
        middle = at - height + 1 if state.row == 0 else at
    first = max(0, min(middle, len(items) - height))
    lines = [
        _list_line(board, state, clashes, item) if isinstance(item, int) else Text(item, style="dim")
        for item in items[first : first + height]
    ]
    return (lines or [Text("Nothing to choose here.")]) + [Text()] * (height - max(len(lines), 1))


def _items(board: Board) -> list[int | str]:
    """Return the rows by number, and between them, by module, a line for each module that leaves no choice."""
    letters = module_letters(board)
    decided = {choice.module for choice in board.rows}
    weekly = {entry.module for entry in board.decisions.entries if entry.date is None}
    lines = [(module, f"  {letters[module]} {module} (nothing to choose)") for module in weekly - decided]
    items: list[tuple[str, int | str]] = [(choice.module, number) for number, choice in enumerate(board.rows)]
    return [item for _, item in sorted([*items, *lines], key=lambda pair: pair[0])]


def _list_line(board: Board, state: ChooserState, clashes: Sequence[Clash], row: int) -> Text:
    choice = board.rows[row]
    letters = module_letters(board)
    mine = state.picks.get(choice)
    brings = None if mine else owner(board.decisions, choice, state.picks)
    chosen = "+".join(mine) if mine else f"<{brings}" if brings else "?"
    against = _against(board, choice, clashes)
    text = Text(f"{'>' if row == state.row else ' '} {letters[choice.module]} {choice.module} {choice.offered:2} ")
    text.append(f"{choice.kind} {chosen:4}", style="" if mine or brings else "yellow")
    text.append(f" of {len(choice.groups):<2}", style="dim")
    if against:
        text.append(f" !{','.join(against)}", style="bold red")
    if row == state.row:
        text.stylize("reverse", 0, len(text))
    return text


def _against(board: Board, choice: Choice, clashes: Sequence[Clash]) -> list[str]:
    """Return the letters of what a decision's groups clash with; * for a test or exam."""
    letters = module_letters(board)
    found = {
        letters[other.module] if other.date is None else "*"
        for clash in clashes
        if about(board, clash, choice)
        for other in _others(board, clash, choice)
    }
    return sorted(found)


def _others(board: Board, clash: Clash, choice: Choice) -> list[Entry]:
    sides = [block.entry for block in (clash.first, clash.second)]
    others = [entry for entry in sides if (board.place[id(entry)] or (None,))[0] != choice]
    return others or sides[1:]


def module_letters(board: Board) -> dict[str, str]:
    """Return the letter of each module."""
    modules = sorted({entry.module for entry in board.decisions.entries})
    return {module: _letter(number) for number, module in enumerate(modules)}


# ---- the decision in hand


def _detail_lines(board: Board, state: ChooserState, clashes: Sequence[Clash], height: int) -> list[Text]:
    """Return the groups of the decision in hand, then the clashes of what is chosen, its own first."""
    if not board.rows:
        return [Text()] * height
    choice = board.rows[state.row]
    ordered = sorted(clashes, key=lambda clash: not about(board, clash, choice))
    below = _clash_lines(ordered, max(height // 3, height - 1 - len(choice.groups)))
    space = height - 1 - len(below)
    lines = [_heading(board, state, choice), *_option_lines(board, state, choice, space), *below]
    return lines + [Text()] * (height - len(lines))


def _clash_lines(clashes: Sequence[Clash], space: int) -> list[Text]:
    told = [Text(f"! {short_clash(clash)}", style="red") for clash in clashes]
    if len(told) <= space:
        return told
    more = f"  and {counted(len(told) - space + 1, 'clash', 'clashes')} more; v lists them"
    return [*told[: space - 1], Text(more, style="red")]


def _all_clashes(clashes: Sequence[Clash], size: TerminalSize) -> list[Text]:
    """Return every clash in full, each wrapped; what does not fit is counted."""
    if not clashes:
        return [Text("No two of these sessions clash."), Text(), Text("Any key goes back.")]
    lines = _wrapped(f"{counted_total(clashes)}:", size.width)
    for number, clash in enumerate(clashes):
        told = _wrapped(f"! {clash_line(clash)}", size.width, "  ")
        last = number == len(clashes) - 1
        if len(lines) + len(told) > size.height - (2 if last else 3):
            lines.append(Text(f"  and {counted(len(clashes) - number, 'clash', 'clashes')} more"))
            break
        lines += told
    return [*lines, Text(), Text("Any key goes back.")]


def _heading(board: Board, state: ChooserState, choice: Choice) -> Text:
    text = f"{choice.module} {choice.offered} {choice.kind}: {len(choice.groups)} groups"
    brings = owner(board.decisions, choice, state.picks)
    if brings and choice not in state.picks:
        text += f"; none needed, {brings} brings its own"
    return Text(text, style="bold")


def _option_lines(board: Board, state: ChooserState, choice: Choice, space: int) -> list[Text]:
    mine = state.picks.get(choice, ())
    at = choice.groups.index(mine[0]) if mine else 0
    first = max(0, min(at - space // 2, len(choice.groups) - space))
    return [_option_line(board, state, choice, group) for group in choice.groups[first : first + space]]


def _option_line(board: Board, state: ChooserState, choice: Choice, group: str) -> Text:
    chosen = group in state.picks.get(choice, ())
    entries = [
        entry
        for entry in board.decisions.entries
        if (entry.module, entry.offered, entry.group) == (choice.module, choice.offered, group)
    ]
    tried = clashes_of(board, with_pick(board, state.picks, choice, (group,)))
    mine = [clash for clash in tried if about(board, clash, choice)]
    told = f"{clashing_minutes(mine)} min/year !{','.join(_against(board, choice, mine))}" if mine else "no clash"
    languages = "/".join(sorted({entry.language for entry in entries if entry.language}))
    text = Text(f"{'(*)' if chosen else '( )'} {group} {languages:3} ", style="bold" if chosen else "")
    text.append(f"{told:18} ", style="red" if mine else "green")
    times = dict.fromkeys(
        f"{WEEKDAYS[entry.day or 0][:3]} {clock(_start(entry))}" for entry in sorted(entries, key=_when)
    )
    return text.append(clean(" ".join(times)))


def _start(entry: Entry) -> int:
    return entry.start.hour * 60 + entry.start.minute


def _when(entry: Entry) -> tuple[int, int]:
    return entry.day or 0, _start(entry)


def _fit(line: Text, width: int) -> Text:
    fitted = line.copy()
    fitted.truncate(width, overflow="ellipsis", pad=True)
    fitted.no_wrap = True
    return fitted
