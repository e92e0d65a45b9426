"""Real and made PDFs, read whole: what comes out is what was printed."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import Damaged, NotATimetable, TukscalError
from tukscal.core.model import Entry, Page, Timetable
from tukscal.core.pdf.tables import page_tables
from tukscal.core.timetable import read_timetable
from tukscal.core.timetable.export import entry_value, timetable_value
from tukscal.examples.generator.content import Made, made
from tukscal.examples.generator.copies_pages import merged, without
from tukscal.examples.generator.draw import merged_pdf, plan, timetable_pages, timetable_pdf
from tukscal.examples.generator.layout import Layout
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.raw import FONT, Objects, page, references
from tukscal.examples.generator.rows import ExamRow, Kind, LectureRow, Row, TestRow
from tukscal.examples.generator.truth import KEYS, expected
from tukscal.tests.made import LAYOUTS, block_of, expected_values, identity, pages_of
from tukscal.tests.samples import KINDS, comparable, expected_sessions, sample

MADE: tuple[Kind, ...] = ("lectures", "tests", "exams")
ROWS: dict[Kind, tuple[Row, ...]] = {"lectures": LECTURES, "tests": TESTS, "exams": EXAMS}


def values(timetable: Timetable) -> list[dict[str, Any]]:
    """Return the entries of a timetable with the generator's keys."""
    return comparable((entry_value(entry) for entry in timetable.entries), KEYS)


def assert_whole(timetable: Timetable) -> None:
    """Every word has its owner and nothing is wrong."""
    assert (timetable.problems, timetable.accounted) == ((), timetable.words)
    assert timetable.words > 0


# ---- real timetables


@pytest.mark.parametrize("reader", ["pdfium", "pdfplumber"])
def test_real_timetables(sample_name: str, reader: str) -> None:
    """A real timetable gives exactly its sessions, in order, whichever reader read it, and no problem."""
    pages = pages_of(reader, sample(sample_name))
    found = read_timetable(pages, [page_tables(page) for page in pages])
    wanted = expected_sessions(sample_name)
    assert comparable(map(entry_value, found.entries), wanted[0]) == wanted
    assert found.kind == KINDS[sample_name]
    assert (found.problems, found.accounted) == ((), found.words)


def test_real_timetables_as_json(sample_name: str) -> None:
    """What a conversion exports of a real timetable are its sessions and where they stand."""
    data = sample(sample_name)
    found = timetable_value(read_pdf(data, name="timetable.pdf"))
    wanted = expected_sessions(sample_name)
    assert comparable(found["entries"], wanted[0]) == wanted
    assert found["accounted"] == found["words"] == sum(len(page.words) for page in pages_of("pdfium", data))
    assert (found["problems"], found["reader"], found["file"]) == ([], "pdfium", "timetable.pdf")


# ---- made timetables


@pytest.mark.slow
@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_made_timetables(kind: Kind, layout: str) -> None:
    """A made timetable gives exactly its entries, whatever its layout, length and encryption, and no problem."""
    for seed in range(12):
        one = made(
            kind,
            seed,
            pages=1 + seed % 4,
            offered=(("S2",), ("S1", "S2"), ("S1",))[seed % 3],
            long_venues=seed % 2 == 1 and kind != "tests",
            encrypted=seed % 3 == 0,
            layout=LAYOUTS[layout],
        )
        found = read_pdf(one.pdf)
        assert values(found) == expected_values(one, LAYOUTS[layout])
        assert found.pages == 1 + seed % 4
        assert_whole(found)
        assert_hidden_fields(one, found)


def assert_hidden_fields(one: Made, found: Timetable) -> None:
    """The fields that the generator's list of entries does not hold are those of the rows."""
    blocks: dict[Any, str | None] = {}
    campuses: dict[Any, str | None] = {}
    for row in one.rows:
        for value in expected([row]):
            blocks[identity(value)] = block_of(row)
            campuses[identity(value)] = row.module_campus if isinstance(row, ExamRow) else None
    for entry in map(entry_value, found.entries):
        assert entry["block"] == blocks[identity(entry)]
        assert entry["module_campus"] == campuses[identity(entry)]


@pytest.mark.parametrize("kind", MADE)
def test_eight_pages(kind: Kind) -> None:
    """A timetable of eight pages loses no row where its pages end."""
    one = made(kind, 17, pages=8, offered=("S1", "S2"), encrypted=True)
    assert sum(sheet.broken for sheet in plan(one.rows)) >= 1
    found = read_pdf(one.pdf)
    assert (values(found), found.pages) == (expected_values(one, Layout()), 8)
    assert_whole(found)


