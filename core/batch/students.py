"""Enrolment lists: a CSV of student, module and group -> one calendar a student from the faculty's timetables.

The timetables are read first, then the jobs are queued.
"""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..commands.inputs import Opening, naming, read_timetable, refuse_problems
from ..errors import BadRows, InputOutput, NoSuchFile, TukscalError
from ..jobs.commit import Assign
from ..jobs.fingerprint import digest, file_digest, selection_digest
from ..jobs.task import Made, Task, check_term, continued, describe
from ..ledger import Job, Ledger, NewJob
from ..model import Problem, Timetable
from ..pool import Executor
from ..selection.select import Selection, check_names, keep_chosen
from ..system.files import read_stamped, sha256
from ..timetable import values
from ..wording import clean
from .discover import Found, Skipped, discover, safe_name
from .plan import BatchPlan, BatchRequest, assign, digests, enqueue, make_folder, task_of

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


def convert_student(task: Task, student: str, sources: Sequence[Source]) -> Made:
    """Return one student's calendar from a faculty's timetables, as the next revision of the one at its output.

    A module that is in none of the timetables is a problem of the calendar. Raises BadRows if the student's groups are
    not there or nothing is left, InputOutput if a timetable has changed since the batch was planned.
    """
    timetables = [_timetable(source, task.opening) for source in sources]
    selection, missing = _known_modules(task.typed, timetables)
    check_names(timetables, selection)
    chosen = [keep_chosen(timetable, selection).timetable for timetable in timetables]
    kept = [replace(timetable, problems=(), unchosen=()) for timetable in chosen if timetable.entries]
    if not selection.modules or not kept:
        raise BadRows(f"None of the modules of {student} is in these timetables.", advice="Compare the lists.")
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


_TOGETHER = 2_000  # students compared with the ledger in one go


def plan_students(request: BatchRequest, batch: int, ledger: Ledger, pool: Executor) -> Iterator[BatchPlan]:
    """Put the students whose calendar is not there yet into the queue; yield the plan as it grows.

    Raises what reading the list or a timetable raises: with one missing, every calendar would be wrong.
    """
    assert request.enrolments is not None, "asked for by --enrolments"
    enrolled = read_enrolments(request.enrolments)
    outputs = _outputs(enrolled, Path(os.path.abspath(request.output)), request.enrolments)
    make_folder(request.output)
    common, found = digests(request), list[Source]()
    for path in _paths(request):
        with naming(path):
            found.append(Source(path, pool.call(read_source, Source(path, ""), request.opening, request.strict)))
        yield BatchPlan(batch=batch, digests=common, assign=assign(request))  # whoever iterates may stop here
    sources = tuple(found)
    # Who may work on it: whoever has the same list and the same timetables.
    queue = digest([common.queue, file_digest(request.enrolments), *(source.sha256 for source in sources)])
    others = _Others(ledger, request.enrolments)
    made = BatchPlan(
        batch=batch,
        digests=common._replace(queue=queue),
        assign=_assign(request, sources, outputs),
        anothers=lambda there, job: others.owner(there) is not None,
    )
    yield made
    content = digest([source.sha256 for source in sources])
    everyone = (_job(request.enrolments, made, content, output, one) for output, one in outputs.items())
    while group := list(islice(everyone, _TOGETHER)):
        mine = others.without(group)
        enqueue(made, [(job, file_digest(job.output)) for job in mine], ledger)
        yield made
    made.skipped += others.skipped()
    yield made


def _paths(request: BatchRequest) -> list[Path]:
    """Return the timetables; each is read once to see that it can be."""
    found = []
    for one in discover(request.sources, request.wanted, [request.output]):
        if isinstance(one, Found):
            found.append(Path(one.path))
        elif one.bad:
            raise NoSuchFile(f"{one.path}: {one.reason}.", file=str(one.path))
    if not found:
        raise NoSuchFile("There are no timetables in the sources.", advice="Name the folder with the faculty's PDFs.")
    return sorted(found)


def _outputs(enrolled: Iterable[Enrolled], out: Path, enrolments: Path) -> dict[Path, Enrolled]:
    """Return each student's output; two students are never one file."""
    taken: dict[str, str] = {}
    outputs = {}
    for one in enrolled:
        output = out / f"{safe_name(one.student)}.ics"
        other = taken.setdefault(unicodedata.normalize("NFC", output.name).casefold(), one.student)
        if other != one.student:
            raise BadRows(
                f"The students {other} and {one.student} of {enrolments} would have the same file.",
                advice="Write a student's number in one way only.",
            )
        outputs[output] = one
    return outputs


def _job(enrolments: Path, made: BatchPlan, content: str, output: Path, one: Enrolled) -> NewJob:
    return NewJob(
        source=Path(os.path.abspath(enrolments)),
        student=safe_name(one.student),
        output=output,
        sha256=content,
        size=len(one.selection.modules),
        queue=made.digests.queue,
        options=made.digests.options,
        selection=selection_digest(one.selection),
        term=made.digests.term,
        parser=made.digests.parser,
    )


class _Others:
    """Students' outputs that are calendars of something else: of another list's student, or of a PDF.

    If both made them in turn, each would cancel what the other one holds.
    """

    def __init__(self, ledger: Ledger, enrolments: Path) -> None:
        self._ledger = ledger
        self._mine = os.path.abspath(enrolments)
        self._students: dict[str, frozenset[str] | None] = {}
        self._taken: Counter[str] = Counter()

    def without(self, group: Sequence[NewJob]) -> list[NewJob]:
        """Return the jobs whose output is free or their own, and count the others."""
        results = self._ledger.history.results([job.output for job in group])
        mine = []
        for job in group:
            there = results.get(job.output)
            owner = self.owner(there) if there else None
            if owner is None:
                mine.append(job)
            else:
                self._taken[owner] += 1
        return mine

    def owner(self, there: Job) -> str | None:
        """Return the PDF or the list an output is the calendar of, None if that is ours or gone."""
        source = str(there.source)
        mine = there.student is not None and source == self._mine
        if mine or not (os.path.lexists(there.output) and os.path.lexists(source)):
            return None
        if there.student is None:
            return source
        if source not in self._students:
            self._students[source] = _students(there.source)
        students = self._students[source]
        return source if students is None or there.student in students else None

    def skipped(self) -> Iterator[Skipped]:
        """Yield what was counted, one line for all calendars of the same owner."""
        for owner, number in sorted(self._taken.items()):
            what = "a calendar of this list is" if number == 1 else f"{number:,} calendars of this list are"
            why = f"{what} made of {owner} already and left alone; use another output folder"
            yield Skipped(Path(self._mine), why, bad=True, calendars=number)


def _students(enrolments: Path) -> frozenset[str] | None:
    """Return the students a list names, as their files are named, None if it cannot be read."""
    try:
        return frozenset(safe_name(one.student) for one in read_enrolments(enrolments))
    except TukscalError:
        return None


def _assign(request: BatchRequest, sources: tuple[Source, ...], outputs: Mapping[Path, Enrolled]) -> Assign:
    def task(job: Job) -> Callable[[], Made]:
        one = outputs[job.output]
        return partial(convert_student, replace(task_of(request, job), typed=one.selection), one.student, sources)

    return task
