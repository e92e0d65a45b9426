"""Bad timetables and what is none: nothing is guessed, nothing vanishes, every refusal has its name."""

from __future__ import annotations

import random

import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import TukscalError
from tukscal.core.model import Timetable
from tukscal.core.timetable.export import entry_value
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.examples.generator.near_misses import NEAR_MISSES
from tukscal.examples.generator.truth import KEYS, expected
from tukscal.tests.samples import comparable, sample

REASONS = {
    "activity-line-short": "its cells have different numbers of lines (Activity 1, Day 2, Time 2, Venue 2)",
    "day-line-short": "its cells have different numbers of lines (Activity 2, Day 1, Time 2, Venue 2)",
    "time-line-short": "its cells have different numbers of lines (Activity 2, Day 2, Time 1, Venue 2)",
    "venue-line-short": "its cells have different numbers of lines (Activity 2, Day 2, Time 2, Venue 1)",
    "activity-empty": "its cells have different numbers of lines (Activity 0, Day 1, Time 1, Venue 1)",
    "day-empty": "its cells have different numbers of lines (Activity 1, Day 0, Time 1, Venue 1)",
    "date-impossible": "there is no date '30 Feb 2025'",
    "date-words": "'Week 12' is not a date",
    "year-9999": "the year of '27 Aug 9999' is not possible",
    "weekday-contradicts-date": "28 August 2025 is a Thursday, not a Sunday",
    "test-ends-before-start": "'09:00 - 07:30' ends before it starts",
    "exam-date-impossible": "there is no date '31 NOV 2025'",
    "exam-year-9999": "the year of '17 NOV 9999' is not possible",
    "exam-start-impossible": "there is no time '25:00'",
    "exam-start-late": "an exam cannot start at '23:00'",
    "module-unknown": "'C0S 21' is not a module code",
    "offered-unknown": "'S9' is not a period (S1, S2, Y, Q1 to Q4)",
    "time-impossible": "there is no time '99:99'",
    "end-before-start": "'15:50 - 14:30' ends before it starts",
    "end-equals-start": "'14:30 - 14:30' ends before it starts",
    "time-without-end": "'14:30' is not a start and end time",
    "day-unknown": "'Maandag' is not a weekday",
    "continuation-first": "the module is missing, and there is no row it continues",
    "continuation-first-test": "the module is missing, and there is no row it continues",
    "columns-fewer-on-page-2": "the row has 9 cells, the header has 10",
    "rulings-cut-bottom": "text outside the table",
    "text-outside": "text outside the table",
}
REFUSED = {
    "header-cell-empty": ("bad_rows", "The table has no column 'Day'; column 6 has no heading."),
    "header-cell-missing": ("bad_rows", "The table has no column 'Day'."),
    "header-cell-unknown": ("bad_rows", "The table has no column 'Day'."),
    "header-cell-twice": ("bad_rows", "Two columns are headed 'Day'."),
    "header-row-missing": ("damaged", "The first page of the timetable is missing: the table on page 1 begins"),
    "rulings-cut-right": ("bad_rows", "The table has no column 'Activity'."),
}
NO_TIMETABLE = {
    "other-university": ("not_a_timetable", "No table in the PDF has the columns of a UP timetable"),
    "other-university-same-columns": ("bad_rows", "is not a module code"),
    "other-university-codes-only": ("bad_rows", "is not a module code"),
    "letter": ("not_a_timetable", "The PDF has the heading of a timetable, but no table."),
    "empty-lectures": ("not_a_timetable", "it has a header but no rows"),
    "empty-tests": ("not_a_timetable", "it has a header but no rows"),
    "empty-exams": ("not_a_timetable", "it has a header but no rows"),
    "zero-pages": ("damaged", "The PDF has no pages."),
    "html": ("not_a_timetable", "The file is a web page, not a PDF."),
    "zip": ("not_a_timetable", "The file is a ZIP archive or an Office document, not a PDF."),
    "png": ("not_a_timetable", "The file is a picture, not a PDF."),
    "no-bytes": ("damaged", "The file is empty (0 bytes)."),
    "late-header": ("not_a_timetable", "The file is not a PDF."),
    "password": ("encrypted", "The PDF is locked with a password."),
    "password-tests": ("encrypted", "The PDF is locked with a password."),
    "password-exams": ("encrypted", "The PDF is locked with a password."),
    "unknown-encryption": ("encrypted", "The PDF is locked in a way tukscal cannot open."),
}


