"""Where text was wrapped: which lines of a cell are one item, and which are a list."""

from __future__ import annotations

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.model import Cell, Line
from tukscal.core.timetable.fields import (
    Fields,
    Joint,
    goes_on_if_open,
    goes_on_if_rest,
    goes_on_if_spaced,
    goes_on_if_spaced_or_broken,
    goes_on_unless_alike,
    is_wrapped_anew,
    may_go_on,
    unwrap,
)
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import CellText, ExtraColumn, Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS, exam, semester_test

LETTER = 5.0
RIGHT = 100.0
"""Every letter is 5 points wide and a cell holds 20."""


def cell(*texts: str, page: int = 1) -> Cell:
    """Return a cell of these lines; one that ends in a blank kept it."""
    lines = []
    for number, text in enumerate(texts):
        words = text.split()
        lines.append(
            Line(
                text=" ".join(words),
                words=(number,),
                y=10.0 * number,
                x1=LETTER * len(text.rstrip()),
                first_width=LETTER * len(words[0]),
                row=(page + text.startswith(" "), 1),
                spaced=text.endswith(" "),
                height=10.0,
                gap=3.0 if len(words) > 1 else 0.0,
            )
        )
    return Cell(tuple(lines), RIGHT)


def items(found: Cell, goes_on: Joint) -> list[str]:
    """Return the items of a cell."""
    return [" ".join(line.text for line in item) for item in unwrap(found, goes_on)]


@pytest.mark.parametrize(
    ("rule", "texts", "joined"),
    [
        # The next word would have fitted: a line of its own, whatever the rule.
        (may_go_on, ("Thuto 3-1", "Lab"), False),
        (goes_on_if_rest, ("Thuto 3-1", "eLearning lab"), False),
        (goes_on_if_rest, ("Thuto 3-1", "Hall 2"), False),
        (goes_on_unless_alike, ("Thuto 3-1", "Theatre 2"), False),
        (goes_on_if_spaced, ("Thuto 3-1 ", "Hall"), False),
        # It would not have fitted.
        (may_go_on, ("Informatorium Green", "Informatorium Red"), True),
        (goes_on_if_rest, ("IT Building CBT Labs", "1,2,3"), True),
        (goes_on_if_rest, ("IT Building CBT Labs", "2B"), True),
        (goes_on_if_rest, ("IT Building CBT Labs", "eLearning"), True),
        (goes_on_if_rest, ("Plant Science Annex", "auditorium 3-50"), True),
        (goes_on_if_rest, ("Eng III Electronics", "Laboratory"), True),
        (goes_on_if_rest, ("Informatorium Green", "Informatorium Red"), False),
        (goes_on_if_rest, ("AE du Toit Auditorium", "AE Annex"), False),
        (goes_on_unless_alike, ("Rembrandt Hall and", "Annex"), True),
        (goes_on_unless_alike, ("Informatorium Green", "Informatorium Red"), False),
        # It is no venue by itself, or the blank before it was kept, though it would have fitted.
        (goes_on_if_rest, ("Thuto 3-1", "1,2,3"), True),
        (goes_on_if_rest, ("Thuto 3-1", "Hall"), True),
        (goes_on_unless_alike, ("Thuto 3-1", "Hall"), True),
        (goes_on_unless_alike, ("Thuto 3-1 ", "Theatre 2"), True),
        (goes_on_unless_alike, ("Thuto 3-1 ", "Thuto 3-2"), False),
        # What stands before it is no venue yet.
        (goes_on_if_rest, ("Informatorium", "Blue Lab"), True),
        (goes_on_if_rest, ("Informatorium CBT", "Lab 3"), True),
        (goes_on_if_rest, ("AE du Toit of the", "Auditorium East"), True),
        (goes_on_if_rest, ("Informatorium lab", "Auditorium East"), True),
        (goes_on_if_rest, ("Informatorium lab", "Theology Court"), False),
        # A time's end stands below its start.
        (goes_on_if_open, ("10:30 -", "13:20"), True),
        (goes_on_if_open, ("10:30", "-", "13:20"), True),
        (goes_on_if_open, ("10:30", "- 13:20"), True),
        (goes_on_if_open, ("10:30 - 13:20", "13:30 -"), False),
        (goes_on_if_open, ("Monday", "Tuesday"), False),
        # The blank it broke at was kept, or the page ended there.
        (goes_on_if_spaced, ("Only Theology Stud: ", "Consult AIM Labs"), True),
        (goes_on_if_spaced, ("Only Theology Stud:", "Consult AIM Labs"), False),
        (goes_on_if_spaced_or_broken, ("Only Theology Stud:", "Consult AIM Labs"), False),
        (goes_on_if_spaced_or_broken, ("Only Theology Stud: ", "Consult AIM Labs"), True),
        (goes_on_if_spaced_or_broken, ("Only Theology Stud:", " Consult AIM Labs"), True),
    ],
)
def test_rules(rule: Joint, texts: tuple[str, str], joined: bool) -> None:
    """Two lines are one item only where the second could not have stood on the first line, and the rule agrees."""
    assert items(cell(*texts), rule) == (
        [" ".join(text.strip() for text in texts)] if joined else [*map(str.strip, texts)]
    )


