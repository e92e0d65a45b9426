"""Named files -> timetables and calendars, read in the child; an error says which file it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from . import convert
from .child import Child
from .errors import TukscalError
from .event import Calendar
from .files import read_file
from .model import Timetable
from .screen import Limits
from .text import clean

MOST_CALENDAR = 50_000_000
"""Bytes of the largest calendar that is read; one of a whole faculty has a tenth of it."""


class Opening(NamedTuple):
    """What opens a PDF."""

    password: str | None = None
    limits: Limits = Limits()


def is_calendar(file: Path) -> bool:
    """Tell whether a file is named as a calendar."""
    return file.suffix.lower() == ".ics"


def read_timetable_file(file: Path, opening: Opening, child: Child) -> Timetable:
    """Return what a timetable PDF says."""
    with _named(file):
        data = read_file(file, opening.limits.bytes)
        return child.call(
            convert.read_pdf, data, name=clean(file.name), password=opening.password, limits=opening.limits
        )


def read_calendar_file(file: Path, child: Child) -> Calendar:
    """Return a calendar tukscal wrote earlier."""
    with _named(file):
        return child.call(convert.read_calendar, read_file(file, MOST_CALENDAR))


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except TukscalError as error:
        error.file = error.file or str(file)
        raise