def test_every_malformation_is_known() -> None:
    """Each malformation the generator makes has its reason here, or is refused whole, as it allows."""
    assert set(REASONS) | set(REFUSED) | {"rows-10000"} == set(MALFORMED)
    assert all(MALFORMED[name].whole for name in REFUSED)


@pytest.mark.parametrize("name", REASONS)
def test_malformed_rows(name: str) -> None:
    """The good rows of a malformed timetable are read, the bad ones are problems by place, text and reason."""
    one = MALFORMED[name]
    found = read_pdf(one.pdf())
    assert len(found.entries) >= one.good
    assert REASONS[name] in [problem.reason.rpartition(": ")[2] for problem in found.problems]
    shown = " ".join(f"{problem.text} {problem.reason}" for problem in found.problems)
    assert [cell for cell in one.cells if cell not in shown] == []
    assert found.accounted == found.words
    assert all(problem.page >= 1 and problem.text and problem.reason for problem in found.problems)
    assert all(problem.row or problem.reason == "text outside the table" for problem in found.problems)


@pytest.mark.parametrize("name", REASONS)
def test_malformed_rows_make_no_entry(name: str) -> None:
    """No entry of a malformed timetable says anything that its good rows do not print: nothing is guessed."""
    good = [set(_words(entry)) for entry in comparable([*expected(LECTURES), *_dated()], KEYS)]
    for entry in read_pdf(MALFORMED[name].pdf()).entries:
        words = set(_words(entry_value(entry)))
        assert name == "columns-fewer-on-page-2" or any(words <= other for other in good), entry


def _dated() -> list[dict[str, object]]:
    return [*expected(TESTS), *expected(EXAMS)]


def _words(entry: dict[str, object]) -> list[str]:
    names = ("module", "activity", "group", "day", "date", "start", "end", "venues")
    return [str(entry[name]) for name in names if entry.get(name)]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_whole(name: str) -> None:
    """A timetable whose columns cannot be told apart is refused as a whole, by cause and column."""
    cause, sentence = REFUSED[name]
    with pytest.raises(TukscalError) as caught:
        read_pdf(MALFORMED[name].pdf())
    assert (caught.value.cause, sentence in caught.value.message) == (cause, True)
    assert caught.value.advice


@pytest.mark.slow
def test_ten_thousand_rows() -> None:
    """Ten thousand good rows are ten thousand entries, every word accounted for."""
    found = read_pdf(MALFORMED["rows-10000"].pdf())
    assert (len(found.entries), found.problems, found.accounted) == (10_000, (), found.words)
    assert len({entry.module for entry in found.entries}) == 10_000


def test_every_near_miss_is_known() -> None:
    """Each near miss the generator makes is here."""
    assert set(NO_TIMETABLE) | {"page-named-twice"} == set(NEAR_MISSES)


@pytest.mark.parametrize("name", NO_TIMETABLE)
def test_near_misses(name: str) -> None:
    """What only looks like a timetable gives no entry but an error by cause, with a sentence and advice."""
    cause, sentence = NO_TIMETABLE[name]
    with pytest.raises(TukscalError) as caught:
        read_pdf(NEAR_MISSES[name]())
    assert (caught.value.cause, sentence in caught.value.message) == (cause, True)
    assert caught.value.advice


