"""Files named to `diff` and `cancel`: each is a timetable PDF or a calendar of ours."""

from __future__ import annotations

import os
from pathlib import Path

from ..calendar import convert
from ..calendar.diff import Difference, Side, differences
from ..errors import NotWritable
from ..pool import Executor
from ..system.files import check_folder, write_file
from .inputs import Opening, is_calendar, read_calendar_file, read_timetable_file


def compare(old: Path, new: Path, pool: Executor, opening: Opening) -> tuple[Difference, ...]:
    """Return what differs between two PDFs or calendars."""
    return differences(_side(old, pool, opening), _side(new, pool, opening))


def cancel_calendar(old: Path, output: Path, pool: Executor) -> int:
    """Write the calendar that takes a calendar's events back; return how many it takes back.

    Raises NotWritable if `output` is there already: a cancellation is not the next revision of anything.
    """
    check_folder(output)
    if os.path.lexists(output):
        raise NotWritable(f"{output} is there already.", advice="Choose another name with -o.", file=str(output))
    calendar = read_calendar_file(old, pool)
    count, data = pool.call(convert.cancellation, calendar)
    write_file(output, data)
    return count


def _side(path: Path, pool: Executor, opening: Opening) -> Side:
    return read_calendar_file(path, pool) if is_calendar(path) else read_timetable_file(path, opening, pool)