def test_a_word_that_just_fits() -> None:
    """A word that would have filled the line to its end was not wrapped; a point more and it was."""
    first = "x" * 10  # leaves 50 points, 46.75 after a blank of a quarter of the text's height and what glyphs lack
    fits, wide = "y" * 9, "y" * 10
    assert items(cell(first, fits), may_go_on) == [first, fits]
    assert items(cell(first, wide), may_go_on) == [f"{first} {wide}"]
    one, other = cell(first, fits).lines
    assert items(Cell((one, other._replace(first_width=46.7)), RIGHT), may_go_on) == [first, fits]
    assert items(Cell((one, other._replace(first_width=46.8)), RIGHT), may_go_on) == [f"{first} {fits}"]


def test_blanks_as_wide_as_they_are_printed() -> None:
    """Where a line shows how wide a blank is, that decides: text of one width has wide ones."""
    one, other = cell("x" * 10, "y" * 8).lines  # leaves 50 points of which 40 are needed
    assert items(Cell((one, other._replace(gap=9.0)), RIGHT), may_go_on) == ["x" * 10, "y" * 8]
    assert items(Cell((one, other._replace(gap=9.2)), RIGHT), may_go_on) == [f"{'x' * 10} {'y' * 8}"]


def test_lines_that_may_be_one_venue_though_they_would_fit() -> None:
    """A line that is no venue by itself is the rest of the one before; that it would have fitted there is said."""
    for goes_on in (goes_on_unless_alike, goes_on_if_rest):
        fields = Fields({"venue": cell("Thuto 3-1", "1,2,3")})
        assert fields.items("venue", goes_on) == ("Thuto 3-1 1,2,3",)
        assert [doubt.text for doubt in fields.doubts] == ["Thuto 3-1 | 1,2,3"]
        sure = Fields({"venue": cell("IT Building CBT Labs", "1,2,3")})
        assert (sure.items("venue", goes_on), sure.doubts) == (("IT Building CBT Labs 1,2,3",), [])


def test_three_lines() -> None:
    """An item may go on over more than two lines, and the next item begins after it."""
    found = cell("Only Theology Stud: ", "Consult AIM Labs at ", "Building 7", "Thuto 3-1")
    assert items(found, goes_on_if_spaced) == ["Only Theology Stud: Consult AIM Labs at Building 7", "Thuto 3-1"]


def test_the_end_of_an_item_decides() -> None:
    """An item goes on behind a word that ends none, whichever of its lines that stands in."""
    whole = ("Plant Science Annex", "Auditorium of the", "Humanities Court")
    assert items(cell(*whole), goes_on_if_rest) == [" ".join(whole)]
    ended = ("Plant Science of the", "Humanities Court", "Theology East 2-5")
    assert items(cell(*ended), goes_on_if_rest) == ["Plant Science of the Humanities Court", "Theology East 2-5"]