@pytest.mark.parametrize("kind", MADE)
def test_rows_say_where_they_stand(kind: Kind) -> None:
    """The rows of an entry are (page, row) of the rows it is printed in, on both pages if it is broken."""
    one = made(kind, 17, pages=5)
    places: dict[Any, set[tuple[int, int]]] = {}
    for sheet in plan(one.rows):
        for number, block in enumerate(sheet.blocks, 1):
            for value in expected([one.rows[block.row]]) if block.row is not None else []:
                places.setdefault(identity(value), set()).add((sheet.number, number))
    for entry in read_pdf(one.pdf).entries:
        wanted = places[identity(entry_value(entry))]
        assert set(entry.rows) <= wanted
        assert min(entry.rows) == min(wanted)
        assert kind == "lectures" or set(entry.rows) == wanted


def test_both_semesters_in_one_pdf() -> None:
    """Two timetables behind each other, each with heading and header, give the entries of both."""
    parts = [made("lectures", 2, pages=2, offered=(half,)).rows for half in ("S1", "S2")]
    found = read_pdf(merged_pdf(parts))
    assert values(found) == comparable(expected([row for part in parts for row in part]), KEYS)
    assert {entry.offered for entry in found.entries} >= {"S1", "S2"}
    assert_whole(found)


@pytest.mark.parametrize("kinds", list(permutations(MADE)))
def test_several_kinds_in_one_pdf(kinds: tuple[Kind, ...]) -> None:
    """Timetables of several kinds put into one PDF, in any order, give the entries of each, and it is a lecture one."""
    parts = [made(kind, 2, pages=2).rows for kind in kinds]
    found = read_pdf(merged_pdf(parts))
    assert values(found) == comparable(expected([row for part in parts for row in part]), KEYS)
    assert (found.kind, found.kinds) == ("lectures", ("lectures", "tests", "exams"))
    assert_whole(found)


@pytest.mark.parametrize("kind", MADE)
def test_two_versions_in_one_pdf(kind: Kind) -> None:
    """Of two versions of a timetable in one PDF the sessions whose venues differ keep all of them, and that is said."""
    rows = list(made(kind, 2).rows)
    place = next(index for index, row in enumerate(rows) if _venues(row))
    moved = [*rows[:place], _moved(rows[place]), *rows[place + 1 :]]
    found = read_pdf(merged_pdf([rows, moved]))
    assert [entry.module for entry in found.entries] == [entry.module for entry in read_pdf(merged_pdf([rows])).entries]
    assert sum("New hall 9-9" in entry.venues for entry in found.entries) == len(found.problems) > 0
    assert all("two timetables in this PDF name other venues for it" in problem.reason for problem in found.problems)
    assert all(problem.text.endswith(": New hall 9-9") for problem in found.problems)


def _venues(row: Row) -> bool:
    """Tell whether a row has one venue, so that another can be put in its place."""
    if isinstance(row, LectureRow):
        return len(row.sessions) == 1 and bool(row.sessions[0].venue)
    return len(row.venues) == 1


def _moved(row: Row) -> Row:
    if isinstance(row, LectureRow):
        return replace(row, sessions=(replace(row.sessions[0], venue="New hall 9-9"),))
    return replace(row, venues=("New hall 9-9",))


@pytest.mark.parametrize("kind", MADE)
def test_the_last_page_of_the_first_timetable_is_missing(kind: Kind) -> None:
    """Each timetable of a PDF that ends at the foot of its page has a note, not only the last one."""
    pdf = made(kind, 17, pages=3).pdf
    single = read_pdf(without(pdf, -1))
    both = read_pdf(merged([without(pdf, -1), made("exams" if kind != "exams" else "tests", 2).pdf]))
    (note,) = [note for note in single.notes if "reaches the foot" in note]
    (found,) = [note for note in both.notes if "reaches the foot" in note]
    assert note.startswith("The last page's table reaches")
    assert found.startswith("The table on page 2, the last of its timetable, reaches")
    assert found.partition("reaches")[2] == note.partition("reaches")[2]


@pytest.mark.parametrize("period", ["S1", "S2", "Y", "Q1", "Q2", "Q3", "Q4"])
def test_every_period(period: str) -> None:
    """A lecture of a semester, the year or a quarter keeps its period."""
    rows = [replace(row, offered=period) for row in LECTURES]
    found = read_pdf(timetable_pdf(rows))
    assert [entry.offered for entry in found.entries] == [period] * 6
    assert_whole(found)


