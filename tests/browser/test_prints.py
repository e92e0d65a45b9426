"""Timetables as tables of a web page, printed by a real browser: read like the original, or what is wrong is said."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.model import Kind
from tukscal.core.pdf.tables import page_tables
from tukscal.examples.generator.content import made
from tukscal.examples.generator.rows import Kind as Made
from tukscal.tests.made import pages_of, values

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

DOUBT = "it is not certain whether these lines are one venue or two"
"""Of an exam's venue that was wrapped before a word that may be a venue too."""
KINDS: Mapping[Made, str] = {"lectures": "Lectures", "tests": "Semester Tests", "exams": "Exams"}
BORDERS: Mapping[str, str] = {
    "none of its own": "",  # the browser's own borders and spacing
    "one line": "table { border-collapse: collapse } td { border: 1px solid; padding: 3px; vertical-align: top }",
    "touching": "table { border-spacing: 0 } td { border: 1px solid }",
    "no room": "table { border-collapse: collapse } td { border: 1px solid; padding: 0 }",
    "dashed": "table { border-collapse: collapse } td { border: 1px dashed; padding: 3px }",
    "dotted": "table { border-collapse: collapse } td { border: 1px dotted; padding: 3px }",
    "double": "table { border-collapse: collapse } td { border: 3px double; padding: 3px }",
    "thick": "table { border-collapse: collapse } td { border: 5px solid #888; padding: 3px }",
    "hairline": "table { border-collapse: collapse } td { border: 0.3px solid; padding: 3px }",
    "shaded": "table { border-collapse: collapse } td { border: 1px solid #ccc } tr:nth-child(2n) { background: #eee }",
    "centred": "table { border-collapse: collapse } td { border: 1px solid; text-align: center; padding: 3px }",
}
LOOKS: Mapping[str, str] = {
    "7px": "font: 7px 'DejaVu Sans'",
    "9pt": "font: 9pt 'DejaVu Sans'",
    "serif": "font: 8pt 'DejaVu Serif'",
    "one width": "font: 7pt 'DejaVu Sans Mono'",
}


@cache
def original(kind: Made) -> tuple[list[list[list[str]]], list[dict[str, Any]]]:
    """Return the rows of a made timetable, each with the lines of its cells unwrapped, and what it says."""
    pdf = made(kind, 5, pages=3, offered=("S1", "S2")).pdf
    found = read_pdf(pdf)
    rows: list[list[list[str]]] = []
    for page in pages_of("pdfium", pdf):
        for table in page_tables(page).tables:
            for row in table.rows:
                cells = [[line.text for line in cell.lines] for cell in row.cells]
                if rows and not cells[rows[0].index(["Module"])]:
                    rows[-1] = [before + rest for before, rest in zip(rows[-1], cells, strict=True)]
                else:
                    rows.append(cells)
    if kind != "lectures":
        venue = rows[0].index(["Venue"])
        rows = [[[" ".join(lines)] for lines in row] for row in rows]
        for cells, entry in zip(rows[1:], found.entries, strict=True):
            cells[venue] = list(entry.venues)
    return rows, values(found)


def printed(browser: Browser, kind: Made, style: str) -> bytes:
    """Return a timetable as a browser prints it."""
    rows = "".join(
        "<tr>" + "".join("<td>" + "<br>".join(map(html.escape, lines)) + "</td>" for lines in row) + "</tr>"
        for row in original(kind)[0]
    )
    page = browser.new_page()
    page.set_content(f"<style>{style}</style><h2>{KINDS[kind]}</h2><table border=1>{rows}</table>")
    return page.pdf(format="A4", landscape=True)


def assert_same(kind: Made, pdf: bytes) -> None:
    """A print says what the original says, and nothing is in doubt but an exam's venue."""
    found = read_pdf(pdf)
    assert {problem.reason for problem in found.problems} <= ({DOUBT} if kind == "exams" else set())
    assert values(found) == original(kind)[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", BORDERS)
def test_borders(browser: Browser, kind: Made, border: str) -> None:
    """Whatever a table's borders look like, it says what the original says, over its page breaks too."""
    assert_same(kind, printed(browser, kind, f"body {{ font: 8pt 'DejaVu Sans' }} {BORDERS[border]}"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("look", LOOKS)
def test_fonts(browser: Browser, kind: Made, look: str) -> None:
    """Whatever its font, with ligatures or letters of one width, it says what the original says."""
    assert_same(kind, printed(browser, kind, f"body {{ {LOOKS[look]} }} {BORDERS['one line']}"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", range(12, 30, 4))
@pytest.mark.parametrize("font", ["DejaVu Sans", "DejaVu Sans Mono"])
def test_narrow_columns(browser: Browser, kind: Made, size: int, font: str) -> None:
    """Where columns are so narrow that their lines were wrapped anew, nothing that is wrong goes unsaid."""
    try:
        found = read_pdf(printed(browser, kind, f"body {{ font: {size}px '{font}' }} {BORDERS['one line']}"))
    except TukscalError:
        return
    wrong = [value for value in values(found) if value not in original(kind)[1]]
    said = " ".join(f"{problem.text} {problem.reason}" for problem in found.problems)
    assert [value for value in wrong if str(value["module"]) not in said] == []
    assert found.problems or values(found) == original(kind)[1]
    assert found.kind is Kind(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_columns_of_random_widths(browser: Browser, kind: Made, seed: int) -> None:
    """Where columns have widths of their own, words that do not fit run into the next: every wrong row is named."""
    random = Random(f"{kind} {seed}")  # noqa: S311 - it draws test cases
    parts = [random.uniform(0.5, 2.0) for _ in original(kind)[0][0]]
    widths = " ".join(
        f"td:nth-child({place}) {{ width: {100 * part / sum(parts):.1f}% }}" for place, part in enumerate(parts, 1)
    )
    font = random.choice(["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"])
    style = f"body {{ font: {random.choice([7, 8, 10, 12])}px '{font}' }} table {{ table-layout: fixed; width: 90% }}"
    try:
        found = read_pdf(printed(browser, kind, f"{style} {BORDERS['one line']} {widths}"))
    except TukscalError:
        return
    named = {(problem.page, problem.row) for problem in found.problems}
    unnamed = [value for value, entry in zip(values(found), found.entries, strict=True) if named.isdisjoint(entry.rows)]
    assert [value for value in unnamed if value not in original(kind)[1]] == []
