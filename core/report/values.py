"""A job as CSV and JSON tell of it: the same names, the same values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..ledger import State
from . import words
from .batch import Run, Told
from .names import address

_ENDED_BADLY = (State.DEAD, State.QUARANTINED, State.FAILED)


def job_value(run: Run, told: Told) -> dict[str, Any]:
    """Return everything about a job, None for what it does not have; names of files may hold any character."""
    job = told.job
    return {
        "id": job.id,
        "state": job.state.value,
        **_outcome(told),
        "source": str(job.source),
        "source_address": None if run.students else address(job.source),
        "output": str(job.output),
        "output_address": address(job.output),
        **_found(told),
        "size": job.size,
        "seconds": round(job.duration, 6),
        "peak": job.peak,
        "attempts": job.attempts,
        "created": words.iso(job.created),
        "completed": words.iso(job.completed) or None,
        "sha256": job.sha256,
        "output_sha256": job.output_sha256,
    }


def _outcome(told: Told) -> dict[str, Any]:
    job = told.job
    failed = job.state in _ENDED_BADLY
    return {
        "cause": job.cause if failed else None,
        "message": job.message if failed else None,
        "advice": told.advice if failed else None,
        "before": "calendar" if told.earlier else "failed" if told.failed_before else None,
    }


def _found(told: Told) -> dict[str, Any]:
    job, details = told.job, told.details
    known = told.known
    return {
        "kind": job.kind,
        "entries": job.entries,
        "events": details.events if known else None,
        "new": details.first if known else None,
        "changes": details.change_count if known else None,
        "moved": [asdict(one) for one in details.changes],
        "problems": job.problems,
        "problem_rows": [asdict(one) for one in details.problems],
        "undecided": details.undecided if known else None,
        "left_out": details.left_out if known else None,
        "uncovered": details.uncovered if known else None,
    }
