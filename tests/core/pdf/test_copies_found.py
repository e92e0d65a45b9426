"""Copies that a stranger found to be read wrong, each with what is right."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Dictionary, Name
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.model import Foreign
from tukscal.examples.generator.content import made
from tukscal.examples.generator.copies_pages import selected
from tukscal.examples.generator.copies_parts import Extra, add, changed, each_page, font, text
from tukscal.examples.generator.copies_seen import Run, Seen, parsed, see
from tukscal.examples.generator.copies_sheets import n_up
from tukscal.tests.made import values

PALE = {"/Font": {"/Stamp": font()}, "/ExtGState": {"/Pale": Dictionary(Type=Name.ExtGState, ca=0.3)}}
PDF = made("lectures", 5).pdf


WANTED = values(read_pdf(PDF))


def drawn(pdf: bytes, draw: Any) -> bytes:
    """Return a PDF with what `draw` makes of what its first page shows drawn over it."""

    def change(opened: pikepdf.Pdf) -> None:
        page = opened.pages[0]
        add(opened, page, Extra(after=draw(see(page)), resources=PALE))

    return changed(pdf, change)


def venue(seen: Seen) -> Run:
    """Return the last venue of a page."""
    return next(run for run in reversed(seen.runs) if "hall" in run.text.lower() or "Lab" in run.text)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (b"/Pale gs ", Foreign.FAINT),
        (b"3 Tr ", Foreign.UNSEEN),
        (b"", Foreign.TURNED),
    ],
)
def test_words_that_touch_the_tables_text(look: bytes, why: Foreign) -> None:
    """A stamp that begins where a venue ends is told from it, glyph by glyph."""

    def draw(seen: Seen) -> bytes:
        run = venue(seen)
        matrix = (1.0, 0.035, -0.035, 1.0) if why is Foreign.TURNED else (1.0, 0.0, 0.0, 1.0)
        return b"q " + look + text("Stamp", run.height, (*matrix, run.end + 0.2, run.y), "MOVED") + b"Q\n"

    found = read_pdf(drawn(PDF, draw))
    assert values(found) == WANTED
    assert {problem.reason for problem in found.problems} == {f"not read as part of the table: {why}"}
    assert "".join(problem.text for problem in found.problems) == "MOVED"


@pytest.mark.parametrize(("times", "up"), [(0.7, 0.0), (1.3, 0.0), (1.0, 2.0), (1.0, -2.0)])
def test_two_stamps_of_one_kind(times: float, up: float) -> None:
    """Two stamps in two rows do not make each other part of the table."""

    def draw(seen: Seen) -> bytes:
        modules = [run for run in seen.runs if len(run.text) == 7 and run.text[3] == " "][1:3]
        x = seen.xs[-2] + 6
        return b"".join(text("Stamp", 10 * times, (1, 0, 0, 1, x, run.y + up), "DRAFT") for run in modules)

    found = read_pdf(drawn(PDF, draw))
    assert found.problems
    assert not any(value["study_programme"] == "DRAFT" for value in values(found))


@pytest.mark.parametrize("share", [0.45, 1.0])
def test_words_covered_in_part(share: float) -> None:
    """A word of which a part is painted over is not read: its row is named."""

    def draw(seen: Seen) -> bytes:
        run = venue(seen)
        return b"1 1 1 rg %f %f %f %f re f\n" % (run.x, run.y - 3, run.wide * share, run.height + 2)

    found = read_pdf(drawn(PDF, draw))
    assert [problem.reason for problem in found.problems] == ["something is drawn over its text"]
    assert all(value in WANTED for value in values(found))


@pytest.mark.parametrize(
    "over",
    [
        b"q 0 0 5 5 re W n 1 1 0 rg 0 0 842 595 re f Q\n",
        b"q 0 0 0 rg 5 5 832 585 re 8 8 826 579 re f* Q\n",
        b"q /Pale gs 1 1 0 rg 0 0 842 595 re f Q\n",
    ],
    ids=["clipped", "ring", "see-through"],
)
def test_areas_that_cover_nothing(over: bytes) -> None:
    """What a viewer shows through or beside an area drawn over the table is read."""
    found = read_pdf(drawn(PDF, lambda seen: over))
    assert (values(found), found.problems) == (WANTED, ())


def test_mirrored_words() -> None:
    """A mirrored word is not the table's."""

    def draw(seen: Seen) -> bytes:
        return text("Stamp", 10, (1, 0, 0, -1, seen.xs[-2] + 6, venue(seen).y), "S1")

    found = read_pdf(drawn(PDF, draw))
    assert values(found) == WANTED
    assert [problem.text for problem in found.problems] == ["S1"]