def test_the_line_before_decides() -> None:
    """Whether an item goes on depends on its last line, not on its first."""
    lines = ("Only Theology Stud: ", "Consult AIM Labs at", "Building 7")
    assert items(cell(*lines), goes_on_if_spaced) == ["Only Theology Stud: Consult AIM Labs at", "Building 7"]
    assert items(cell(*lines), goes_on_if_spaced_or_broken) == ["Only Theology Stud: Consult AIM Labs at", "Building 7"]
    broken = cell("Only Theology Stud:", " Consult AIM Labs at", " Building 7")
    assert items(broken, goes_on_if_spaced_or_broken) == ["Only Theology Stud: Consult AIM Labs at", "Building 7"]
    assert items(cell("Consult AIM Labs at ", "Thuto ", "Lab"), may_go_on) == ["Consult AIM Labs at Thuto", "Lab"]


def test_a_list_is_known_by_how_its_items_begin() -> None:
    """A line that begins like the item before it, however that went on, is an item of its own."""
    lines = ("Rembrandt Hall and", "Annex of the Theatre", "Rembrandt Court")
    assert items(cell(*lines), goes_on_unless_alike) == ["Rembrandt Hall and Annex of the Theatre", "Rembrandt Court"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("Auditorium 3-", "50"), "Auditorium 3-50"),
        (("Eng III -", "7"), "Eng III - 7"),
        (("IT 4-4", "Lab"), "IT 4-4 Lab"),
    ],
)
def test_lines_broken_behind_a_hyphen(lines: tuple[str, str], text: str) -> None:
    """A line that was broken behind a hyphen within a word goes on without a blank."""
    assert Fields({"venue": cell(*lines)}).text("venue") == text


def test_text_is_noted_with_its_words() -> None:
    """A cell of one value is its lines joined, and every word of it is noted; a cell nobody asks for is not."""
    fields = Fields({"activity": cell("Exam ", "Written"), "day": cell("Monday"), "venue": Cell((), RIGHT)})
    assert (fields.text("activity"), fields.text("venue"), fields.text("campus")) == ("Exam Written", "", "")
    assert fields.sources == {"activity": (0, 1)}


def test_lists_that_were_wrapped_anew() -> None:
    """Where a list was wrapped without the portal's blanks, each line that the next word did not fit is doubted."""
    wrapped = cell("Informatorium Blue", "Lab 3", "Thuto 3-1", "Theology Hall 2-5")
    assert is_wrapped_anew(wrapped)
    assert not is_wrapped_anew(cell("Informatorium Blue ", "Lab 3"))
    assert not is_wrapped_anew(cell("Informatorium Blue", " Lab 3"))  # on the next page
    assert not is_wrapped_anew(cell("Thuto 3-1", "Lab 3"))
    listed = cell("Theology Hall 2-55", "IT 4-4", "Thuto 3-1", "Thuto 3-2")
    for anew, texts in ((False, []), (True, ["Theology Hall 2-55 | IT 4-4"])):
        fields = Fields({"venue": listed})
        assert len(fields.items("venue", goes_on_if_rest, anew=anew)) == 4
        assert [doubt.text for doubt in fields.doubts] == texts
    several = Fields({"venue": cell("Theology Hall 2-5", "Informatorium Red", "Informatorium Tan")})
    several.items("venue", goes_on_if_rest, anew=True)
    assert [(doubt.text, doubt.reason) for doubt in several.doubts] == [
        (
            "Theology Hall 2-5 | Informatorium Red | Informatorium Tan",
            "it is not certain which of these lines are one venue",
        )
    ]