def test_twins() -> None:
    """One activity of one group at two times is two entries."""
    for seed in range(10):
        one = made("lectures", seed, twins=True)
        assert values(read_pdf(one.pdf)) == comparable(one.expected, KEYS)


def test_preliminary_exam() -> None:
    """A PRELIM exam has no venue and no place, whatever its module's campus, and is an entry like any other."""
    row = replace(EXAMS[0], status="PRELIM", exam_campus="", venues=())
    (entry,) = read_pdf(timetable_pdf([row])).entries
    assert (entry.status, entry.venues, entry.campus, entry.module_campus, entry.end) == (
        "PRELIM", (), None, "HATF", None,
    )  # fmt: skip


def test_one_session_in_several_venues() -> None:
    """Lines of one activity, day and time are one entry with every venue once, in the order printed."""
    first = LECTURES[0].sessions[0]
    sessions = tuple(replace(first, venue=venue) for venue in ("IT 4-4", "HB 4-1", "IT 4-4", "Thuto 3-1"))
    found = read_pdf(timetable_pdf([replace(LECTURES[0], sessions=sessions)]))
    assert [entry.venues for entry in found.entries] == [("IT 4-4", "HB 4-1", "Thuto 3-1")]
    assert_whole(found)


def test_wrapped_venue_broken_by_the_page() -> None:
    """A lecture's venue wrapped at the very end of a page goes on in the first line of the next."""
    layout = Layout(order=("Venue", "Date", "Day"))
    one = made("lectures", 4, pages=3, long_venues=True, layout=layout)
    found = read_pdf(one.pdf)
    assert values(found) == comparable(one.expected, KEYS)
    entry = next(entry for entry in found.entries if entry.rows == ((2, 10), (3, 1)))
    assert entry.venues == ("Only Theology Students: Consult AIM Labs",)


def test_long_venues_of_tests_lose_no_word() -> None:
    """A test's venues may be told apart differently where one wraps, but their words are those printed, in order."""
    for seed in range(10):
        one = made("tests", seed, pages=2, long_venues=True)
        found = read_pdf(one.pdf)
        assert [" ".join(entry.venues) for entry in found.entries] == [" ".join(e["venues"]) for e in one.expected]
        assert_whole(found)


# ---- what an entry says is what its words say

_TEXTS = ("module", "activity", "group", "offered", "campus", "module_campus", "status", "paper", "study_programme")


@pytest.mark.parametrize("kind", MADE)
def test_fields_say_their_words(kind: Kind) -> None:
    """Each field of an entry says the text of the words it names as its source, no more and no less."""
    for seed in range(4):
        pdf = made(kind, seed, pages=2).pdf
        words = [word.text for page in pages_of("pdfium", pdf) for word in page.words]
        for entry in read_pdf(pdf).entries:
            assert_says(entry, words)


