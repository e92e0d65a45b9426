"""A calendar for each student of an enrolment list: the timetables are read first, then the jobs are queued."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from ..errors import BadRows, NoSuchFile, TukscalError
from ..jobs.fingerprint import digest, file_digest, selection_digest
from ..jobs.queue import Assign
from ..jobs.task import Made
from ..ledger import Job, Ledger, NewJob
from ..pool import Executor
from .discover import Found, Skipped, discover
from .enrolments import Enrolled, Source, StudentTask, convert_student, read_enrolments, read_source
from .placement import is_there, list_of, student_output, student_source
from .plan import BatchRequest, digests, make_folder
from .queue import BatchPlan, enqueue

_TOGETHER = 2_000  # students compared with the ledger in one go


def plan_students(request: BatchRequest, batch: int, ledger: Ledger, pool: Executor) -> Iterator[BatchPlan]:
    """Put the students whose calendar is not there yet into the queue; yield the plan as it grows.

    Raises what reading the list or a timetable raises: with one missing, every calendar would be wrong.
    """
    assert request.enrolments is not None, "asked for by --enrolments"
    enrolled = read_enrolments(request.enrolments)
    outputs = _outputs(enrolled, Path(os.path.abspath(request.output)), request.enrolments)
    make_folder(request.output)
    found: list[Source] = []
    for path in _paths(request):
        found.append(_source(path, request, pool))
        yield BatchPlan(batch=batch, digests=digests(request), assign=_nothing)  # whoever iterates may stop here
    sources = tuple(found)
    # Who may work on it: whoever has the same list and the same timetables.
    common = digests(request)
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


def _source(path: Path, request: BatchRequest, pool: Executor) -> Source:
    try:
        sha256 = pool.call(read_source, Source(path, ""), request.opening, request.strict)
    except TukscalError as error:
        error.file = error.file or str(path)
        raise
    return Source(path, sha256)


def _nothing(job: Job) -> Callable[[], Made]:
    raise AssertionError("nothing is queued before the timetables are read")


def _outputs(enrolled: Iterable[Enrolled], out: Path, enrolments: Path) -> dict[Path, Enrolled]:
    """Return each student's output; two students are never one file."""
    taken: dict[str, str] = {}
    outputs = {}
    for one in enrolled:
        output = Path(student_output(str(out), one.student))
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
        source=Path(student_source(os.path.abspath(enrolments), one.student)),
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
        source, output = str(there.source), str(there.output)
        listed = list_of(source, output)
        if listed == self._mine or not os.path.lexists(output) or not is_there(source, output):
            return None
        if listed is None or os.path.lexists(source):
            return source
        if listed not in self._students:
            self._students[listed] = _students(Path(listed))
        students = self._students[listed]
        return listed if students is None or source in students else None

    def skipped(self) -> Iterator[Skipped]:
        """Yield what was counted, one line for all calendars of the same owner."""
        for owner, number in sorted(self._taken.items()):
            what = "a calendar of this list is" if number == 1 else f"{number:,} calendars of this list are"
            why = f"{what} made of {owner} already and left alone; use another output folder"
            yield Skipped(Path(self._mine), why, bad=True, calendars=number)


def _students(enrolments: Path) -> frozenset[str] | None:
    """Return the sources of all students a list names, None if it cannot be read."""
    try:
        return frozenset(student_source(str(enrolments), one.student) for one in read_enrolments(enrolments))
    except TukscalError:
        return None


def _assign(request: BatchRequest, sources: tuple[Source, ...], outputs: Mapping[Path, Enrolled]) -> Assign:
    def task(job: Job) -> Callable[[], Made]:
        one = outputs[job.output]
        return partial(
            convert_student,
            StudentTask(
                student=one.student,
                selection=one.selection,
                sources=sources,
                output=job.output,
                options=request.options,
                opening=request.opening,
                term=job.term,
            ),
        )

    return task
