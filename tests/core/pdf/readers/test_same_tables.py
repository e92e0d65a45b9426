"""Two readers, one contract: after table building PDFium and pdfplumber say the same."""

from __future__ import annotations

import os
from io import BytesIO

import pikepdf
import pytest
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import merged_pdf, timetable_pdf
from tukscal.examples.generator.layout import CellText, Layout
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.rows import Kind, Row
from tukscal.examples.generator.table import PAGE
from tukscal.tests.made import LAYOUTS, pages_of, table_texts
from tukscal.tests.samples import sample

KINDS: tuple[Kind, ...] = ("lectures", "tests", "exams")
SEEDS = int(os.environ.get("TUKSCAL_SEEDS", "8"))
"""Made timetables for each kind and layout; more by hand: TUKSCAL_SEEDS=200 pytest tests/core/pdf/readers."""

TEXTS = {
    "hyphens": ("Consult-", "- IT 4 -"),
    "no-break-space": ("IT\xa04-4", "a \xa0 b"),
    "accents": ("Café Ünïversität", "“Saal’s” — €5"),
    "wider-than-the-cell": ("A" * 40, "Only Theology Students: Consult AIM Labs now"),
    "blanks": ("  IT   4-4  ", " x "),
    "brackets": ("(IT) [4] {4}", "\\n <b>"),
    "twenty-lines": tuple(f"Hall {number}" for number in range(20)),
    "twice": ("IT 4-4", "IT 4-4"),
    "letters-apart": ("x " * 60, "y"),
    "addresses": ("https://a.b/c?d=e", "mail@x.y"),
}
CELLS: list[tuple[tuple[Row, ...], str]] = [
    (LECTURES, "Venue"),
    (LECTURES, "Study Prog"),
    (TESTS, "Venue"),
    (EXAMS, "Exam Comments"),
]


def assert_same(pdf: bytes) -> None:
    """Both readers see the same tables and the same words outside them, and they see some."""
    first, second = table_texts(pages_of("pdfium", pdf)), table_texts(pages_of("pdfplumber", pdf))
    assert first == second
    assert any(cells for cells, _ in first)


def test_real_timetables(sample_name: str) -> None:
    """Both readers see the same tables in a real timetable."""
    assert_same(sample(sample_name))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_made_timetables(kind: Kind, layout: str) -> None:
    """Both readers see the same tables in made timetables of every layout, encrypted or not, short or long venues."""
    for seed in range(SEEDS):
        one = made(
            kind,
            seed,
            pages=1 + seed % 8 if SEEDS > 8 else 1 + (seed == 7),
            offered=(("S2",), ("S1", "S2"), ("Q3", "Q4"))[seed % 3],
            long_venues=seed % 2 == 1,
            encrypted=seed % 4 >= 2,
            layout=LAYOUTS[layout],
        )
        assert_same(one.pdf)


@pytest.mark.parametrize("kind", KINDS)
def test_eight_pages(kind: Kind) -> None:
    """Both readers see the same tables on all pages of a long timetable."""
    assert_same(made(kind, 11, pages=8, offered=("S1", "S2"), encrypted=True).pdf)


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("style", ["portal", "printed-again"])
def test_turned_pages(angle: int, style: str) -> None:
    """A page stored turned and shown upright gives the tables of the page stored upright, in both readers."""
    pdf = made("lectures", 4, pages=2, layout=LAYOUTS[style]).pdf
    assert_same(turned(pdf, angle))
    assert table_texts(pages_of("pdfium", turned(pdf, angle))) == table_texts(pages_of("pdfium", pdf))


def turned(pdf: bytes, angle: int) -> bytes:
    """Return a PDF that looks the same, its content turned and its pages turned back."""
    wide, high = PAGE
    matrix = {90: f"0 1 -1 0 {high} 0", 180: f"-1 0 0 -1 {wide} {high}", 270: f"0 -1 1 0 0 {wide}"}[angle]
    box = [0, 0, wide, high] if angle == 180 else [0, 0, high, wide]
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        for page in opened.pages:
            page.contents_add(f"q {matrix} cm ".encode(), prepend=True)
            page.contents_add(b" Q")
            page.obj.Rotate = angle
            page.obj.MediaBox = page.obj.CropBox = pikepdf.Array(box)
        opened.save(out)
    return out.getvalue()


def test_page_that_begins_elsewhere() -> None:
    """A page whose box does not begin at the origin gives the same tables."""
    pdf, out = made("lectures", 4).pdf, BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        page = opened.pages[0].obj
        page.MediaBox = page.CropBox = pikepdf.Array([-30, -40, PAGE[0] - 30, PAGE[1] - 40])
        opened.save(out)
    assert_same(out.getvalue())
    assert table_texts(pages_of("pdfium", out.getvalue())) == table_texts(pages_of("pdfium", pdf))


@pytest.mark.parametrize(("rows", "column"), CELLS, ids=[f"{type(r[0]).__name__}-{c}" for r, c in CELLS])
@pytest.mark.parametrize("name", TEXTS)
def test_odd_texts(rows: tuple[Row, ...], column: str, name: str) -> None:
    """Both readers see the same words in a cell, whatever it says."""
    for style in ("oracle", "pdfium"):
        cell = CellText(row=2, column=column, lines=TEXTS[name])
        assert_same(
            timetable_pdf(rows, layout=Layout(style="oracle" if style == "oracle" else "pdfium", cells=(cell,)))
        )


def test_merged_semesters() -> None:
    """Both readers see the same tables where one PDF holds two timetables."""
    assert_same(merged_pdf([made("lectures", 2, offered=(half,)).rows for half in ("S1", "S2")]))


@pytest.mark.parametrize("name", sorted(set(MALFORMED) - {"rows-10000"}))
def test_malformed_timetables(name: str) -> None:
    """Both readers see the same tables where something is missing."""
    assert_same(MALFORMED[name].pdf())
