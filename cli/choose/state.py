"""What choosing groups is, without a terminal: state and key -> state.

`Board` is what does not change while choosing, `ChooserState` what does. The screen draws a state and hands over keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from ...core.model import Entry
from ...core.pictures.theme import clash_total
from ...core.pictures.week import Clash, clashing_minutes, plan_week
from ...core.selection.decisions import Decisions, Picks, attended, by_key, choice_of, owner, settled
from ...core.selection.preferences import Preference
from ...core.selection.propose import propose
from ...core.selection.select import Choice

PROPOSE_NODES = 20_000
"""Nodes a proposal may visit while a person waits: a second or two."""


class ScreenMode(Enum):
    """What the screen shows and which keys count."""

    CHOOSE = auto()
    HELP = auto()
    CLASHES = auto()
    """Lists them all."""
    LEAVE = auto()
    """Asks whether to leave without saving."""
    SAVED = auto()
    """Done: write the file."""
    LEFT = auto()
    """Done: write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What there is to choose."""

    decisions: Decisions
    rows: tuple[Choice, ...]
    """The decisions with more than one group, in the order of the screen."""
    clashes: tuple[Clash, ...]
    """Of all sessions with all others."""
    place: Mapping[int, tuple[Choice, str] | None]
    """id of an entry -> its decision and group; None if it takes place in any case."""
    preferences: tuple[Preference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooserState:
    """Where a person is in choosing."""

    picks: Picks
    saved: Picks
    """As they were at the start."""
    row: int = 0
    half: int = 0
    """Which half-year the picture shows, of those there are."""
    typed: str = ""
    """Digits typed so far for a group's number."""
    undo: tuple[Picks, ...] = field(default=(), repr=False)
    message: str = ""
    mode: ScreenMode = ScreenMode.CHOOSE

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return dict(self.picks) != dict(self.saved)


def make_board(found: Decisions, preferences: Sequence[Preference] = ()) -> Board:
    """Return the board of some decisions."""
    keyed = by_key(found)
    place: dict[int, tuple[Choice, str] | None] = {}
    for entry in found.entries:
        choice = choice_of(entry, keyed)
        place[id(entry)] = (choice, entry.group or "") if choice else None
    return Board(
        decisions=found,
        rows=tuple(choice for choice in found.choices if len(choice.groups) > 1),
        clashes=plan_week(found.entries).clashes,
        place=place,
        preferences=tuple(preferences),
    )


# ---- what a state means


def sessions(board: Board, picks: Picks) -> tuple[Entry, ...]:
    """Return the sessions of the groups chosen so far and those that take place in any case."""
    return attended(board.decisions, settled(board.decisions, picks))


def clashes_of(board: Board, picks: Picks) -> tuple[Clash, ...]:
    """Return the clashes between these sessions."""
    made = settled(board.decisions, picks)
    return tuple(c for c in board.clashes if all(_takes_place(board, e, made) for e in (c.first.entry, c.second.entry)))


def _takes_place(board: Board, entry: Entry, made: Picks) -> bool:
    there = board.place[id(entry)]
    return there is None or there[1] in made.get(there[0], ())


def about(board: Board, clash: Clash, choice: Choice) -> bool:
    """Tell whether a session of a decision takes part in a clash."""
    there = (board.place[id(block.entry)] for block in (clash.first, clash.second))
    return any(place is not None and place[0] == choice for place in there)


def with_pick(board: Board, picks: Picks, choice: Choice, groups: tuple[str, ...]) -> dict[Choice, tuple[str, ...]]:
    """Return the picks with one decision made or, without groups, open again; what became needless is dropped."""
    changed = {other: mine for other, mine in picks.items() if other != choice}
    if groups:
        changed[choice] = groups
    if choice.kind != "G":
        return changed
    return {other: mine for other, mine in changed.items() if owner(board.decisions, other, changed) is None}


def open_rows(board: Board, picks: Picks) -> list[int]:
    """Return the rows that still need a decision."""
    return [
        number
        for number, choice in enumerate(board.rows)
        if choice not in picks and owner(board.decisions, choice, picks) is None
    ]


# ---- keys


def press(board: Board, state: ChooserState, key: str) -> ChooserState:
    """Return the state after a key: a letter, a digit, or UP, DOWN, LEFT, RIGHT, ENTER, ESCAPE, TAB, DELETE."""
    if state.mode in (ScreenMode.HELP, ScreenMode.CLASHES):
        return replace(state, mode=ScreenMode.CHOOSE)
    if state.mode is ScreenMode.LEAVE:
        return _answer(state, key)
    if key.isdecimal() and len(key) == 1:
        return _digit(board, state, key)
    state = replace(state, typed="", message="")
    action = _ACTIONS.get(key)
    return action(board, state) if action else replace(state, message="? shows the keys.")


def press_unseen(board: Board, state: ChooserState, key: str) -> ChooserState:
    """Return the state after a key in a window too small to see anything in: only leaving, and its question, count."""
    if state.mode is ScreenMode.LEAVE:
        return _answer(state, key)
    return _leave(board, replace(state, mode=ScreenMode.CHOOSE)) if key in ("q", "ESCAPE") else state


