"""Choosing with the keyboard, without a terminal: keys typed, what is chosen then, and what the screen says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.cli.choose.screen import keys_of
from tukscal.cli.choose.state import Board, ChooserState, ScreenMode, make_board, press, press_unseen
from tukscal.cli.choose.view import TerminalSize, screen_lines, too_small
from tukscal.core.model import Entry
from tukscal.core.selection.decisions import decisions
from tukscal.tests.core.selection.made_groups import first_year, session
from tukscal.tests.core.sessions import semester_test

ENTRIES = [
    session("COS 110", "G01", "L1", 0, (480, 530)),
    session("COS 110", "G01", "P1", 4, (480, 530)),
    session("COS 110", "G02", "L1", 0, (600, 650)),
    session("COS 110", "P01", "P1", 1, (480, 650)),
    session("COS 110", "P02", "P1", 2, (480, 650)),
    session("COS 110", "P12", "P1", 3, (480, 650)),
    session("COS 226", "G01", "L1", 1, (600, 650)),
    semester_test(module="COS 226", activity="Test1", date=date(2026, 8, 26), start=time(8, 0), end=time(9, 0)),
]
STANDARD = TerminalSize(width=80, height=24)


def board_of(entries: list[Entry]) -> Board:
    return make_board(decisions(entries))


def start(board: Board) -> ChooserState:
    del board
    return ChooserState(picks={}, saved={})


def typed(keys: str | list[str], board: Board, state: ChooserState | None = None) -> ChooserState:
    """Return the state after keys."""
    state = state or start(board)
    for key in keys:
        state = press(board, state, key)
    return state


def chosen(state: ChooserState) -> dict[str, tuple[str, ...]]:
    return {f"{choice.module} {choice.kind}": groups for choice, groups in state.picks.items()}


def text_of(board: Board, state: ChooserState, size: TerminalSize = STANDARD) -> str:
    return "\n".join(line.plain.rstrip() for line in screen_lines(board, state, size))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("l", {"COS 110 G": ("G01",)}),
        ("h", {"COS 110 G": ("G02",)}),
        ("lll", {"COS 110 G": ("G01",)}),  # round and round
        ("2j1", {"COS 110 G": ("G02",), "COS 110 P": ("P01",)}),
        ("2j12", {"COS 110 G": ("G02",), "COS 110 P": ("P12",)}),
        ("2j122", {"COS 110 G": ("G02",), "COS 110 P": ("P02",)}),
        ("2j01", {"COS 110 G": ("G02",), "COS 110 P": ("P01",)}),
        ("2j9", {"COS 110 G": ("G02",)}),
        ("2jl1k1", {"COS 110 G": ("G01",)}),  # G01 has its own practical
        ("1jl", {"COS 110 G": ("G01",)}),
        ("2j1x", {"COS 110 G": ("G02",)}),
        ("2c", {}),
        ("2cu", {"COS 110 G": ("G02",)}),
        ("2j1uu", {}),
        ("u", {}),
        ("j ", {"COS 110 P": ("P12",)}),  # clashes with nothing, P01 with a lecture, P02 with a test
        ("j  ", {}),
        ("p", {"COS 110 G": ("G01",)}),
        ("2p", {"COS 110 G": ("G02",), "COS 110 P": ("P12",)}),
        ("?l", {}),  # any key leaves the help
        ("vl", {}),
        ("Z", {}),
    ],
)
def test_keys_choose(keys: str, expected: dict[str, tuple[str, ...]]) -> None:
    """Typed keys make these decisions and no others."""
    assert chosen(typed(keys, board_of(ENTRIES))) == expected


@pytest.mark.parametrize(
    ("keys", "mode"),
    [
        (["s"], ScreenMode.SAVED),
        (["ENTER"], ScreenMode.SAVED),
        (["q"], ScreenMode.LEFT),
        (["ESCAPE"], ScreenMode.LEFT),
        (["l", "q"], ScreenMode.LEAVE),
        (["l", "q", "y"], ScreenMode.LEFT),
        (["l", "q", "n"], ScreenMode.CHOOSE),
        (["l", "q", "s"], ScreenMode.SAVED),
        (["l", "u", "q"], ScreenMode.LEFT),  # as it was
        (["?"], ScreenMode.HELP),
        (["v"], ScreenMode.CLASHES),
    ],
)
def test_leaving_asks_only_if_something_changed(keys: list[str], mode: ScreenMode) -> None:
    """Leaving loses nothing unasked."""
    assert typed(keys, board_of(ENTRIES)).mode is mode


def test_rows_end_at_the_ends() -> None:
    """Moving beyond the first or the last decision stays there; n goes to the next open one."""
    board = board_of(ENTRIES)
    assert typed(["UP", "k"], board).row == 0
    assert typed(["DOWN", "j", "j"], board).row == 1
    assert typed("2n", board).row == 1
    assert typed("2j1n", board).message == "All decisions are made."


@settings(max_examples=40, deadline=None)
@given(st.text("hjklxpucn0123456789 ", max_size=12))
def test_undo_goes_back_to_the_start(keys: str) -> None:
    """However much was typed, undoing it all gives what was there."""
    board = board_of(ENTRIES)
    state = typed(keys, board)
    for _ in range(len(state.undo)):
        state = press(board, state, "u")
    assert chosen(state) == {}


@pytest.mark.parametrize(
    ("read", "keys"),
    [
        ("jj", ["j", "j"]),
        ("\x1b[A\x1bOBx", ["UP", "DOWN", "x"]),
        ("\r", ["ENTER"]),
        ("\x1b", ["ESCAPE"]),
        ("\x1b[3~", ["DELETE"]),
        ("\x1b[15~", []),
        ("\xe0M", ["RIGHT"]),
        ("\t", ["TAB"]),
    ],
)
def test_what_is_read_becomes_keys(read: str, keys: list[str]) -> None:
    """One read of a terminal may hold several keys or an escape sequence."""
    assert list(keys_of(read)) == keys


@pytest.mark.parametrize(
    "size",
    [STANDARD, TerminalSize(width=100, height=40), TerminalSize(width=79, height=24), TerminalSize(width=20, height=3)],
)
@pytest.mark.parametrize("keys", ["", "p", "?", "pv", "jjjjjjjjjjjjjjjjjjjjjjjj2", "lq"])
def test_the_screen_is_filled_exactly(size: TerminalSize, keys: str) -> None:
    """Whatever is shown has as many lines as the screen, each exactly as wide."""
    for entries in (ENTRIES, first_year(3), ENTRIES[-2:]):
        board = board_of(entries)
        lines = screen_lines(board, typed(keys, board), size)
        assert [line.cell_len for line in lines] == [size.width] * size.height


def test_the_screen_names_both_sides_of_a_clash() -> None:
    """A lecture against a lecture, and against a test with its date."""
    board = board_of(ENTRIES)
    seen = text_of(board, typed("2j1", board))
    assert "> A COS 110 S2 P P01  of 3  !B" in seen
    assert "! Tue 10:00 COS 110 P1 (P01) and COS 226 L1 (G01) 50 min every week" in seen
    assert "A!B" in seen
    assert "no clash; " not in seen
    seen = text_of(board, typed("2j2", board))
    assert "> A COS 110 S2 P P02  of 3  !*" in seen
    assert "! Wed 26 Aug 08:00 COS 110 P1 (P02) and COS 226 Test1 60 min once" in seen


def test_the_screen_and_space_weigh_a_year() -> None:
    """A group with 60 minutes at the time of a test is told as better, and chosen, before 50 every week."""
    board = board_of([entry for entry in ENTRIES if entry.group != "P12"])
    seen = text_of(board, typed("2j", board))
    assert "( ) P01 E   600 min/year !B" in seen
    assert "( ) P02 E   60 min/year !*" in seen
    assert chosen(typed("2j ", board)) == {"COS 110 G": ("G02",), "COS 110 P": ("P02",)}
    assert "1 clash, 600 minutes in a year" in text_of(board, typed("2j1", board))
    assert "1 clash, 60 minutes in a year" in text_of(board, typed("2jp", board))


def test_the_screen_tells_what_a_group_brings() -> None:
    """A kind that the chosen class group owns is not to be decided."""
    board = board_of(ENTRIES)
    seen = text_of(board, typed("1j", board))
    assert "All decisions are made; no clash; not saved" in seen
    assert "P <G01" in seen
    assert "none needed, G01 brings its own" in seen


def test_the_week_is_drawn_while_choosing() -> None:
    """Choosing a group puts its sessions into the grid, opening it again takes them out."""
    board = board_of(ENTRIES)
    assert "A L1" not in text_of(board, start(board))
    assert "A L1" in text_of(board, typed("2", board))
    assert "A L1" not in text_of(board, typed("2x", board))


def test_a_letter_of_the_week_is_in_the_list() -> None:
    """A module that leaves no choice stands in the list by its letter; one with a test only has none in the week."""
    seen = text_of(board_of(ENTRIES), start(board_of(ENTRIES)))
    assert "  B COS 226 (nothing to choose)" in seen
    assert seen.count("nothing to choose") == 1
    many = [session(f"AAA {100 + number}", "G01", "L1", 0, (480, 530)) for number in range(9)]
    later = [session(f"XYZ {100 + number}", "G01", "L1", 0, (480, 530)) for number in range(9)]
    board = board_of([*ENTRIES, *many, *later])
    assert "AAA 100 (nothing to choose)" in text_of(board, start(board))
    assert "XYZ 108 (nothing to choose)" in text_of(board, typed("j", board))


def test_a_window_too_small_takes_only_leaving() -> None:
    """What cannot be seen is not changed; leaving asks where something would be lost."""
    board = board_of(ENTRIES)
    small = TerminalSize(width=40, height=5)
    state = typed("2", board)
    for key in ["1", "p", "c", "s", "ENTER", "u", " "]:
        assert press_unseen(board, state, key) == state
    asked = press_unseen(board, state, "q")
    assert "Quit without saving?" in text_of(board, asked, small)
    assert press_unseen(board, asked, "y").mode is ScreenMode.LEFT
    assert press_unseen(board, replace(start(board), mode=ScreenMode.HELP), "ESCAPE").mode is ScreenMode.LEFT
    assert [too_small(size) for size in (small, STANDARD, TerminalSize(width=79, height=24))] == [True, False, True]


LONGEST = [
    session("WTW 285", "T01", "T1", 2, (510, 640), offered="S2"),
    session("STK 220", "G01", "L2", 2, (510, 640), offered="Q3"),
    semester_test(module="STK 220", activity="Test 1", date=date(2026, 9, 23), status="TENTATIVE"),
    session("WTW 285", "P01", "P1", 2, (900, 1030), offered="Q3"),
]


def test_no_clash_is_cut() -> None:
    """Long clashes fit 80 columns beside the list, and are whole, wrapped, where all are listed."""
    board = board_of(LONGEST)
    assert "…" not in text_of(board, start(board))
    seen = text_of(board, typed("v", board))
    assert "…" not in seen
    told = "! Wednesday, 08:30: STK 220 L2 (G01 Q3) and WTW 285 T1 (T01) (130 minutes, every week of Q3)"
    assert told in " ".join(seen.split())
    assert "a weekly clash counted for 6 weeks a quarter:" in " ".join(seen.split())


@pytest.mark.parametrize("proven", [True, False])
def test_the_message_of_a_proposal_fits(proven: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many clashes are left, the sentence ends within 80 columns."""
    if not proven:
        monkeypatch.setattr("tukscal.cli.choose.state.PROPOSE_NODES", 1)
    board = board_of([replace(e, day=0, start=time(8), end=time(20)) for e in first_year(1) if e.date is None])
    message = typed("p", board).message
    assert ("proven best for the rest." in message, "not proven best." in message) == (proven, not proven)
    assert len(message) <= 80


def test_tab_shows_the_other_half_year() -> None:
    """With sessions in both semesters the picture shows one and then the other."""
    board = board_of([*ENTRIES, *(replace(entry, offered="S1") for entry in ENTRIES if entry.offered)])
    assert ["S1    Mon" in text_of(board, typed(["TAB"] * times, board)) for times in range(3)] == [True, False, True]