def test_pages_of_one_sheet_in_another_order() -> None:
    """Two pages printed on one sheet, the second above the first, are read in the order of their rows, and said."""
    pdf = made("lectures", 5, pages=2).pdf
    found = read_pdf(n_up(selected(pdf, [1, 0]), 1, 2))
    assert values(found) == values(read_pdf(pdf))
    reason = "the tables of a page are out of order; they are read in the order of their rows"
    assert [(problem.page, problem.reason) for problem in found.problems] == [(1, reason)]


def test_a_line_down_a_later_page() -> None:
    """A line that somebody drew through a column of a later page costs that page's rows, by name, and nothing else."""
    pdf = made("tests", 5, pages=2, offered=("S1", "S2")).pdf

    def change(opened: pikepdf.Pdf) -> None:
        page = opened.pages[1]
        seen = see(page)
        line = b".5 w %f %f m %f %f l S\n" % (seen.xs[3] + 30, seen.ys[0], seen.xs[3] + 30, seen.ys[-1])
        add(opened, page, Extra(after=line))

    found = read_pdf(changed(pdf, change))
    wanted = values(read_pdf(pdf))
    said = " ".join(f"{problem.text} {problem.reason}" for problem in found.problems)
    assert all(value in wanted or value["module"] in said for value in values(found))
    assert found.problems


@pytest.mark.parametrize(
    ("subtype", "more", "reason"),
    [
        ("/Watermark", {}, "a watermark was added to the page; what it says or covers is not known"),
        ("/Square", {"IC": [1, 1, 1]}, "a filled shape was added to the page; what it covers is read all the same"),
        ("/Square", {}, None),
        ("/Stamp", {}, "a stamp was added to the page; what it says or covers is not known"),
    ],
)
def test_annotations(subtype: str, more: dict[str, Any], reason: str | None) -> None:
    """Annotations that say or hide something are named; a frame is none of them."""

    def annotate(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        box = [100, 100, 300, 140]
        made_here = Dictionary(Type=Name.Annot, Subtype=Name(subtype), Rect=box, **more)
        page.obj.Annots = opened.make_indirect(pikepdf.Array([opened.make_indirect(made_here)]))

    found = read_pdf(each_page(PDF, annotate))
    assert values(found) == WANTED
    assert [problem.reason for problem in found.problems] == ([reason] if reason else [])


def test_kerned_letters_of_another_font() -> None:
    """Letters drawn closer together than Helvetica's, as other fonts do ("Tu"), are one word."""
    out = BytesIO()
    with pikepdf.open(BytesIO(PDF)) as opened:
        page = opened.pages[0]
        operators = []
        for operands, operator in parsed(page):
            shown = bytes(operands[0]) if operator == "Tj" else b""
            if shown.startswith(b"Tu"):
                pair = pikepdf.Array([pikepdf.String("T"), 170, pikepdf.String(shown[1:].decode())])
                operators.append(([pair], pikepdf.Operator("TJ")))
            else:
                operators.append((list(operands), pikepdf.Operator(operator)))
        page.obj.Contents = opened.make_stream(pikepdf.unparse_content_stream(operators))
        opened.save(out)
    found = read_pdf(out.getvalue())
    assert (values(found), found.problems) == (WANTED, ())
