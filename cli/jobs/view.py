"""The ledger on a terminal: tables of jobs and batches, one job in words, figures with small bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple

from ...core.errors import CONVERSION_ERRORS
from ...core.jobs.task import Details, ProblemRow, load_details, moved_words
from ...core.ledger import INTERRUPTED, LETTERS, Attempt, Batch, Job, State, Stats
from ...core.wording import clean, counted, duration, memory, place, size
from ..common.terminal import Line, Piece, breadth, columns, cut, pad, paragraph

_STATES = {
    State.QUEUED: "waiting",
    State.RUNNING: "being converted",
    State.DONE: "done",
    State.FAILED: "failed, will be retried",
    State.DEAD: "failed for good",
    State.QUARANTINED: "ended its worker twice, will not be retried",
}
_ADVICE = {error.cause: error.default_advice for error in CONVERSION_ERRORS}


def state_words(job: Job) -> str:
    """Return where a job stands."""
    return _STATES[job.state]


def usual_advice(cause: str | None) -> str:
    """Return what is to be done about a cause if nothing better is known."""
    return _ADVICE.get(cause or "", "")


def cause_words(cause: str | None) -> str:
    """Return how an attempt ended."""
    if cause is None:
        return "done"
    return "interrupted: its process ended; not counted" if cause == INTERRUPTED else cause


def moment_words(moment: float | None) -> str:
    """Return a moment in local time to the second."""
    found = _local(moment)
    return found.strftime("%Y-%m-%d %H:%M:%S") if found else "-"


def short_moment(moment: float | None, now: datetime) -> str:
    """Return a moment in at most ten columns: a time today, else a day."""
    found = _local(moment)
    if found is None:
        return "-"
    return found.strftime("%H:%M:%S" if found.date() == now.date() else "%Y-%m-%d")


def _local(moment: float | None) -> datetime | None:
    try:
        return None if moment is None else datetime.fromtimestamp(moment)
    except (ValueError, OverflowError, OSError):  # a clock that was wrong
        return None


def shorten_path(path: str, room: int) -> str:
    """Return a path of at most so many columns: first its folder is cut, then the middle of its name."""
    folder, slash, name = path.rpartition("/")
    if breadth(path) <= room:
        return path
    if slash and breadth(name) + 2 <= room:
        return f"{cut(folder, room - breadth(name) - 1)}/{name}"
    return _without_middle(name, room)


def _without_middle(text: str, room: int) -> str:
    if breadth(text) <= room:
        return text
    tail, most = "", room * 2 // 3
    for character in reversed(text):
        if breadth(character + tail) > most:
            break
        tail = character + tail
    return cut(text, room - breadth(tail)) + tail


_FITTED = 1_000  # rows that decide how wide columns are
_LABEL = 12
_BAR = 30
_NAMED = 20  # rows and changes of one job
_STYLES = {
    State.DONE: "green",
    State.RUNNING: "cyan",
    State.FAILED: "yellow",
    State.DEAD: "red",
    State.QUARANTINED: "bold red",
}


class _Column(NamedTuple):
    head: str
    right: bool = False


# ---- tables: every column but the last as wide as it must be, the last, a path, is shortened


def _table(heads: Sequence[_Column], rows: Iterable[tuple[str, ...]]) -> Iterator[Line]:
    waiting = iter(rows)
    first = list(islice(waiting, _FITTED))
    if not first:
        return
    inner = range(len(heads) - 1)
    widths = [max(len(row[column]) for row in (*first, tuple(head.head for head in heads))) for column in inner]
    room = columns()
    yield (Piece(_row(tuple(head.head for head in heads), heads, widths, room), "bold"),)
    for row in chain(first, waiting):
        yield (Piece(_row(row, heads, widths, room)),)


def _row(row: Sequence[str], heads: Sequence[_Column], widths: Sequence[int], room: int) -> str:
    cells = zip(row[:-1], heads, widths, strict=False)
    text = "  ".join(cell.rjust(width) if head.right else pad(cell, width) for cell, head, width in cells)
    return f"{text}  {shorten_path(row[-1], max(room - len(text) - 2, 8))}"


def job_table(jobs: Iterable[Job], now: datetime) -> Iterator[Line]:
    """Yield a table of jobs, as they come."""
    heads = (_Column("job", True), _Column("state"), _Column("cause"), _Column("when"), _Column("time", True),
             _Column("prob.", True), _Column("PDF"))  # fmt: skip
    return _table(heads, (_job_cells(job, now) for job in jobs))


def _job_cells(job: Job, now: datetime) -> tuple[str, ...]:
    when = job.completed or job.started or job.created
    return (
        str(job.id),
        job.state,
        job.cause or "",
        short_moment(when, now),
        duration(job.duration) if job.attempts else "",
        str(job.problems) if job.problems else "",
        clean(job.origin),
    )


def batch_table(batches: Iterable[Batch]) -> Iterator[Line]:
    """Yield a table of batches."""
    heads = (_Column("batch", True), _Column("begun"), _Column("time", True), _Column("done", True),
             _Column("failed", True), _Column("unchanged", True), _Column("into"))  # fmt: skip
    return _table(heads, map(_batch_cells, batches))


def _batch_cells(batch: Batch) -> tuple[str, ...]:
    summary = batch.summary if isinstance(batch.summary, Mapping) else {}
    details = batch.details if isinstance(batch.details, Mapping) else {}
    seconds = summary.get("seconds")
    return (
        str(batch.id),
        moment_words(batch.created)[:16],
        duration(seconds) if isinstance(seconds, int | float) else "not ended",
        *(_number(summary.get(name)) for name in ("done", "failures", "unchanged")),
        clean(str(details.get("output", batch.command))),
    )


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "-"


def counts_text(counts: Mapping[State, int]) -> str:
    """Return how many jobs there are, and how many in each state."""
    parts = [f"{number:,} {state}" for state, number in counts.items() if number]
    total = counted(sum(counts.values()), "job")
    return f"{total}: {', '.join(parts)}." if parts else f"{total}."


# ---- one job


def job_lines(job: Job, attempts: Sequence[Attempt]) -> Iterator[Line]:
    """Yield everything about a job."""
    details = load_details(job.details)
    yield (Piece(f"Job {job.id}: {state_words(job)}", _STYLES.get(job.state, "bold")),)
    for label, text in _facts(job, details):
        if text:
            yield from _labelled(label, text)
    yield from _section("Attempts", [_attempt(attempt, job.message) for attempt in attempts])
    yield from _section("Rows and texts that could not be used", list(map(_problem, details.problems)), job.problems)
    yield from _section("Changes", [moved_words(moved) for moved in details.changes], details.change_count)


def _problem(row: ProblemRow) -> str:
    return f"{place(row.page, row.row)}: {row.reason}: {row.text}"


def _facts(job: Job, details: Details) -> Iterator[tuple[str, str]]:
    yield "PDF", job.origin
    yield "  size", size(job.size)
    yield "  sha256", job.sha256
    yield "Calendar", str(job.output)
    yield "  sha256", job.output_sha256 or ""
    yield "Contains", _contents(job, details)
    yield "Why", f"{job.cause}: {job.message}" if job.cause else ""
    yield "What to do", _advice(job, details)
    yield "Queued", f"{moment_words(job.created)} in batch {job.batch}"
    yield "Next", f"retried at {moment_words(job.next_attempt)}" if job.next_attempt else ""
    yield "Ended", moment_words(job.completed) if job.completed else ""
    yield "Took", _cost(job)
    yield "Since then", f"job {job.superseded} made a newer calendar" if job.superseded else ""


def _contents(job: Job, details: Details) -> str:
    if job.state is not State.DONE:
        return ""
    parts = [f"{counted(job.entries or 0, 'session')} of {job.kind or 'a timetable'}"]
    parts += [counted(details.events, "event")] if details.events else []
    parts += [f"{counted(job.problems, 'problem')}"] if job.problems else []
    parts += [f"{counted(details.undecided, 'choice')} open"] if details.undecided else []
    parts += [f"{counted(details.left_out, 'lecture')} without a day"] if details.left_out else []
    parts += [f"{counted(details.uncovered, 'event')} of the previous calendar removed"] if details.uncovered else []
    return ", ".join(parts)


def _advice(job: Job, details: Details) -> str:
    if job.state not in (*LETTERS, State.FAILED):
        return ""
    advice = details.advice or usual_advice(job.cause)
    again = f"`tukscal jobs retry {job.id}` queues it for the next batch."
    return f"{advice} {again}".strip()


def _cost(job: Job) -> str:
    if not job.attempts:
        return ""
    peak = f", {memory(job.peak)} of memory at most" if job.peak else ""
    return f"{duration(job.duration)} in {counted(job.attempts, 'attempt')}{peak}"


def _attempt(attempt: Attempt, told: str | None) -> str:
    """Return one try in words; a sentence that was told already is not told again."""
    peak = f", {memory(attempt.peak)}" if attempt.peak else ""
    took = f"{duration(attempt.duration)}{peak}"
    why = f": {attempt.message}" if attempt.message and attempt.message != told else ""
    return f"{attempt.number}. {moment_words(attempt.started)}, {took}: {cause_words(attempt.cause)}{why}"


def _labelled(label: str, text: str) -> list[Line]:
    first, *more = paragraph(clean(text), columns(), indent=_LABEL)
    return [(Piece(label.ljust(_LABEL), "bold"), Piece(first[0].text.lstrip())), *more]


def _section(title: str, texts: Sequence[str], total: int | None = None) -> Iterator[Line]:
    if not texts:
        return
    yield ()
    yield (Piece(title, "bold"),)
    for text in texts[:_NAMED]:
        yield from paragraph(clean(text), columns(), indent=2, hang=2)
    more = max(total or 0, len(texts)) - min(len(texts), _NAMED)
    if more:
        yield (Piece(f"  and {more:,} more"),)


# ---- figures


def figures_lines(batch: int | None, stats: Stats) -> Iterator[Line]:
    """Yield outcomes and causes with their bars, then times and memory."""
    total = sum(stats.states.values())
    yield (Piece(f"{f'Batch {batch}' if batch else 'All batches'}: {counted(total, 'job')}", "bold"),)
    yield from _bars({state: number for state, number in stats.states.items() if number})
    if stats.causes:
        yield from ((), (Piece("Why jobs failed", "bold"),))
        yield from _bars(dict(sorted(stats.causes.items(), key=lambda item: -item[1])))
    if stats.seconds:
        rate = f", {stats.rate:.1f} a second" if stats.rate else ""
        yield from ((), (Piece(f"The newest {counted(stats.sample, 'calendar')}{rate}", "bold"),))
        yield _measures("", ("50 in 100", "95 in 100", "99 in 100", "all"))
        yield _measures("time, at most", [duration(value) for value in stats.seconds])
        if stats.memory:
            yield _measures("memory, at most", [memory(value) for value in stats.memory])


def _bars(numbers: Mapping[str, int]) -> Iterator[Line]:
    most = max(numbers.values(), default=1)
    wide, digits = max(map(len, numbers), default=0), len(f"{most:,}")
    for name, number in numbers.items():
        bar = "#" * max(1, round(number * _BAR / most))
        yield (Piece(f"  {name.ljust(wide)}  {f'{number:,}'.rjust(digits)}  "), Piece(bar, "cyan"))


def _measures(label: str, values: Iterable[str]) -> Line:
    return (Piece(f"  {label.ljust(18)}{''.join(value.rjust(12) for value in values)}"),)
