"""The ledger printed as it is read: jobs, findings, and JSON documents for programs, whose keys are an interface.

In JSON times are ISO 8601 in UTC, lengths of time seconds, sizes bytes. A path that is not UTF-8 has its odd bytes as
lone surrogates \\udc80 to \\udcff: in Python os.fsencode gives the bytes back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

import click

from ...core.jobs.queries import newest, newest_of
from ...core.jobs.task import load_details
from ...core.jobs.verify import Finding, FindingKind, Verification
from ...core.ledger import LETTERS, Attempt, Batch, Filter, Job, Ledger, Stats
from ...core.wording import clean, counted
from ..common.terminal import Shown, print_lines, print_picture
from .view import counts_text, job_table

Document = dict[str, object]


_TIMES = ("created", "started", "ended", "completed", "next_attempt")


def _document(value: Job | Attempt | Batch, *names: str) -> Document:
    """Return fields of a value as JSON has them."""
    found: Document = {name: getattr(value, name) for name in names}
    return {name: time_text(one) if name in _TIMES else one for name, one in found.items()}  # type: ignore[arg-type]


def job_document(job: Job) -> Document:
    """Return a job: what was asked, where it stands, what it took."""
    return {
        **_document(job, "id", "batch", "state", "cause", "message"),
        "source": job.origin,
        "output": str(job.output),
        **_document(job, "kind", "entries", "problems", "created", "started", "completed", "next_attempt"),
        **_document(job, "attempts", "deaths"),
        "seconds": round(job.duration, 4),
        **_document(job, "peak", "size", "sha256", "output_sha256", "parser", "priority", "superseded", "worker"),
    }


def attempt_document(attempt: Attempt) -> Document:
    """Return one try at a job; `cause` is null when it was done."""
    return {
        **_document(attempt, "number", "started", "ended", "cause", "message"),
        "seconds": round(attempt.duration, 4),
        **_document(attempt, "peak", "worker"),
    }


def show_document(job: Job, attempts: Iterable[Attempt]) -> Document:
    """Return a job with its attempts and what is remembered of its result."""
    details = load_details(job.details)
    tries = [attempt_document(one) for one in attempts]
    return {"job": job_document(job), "attempts": tries, "details": asdict(details)}


def batch_document(batch: Batch) -> Document:
    """Return a batch; `details` is what it was asked, `summary` what it came to."""
    return _document(batch, "id", "command", "created", "ended", "details", "summary")


def figures_document(batch: int | None, stats: Stats) -> Document:
    """Return figures; `seconds` and `memory` are percentiles of the `sample` newest done jobs, null without any."""
    names = ("p50", "p95", "p99", "max")
    return {
        "batch": batch,
        "states": dict(stats.states),
        "causes": dict(stats.causes),
        "sample": stats.sample,
        "rate": round(stats.rate, 4),
        "seconds": dict(zip(names, stats.seconds, strict=True)) if stats.seconds else None,
        "memory": dict(zip(names, stats.memory, strict=True)) if stats.memory else None,
    }


def finding_document(finding: Finding) -> Document:
    """Return a finding as JSON."""
    return {"kind": finding.kind, "path": str(finding.path), "job": finding.job}


def time_text(moment: float | None) -> str | None:
    """Return unix seconds as ISO 8601, null for none and for what no calendar has."""
    try:
        return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return None


def print_document(document: Mapping[str, object]) -> None:
    """Print one document."""
    click.echo(json.dumps(document, indent=2))


def print_stream(name: str, items: Iterable[Document], rest: Callable[[], Document]) -> None:
    """Print a document with one long list, an item a line, as it comes; then what is known when it has ended."""
    click.echo(f"{{{json.dumps(name)}: [", nl=False)
    for number, item in enumerate(items):
        click.echo(f"{',' if number else ''}\n{json.dumps(item)}", nl=False)
    click.echo(f"\n], {json.dumps(rest())[1:]}")


_ADVICE = (
    "`tukscal jobs show JOB` shows why, and what to do; `tukscal jobs dead replay` queues jobs for the next batch."
)


class _Limited:
    """The first jobs of a list; afterwards how many they were, and whether there are more."""

    def __init__(self, jobs: Iterable[Job], most: int | None) -> None:
        self._jobs = iter(jobs)
        self._most = most
        self.number = 0
        self.more = False

    def __iter__(self) -> Iterator[Job]:
        for job in islice(self._jobs, self._most):
            self.number += 1
            yield job
        self.more = self._most is not None and next(self._jobs, None) is not None


def show_jobs(ledger: Ledger, wanted: Filter, most: int | None, *, machine: bool) -> None:
    """Print the newest jobs, and how many there are of all, or of a batch."""
    shown = _Limited(newest(ledger, wanted), most)
    _print(shown, machine=machine)
    if not machine:
        click.echo(_end(shown, "job") or counts_text(ledger.history.counts(batch=wanted.batch)))


def show_letters(ledger: Ledger, wanted: Filter, most: int | None, *, machine: bool) -> None:
    """Print the newest dead letters, and what to do with them."""
    shown = _Limited(newest_of(ledger, LETTERS, wanted), most)
    _print(shown, machine=machine)
    if not machine:
        click.echo(_end(shown, "dead letter") or f"{counted(shown.number, 'dead letter')}.")
        if shown.number:
            print_lines([Shown(_ADVICE)])


def _print(shown: _Limited, *, machine: bool) -> None:
    if machine:
        print_stream("jobs", map(job_document, shown), lambda: {"number": shown.number, "more": shown.more})
    else:
        print_picture(job_table(shown, datetime.now()))


def _end(shown: _Limited, name: str) -> str:
    """Return what is to be said about a list that is empty or not whole."""
    if not shown.number:
        return f"There is no such {name}."
    return f"The newest {shown.number:,}; use --all or a larger --limit for more." if shown.more else ""


_WORDS = {
    FindingKind.MISSING: "missing: in the ledger, but not on disk",
    FindingKind.CHANGED: "changed: the calendar was changed after it was written",
    FindingKind.UNREADABLE: "unreadable",
    FindingKind.UNKNOWN: "unknown: written by tukscal, but not in the ledger",
    FindingKind.LEFT: "left behind by a killed run: these files can be deleted",
    FindingKind.FOREIGN: "foreign: not written by tukscal, ignored",
}
_REPAIR = (
    "Move changed calendars away; then the same `tukscal batch` writes them and the missing ones again, and records "
    "the unknown ones."
)


def show_verification(comparison: Verification, *, machine: bool) -> None:
    """Print each finding, then the stats."""
    if machine:
        print_stream("findings", map(finding_document, comparison), lambda: _figures(comparison))
        return
    for finding in comparison:
        click.echo(_line(finding))
    print_lines(_summary(comparison))


def _line(finding: Finding) -> str:
    job = f" (job {finding.job})" if finding.job else ""
    return f"{finding.kind.replace('_', ' '):<11} {clean(str(finding.path))}{job}"


def _summary(comparison: Verification) -> Iterator[Shown]:
    agrees = "The ledger and the disk agree" if comparison.agrees else "The ledger and the disk do not agree"
    yield Shown(f"{agrees}: {counted(comparison.sound, 'calendar')} as recorded.", style="bold")
    for kind, text in _WORDS.items():
        if comparison.counts[kind]:
            yield Shown(f"{comparison.counts[kind]:>7,} {text}", 2)
    if comparison.busy:
        yield Shown(f"{comparison.busy:>7,} being converted now", 2)
    if not comparison.agrees:
        yield Shown(_REPAIR)


def _figures(comparison: Verification) -> dict[str, object]:
    counts = {kind.value: comparison.counts[kind] for kind in FindingKind}
    return {"agree": comparison.agrees, "sound": comparison.sound, "busy": comparison.busy, "counts": counts}
