"""Files named to `diff` and `cancel`: each is a timetable PDF or a calendar of ours."""

from __future__ import annotations

from pathlib import Path

from . import convert
from .changes import Difference, Side, differences
from .child import Child
from .errors import NotWritable, TukscalError
from .event import Calendar
from .files import check_folder, read_file, read_if_there, write_file
from .screen import Limits

_MOST_CALENDAR = 50_000_000


def compare(old: Path, new: Path, child: Child, *, password: str | None = None) -> tuple[Difference, ...]:
    """Return what differs between two PDFs or calendars."""
    return differences(_side(old, child, password), _side(new, child, password))


def cancel_calendar(old: Path, output: Path, child: Child) -> int:
    """Write the calendar that takes a calendar's events back; return how many it takes back.

    Raises NotWritable if `output` is there already: a cancellation is not the next revision of anything.
    """
    check_folder(output)
    if read_if_there(output) is not None:
        raise NotWritable(f"{output} is there already.", advice="Choose another name with -o.", file=str(output))
    calendar = _calendar(old, child)
    count, data = child.call(convert.cancellation, calendar)
    write_file(output, data)
    return count


def _side(path: Path, child: Child, password: str | None) -> Side:
    try:
        if path.suffix.lower() == ".ics":
            return _calendar(path, child)
        limits = Limits()
        data = read_file(path, limits.bytes)
        return child.call(convert.read_pdf, data, name=path.name, password=password, limits=limits)
    except TukscalError as error:
        error.file = error.file or str(path)
        raise


def _calendar(path: Path, child: Child) -> Calendar:
    try:
        return child.call(convert.read_calendar, read_file(path, _MOST_CALENDAR))
    except TukscalError as error:
        error.file = error.file or str(path)
        raise
