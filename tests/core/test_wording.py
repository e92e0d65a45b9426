"""What people read is said in one way everywhere, on one line, fit for a file or a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.wording import clean, counted, duration, listed, memory, place, plural, size


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0 bytes"), (1, "1 byte"), (640, "640 bytes"), (999, "999 bytes"), (999.6, "1 kB"), (1_000, "1 kB"),
     (1_700, "1.7 kB"), (9_949, "9.9 kB"), (9_951, "10 kB"), (17_000, "17 kB"), (999_499, "999 kB"), (999_500, "1 MB"),
     (2.5e6, "2.5 MB"), (250e6, "250 MB"), (999_999_999, "1 GB"), (5e12, "5 TB"), (2**60, "1,152,922 TB")],
)  # fmt: skip
def test_sizes(value: float, expected: str) -> None:
    """A size has at most three digits in the unit that fits, and one unit's thousand is the next one's 1."""
    assert size(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0 ms"), (0.00004, "0 ms"), (0.0015, "1.5 ms"), (0.25, "250 ms"), (0.9994, "999 ms"), (0.9996, "1 s"),
     (1.0, "1 s"), (1.49, "1.5 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"), (59.96, "1 min"), (60, "1 min"),
     (61, "1 min 1 s"), (200, "3 min 20 s"), (3_599.6, "1 h"), (5_400, "1 h 30 min"), (7_500, "2 h 5 min"),
     (10_800, "3 h"), (3_600_000, "1,000 h")],
)  # fmt: skip
def test_durations(value: float, expected: str) -> None:
    """A length of time is said in the units that fit; sixty of one are one of the next."""
    assert duration(value) == expected


@given(st.floats(0, 1e9))
def test_no_duration_has_sixty_of_a_unit(seconds: float) -> None:
    """No number of minutes or seconds reaches 60, none of milliseconds 1,000, and none but a first is 0."""
    numbers = [
        (float(one.replace(",", "")), unit) for one, unit in zip(*[iter(duration(seconds).split(" "))] * 2, strict=True)
    ]
    assert all(number < {"ms": 1000, "s": 60, "min": 60}.get(unit, 1e9) for number, unit in numbers)
    assert all(number for number, _ in numbers) or numbers == [(0, "ms")]


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (999, "999 rows"), (1_000, "1,000 rows")]
)
def test_counts(number: int, expected: str) -> None:
    """One is one, all else are several, thousands are told apart."""
    assert counted(number, "row") == expected


def test_words_for_several() -> None:
    """A word that takes no "s" is given."""
    assert (counted(1, "clash", "clashes"), counted(2, "clash", "clashes")) == ("1 clash", "2 clashes")
    assert (plural(1, "was", "were"), plural(0, "was", "were")) == ("was", "were")


def test_memory_is_said_as_limits_are_given() -> None:
    """Memory is whole mebibytes."""
    assert [memory(number) for number in (0, 2**26, 2**34)] == ["0 MiB", "64 MiB", "16,384 MiB"]


def test_places_and_lists() -> None:
    """A place may have no row, a list any number of names."""
    assert (place(2, 3), place(2, None)) == ("page 2, row 3", "page 2")
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("Thuto 1-1", "Thuto 1-1"),
        ("a\rb", "a b"),
        ("a\nb", "a b"),
        ("a\r\nb", "a b"),
        ("a\x00b", "a b"),
        ("a\x1b[31mb", "a [31mb"),
        ("a\x85b", "a b"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\u202eb\u2066c", "a b c"),
        ("a\ud800b", "a b"),
        ("a\uffffb", "a b"),
        (" é\t\tè ", "é è"),
        ("COS;,\\214", "COS;,\\214"),
        ("\U0001f469\u200d\U0001f3eb", "\U0001f469\u200d\U0001f3eb"),
        ("\r\n\x00", ""),
        ("", ""),
    ],
)
def test_unfit_characters_become_a_space(text: str, fit: str) -> None:
    """What breaks a line, a file or a terminal becomes one space; everything else stays."""
    assert clean(text) == fit


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_clean_text_is_one_line_that_can_be_encoded(text: str) -> None:
    """No control character, line break or lone surrogate is left, and cleaning twice changes nothing."""
    fit = clean(text)
    assert fit.encode().decode() == fit
    assert len(fit.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in fit} & {"Cc", "Cs", "Zl", "Zp"}
    assert clean(fit) == fit


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_clean_keeps_what_can_be_read(text: str) -> None:
    """Letters, digits, punctuation and symbols stay as they are."""
    assert clean(text) == text