@pytest.mark.parametrize(
    ("lines", "goes_on", "venues", "doubted"),
    [
        # "Theatre" alone would go on for certain, the whole venue may end.
        (
            ("Electromechanical", "Theatre", "Electromagnetic Lab"),
            goes_on_if_rest,
            ("Electromechanical Theatre", "Electromagnetic Lab"),
            1,
        ),
        (("Lecture Theatre", "Aula"), goes_on_if_rest, ("Lecture Theatre", "Aula"), 1),
        (("Lecture Theatre", "Aula"), goes_on_unless_alike, ("Lecture Theatre", "Aula"), 1),
        (("Lecture Theatre", "Aula Main"), goes_on_if_rest, ("Lecture Theatre", "Aula Main"), 0),
        (("Aula",), goes_on_if_rest, ("Aula",), 0),
    ],
)
def test_venues_of_one_word(lines: tuple[str, ...], goes_on: Joint, venues: tuple[str, ...], doubted: int) -> None:
    """Whether a line goes on with a venue is asked of the whole venue, and a last line of one word is in doubt."""
    fields = Fields({"venue": cell(*lines)})
    assert fields.items("venue", goes_on, anew=True) == venues
    assert len(fields.doubts) == doubted


def test_a_venue_that_stands_twice() -> None:
    """A list that names a venue twice names it once, and says so: broken lines may look alike."""
    fields = Fields({"venue": cell("IT 4-4", "HB 4-1", "IT 4-4", page=2)})
    assert fields.items("venue", goes_on_if_rest) == ("IT 4-4", "HB 4-1")
    assert [(doubt.page, doubt.row, doubt.text, doubt.reason) for doubt in fields.doubts] == [
        (2, 1, "IT 4-4 | HB 4-1 | IT 4-4", "'IT 4-4' stands here twice")
    ]


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        (("Electromechanicallyo", "us test"), True),  # as a browser breaks a word that is wider than its cell
        (("Electromechanicallyo", "Written"), False),
        (("Electromechanica", "us test"), False),
        (("Electromechanicallyo ", "us test"), False),
    ],
)
def test_words_that_may_be_broken(lines: tuple[str, str], broken: bool) -> None:
    """A word that fills its line and goes on in small letters may be half a word, in a test as in an exam's venue."""
    for name in ("activity", "comments"):
        fields = Fields({name: cell(*lines)})
        fields.text(name)
        assert [problem.text for problem in fields.unknown] == [" | ".join(map(str.strip, lines))] * broken
    fields = Fields({"venue": cell(*lines)})
    fields.items("venue", goes_on_unless_alike)
    assert len(fields.unknown) == broken


def test_items_are_noted_with_their_words() -> None:
    """A list names each item once, in the order printed, and notes the words of all lines."""
    fields = Fields({"venue": cell("IT 4-4", "HB 4-1", "IT 4-4")})
    assert fields.items("venue", may_go_on) == ("IT 4-4", "HB 4-1")
    assert fields.sources == {"venue": (0, 1, 2)}


def test_lines_that_may_be_one_venue_or_two() -> None:
    """Of an exam's venue it is said at the place of the first line where nothing tells whether it goes on."""
    fields = Fields({"venue": cell("Informatorium Green", "Court of Residence", page=4)})
    assert fields.items("venue", goes_on_unless_alike) == ("Informatorium Green Court of Residence",)
    assert [(doubt.page, doubt.row, doubt.text, doubt.reason) for doubt in fields.doubts] == [
        (4, 1, "Informatorium Green | Court of Residence", "it is not certain whether these lines are one venue or two")
    ]


def test_headings_of_columns_nobody_knows() -> None:
    """A heading of a single letter stands before its text, no heading stands before text that has none."""
    fields = Fields({"+N": cell("moved"), "venue": cell("IT 4-4"), "+": cell("later")})
    assert fields.extras() == "N: moved; later"


# ---- the same in whole PDFs


def test_wrapped_venue_of_a_lecture() -> None:
    """A lecture's wrapped venue is joined where that gives every session its venue."""
    lines = ("Only Theology Students: ", "Consult AIM Labs", "HB 4-1")
    layout = Layout(cells=(CellText(row=0, column="Venue", lines=lines),))
    found = read_pdf(timetable_pdf(LECTURES, layout=layout))
    assert [entry.venues for entry in found.entries[:2]] == [("Only Theology Students: Consult AIM Labs",), ("HB 4-1",)]
    assert found.problems == ()


