"""Click types for what people type: dates, lengths of time, sizes, limits, titles."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date, timedelta

import click

from ...core.calendar.schedule import check_title
from ...core.pdf.limits import Limits

_LENGTH = re.compile(r"(?:([0-9]{1,4})\s*h)?\s*(?:([0-9]{1,4})\s*(?:m|min)?)?")
_SIZE = re.compile(r"([0-9]{1,18})\s*(K|M|G|KB|MB|GB|KIB|MIB|GIB)?", re.IGNORECASE)
_SHORTEST, _LONGEST = 0.1, 86_400.0
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


class Day(click.ParamType[date]):
    """A date, ISO 8601."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a date; write it like 2026-07-20.", param, ctx)


class Seconds(click.ParamType[float]):
    """A number of seconds a file may take."""

    name = "seconds"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; "nan" and "inf" would be no limit at all."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not _SHORTEST <= seconds <= _LONGEST:
            self.fail(f"'{value}' is not a number of seconds from {_SHORTEST} to {_LONGEST:.0f}.", param, ctx)
        return seconds


class Rate(click.ParamType[float]):
    """How many a second."""

    name = "rate"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the rate; "nan" and "inf" would be none."""
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0.01 <= rate <= 100_000:
            self.fail(f"'{value}' is not a number from 0.01 to 100000.", param, ctx)
        return rate


class Length(click.ParamType[timedelta]):
    """A length of time such as 15m, 3h, 2h30m; a bare number means minutes."""

    name = "length"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the length."""
        if isinstance(value, timedelta):
            return value
        match = _LENGTH.fullmatch(str(value).strip().lower())
        length = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
        if not timedelta() < length <= timedelta(hours=24):
            self.fail(f"'{value}' is not a length of time; write it like 15m, 3h or 2h30m.", param, ctx)
        return length


class MemorySize(click.ParamType[int]):
    """An amount of memory such as 512M or 1G, in bytes."""

    name = "size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        size = int(match[1]) * _UNITS[(match[2] or "")[:1].upper()] if match else 0
        if size < 64 * 2**20:
            self.fail(f"'{value}' is not an amount of memory of at least 64M; write it like 512M or 1G.", param, ctx)
        return size


class Limit(click.ParamType[tuple[str, int]]):
    """One of the screens' limits, NAME=NUMBER."""

    name = "limit"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return the limit's name and its number."""
        if isinstance(value, tuple):
            return value
        name, _, number = value.partition("=")
        names = [field.name for field in fields(Limits)]
        if name not in names or not re.fullmatch("[0-9]{1,18}", number):
            self.fail(f"'{value}' is not NAME=NUMBER with a NAME of {', '.join(names)}.", param, ctx)
        return name, int(number)


class Title(click.ParamType[str]):
    """A template for event titles."""

    name = "template"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the template, checked."""
        try:
            check_title(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return value
