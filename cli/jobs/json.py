"""The ledger as JSON for programs: one document on standard output; the keys are an interface.

Times are ISO 8601 in UTC, lengths of time seconds, sizes bytes. A path that is not UTF-8 has its odd bytes as lone
surrogates \\udc80 to \\udcff: in Python os.fsencode gives the bytes back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ...core.jobs.details import load_details
from ...core.jobs.queries import BatchFigures
from ...core.jobs.verify import Finding
from ...core.ledger import Attempt, Batch, Job

Document = dict[str, object]


def job_document(job: Job) -> Document:
    """Return a job: what was asked, where it stands, what it took."""
    return {
        "id": job.id,
        "batch": job.batch,
        "state": job.state,
        "cause": job.cause,
        "message": job.message,
        "source": str(job.source),
        "output": str(job.output),
        "kind": job.kind,
        "entries": job.entries,
        "problems": job.problems,
        "created": time_text(job.created),
        "started": time_text(job.started),
        "completed": time_text(job.completed),
        "next_attempt": time_text(job.next_attempt),
        "attempts": job.attempts,
        "deaths": job.deaths,
        "seconds": round(job.duration, 4),
        "peak": job.peak,
        "size": job.size,
        "sha256": job.sha256,
        "output_sha256": job.output_sha256,
        "parser": job.parser,
        "priority": job.priority,
        "superseded": job.superseded,
        "worker": job.worker,
    }


def attempt_document(attempt: Attempt) -> Document:
    """Return one try at a job; `cause` is null when it was done."""
    return {
        "number": attempt.number,
        "started": time_text(attempt.started),
        "ended": time_text(attempt.ended),
        "cause": attempt.cause,
        "message": attempt.message,
        "seconds": round(attempt.duration, 4),
        "peak": attempt.peak,
        "worker": attempt.worker,
    }


def show_document(job: Job, attempts: Iterable[Attempt]) -> Document:
    """Return a job with its attempts and what is remembered of its result."""
    details = load_details(job.details)
    tries = [attempt_document(one) for one in attempts]
    return {"job": job_document(job), "attempts": tries, "details": asdict(details)}


def batch_document(batch: Batch) -> Document:
    """Return a batch; `details` is what it was asked, `summary` what it came to."""
    return {
        "id": batch.id,
        "command": batch.command,
        "created": time_text(batch.created),
        "ended": time_text(batch.ended),
        "details": batch.details,
        "summary": batch.summary,
    }


def figures_document(batch: int | None, figures: BatchFigures) -> Document:
    """Return figures; `seconds` and `memory` are percentiles of the `sample` newest done jobs, null without any."""
    names = ("p50", "p95", "p99", "max")
    stats = figures.stats
    return {
        "batch": batch,
        "states": dict(stats.states),
        "causes": dict(stats.causes),
        "sample": stats.sample,
        "rate": round(stats.rate, 4),
        "seconds": dict(zip(names, figures.seconds, strict=True)) if figures.seconds else None,
        "memory": dict(zip(names, figures.memory, strict=True)) if figures.memory else None,
    }


def finding_document(finding: Finding) -> Document:
    """Return a file that is not as recorded, or not recorded."""
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
