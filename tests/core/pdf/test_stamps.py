"""Words stamped over a table, and text cut into pieces: nothing of it changes an entry in silence."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import pikepdf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.model import Timetable
from tukscal.examples.generator.content import made
from tukscal.examples.generator.copies_seen import see
from tukscal.examples.generator.copies_stamps import anywhere
from tukscal.examples.generator.rows import Kind
from tukscal.examples.generator.table import TABLES
from tukscal.tests.made import values

KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
WORDS = ("DRAFT", "B", "2", "IT 9-99", "P1", "HATFIELD", "A", "Monday")
SAFE = 1.0  # points: nearer to a baseline a word in the row's own font is the table's text


@cache
def original(kind: Kind) -> tuple[bytes, Timetable, tuple[float, ...]]:
    """Return a timetable of one page, what it says, and the baselines of its text."""
    pdf = made(kind, 3).pdf
    with pikepdf.open(BytesIO(pdf)) as opened:
        baselines = {run.y for run in see(opened.pages[0]).runs}
    return pdf, read_pdf(pdf), tuple(baselines)


@cache
def cells(kind: Kind) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return where the text of each cell would start, on the baseline of its row: row by row, column by column."""
    with pikepdf.open(BytesIO(original(kind)[0])) as opened:
        seen = see(opened.pages[0])
        return tuple(tuple((x + 6, seen.within(seen.cell(row, 0))[0].y) for x in seen.xs[:-1]) for row in seen.rows)


def assert_said(kind: Kind, pdf: bytes) -> None:
    """The entries are the original's, or something is said."""
    try:
        found = read_pdf(pdf)
    except TukscalError:  # refused by name
        return
    assert found.problems or values(found) == values(original(kind)[1])


places = st.tuples(st.floats(30, 800), st.floats(40, 560))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(WORDS), places, st.floats(-170, 190).filter(lambda a: abs(a) > 2))
def test_turned_words(kind: Kind, word: str, at: tuple[float, float], angle: float) -> None:
    """A word that is turned changes no entry in silence, wherever it stands."""
    assert_said(kind, anywhere(original(kind)[0], word, at, size=TABLES[kind].size, angle=angle))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(WORDS), places, st.floats(0, 0.97))
def test_transparent_words(kind: Kind, word: str, at: tuple[float, float], alpha: float) -> None:
    """A word that is transparent changes no entry in silence, wherever it stands."""
    assert_said(kind, anywhere(original(kind)[0], word, at, size=TABLES[kind].size, alpha=alpha))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(WORDS), st.integers(0, 9), st.integers(1, 9), st.floats(0.95, 1))
def test_white_words(kind: Kind, word: str, row: int, column: int, white: float) -> None:
    """A white word in the font of the table's text, on its row's own baseline, changes no entry in silence."""
    x, y = cells(kind)[row % len(cells(kind))][column % len(cells(kind)[0])]
    assert_said(kind, anywhere(original(kind)[0], word, (x, y), size=TABLES[kind].size, grey=white))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(WORDS), places, st.one_of(st.floats(0.2, 0.85), st.floats(1.15, 9)))
def test_words_of_another_size(kind: Kind, word: str, at: tuple[float, float], times: float) -> None:
    """A word 15 % larger or smaller than the table's text changes no entry in silence, wherever it stands."""
    assert_said(kind, anywhere(original(kind)[0], word, at, size=TABLES[kind].size * times))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(WORDS), places)
def test_words_between_the_lines(kind: Kind, word: str, at: tuple[float, float]) -> None:
    """A word in the table's own font whose baseline is a point off every other's changes no entry in silence."""
    pdf, _, baselines = original(kind)
    assume(all(abs(at[1] - baseline) > SAFE for baseline in baselines))
    assert_said(kind, anywhere(pdf, word, at, size=TABLES[kind].size))


@cache
def spots() -> tuple[tuple[float, float], ...]:
    """Return where the text of each empty Study Prog cell would start, on the baseline of its row."""
    with pikepdf.open(BytesIO(original("lectures")[0])) as opened:
        seen = see(opened.pages[0])
        empty = [row for row in seen.rows if not any(run.text.strip() for run in seen.within(seen.cell(row, 9)))]
        return tuple((seen.xs[-2] + 6, seen.within(seen.cell(row, 0))[0].y) for row in empty)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["S1", "r3", "R2", "BCOM", "e3r2"]),
    st.integers(0, 99),
    st.one_of(st.floats(0.3, 1.6), st.floats(0.86, 1.14)),
    st.one_of(st.floats(-9, 20), st.floats(1.01, 1.5), st.floats(-1.5, -1.01)),
)
def test_words_that_read_like_programmes(word: str, row: int, times: float, down: float) -> None:
    """A word that reads like a study programme is read as one in silence only where the portal prints them."""
    pdf, _, baselines = original("lectures")
    x, y = spots()[row % len(spots())]
    assume(abs(times - 1) > 0.15 or all(abs(y - down - baseline) > SAFE for baseline in baselines))
    assume(abs(times - 0.8) > 0.06 or abs(down) > SAFE)  # smaller, on the baseline
    assume(abs(times - 1) > 0.06 or abs(down - 9.2) > SAFE)  # below an empty line
    size = TABLES["lectures"].size
    assert_said("lectures", anywhere(pdf, word, (x, y - down), size=size * times))
