"""A calendar for each student of an enrolment list: the timetables are read first, then the jobs are queued."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from .batch import BatchRequest, Plan, digests, enqueue, make_folder
from .discover import Found, discover
from .enrolments import Enrolled, Source, StudentTask, convert_student, read_enrolments, read_source
from .errors import BadRows, NoSuchFile, TukscalError
from .fingerprint import digest, file_digest, selection_digest
from .ledger import Job, Ledger, NewJob
from .mirror import safe_name
from .pool import Executor
from .runner import Assign
from .task import Made

_TOGETHER = 2_000  # students compared with the ledger in one go


def plan_students(request: BatchRequest, batch: int, ledger: Ledger, pool: Executor) -> Iterator[Plan]:
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
        yield Plan(batch=batch, digests=digests(request), assign=_nothing)  # whoever iterates may stop here
    sources = tuple(found)
    # Who may work on it: whoever has the same list and the same timetables.
    common = digests(request)
    queue = digest([common.queue, file_digest(request.enrolments), *(source.sha256 for source in sources)])
    made = Plan(batch=batch, digests=common._replace(queue=queue), assign=_assign(request, sources, outputs))
    yield made
    content = digest([source.sha256 for source in sources])
    everyone = ((_job(request.enrolments, made, content, output, one), output) for output, one in outputs.items())
    while group := list(islice(everyone, _TOGETHER)):
        enqueue(made, [(job, file_digest(output)) for job, output in group], ledger)
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
        output = out / f"{safe_name(one.student)}.ics"
        other = taken.setdefault(unicodedata.normalize("NFC", output.name).casefold(), one.student)
        if other != one.student:
            raise BadRows(
                f"The students {other} and {one.student} of {enrolments} would have the same file.",
                advice="Write a student's number in one way only.",
            )
        outputs[output] = one
    return outputs


def _job(enrolments: Path, made: Plan, content: str, output: Path, one: Enrolled) -> NewJob:
    return NewJob(
        source=Path(os.path.abspath(enrolments)).with_name(f"{enrolments.name}#{safe_name(one.student)}"),
        output=output,
        sha256=content,
        size=len(one.selection.modules),
        queue=made.digests.queue,
        options=made.digests.options,
        selection=selection_digest(one.selection),
        term=made.digests.term,
        parser=made.digests.parser,
    )


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