def _answer(state: ChooserState, key: str) -> ChooserState:
    if key in ("y", "Y", "q"):
        return replace(state, mode=ScreenMode.LEFT)
    if key in ("s", "ENTER"):
        return replace(state, mode=ScreenMode.SAVED)
    return replace(state, mode=ScreenMode.CHOOSE, message="Nothing changed.")


def _digit(board: Board, state: ChooserState, key: str) -> ChooserState:
    """Choose the group of the number typed: 1 and then 2 is 12 if there is such a group, else 2."""
    if not board.rows:
        return state
    groups = board.rows[state.row].groups
    for typed in (state.typed + key, key):
        group = next((group for group in groups if int(group.lstrip(_CAPITALS)) == int(typed)), None)
        if group:
            return replace(_picked(board, state, (group,)), typed=typed)
    ahead = any(group.lstrip(_CAPITALS + "0").startswith(key) for group in groups) or key == "0"
    return replace(state, typed=key if ahead else "", message="" if ahead else f"There is no group {key} here.")


_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _picked(board: Board, state: ChooserState, groups: tuple[str, ...]) -> ChooserState:
    choice = board.rows[state.row]
    brings = owner(board.decisions, choice, state.picks)
    if brings is not None and choice not in state.picks:
        text = f"{choice.module} {brings} brings its own {choice.kind} sessions: nothing to choose here."
        return replace(state, message=text)
    return _changed(state, with_pick(board, state.picks, choice, groups))


def _changed(state: ChooserState, picks: Picks, message: str = "") -> ChooserState:
    if dict(picks) == dict(state.picks):
        return replace(state, message=message)
    return replace(state, picks=picks, undo=(*state.undo, state.picks), message=message)


def _move(step: int) -> Callable[[Board, ChooserState], ChooserState]:
    def move(board: Board, state: ChooserState) -> ChooserState:
        return replace(state, row=max(0, min(state.row + step, len(board.rows) - 1)))

    return move


def _change(step: int) -> Callable[[Board, ChooserState], ChooserState]:
    def change(board: Board, state: ChooserState) -> ChooserState:
        if not board.rows:
            return state
        groups = board.rows[state.row].groups
        mine = state.picks.get(board.rows[state.row])
        place = groups.index(mine[0]) + step if mine else (0 if step > 0 else -1)
        return _picked(board, state, (groups[place % len(groups)],))

    return change


def _toggle(board: Board, state: ChooserState) -> ChooserState:
    """Open a decision again, or choose the group that clashes least with what is chosen."""
    if not board.rows:
        return state
    choice = board.rows[state.row]
    if choice in state.picks:
        return _picked(board, state, ())
    return _picked(board, state, (min(choice.groups, key=lambda group: minutes_of(board, state.picks, choice, group)),))


def minutes_of(board: Board, picks: Picks, choice: Choice, group: str) -> int:
    """Return how many minutes clash in a year if a group is chosen."""
    return clashing_minutes(clashes_of(board, with_pick(board, picks, choice, (group,))))


def _open(board: Board, state: ChooserState) -> ChooserState:
    return _picked(board, state, ()) if board.rows else state


def _next_open(board: Board, state: ChooserState) -> ChooserState:
    still = open_rows(board, state.picks)
    if not still:
        return replace(state, message="All decisions are made.")
    return replace(state, row=next((row for row in still if row > state.row), still[0]))


def _propose(board: Board, state: ChooserState) -> ChooserState:
    if not open_rows(board, state.picks):
        return replace(state, message="All decisions are made; c opens them all.")
    found = propose(board.decisions, state.picks, board.preferences, nodes=PROPOSE_NODES)
    picks = {choice: groups for choice, groups in found.picks.items() if choice in board.rows}
    proof = "proven best for the rest" if found.proven else "best found, not proven best"
    clashing = clash_total(found.clashes) if found.clashes else "nothing clashes"
    return _changed(state, picks, f"Proposed: {clashing}; {proof}.")


def _undo(_board: Board, state: ChooserState) -> ChooserState:
    if not state.undo:
        return replace(state, message="Nothing to undo.")
    return replace(state, picks=state.undo[-1], undo=state.undo[:-1], message="Undone.")


def _clear(_board: Board, state: ChooserState) -> ChooserState:
    return _changed(state, {}, "All decisions are open; u undoes this.")


def _leave(_board: Board, state: ChooserState) -> ChooserState:
    return replace(state, mode=ScreenMode.LEAVE if state.changed else ScreenMode.LEFT)


_ACTIONS: Mapping[str, Callable[[Board, ChooserState], ChooserState]] = {
    "UP": _move(-1),
    "k": _move(-1),
    "DOWN": _move(1),
    "j": _move(1),
    "LEFT": _change(-1),
    "h": _change(-1),
    "RIGHT": _change(1),
    "l": _change(1),
    " ": _toggle,
    "x": _open,
    "DELETE": _open,
    "n": _next_open,
    "p": _propose,
    "u": _undo,
    "c": _clear,
    "s": lambda _board, state: replace(state, mode=ScreenMode.SAVED),
    "ENTER": lambda _board, state: replace(state, mode=ScreenMode.SAVED),
    "q": _leave,
    "ESCAPE": _leave,
    "TAB": lambda _board, state: replace(state, half=state.half + 1),
    "v": lambda _board, state: replace(state, mode=ScreenMode.CLASHES),
    "?": lambda _board, state: replace(state, mode=ScreenMode.HELP),
}
