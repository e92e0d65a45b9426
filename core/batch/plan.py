"""From the PDFs of folders to the queue: what is new, what is there already, what is somebody else's.

What was converted before is not converted again if the PDF, the options, the groups, the teaching dates and the
versions are those of a recorded result whose calendar is still there unchanged.
"""

from __future__ import annotations

import os
import time
from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..calendar.convert import CalendarOptions
from ..commands.inputs import Opening
from ..errors import NotWritable
from ..jobs.commit import Assign, Push, Share, share_nothing
from ..jobs.fingerprint import (
    NOTHING_SEEN,
    PdfSnapshot,
    SelectionHashes,
    Unchanged,
    digest,
    file_digest,
    had_settled,
    is_missing,
    look,
    options_digest,
    parser_version,
    term_digest,
)
from ..jobs.task import Task, convert_task
from ..ledger import LETTERS, Enqueued, Job, Ledger, NewJob, Stamps, State
from ..pool import Executor, Guards
from ..selection.file import read_selection
from ..selection.select import Selection
from ..system.files import leads_out
from ..terms import read_term
from .discover import FilePatterns, Found, PdfsByFolder, Skipped, discover, is_removed, mirror


class Digests(NamedTuple):
    """The hashes of what all results of a request depend on."""

    queue: str
    options: str
    selection: str
    """Of the file chosen for all; empty if each PDF may have its own."""
    term: str
    parser: str


def is_anothers(there: Job, new: NewJob) -> bool:
    """Tell whether an output is the calendar of another PDF, or of a student of a list, that is there."""
    anothers = (there.source, there.student) != (new.source, new.student) and os.path.lexists(there.source)
    return anothers and os.path.lexists(new.output)


@dataclass(slots=True, kw_only=True)
class BatchPlan:
    """What a batch is to do, as far as it is planned."""

    batch: int
    digests: Digests
    assign: Assign
    share: Share = share_nothing
    anothers: Callable[[Job, NewJob], bool] = is_anothers
    """Tells whether an output is the calendar of something else than what a new job is about."""
    queued: int = 0
    ids: array[int] = field(default_factory=lambda: array("q"))
    """The jobs that were put into the queue: eight bytes each."""
    unchanged: int = 0
    elsewhere: list[NewJob] = field(default_factory=list)
    """Jobs whose output another process is at."""
    quarantined: list[Path] = field(default_factory=list)
    """PDFs that ended their worker twice, unchanged since: not tried again unless a person says so."""
    skipped: list[Skipped] = field(default_factory=list)


def enqueue(made: BatchPlan, wanted: Sequence[tuple[NewJob, str]], ledger: Ledger) -> set[Path]:
    """Put jobs into the queue whose result is not there yet; each comes with the hash of what is at its output.

    Return the outputs that are there.
    """
    sorts = sort(wanted, ledger)
    made.unchanged += len(sorts.unchanged)
    made.quarantined += [job.source for job in sorts.quarantined]
    # Another run may have given an output to its PDF since it was looked whose it is.
    owners = ledger.history.results([job.output for job in sorts.new])
    new = list[NewJob]()
    for job in sorts.new:
        there = owners.get(job.output)
        (made.elsewhere if there and made.anothers(there, job) else new).append(job)
    seen = {output: there.id for output, there in sorts.results.items()}
    entered: Enqueued = ledger.queue.enqueue(made.batch, new, seen)
    made.queued += entered.added + entered.renewed
    made.unchanged += len(entered.done)
    running, done = set(entered.running), set(entered.done)
    made.ids.extend(number for number in entered.ids if number not in running | done)
    made.elsewhere += [job for number, job in zip(entered.ids, new, strict=True) if number in running]
    return {job.output for job in sorts.unchanged}


class Sorts(NamedTuple):
    """Jobs by what is to be done with them."""

    new: list[NewJob]
    unchanged: list[NewJob]
    quarantined: list[NewJob]
    results: dict[Path, Job]
    """Of each output that had one."""


def sort(wanted: Sequence[tuple[NewJob, str]], ledger: Ledger) -> Sorts:
    """Tell jobs whose result is there from those to be converted and those that ended their worker twice."""
    results = ledger.history.results([job.output for job, _ in wanted])
    sorts = Sorts([], [], [], results)
    open_ones: list[NewJob] = []
    for job, at_output in wanted:
        there = results.get(job.output)
        same = there is not None and _same(there, job) and _stands(there, at_output)
        same = same and not (there and is_missing(job.output, there.problems))
        (sorts.unchanged if same else open_ones).append(job)
    unfinished = ledger.history.unfinished([job.output for job in open_ones])
    for job in open_ones:
        before = unfinished.get(job.output)
        stopped = before is not None and before.state is State.QUARANTINED and before.queue == job.queue
        (sorts.quarantined if before and stopped and _same(before, job) else sorts.new).append(job)
    return sorts


