"""The output of a batch: live on a terminal, plain lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from ...core.batch.plan import BatchPlan
from ...core.batch.run import BatchRun, Event, Stopping, Summary
from ...core.jobs.commit import Finished
from ...core.jobs.task import moved_words
from ...core.ledger import Ledger, State
from ...core.report.batch import cause_words
from ...core.wording import clean, counted, duration, plural
from ..common.terminal import Shown, print_lines
from ..sync.pushing import PushSummary, push_words

_TOLD = 3  # changes of one calendar
_EVERY = 10.0  # seconds between plain lines
_SHOWN = 8  # workers


def failure_words(event: Finished) -> Iterator[str]:
    """Yield the line about a PDF that has no calendar, or is tried again."""
    if event.error is not None:
        again = " It will be retried." if event.state is State.FAILED else ""
        yield f"{event.job.origin}: {event.error.message}{again}"


def change_lines(event: Finished) -> Iterator[str]:
    """Yield what moved in a calendar that was there before, and what was wrong with its PDF."""
    if event.made is None:
        return
    made = event.made.details
    if made.change_count:
        yield f"{event.job.output}: {counted(made.change_count, 'session')} changed"
        for moved in made.changes[:_TOLD]:
            yield f"  {moved_words(moved)}"
        if made.change_count > _TOLD:
            yield f"  and {made.change_count - _TOLD} more"
    if made.uncovered:
        yield f"{event.job.output}: {counted(made.uncovered, 'event')} of another kind or half-year removed"


def progress_line(summary: Summary, queued: int, seconds: float) -> str:
    """Return how far a batch is."""
    rate = summary.ended / max(seconds, 0.001)
    left = f", {duration((queued - summary.ended) / rate)} left" if rate and queued > summary.ended else ""
    return f"{summary.ended:,} of {queued:,} PDFs, {rate:.0f} a second{left}"


def summary_lines(summary: Summary) -> Iterator[Shown]:
    """Yield the summary of a batch."""
    rate = f" ({summary.ended / summary.seconds:.0f} a second)" if summary.ended and summary.seconds >= 1 else ""
    yield Shown(f"{counted(summary.ended, 'PDF')} in {duration(summary.seconds)}{rate}.", style="bold")
    for number, words in _parts(summary):
        if number:
            yield Shown(f"{number:>7,} {words}", 2)
    for cause, number in summary.failed.most_common():
        words = cause_words(cause)
        yield Shown(f"{number:>7,} failed: {words[:1].lower()}{words[1:]}", 2, "red")
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


class PlainView:
    """What is shown while a batch runs, as lines: each failure, how far it is every ten seconds, and the summary."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._run: BatchRun | None = None
        self._queued = 0
        self._named = 0  # of what was skipped
        self._start = self._told = time.monotonic()

    def opened(self, ledger: Ledger) -> None:
        """Print that a damaged ledger was put aside."""
        if ledger.moved_aside:
            self._say(f"The ledger was damaged; it was kept as {ledger.moved_aside} and a new one was started.")

    def showing(self, run: BatchRun) -> AbstractContextManager[None]:
        """Remember the run."""
        self._run, self._start = run, time.monotonic()
        return nullcontext()

    def show(self, event: Event) -> None:
        """Print a failure, and now and then how far it is."""
        self._tell(event, changes=not self._quiet)
        if time.monotonic() >= self._told + _EVERY and self._run and not self._quiet:
            self._told = time.monotonic()
            self._say(progress_line(self._run.summary, self._queued, self._told - self._start))

    def summary(self, run: BatchRun) -> None:
        """Print the summary."""
        print_lines(summary_lines(run.summary))

    def pushing(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        """Print what a person has to know of the pushing; called by another thread."""
        if line := push_words(level, event, fields):
            self._say(line)

    def pushed(self, came_to: PushSummary) -> None:
        """Print what the pushing came to."""
        print_lines([Shown(line) for line in came_to.lines()])

    def _tell(self, event: Event, *, changes: bool) -> None:
        """Print the lines about what happened."""
        if isinstance(event, BatchPlan):
            self._planned(event)
        elif isinstance(event, Stopping):
            self._say("Stopping at once." if event.at_once else "Stopping after the running conversions.")
        else:
            for line in [*failure_words(event), *(change_lines(event) if changes else ())]:
                self._say(line)

    def _planned(self, plan: BatchPlan) -> None:
        """Name what could not be read, each once."""
        self._queued = plan.queued
        for skipped in plan.skipped[self._named :]:
            if skipped.bad:
                self._say(f"{skipped.path}: {skipped.reason}.")
        self._named = len(plan.skipped)

    def _say(self, line: str) -> None:
        click.echo(clean(line), err=True)


class LiveView(PlainView):
    """A bar, the rate, the time left, what came of it and what each worker does."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self._console,
        )
        self._task = self._progress.add_task("", total=None, rate="")

    @contextmanager
    def _live(self) -> Iterator[None]:
        with Live(console=self._console, get_renderable=self._picture, refresh_per_second=5, transient=True):
            yield

    def showing(self, run: BatchRun) -> AbstractContextManager[None]:
        """Show the picture while the block lasts."""
        super().showing(run)
        return self._live()

    def show(self, event: Event) -> None:
        """Print a failure above the picture."""
        self._tell(event, changes=True)
        assert self._run is not None
        ended = self._run.summary.ended
        seconds = max(time.monotonic() - self._start, 0.001)
        self._progress.update(self._task, total=self._queued, completed=ended, rate=f"{ended / seconds:.0f}/s")

    def _say(self, line: str) -> None:
        self._console.print(Text(clean(line)), soft_wrap=True)

    def _picture(self) -> RenderableType:
        lines = [Text(_counts(self._run.summary), overflow="ellipsis", no_wrap=True)] if self._run else []
        busy = (self._run.running if self._run else ())[:_SHOWN]
        lines += [
            Text(f"  {clean('/'.join(Path(job.origin).parts[-2:]))}", style="dim", overflow="ellipsis", no_wrap=True)
            for job in busy
        ]
        return Group(self._progress, *lines)


def _counts(summary: Summary) -> str:
    parts = [f"{summary.done:,} calendars"]
    parts += [f"{summary.unchanged:,} unchanged"] if summary.unchanged else []
    parts += [f"{summary.failures:,} failed"] if summary.failures else []
    return ", ".join(parts)


class JsonView(PlainView):
    """One JSON object a line on standard output; the keys are an interface."""

    def opened(self, ledger: Ledger) -> None:
        """Print that a damaged ledger was put aside."""
        if ledger.moved_aside:
            _print({"event": "ledger_moved_aside", "to": str(ledger.moved_aside)})

    def show(self, event: Event) -> None:
        """Print what happened."""
        if isinstance(event, BatchPlan):
            skipped = [{"path": str(one.path), "reason": one.reason} for one in event.skipped if one.bad]
            _print({"event": "plan", "batch": event.batch, "queued": event.queued, "unchanged": event.unchanged,
                    "unreadable": skipped})  # fmt: skip
        elif isinstance(event, Stopping):
            _print({"event": "stopping", "at_once": event.at_once})
        else:
            _print(_finished(event))

    def summary(self, run: BatchRun) -> None:
        """Print the summary."""
        _print({"event": "summary", **run.summary.plain()})

    def pushing(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        """Print what the process that pushes tells."""
        _print({**fields, "event": event})

    def pushed(self, came_to: PushSummary) -> None:
        """Print what the pushing came to."""
        _print({"event": "push_summary", **came_to._asdict()})


def view_for(*, as_json: bool, quiet: bool) -> PlainView:
    """Return the view that suits where the output goes."""
    if as_json:
        return JsonView()
    return LiveView() if sys.stderr.isatty() and not quiet else PlainView(quiet=quiet)


def _finished(event: Finished) -> dict[str, object]:
    made, error = event.made, event.error
    common: dict[str, object] = {
        "event": event.state.value,
        "job": event.job.id,
        "source": event.job.origin,
        "output": str(event.job.output),
        "seconds": round(event.outcome.duration, 4),
        "peak": event.outcome.peak,
    }
    if made is not None:
        told = made.details
        return {**common, "sha256": made.sha256, "kind": made.kind, "entries": made.entries, "events": told.events,
                "problems": made.problem_count, "new": told.first, "changes": told.change_count}  # fmt: skip
    assert error is not None, "what is not made has an error"
    return {**common, "cause": error.cause, "message": error.message, "advice": error.advice,
            "again": event.state is State.FAILED}  # fmt: skip


def _print(value: dict[str, object]) -> None:
    click.echo(json.dumps(value))
