"""Files named to `diff` and `cancel`: each is a timetable PDF or a calendar of ours."""

from __future__ import annotations

import os
from pathlib import Path

from . import convert
from .changes import Difference, Side, differences
from .child import Child
from .errors import NotWritable
from .files import check_folder, write_file
from .inputs import Opening, is_calendar, read_calendar_file, read_timetable_file


def compare(old: Path, new: Path, child: Child, opening: Opening) -> tuple[Difference, ...]:
    """Return what differs between two PDFs or calendars."""
    return differences(_side(old, child, opening), _side(new, child, opening))


def cancel_calendar(old: Path, output: Path, child: Child) -> int:
    """Write the calendar that takes a calendar's events back; return how many it takes back.

    Raises NotWritable if `output` is there already: a cancellation is not the next revision of anything.
    """
    check_folder(output)
    if os.path.lexists(output):
        raise NotWritable(f"{output} is there already.", advice="Choose another name with -o.", file=str(output))
    calendar = read_calendar_file(old, child)
    count, data = child.call(convert.cancellation, calendar)
    write_file(output, data)
    return count


def _side(path: Path, child: Child, opening: Opening) -> Side:
    return read_calendar_file(path, child) if is_calendar(path) else read_timetable_file(path, opening, child)