def test_page_named_twice() -> None:
    """A page named twice is read once, and said: the entries are those of one page."""
    found = read_pdf(NEAR_MISSES["page-named-twice"]())
    assert comparable(map(entry_value, found.entries), KEYS) == comparable(expected(LECTURES), KEYS)
    assert (found.pages, found.accounted) == (2, found.words)
    assert [(p.page, p.row, p.reason) for p in found.problems] == [
        (2, None, "this page repeats page 1; it is read once")
    ]
    assert all({page for page, _ in entry.rows} == {1} for entry in found.entries)


# ---- bytes that were lost or changed on the way


def outcome(data: bytes, whole: Timetable) -> str:
    """Return how a PDF was read: "error", "problem", "same" as the whole one, or "silent" if it differs unnoticed."""
    try:
        found = read_pdf(data)
    except TukscalError as error:
        return "error" if error.message and error.advice else "silent"
    if len(found.problems) > len(whole.problems):
        return "problem"
    return "same" if (found.entries, found.problems) == (whole.entries, whole.problems) else "silent"


def cut_everywhere(data: bytes) -> dict[str, int]:
    """Return how often a PDF cut off at each length is read in each way."""
    whole = read_pdf(data)
    found: dict[str, int] = {}
    for length in range(len(data)):
        how = outcome(data[:length], whole)
        found[how] = found.get(how, 0) + 1
    return found


def test_real_timetable_cut_at_every_length(sample_name: str) -> None:
    """A real timetable cut off anywhere is an error by name or the identical timetable, never part of one."""
    found = cut_everywhere(sample(sample_name))
    assert set(found) <= {"error", "same"}
    assert found["error"] > 2_000
    assert found.get("same", 0) <= 2  # the end of the last line


@pytest.mark.parametrize("encrypted", [False, True])
def test_made_timetable_cut_at_every_length(encrypted: bool) -> None:
    """A made timetable cut off anywhere is an error by name or the identical timetable, encrypted or not."""
    found = cut_everywhere(timetable_pdf(LECTURES, encrypted=encrypted))
    assert set(found) <= {"error", "same"}
    assert found.get("same", 0) <= 2


def flip(data: bytes, place: int, bit: int) -> bytes:
    """Return the bytes with one bit changed."""
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def flipped(data: bytes, step: int, seed: int) -> dict[str, int]:
    """Return how often a PDF with one wrong bit, in every `step`th byte, is read in each way."""
    whole = read_pdf(data)
    chance = random.Random(seed)  # noqa: S311 - which bit, not a secret
    found: dict[str, int] = {}
    for place in range(0, len(data), step):
        how = outcome(flip(data, place, chance.randrange(8)), whole)
        found[how] = found.get(how, 0) + 1
    return found


@pytest.mark.slow
def test_one_wrong_bit_in_a_real_timetable() -> None:
    """One wrong bit in any byte of a real timetable is never a silent difference: 0 of 3,257."""
    found = flipped(sample("UP_TST_PDF"), step=1, seed=1)
    assert found.get("silent", 0) == 0
    assert found["error"] > 1_000


def test_one_wrong_bit_in_a_real_encrypted_timetable() -> None:
    """One wrong bit in a real encrypted timetable, of every fifth byte, is never a silent difference."""
    found = flipped(sample("UP_EXAM_SS"), step=5, seed=1)
    assert found.get("silent", 0) == 0
    assert found["error"] > 100


@pytest.mark.parametrize("kind", ["lectures", "tests"])
def test_one_wrong_bit_in_a_made_timetable(kind: str) -> None:
    """One wrong bit in a made timetable whose streams can be looked into is never a silent difference."""
    # An encrypted one would be another in every run; of such, one wrong bit in 3,674 went unseen (checksums.py).
    data = made("lectures" if kind == "lectures" else "tests", 3).pdf
    assert flipped(data, step=23, seed=2).get("silent", 0) == 0
