"""Copies that people make of a timetable: each is read like the original, or what is wrong with it is said."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.model import Timetable
from tukscal.core.pdf.tables import page_tables
from tukscal.examples.generator.content import made
from tukscal.examples.generator.copies import COPIES, Copy
from tukscal.examples.generator.layout import Layout
from tukscal.examples.generator.rows import Kind
from tukscal.tests.made import pages_of, table_texts, values
from tukscal.tests.samples import KINDS as SAMPLE_KINDS
from tukscal.tests.samples import sample

MADE: tuple[Kind, ...] = ("lectures", "tests", "exams")
NAMES = sorted(COPIES)
ONE_READER = ("file-", "pages-", "text-recoded-soft-hyphen")
"""Copies whose pages, not their contents, are others; and one whose hyphens pdfminer takes for blanks."""


@cache
def original(name: str) -> bytes:
    """Return a made timetable of three pages, or a real one."""
    if name in SAMPLE_KINDS:
        return sample(name)
    kind: Kind = next(kind for kind in MADE if kind == name)
    return made(kind, 5, pages=3, offered=("S1", "S2")).pdf


@cache
def original_values(name: str) -> list[dict[str, Any]]:
    """Return what the original says."""
    found = read_pdf(original(name))
    assert found.problems == ()
    return values(found)


def read(pdf: bytes) -> Timetable | TukscalError:
    """Return what is read from a PDF, or why it is refused."""
    try:
        return read_pdf(pdf)
    except TukscalError as error:
        return error


def assert_kept(copy: Copy, wanted: list[dict[str, Any]], found: Timetable | TukscalError) -> None:
    """What a copy promises is kept."""
    if isinstance(found, TukscalError):
        assert copy.promise != "same", found.message
        assert not copy.whole, found.message
        assert found.message
        return
    got = values(found)
    said = " ".join([*(f"{problem.text} {problem.reason}" for problem in found.problems), *found.notes])
    if copy.promise == "same":
        assert (got, found.problems) == (wanted, ())
    assert found.problems or got == wanted or copy.promise == "part"
    assert found.problems or copy.promise != "said"
    assert not copy.whole or got == wanted
    strange = [value for value in got if value not in wanted and value["module"] not in said]
    # A row whose rest stood on a page that was lost says nothing of it: no row of its own contradicts the break.
    assert all(copy.promise == "part" and is_cut(value, wanted) for value in strange)


def is_cut(value: Mapping[str, Any], wanted: list[dict[str, Any]]) -> bool:
    """Tell whether an entry is one of the original's less venues at its end."""
    venues = value["venues"]
    others = [other for other in wanted if {**other, "venues": venues} == {**value, "venues": venues}]
    return any(other["venues"][: len(venues)] == venues for other in others)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("name", NAMES)
def test_made_timetables(name: str, kind: Kind) -> None:
    """Each kind of copy of a made timetable is read as it promises, whatever row it touches."""
    copy = COPIES[name]
    for seed in range(3 if copy.seeded else 1):
        assert_kept(copy, original_values(kind), read(copy.of(original(kind), seed=seed)))


@pytest.mark.parametrize("name", NAMES)
def test_real_timetables(name: str, sample_name: str) -> None:
    """Each kind of copy of a real timetable is read as it promises."""
    copy = COPIES[name]
    if copy.pages <= len(pages_of("pdfium", original(sample_name))):
        assert_kept(copy, original_values(sample_name), read(copy.of(original(sample_name))))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(ONE_READER)])
def test_both_readers(name: str) -> None:
    """Both readers see the same tables, the same words outside them, and keep the same words out of them."""
    for kind in MADE:
        pdf = COPIES[name].of(made(kind, 6).pdf)
        first, second = pages_of("pdfium", pdf), pages_of("pdfplumber", pdf)
        assert table_texts(first) == table_texts(second)
        assert [[why for _, why in page_tables(page).foreign] for page in first] == [
            [why for _, why in page_tables(page).foreign] for page in second
        ]
        assert [page.remarks for page in first] == [page.remarks for page in second]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if COPIES[name].promise == "same" and "file" not in name])
def test_printed_again(name: str) -> None:
    """Copies of timetables that were printed again already are read as the original too."""
    pdf = made("lectures", 7, pages=2, layout=Layout(style="pdfium")).pdf
    copied = read(COPIES[name].of(pdf))
    assert isinstance(copied, Timetable)
    assert (values(copied), copied.problems) == (values(read_pdf(pdf)), ())
