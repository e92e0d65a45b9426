"""Nothing is lost: blank the consumer of any one word and the check names that word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import pytest
from tukscal.core.errors import TukscalError
from tukscal.core.model import Cell, Entry, Page, PageTables, Problem, Row
from tukscal.core.pdf.tables import page_tables
from tukscal.core.timetable import Reading, account, read_timetable
from tukscal.core.timetable.layouts import HEADINGS
from tukscal.core.timetable.records import find_records
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import merged_pdf
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import LECTURES, TESTS
from tukscal.tests.made import LAYOUTS, pages_of
from tukscal.tests.samples import sample

UNUSED = "this text was read but not used; please report it"
TWICE = "this text was used twice; please report it"

PDFS: dict[str, Callable[[], bytes]] = {
    "real-lectures": lambda: sample("UP_MOD_XLS"),
    "real-tests": lambda: sample("UP_TST_PDF"),
    "real-exams": lambda: sample("UP_EXAM_SS"),
    "lectures": lambda: made("lectures", 5, pages=2, layout=LAYOUTS["all-at-once"]).pdf,
    "tests": lambda: made("tests", 5, pages=2, layout=LAYOUTS["extra-column"]).pdf,
    "exams": lambda: made("exams", 5, pages=2, layout=LAYOUTS["furniture"]).pdf,
    "day-unknown": MALFORMED["day-unknown"].pdf,
    "text-outside": MALFORMED["text-outside"].pdf,
    "continuation-first": MALFORMED["continuation-first"].pdf,
    "two-kinds": lambda: merged_pdf([LECTURES, TESTS]),
}


@cache
def read(name: str) -> tuple[tuple[Page, ...], tuple[PageTables, ...], Reading]:
    """Return a PDF's pages, its tables and what is read from them."""
    pages = pages_of("pdfium", PDFS[name]())
    tables = tuple(page_tables(page) for page in pages)
    return pages, tables, read_timetable(pages, tables)


def others(name: str) -> list[tuple[int, ...]]:
    """Return the words that no entry and no problem owns: those of header rows, headings and page numbers."""
    pages, tables, reading = read(name)
    headers = [header.words for header in find_records(tables).headers]
    problems = {word for problem in reading.problems for word in problem.words}
    outside = [word for table in tables for word in table.outside if word not in problems]
    known = {part for heading in HEADINGS for part in heading.split()} | {"page", "of"}
    texts = {word.text.lower() for page in pages for word in page.words if page.first_word == 0}
    assert texts & known
    return [*headers, *((word,) for word in outside)]


@pytest.mark.parametrize("name", PDFS)
def test_every_word_has_one_owner(name: str) -> None:
    """The entries, problems, headers and headings of a timetable own each of its words."""
    pages, _, reading = read(name)
    total = sum(len(page.words) for page in pages)
    assert account(pages, reading.entries, reading.problems, others(name)) == (total, [])
    assert (reading.words, reading.accounted) == (total, total)


@pytest.mark.parametrize("name", PDFS)
def test_a_word_its_consumer_forgets(name: str) -> None:
    """If the one that owns a word forgot it, the check reports exactly that word; so for every word."""
    pages, _, reading = read(name)
    headers = others(name)
    for word, text, number in _all_words(pages):
        counted, found = account(
            pages,
            [_forget_entry(entry, word) for entry in reading.entries],
            [replace(problem, words=_without(problem.words, word)) for problem in reading.problems],
            [_without(header, word) for header in headers],
        )
        assert found == [Problem(page=number, row=None, text=text, reason=UNUSED, words=(word,))]
        assert counted == reading.words - 1


@pytest.mark.parametrize("name", PDFS)
def test_a_word_two_claim(name: str) -> None:
    """A word that a header or a problem claims as well as its owner is reported, and it alone; so for every word."""
    pages, _, reading = read(name)
    headers = others(name)
    for word, text, number in _all_words(pages):
        twice = Problem(page=number, row=None, text=text, reason=TWICE, words=(word,))
        greedy = Problem(page=1, row=1, text="", reason="greedy", words=(word,))
        assert account(pages, reading.entries, reading.problems, [*headers, (word,)])[1] == [twice]
        assert account(pages, reading.entries, [*reading.problems, greedy], headers)[1] == [twice]


def test_a_word_two_fields_claim() -> None:
    """A word read into two fields of one entry is reported."""
    pages, _, reading = read("real-lectures")
    first, *rest = reading.entries
    word = first.sources["venue"][0]
    greedy = replace(first, sources={**first.sources, "campus": (*first.sources["campus"], word)})
    counted, found = account(pages, [greedy, *rest], reading.problems, others("real-lectures"))
    assert [(problem.words, problem.reason) for problem in found] == [((word,), TWICE)]
    assert counted == reading.words - 1


@pytest.mark.parametrize("name", PDFS)
def test_a_line_the_tables_lose(name: str) -> None:
    """If table building lost any one line of any cell or any word outside, the reading reports its words, or fails."""
    pages, tables, reading = read(name)
    reported = refused = 0
    for lost, thinner in _each_line_lost(tables):
        try:
            found = read_timetable(pages, thinner)
        except TukscalError:
            refused += 1  # a column lost its heading: no row is usable
            continue
        unused = {word for problem in found.problems if problem.reason == UNUSED for word in problem.words}
        assert unused == set(lost)
        assert found.accounted == reading.words - len(lost)
        reported += 1
    assert reported > 20
    assert refused <= 12


def _all_words(pages: Iterable[Page]) -> Iterable[tuple[int, str, int]]:
    for page in pages:
        for index, word in enumerate(page.words):
            yield page.first_word + index, word.text, page.number


def _without(words: tuple[int, ...], word: int) -> tuple[int, ...]:
    return tuple(other for other in words if other != word)


def _forget_entry(entry: Entry, word: int) -> Entry:
    return replace(entry, sources={name: _without(words, word) for name, words in entry.sources.items()})


def _each_line_lost(tables: tuple[PageTables, ...]) -> Iterable[tuple[tuple[int, ...], list[PageTables]]]:
    """Yield the words of each line in turn and the tables without it."""
    for at, page in enumerate(tables):
        for word in page.outside:
            yield (word,), _put(tables, at, replace(page, outside=_without(page.outside, word)))
        for table in page.tables:
            for row in table.rows:
                for column, cell in enumerate(row.cells):
                    for line in cell.lines:
                        thin = cell._replace(lines=tuple(other for other in cell.lines if other is not line))
                        rows = tuple(_thin(other, column, thin) if other is row else other for other in table.rows)
                        replaced = tuple(
                            replace(table, rows=rows) if other is table else other for other in page.tables
                        )
                        yield line.words, _put(tables, at, replace(page, tables=replaced))


def _thin(row: Row, column: int, cell: Cell) -> Row:
    return replace(row, cells=(*row.cells[:column], cell, *row.cells[column + 1 :]))


def _put(tables: tuple[PageTables, ...], at: int, page: PageTables) -> list[PageTables]:
    return [*tables[:at], page, *tables[at + 1 :]]
