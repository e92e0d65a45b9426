"""What is said about a batch, the same on every output."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.batch.run import Summary
from ...core.jobs.commit import Finished
from ...core.jobs.details import details_of, moved_words
from ...core.ledger import State
from ...core.report.words import cause_words
from ...core.wording import counted, duration, plural
from ..common.render import Shown

_TOLD = 3  # changes of one calendar


def failure_words(event: Finished) -> Iterator[str]:
    """Yield the line about a PDF that has no calendar, or is tried again."""
    if event.error is not None:
        again = " It will be retried." if event.state is State.FAILED else ""
        yield f"{event.job.source}: {event.error.message}{again}"


def change_lines(event: Finished) -> Iterator[str]:
    """Yield what moved in a calendar that was there before, and what was wrong with its PDF."""
    made = event.made
    if made is None:
        return
    if made.change_count:
        yield f"{event.job.output}: {counted(made.change_count, 'session')} changed"
        for moved in details_of(made).changes[:_TOLD]:
            yield f"  {moved_words(moved)}"
        if made.change_count > _TOLD:
            yield f"  and {made.change_count - _TOLD} more"
    if made.uncovered:
        yield f"{event.job.output}: {counted(made.uncovered, 'event')} of another kind or half-year removed"


def progress_line(summary: Summary, queued: int, seconds: float) -> str:
    """Return how far a batch is."""
    ended = summary.done + sum(summary.failed.values())
    rate = ended / max(seconds, 0.001)
    left = f", {duration((queued - ended) / rate)} left" if rate and queued > ended else ""
    return f"{ended:,} of {queued:,} PDFs, {rate:.0f} a second{left}"


def summary_lines(summary: Summary) -> Iterator[Shown]:
    """Yield the summary of a batch."""
    ended = summary.done + sum(summary.failed.values())
    rate = f" ({ended / summary.seconds:.0f} a second)" if ended and summary.seconds >= 1 else ""
    yield Shown(f"{counted(ended, 'PDF')} in {duration(summary.seconds)}{rate}.", style="bold")
    for number, words in _parts(summary):
        if number:
            yield Shown(f"{number:>7,} {words}", 2)
    for cause, number in summary.failed.most_common():
        yield Shown(f"{number:>7,} failed: {_lower(cause_words(cause))}", 2, "red")
    if summary.left:
        yield Shown(f"{summary.left:>7,} not done: run the same command again", 2, "yellow")
    yield Shown(f"Batch {summary.batch}: `tukscal jobs list --batch {summary.batch}` lists each PDF.")


def _parts(summary: Summary) -> Iterator[tuple[int, str]]:
    as_before = summary.done - summary.new - summary.changed
    yield summary.new, plural(summary.new, "new calendar")
    yield summary.changed, "changed"
    yield as_before, "converted again"
    yield summary.unchanged, "unchanged, not converted again"
    yield summary.with_problems, "with rows that could not be used: see NAME.warnings.txt"
    yield summary.elsewhere, "being converted by another run, with other options or from another folder"
    yield summary.quarantined, "quarantined: they ended their worker twice; `tukscal jobs dead` lists them"
    yield summary.bad_skipped, "missing or not readable"
    yield summary.no_place, "without an output file of their own: see above"
    yield summary.skipped, "skipped in the folders: links, hidden or half-written files"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
