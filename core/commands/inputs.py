"""Named files -> timetables and calendars, read in the pool; an error says which file it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..calendar.event import Calendar
from ..errors import BadRows, Damaged, NoSuchFile, NotWritable, TukscalError
from ..model import Timetable
from ..pdf.limits import Limits
from ..pool import Executor
from ..system.files import read_file, read_if_there
from ..wording import clean

MOST_CALENDAR = 50_000_000
"""Bytes of the largest calendar that is read; one of a whole faculty has a tenth of it."""


class Opening(NamedTuple):
    """What opens a PDF."""

    password: str | None = None
    limits: Limits = Limits()


def is_calendar(file: Path) -> bool:
    """Tell whether a file is named as a calendar."""
    return file.suffix.lower() == ".ics"


def read_timetable(data: bytes, name: str, opening: Opening, *, strict: bool = False) -> Timetable:
    """Return what a PDF's bytes say; called in a worker. Raises BadRows for any problem if it is to be `strict`."""
    timetable = convert.read_pdf(data, name=clean(name), password=opening.password, limits=opening.limits)
    if strict:
        refuse_problems(timetable)
    return timetable


def read_timetable_file(file: Path, opening: Opening, pool: Executor, *, strict: bool = False) -> Timetable:
    """Return what a timetable PDF says."""
    with naming(file):
        return pool.call(read_timetable, read_file(file, opening.limits.bytes), file.name, opening, strict=strict)


def read_calendar_file(file: Path, pool: Executor) -> Calendar:
    """Return a calendar tukscal wrote earlier."""
    with naming(file):
        return pool.call(convert.read_calendar, read_file(file, MOST_CALENDAR))


def calendar_at(path: Path) -> bytes | None:
    """Return the calendar that is at an output already, None if nothing is there; it may be anybody's."""
    try:
        data = read_if_there(path, MOST_CALENDAR)
    except NoSuchFile as error:  # a folder, a pipe, what nobody may read
        advice = "Move away what is in the way there."
        raise NotWritable(error.message, advice=advice, file=str(path)) from None
    if data is not None and len(data) > MOST_CALENDAR:
        raise foreign(path)
    return data


def ours(data: bytes, output: Path) -> Calendar:
    """Return the calendar that was found at an output. Raises NotWritable if we did not write it."""
    try:
        return convert.read_calendar(data)
    except Damaged:
        raise foreign(output) from None


def foreign(path: Path) -> NotWritable:
    """Return the error for a file at the output that is not ours: it is never replaced."""
    return NotWritable(
        f"{path} is there already, and tukscal did not write it or it was changed since.",
        advice="Choose another name with -o, or move that file away.",
        file=str(path),
    )


def refuse_problems(timetable: Timetable) -> None:
    """Raise BadRows if any row or text of a timetable could not be used."""
    if timetable.problems:
        first = timetable.problems[0]
        raise BadRows(
            f"{len(timetable.problems)} of its rows or texts could not be used; the first: {first.reason}.",
            advice="Leave out --strict to convert the rest.",
            page=first.page,
            row=first.row,
            text=first.text,
        )


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Name a file in the errors it gives rise to."""
    try:
        yield
    except TukscalError as error:
        error.file = error.file or str(file)
        raise
