"""What people type: dates, lengths, sizes, limits, titles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.cli.common.param_types import Day, Length, Limit, MemorySize, Title


def typed(kind: click.ParamType[Any], value: object) -> Any:
    """What a type makes of a value."""
    return kind.convert(value, None, None)


def refused(kind: click.ParamType[Any], value: str) -> str:
    """The sentence with which a type refuses a value."""
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(value, None, None)
    return caught.value.message


def test_day() -> None:
    """A date is written as ISO 8601; a date is one already."""
    assert typed(Day(), "2026-07-20") == typed(Day(), date(2026, 7, 20)) == date(2026, 7, 20)


@pytest.mark.parametrize("value", ["", "20 July", "2026-02-30", "2026-7-20", "26-07-20", "0000-01-01", "2026-07-20T10"])
def test_no_day(value: str) -> None:
    """Anything else is refused with an example."""
    assert refused(Day(), value) == f"'{value}' is not a date; write it like 2026-07-20."


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("15m", 15), ("15", 15), ("15 min", 15), ("3h", 180), ("2h30m", 150), ("2H 30M", 150), (" 1h ", 60),
     ("24h", 1440), ("1h5", 65)],
)  # fmt: skip
def test_length(value: str, minutes: int) -> None:
    """A length is hours and minutes; a bare number is minutes."""
    assert typed(Length(), value) == typed(Length(), timedelta(minutes=minutes)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("value", ["", "0", "0h", "25h", "24h1m", "-5m", "1.5h", "soon", "5s", "1d", "٥m x", "9" * 400])
def test_no_length(value: str) -> None:
    """No time at all, more than a day, and what is no length are refused with examples."""
    assert refused(Length(), value) == f"'{value}' is not a length of time; write it like 15m, 3h or 2h30m."


@given(st.integers(0, 23), st.integers(1, 59))
def test_every_length_reads_as_written(hours: int, minutes: int) -> None:
    """Hours and minutes are read as they are written."""
    assert typed(Length(), f"{hours}h{minutes}m") == timedelta(hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("value", "size"),
    [("1G", 2**30), ("512M", 512 * 2**20), ("1 GiB", 2**30), ("64m", 2**26), ("65536K", 2**26), (str(2**26), 2**26),
     (2**30, 2**30)],
)  # fmt: skip
def test_size(value: str | int, size: int) -> None:
    """An amount of memory is a number of bytes or has a unit."""
    assert typed(MemorySize(), value) == size


@pytest.mark.parametrize("value", ["", "63M", "1", "-1G", "1.5G", "G", "1T", "much", "9" * 5000])
def test_no_size(value: str) -> None:
    """Too little to work with, and what is no amount, are refused with examples."""
    assert refused(MemorySize(), value).startswith(f"'{value}' is not an amount of memory of at least 64M")


def test_limit() -> None:
    """A limit is NAME=NUMBER of the screens' names."""
    assert typed(Limit(), "pages=600") == ("pages", 600)
    assert typed(Limit(), ("pages", 600)) == ("pages", 600)
    names = ("bytes", "pages", "page_objects", "page_glyphs", "objects", "glyphs", "rulings")
    assert [typed(Limit(), f"{name}=1")[0] for name in names] == list(names)


@pytest.mark.parametrize(
    "value",
    ["", "pages", "pages=", "pages=-1", "pages=1e9", "wishes=3", "Pages=3", "=3", "pages=²", f"pages={'9' * 5000}"],
)
def test_no_limit(value: str) -> None:
    """Anything else is refused, and every name is listed."""
    assert refused(Limit(), value).startswith(f"'{value}' is not NAME=NUMBER with a NAME of bytes, pages, ")


def test_title() -> None:
    """A title may use every field of a session, and doubled braces."""
    fields = "{module} {activity} {group} {offered} {language} {campus} {venue} {status} {paper} {kind}"
    assert typed(Title(), fields) == fields
    assert typed(Title(), "{{}}") == "{{}}"


@pytest.mark.parametrize("value", ["{}", "{0}", "{modul}", "{module.__class__}", "{module[0]}", "{", "}", "{module!x}"])
def test_no_title(value: str) -> None:
    """A field there is not, an attribute, an index and a lone brace are refused with a sentence."""
    assert refused(Title(), value).endswith(".")


@pytest.mark.parametrize("value", ["{module:>9999999999}", "{module:d}", "{module:{paper}}"])
def test_no_formats_in_titles(value: str) -> None:
    """A field takes no format: it could ask for gigabytes or fail on the first event."""
    assert refused(Title(), value).endswith(".")