def test_lines_that_join_in_no_way() -> None:
    """A line too many that no wrapping explains is a problem of the whole row, not a guess."""
    layout = Layout(cells=(CellText(row=0, column="Venue", lines=("IT 4-4", "HB 4-1", "Roos hall")),))
    (problem,) = read_pdf(timetable_pdf(LECTURES, layout=layout)).problems
    assert problem.reason == "its cells have different numbers of lines (Activity 2, Day 2, Time 2, Venue 3)"
    assert (problem.page, problem.row) == (1, 2)
    assert all(text in problem.text for text in ("COS 214", "L1", "L2", "IT 4-4", "HB 4-1", "Roos hall"))


@pytest.mark.parametrize(
    ("venues", "read"),
    [
        (("AE du Toit Auditorium", "AE Annex"), ("AE du Toit Auditorium", "AE Annex")),
        (("IT Open Gold Lab", "Informatorium Blue Lab 2"), ("IT Open Gold Lab", "Informatorium Blue Lab 2")),
        (("Plant Sciences Complex CBT Labs 1,2,3",), ("Plant Sciences Complex CBT Labs 1,2,3",)),
    ],
)
def test_venues_of_a_test(venues: tuple[str, ...], read: tuple[str, ...]) -> None:
    """The venues of a test stay a list; only what is no venue by itself goes on with the line before."""
    row = semester_test("COS 284", "Test1", "Saturday", "23 Aug 2025", "10:00 - 11:30", *venues)
    (entry,) = read_pdf(timetable_pdf([row])).entries
    assert entry.venues == read


@pytest.mark.parametrize("venue", ["IT Building CBT Labs 1,2,3", "Rembrandt Hall and Annex", "Consult Department"])
def test_wrapped_venue_of_an_exam(venue: str) -> None:
    """An exam names one venue a row, however it was wrapped."""
    (entry,) = read_pdf(timetable_pdf([exam("COS 284", "12 NOV 2025", "07:30", venue)])).entries
    assert entry.venues == (venue,)


def test_wrapped_activities() -> None:
    """`PTest / 1` and `Exam / Written` are one activity each."""
    assert read_pdf(timetable_pdf(TESTS)).entries[2].activity == "PTest 1"
    assert {entry.activity for entry in read_pdf(timetable_pdf(EXAMS)).entries} == {"Exam Written"}


def test_two_runs_of_the_language() -> None:
    """The language and the kind of block are two fields, though printed in one cell."""
    entries = read_pdf(timetable_pdf(LECTURES)).entries
    assert [(entry.language, entry.block) for entry in entries] == [
        ("E", "L"), ("E", "L"), ("E", "P"), ("E", "L"), ("E", "L"), ("E", "T"),
    ]  # fmt: skip


def test_columns_nobody_knows() -> None:
    """Text of a column that no layout has goes to the comments under its heading, or alone where it has none."""
    extra = (ExtraColumn(header="Notes", texts=("moved",)), ExtraColumn(header="Fee", texts=("", "R 50")))
    rows = TESTS[:2]
    found = read_pdf(timetable_pdf(rows, layout=Layout(extra=extra)))
    assert [entry.comments for entry in found.entries] == ["Notes: moved", "Notes: moved; Fee: R 50"]
    unnamed = read_pdf(timetable_pdf(rows, layout=Layout(extra=extra, blank_headers=("Notes",))))
    assert [entry.comments for entry in unnamed.entries] == ["moved", "moved; Fee: R 50"]
    assert found.problems == ()
    assert [(problem.row, problem.text, problem.reason) for problem in unnamed.problems] == [
        (row, "moved", "this text stands in a column without a heading; it may belong to the column before it")
        for row in (2, 3)
    ]