def _stands(there: Job, at_output: str) -> bool:
    """Tell whether a result is at its output, as it was found, or as another run has made it since."""
    return there.output_sha256 == at_output or there.output_sha256 == file_digest(there.output)


def _same(job: Job, new: NewJob) -> bool:
    """Tell whether a job's result depends on the same things as a new one's."""
    old: Iterable[str] = (job.sha256, job.options, job.selection, job.term, job.parser)
    return bool(new.sha256) and tuple(old) == (new.sha256, new.options, new.selection, new.term, new.parser)


_CHUNK = 250  # files a worker looks at in one call
_WAITING = 2_000  # looked-at files that are compared with the ledger together


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """What a batch is asked to do."""

    sources: tuple[Path, ...]
    output: Path
    options: CalendarOptions
    wanted: FilePatterns = field(default_factory=FilePatterns)
    opening: Opening = field(default_factory=Opening)
    typed: Selection = field(default_factory=Selection)
    """Groups chosen for all."""
    select: Path | None = None
    strict: bool = False
    guards: Guards = field(default_factory=Guards)
    """The workers' limits: what ended its worker under these is tried again under others."""
    reread: bool = False
    """Whether to read every PDF and calendar again, whatever their stamps say."""
    enrolments: Path | None = None
    """A list of students: a calendar for each of them, instead of one for each PDF."""
    push: Push | None = None
    """Whether results go into the outbox, for the central service."""


def digests(request: BatchRequest) -> Digests:
    """Return the hashes of what a request asks for; `queue` is that of who may work on it."""
    options = options_digest(request.options, request.opening.limits, request.typed, request.strict)
    selection = file_digest(request.select) if request.select else ""
    term, parser = term_digest(request.options.term), parser_version()
    places = [os.path.abspath(path) for path in (request.output, *sorted(request.sources))]
    # What is worked on together: the same PDFs of the same folders, with the same limits, and a password or none.
    queue = digest(["batch", options, selection, term, parser, *places, repr(request.wanted), repr(request.guards),
                    str(bool(request.opening.password))])  # fmt: skip
    return Digests(queue, options, selection, term, parser)


def check_files(request: BatchRequest) -> None:
    """Read what is named for all PDFs, so that a name mistyped is known before the first of them is.

    Raises NoSuchFile or BadRows for a selection, NoSuchFile, InputOutput or NoTerm for teaching dates.
    """
    if request.select is not None:
        read_selection(request.select)
    term = request.options.term
    for file in (term.file, *(sorted(term.folder.glob("up-*.toml")) if term.folder else ())):
        if file is not None:
            read_term(file)


def plan(request: BatchRequest, batch: int, ledger: Ledger, pool: Executor) -> Iterator[BatchPlan]:
    """Put what is new into the ledger's queue; yield the plan as it grows, the last time complete.

    Raises NotWritable if the output folder cannot be made.
    """
    make_folder(request.output)
    made = BatchPlan(batch=batch, digests=digests(request), assign=assign(request), share=share)
    groups = PdfsByFolder()
    for number, one in enumerate(discover(request.sources, request.wanted, [request.output])):
        if isinstance(one, Found):
            groups.add(one)
        else:
            made.skipped.append(one)
        if (number + 1) % _WAITING == 0:
            yield made  # whoever iterates may stop here
    known, waiting = _known(request, made.digests, ledger), list[tuple[Path, Path]]()
    for number, (source, output) in enumerate(_placed(request, groups, known, made.skipped)):
        if not request.reread and known.holds(source, output):
            made.unchanged += 1
        else:
            waiting.append((Path(source), Path(output)))
        if len(waiting) == _WAITING:
            _enqueue(request, made, waiting, ledger, pool)
            waiting.clear()
        if (number + 1) % _WAITING == 0:
            yield made
    _enqueue(request, made, waiting, ledger, pool)
    _forget_settled(request, made, ledger)
    yield made


def assign(request: BatchRequest) -> Assign:
    """Return what tells what a worker does for a job."""
    return lambda job: partial(convert_task, task_of(request, job))


def task_of(request: BatchRequest, job: Job) -> Task:
    """Return what a worker is to make for a job."""
    return Task(
        source=job.source,
        output=job.output,
        options=request.options,
        opening=request.opening,
        typed=request.typed,
        select=request.select,
        strict=request.strict,
        selection=job.selection,
        term=job.term,
    )


def share(job: Job) -> Hashable:
    """Return what a job's result depends on, if it continues no calendar."""
    if not job.sha256 or os.path.lexists(job.output):
        return None
    return (job.sha256, job.selection)


def new_job(source: Path, output: Path, seen: PdfSnapshot, common: Digests) -> NewJob:
    """Return a PDF's job, as the PDF and what is at its output were seen."""
    return NewJob(
        source=source,
        output=output,
        sha256=seen.sha256,
        size=seen.size,
        queue=common.queue,
        options=common.options,
        selection=common.selection or seen.selection,
        term=common.term,
        parser=common.parser,
        source_stamp=seen.stamp,
    )