def assert_says(entry: Entry, words: list[str]) -> None:
    """The fields of an entry, blanks aside, are their words."""
    said = {name: "".join(words[word] for word in ids) for name, ids in entry.sources.items()}
    for name in _TEXTS:
        if name in said and (name != "campus" or entry.status is None):
            value = str(getattr(entry, name)).replace(" ", "")
            # Lines of one session in several venues print its activity once each.
            assert said[name] == value * (len(said[name]) // len(value))
    if entry.venues:
        assert {letter for venue in entry.venues for letter in venue} - {" "} == set(said["venue"])
    for name in {"time", "start"} & set(said):
        assert re.findall(r"\d\d:\d\d", said[name])[0] == f"{entry.start:%H:%M}"
    assert set(said) >= {"module", "activity"}


# ---- a second opinion


def nested(content: bytes, depth: int, *, pages: int = 1) -> bytes:
    """Return a PDF whose page is drawn through so many forms, one inside the other; one page, named `pages` times."""
    objects = Objects()
    tree = objects.reserve()
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 842 596] /Resources << %s >> "
    font = objects.add(FONT)
    number = objects.stream(content, form % (b"/Font << /F1 %d 0 R /F2 %d 0 R >>" % (font, font)))
    for _ in range(depth - 1):
        number = objects.stream(b"/X0 Do", form % (b"/XObject << /X0 %d 0 R >>" % number))
    leaf = objects.add(page(tree, [objects.stream(b"/X0 Do")], resources=b"/XObject << /X0 %d 0 R >>" % number))
    objects.put(tree, b"<< /Type /Pages /Count %d /Kids %s >>" % (pages, references([leaf] * pages)))
    return objects.file(objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize(("depth", "reader"), [(1, "pdfium"), (8, "pdfium"), (9, "pdfplumber"), (20, "pdfplumber")])
def test_second_opinion(kind: Kind, depth: int, reader: str) -> None:
    """Rulings deeper than 8 forms are left to pdfplumber, and the timetable says who read it; the entries are equal."""
    (content,) = timetable_pages(ROWS[kind])
    found = read_pdf(nested(content, depth))
    assert found.reader == reader
    assert values(found) == comparable(expected(ROWS[kind]), KEYS)
    assert_whole(found)


def test_no_second_opinion_without_a_heading() -> None:
    """Without a heading on page 1 pdfplumber is not asked: the same drawing has no table."""
    (content,) = timetable_pages(LECTURES, layout=Layout(heading="Lecture list"))
    with pytest.raises(NotATimetable, match="has no table: it is not a UP timetable"):
        read_pdf(nested(content, 9))


def test_no_second_opinion_where_there_is_a_table() -> None:
    """Where PDFium finds a table that is no timetable, pdfplumber is not asked."""
    layout = Layout(rename_headers=tuple((name, "x") for name in ("Module", "Group", "Day", "Time", "Offered", "Lang")))
    rows = [replace(row, study_programme="") for row in LECTURES]
    more = (("Activity", "y"), ("Venue", "z"))
    with pytest.raises(NotATimetable, match="No table in the PDF has the columns"):
        read_pdf(timetable_pdf(rows, layout=replace(layout, rename_headers=layout.rename_headers + more)))


def test_readers_disagree_on_the_pages() -> None:
    """Where both readers were asked and count different pages, the PDF is damaged."""
    (content,) = timetable_pages(LECTURES)
    with pytest.raises(Damaged, match="it seems to have 2 pages or 1"):
        read_pdf(nested(content, 9, pages=2))


def test_heading_without_table() -> None:
    """A heading with no table under it, for either reader, is no timetable."""
    content = timetable_pages(LECTURES)[0].partition(b"ET\r\n")[0] + b"ET"
    with pytest.raises(NotATimetable, match="The PDF has the heading of a timetable, but no table"):
        read_pdf(nested(content, 1))


# ---- order and errors


def test_reading_twice_gives_the_same(sample_name: str) -> None:
    """The same bytes give the same timetable."""
    assert read_pdf(sample(sample_name)) == read_pdf(sample(sample_name))


def test_no_entry_is_shared_by_two_rows() -> None:
    """Two tests with the same words stay apart by module, and rows of equal identity are one."""
    rows: list[TestRow | LectureRow] = [TESTS[0], replace(TESTS[0], module="COS 285"), TESTS[0]]
    found = read_pdf(timetable_pdf(rows))
    assert [(entry.module, entry.rows) for entry in found.entries] == [
        ("COS 284", ((1, 2), (1, 4))),
        ("COS 285", ((1, 3),)),
    ]
    assert_whole(found)


def test_no_words() -> None:
    """A PDF without text is said to be a scan or a picture."""
    with pytest.raises(NotATimetable, match="holds no text: it may be a scan or a picture"):
        read_pdf(nested(b"", 1))


def test_pages_without_words_are_named() -> None:
    """An empty page among good ones is a problem with its number, and costs no entry."""
    (content,) = timetable_pages(LECTURES)
    objects = Objects()
    tree = objects.reserve()
    font = b"/F2 %d 0 R " % objects.add(FONT)
    leaves = [objects.add(page(tree, [objects.stream(text)], fonts=font)) for text in (content, b"")]
    objects.put(tree, b"<< /Type /Pages /Count 2 /Kids %s >>" % references(leaves))
    found = read_pdf(objects.file(objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree)))
    assert [(p.page, p.row, p.reason) for p in found.problems] == [(2, None, "the page is empty")]
    assert values(found) == comparable(expected(LECTURES), KEYS)


def test_errors_are_ours(sample_name: str) -> None:
    """Whatever is wrong with the bytes, the error is one of ours with a sentence."""
    data = sample(sample_name)
    for bad in (data[100:], data[:-100], data.replace(b"obj", b"jbo"), data[:200] + data[-200:]):
        with pytest.raises(TukscalError) as caught:
            read_pdf(bad)
        assert caught.value.message.endswith(".")


def test_pages_hold_their_words(sample_name: str) -> None:
    """Reading keeps the pages it is given: the number of words is theirs."""
    pages: tuple[Page, ...] = pages_of("pdfium", sample(sample_name))
    assert read_pdf(sample(sample_name)).words == pages[-1].first_word + len(pages[-1].words)
