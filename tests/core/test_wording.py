"""Numbers as people read them are said in one way everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.wording import counted, duration, listed, memory, place, plural, size


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