def make_folder(folder: Path) -> None:
    """Make a folder for outputs.

    Raises NotWritable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotWritable(f"{folder} is not a folder.", file=str(folder)) from None
    except OSError as error:
        raise NotWritable(f"The folder {folder} cannot be made: {error.strerror}.", file=str(folder)) from None
    if not os.access(folder, os.W_OK):
        raise NotWritable(f"You may not write in {folder}.", file=str(folder))


# ---- parts


def _known(request: BatchRequest, common: Digests, ledger: Ledger) -> Unchanged:
    of = (lambda source: common.selection) if request.select else SelectionHashes().of
    return Unchanged(ledger, (common.options, common.term, common.parser), of)


def _placed(
    request: BatchRequest, groups: PdfsByFolder, known: Unchanged, skipped: list[Skipped]
) -> Iterator[tuple[str, str]]:
    """Yield PDFs with their outputs, whose folders are there then; those whose folder cannot be made are skipped."""
    folder = out = os.path.abspath(request.output)
    why = ""
    for group in groups:
        for source, output in mirror(group, out, ".ics", known.owner):
            if (above := os.path.dirname(output)) != folder:
                folder, why = above, _missing(above, out)
            if why:
                skipped.append(Skipped(Path(source), why, bad=True, calendars=1))
            else:
                yield source, output


def _missing(folder: str, out: str) -> str:
    """Make a folder for outputs and return why it cannot be made, empty if it is there."""
    try:
        if leads_out(folder, out):
            return f"its calendar has no place: {folder} leads out of {out} by a link"
        make_folder(Path(folder))
    except NotWritable as error:
        return f"its calendar has no place: {error.message.removesuffix('.')}"
    return ""


def _enqueue(
    request: BatchRequest, made: BatchPlan, pairs: Sequence[tuple[Path, Path]], ledger: Ledger, pool: Executor
) -> None:
    """Read PDFs and what is at their outputs, and queue those whose result is not there."""
    begun = time.time()
    seen = list(_look_at(request, pairs, pool))
    unchanged = enqueue(made, [(new_job(*one, made.digests), one.seen.output_sha256) for one in seen], ledger)
    _confirm([one for one in seen if one.output in unchanged], begun, ledger)


def _confirm(seen: Iterable[_Looked], read: float, ledger: Ledger) -> None:
    """Note how results were found that had to be read to be known: the next run knows them by that."""
    ledger.retention.restamp(
        Stamps(one.output, one.seen.sha256, one.seen.output_sha256, one.seen.stamp, one.seen.output_stamp, read)
        for one in seen
        if had_settled(one.seen.stamp, read) and had_settled(one.seen.output_stamp, read)
    )


def _forget_settled(request: BatchRequest, made: BatchPlan, ledger: Ledger) -> None:
    """Forget what earlier runs left of PDFs that are gone, and dead letters whose calendar is there all the same.

    Dead letters stay while a source may be away: a share that is not mounted has lost no PDF.
    """
    known = _known(request, made.digests, ledger)
    here = bool(made.unchanged or made.queued or made.elsewhere or made.quarantined)
    tops = [Path(os.path.abspath(source)) for source in request.sources]
    over = list[int]()
    for job in ledger.retention.left(made.digests.queue, made.batch):
        letter, source = job.state in LETTERS, str(job.source)
        top = next((top for top in tops if job.source.is_relative_to(top)), job.source.parent)
        gone = (here and is_removed(job.source, top)) if letter else not os.path.lexists(source)
        if gone or (letter and known.holds(source, str(job.output))):
            over.append(job.id)
    ledger.retention.forget(over, made.batch)


class _Looked(NamedTuple):
    source: Path
    output: Path
    seen: PdfSnapshot


def _look_at(request: BatchRequest, pairs: Sequence[tuple[Path, Path]], pool: Executor) -> Iterator[_Looked]:
    """Yield what workers see; what a worker does not come back from is for the conversion to name."""
    chunks = [pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK)]
    waiting = deque(range(len(chunks)))
    while waiting or pool.running:
        while waiting and pool.free:
            number = waiting.popleft()
            pool.start(number, look, chunks[number], request.opening.limits.bytes, request.select is None)
        for outcome in pool.wait():
            assert isinstance(outcome.key, int), "a chunk's number"
            chunk = chunks[outcome.key]
            if not isinstance(outcome.value, list) and len(chunk) > 1:
                # Too much for one call, or one of them ended it: which one shows when there are fewer.
                chunks += [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]
                waiting += (len(chunks) - 2, len(chunks) - 1)
                continue
            seen = outcome.value if isinstance(outcome.value, list) else [NOTHING_SEEN]
            yield from (_Looked(source, output, one) for (source, output), one in zip(chunk, seen, strict=True))
