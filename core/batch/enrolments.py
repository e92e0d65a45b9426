"""Enrolment lists: a CSV of student, module and group -> one calendar a student from the faculty's timetables."""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..commands.inputs import Opening, read_timetable, refuse_problems
from ..errors import BadRows, InputOutput
from ..jobs.task import Made, check_term, continued, describe
from ..model import Problem, Timetable
from ..selection.select import Selection, check_names, keep_chosen
from ..system.files import read_stamped, sha256
from ..timetable import values
from ..wording import clean

_COLUMNS = ("student", "module", "group")
_MOST = 200_000_000  # bytes; a university of 60,000 students has 20 MB
_ALL = ""  # groups
_KEPT = 64  # timetables a worker remembers


class Enrolled(NamedTuple):
    """A student and what they attend."""

    student: str
    selection: Selection


class Source(NamedTuple):
    """A faculty's timetable and what it was when the batch was planned."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentTask:
    """What to make for one student."""

    student: str
    selection: Selection
    sources: tuple[Source, ...]
    output: Path
    options: convert.CalendarOptions
    opening: Opening = field(default_factory=Opening)
    term: str | None = None
    """The hash of the teaching dates the result is recorded under."""


def read_enrolments(path: Path) -> list[Enrolled]:
    """Return the students of a CSV with a line for each module or group they attend, in the order of their names.

    Columns are found by their names in the first line; others are left alone. A line without a group means all groups
    of the module. Raises BadRows naming the first line that is wrong: a list that is half read makes wrong calendars.
    """
    rows: dict[str, OrderedDict[str, list[str]]] = {}
    for number, row in _rows(path):
        student, module, group = (clean(row.get(name) or "") for name in _COLUMNS)
        if not student:
            raise _wrong(path, number, "has no student")
        try:
            groups = rows.setdefault(student, OrderedDict()).setdefault(values.module(module.upper()), [])
            groups.append(values.label(group, "a group") if group else _ALL)
        except values.Unreadable as reason:
            raise _wrong(path, number, f"is wrong: {reason}") from None
    if not rows:
        raise BadRows(f"{path} names no student.", advice="It needs lines under student, module and group.")
    return [_enrolled(student, modules, path) for student, modules in sorted(rows.items())]


def _rows(path: Path) -> Iterable[tuple[int, Mapping[str, str | None]]]:
    data, _ = read_stamped(path, _MOST)
    if len(data) > _MOST:
        raise BadRows(f"{path} is too large to be a list of enrolments.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRows(f"{path} is not text in UTF-8.", advice="Save it as CSV UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [clean(name).casefold() for name in next(reader, [])]
        missing = [name for name in _COLUMNS if name not in header]
        if missing:
            raise BadRows(
                f"{path} has no column {' and no column '.join(missing)}.",
                advice="Its first line must name the columns student, module and group.",
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"is no CSV: {error}") from None


def _wrong(path: Path, number: int, what: str) -> BadRows:
    return BadRows(f"Line {number} of {path} {what}.", advice="Correct that line; nothing was converted.", row=number)


def _enrolled(student: str, modules: Mapping[str, Sequence[str]], path: Path) -> Enrolled:
    groups = {module: tuple(dict.fromkeys(chosen)) for module, chosen in modules.items() if _ALL not in chosen}
    return Enrolled(student, Selection(modules=tuple(modules), groups=groups, source=str(path)))


# ---- in a worker

_remembered: OrderedDict[str, Timetable] = OrderedDict()


def convert_student(task: StudentTask) -> Made:
    """Return one student's calendar, as the next revision of the one at its output.

    A module that is in none of the timetables is a problem of the calendar. Raises BadRows if the student's groups are
    not there or nothing is left, InputOutput if a timetable has changed since the batch was planned.
    """
    timetables = [_timetable(source, task.opening) for source in task.sources]
    selection, missing = _known_modules(task.selection, timetables)
    check_names(timetables, selection)
    chosen = [keep_chosen(timetable, selection).timetable for timetable in timetables]
    kept = [replace(timetable, problems=(), unchosen=()) for timetable in chosen if timetable.entries]
    if not selection.modules or not kept:
        raise BadRows(f"None of the modules of {task.student} is in these timetables.", advice="Compare the lists.")
    previous = continued(task.output)
    conversion = convert.make_calendar(chosen, task.options, previous)
    check_term(task.term, task.options)
    # A row that could not be used may be anybody's.
    unused = [problem for timetable in timetables for problem in timetable.problems]
    kept[0] = replace(kept[0], problems=(*missing, *unused))
    # The job's content is the list and all timetables, not one PDF.
    return replace(describe(kept, "", conversion, previous), sha256="")


def read_source(source: Source, opening: Opening, strict: bool) -> str:
    """Return the content's hash of a faculty's timetable; raises what reading it raises."""
    timetable = _timetable(source, opening)
    if strict:
        refuse_problems(timetable)
    return timetable.sha256


def _timetable(source: Source, opening: Opening) -> Timetable:
    data, _ = read_stamped(source.path, opening.limits.bytes)
    found = sha256(data)
    if source.sha256 not in ("", found):
        raise InputOutput(f"{source.path} changed while it was used.", file=str(source.path))
    if found not in _remembered:
        _remembered[found] = read_timetable(data, source.path.name, opening)
        while len(_remembered) > _KEPT:
            _remembered.popitem(last=False)
    return _remembered[found]


def _known_modules(selection: Selection, timetables: Sequence[Timetable]) -> tuple[Selection, list[Problem]]:
    """Return a selection without the modules no timetable has, and the problem each of those is."""
    there = {entry.module for timetable in timetables for entry in timetable.entries}
    known = tuple(module for module in selection.modules if module in there)
    groups = {module: chosen for module, chosen in selection.groups.items() if module in there}
    missing = [
        Problem(page=1, row=None, text=module, reason="the student's module is in none of the timetables")
        for module in selection.modules
        if module not in there
    ]
    return replace(selection, modules=known, groups=groups, lenient=True), missing
