"""A batch's report as a file in the form its ending names: HTML, CSV (RFC 4180) or one JSON document.

docs/json.md says what the columns and keys hold; keys may be added, never changed. CSV and JSON are written some
hundred jobs at a time. The CSV has the byte-order mark that Excel needs, no cell that is a formula (see
`export.csv_text`) or longer than a spreadsheet can hold, and escapes for what cannot be seen. The JSON is ASCII: every
name is valid in it, and no terminal obeys it.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from ... import __version__
from ..errors import NotWritable
from ..jobs.task import moved_words
from ..ledger import LETTERS, Ledger, State
from ..system.files import check_folder, read_if_there, write_pieces
from ..timetable.export import csv_text
from ..wording import place, visible
from . import batch
from .batch import Run, Told, address, find_run, left_alone, told_jobs
from .findings import BYTE, SECOND, Bar, Findings, Spread, find


def job_value(run: Run, told: Told) -> dict[str, Any]:
    """Return everything about a job, None for what it does not have; names of files may hold any character."""
    job, details, known = told.job, told.details, told.known
    failed = job.state in (*LETTERS, State.FAILED)
    return {
        "id": job.id,
        "state": job.state.value,
        "cause": job.cause if failed else None,
        "message": job.message if failed else None,
        "advice": told.advice if failed else None,
        "before": "calendar" if told.earlier else "failed" if told.failed_before else None,
        "source": job.origin,
        "source_address": None if run.students else address(job.source),
        "output": str(job.output),
        "output_address": address(job.output),
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
        "size": job.size,
        "seconds": round(job.duration, 6),
        "peak": job.peak,
        "attempts": job.attempts,
        "created": batch.iso(job.created),
        "completed": batch.iso(job.completed) or None,
        "sha256": job.sha256,
        "output_sha256": job.output_sha256,
    }


COLUMNS = (
    "batch", "job", "state", "outcome", "cause", "message", "advice", "source", "output", "kind", "entries", "events",
    "new", "changes", "moved", "problems", "problem_rows", "undecided", "left_out", "uncovered", "before", "size",
    "seconds", "peak", "attempts", "created", "completed", "sha256", "output_sha256", "source_address",
    "output_address",
)  # fmt: skip
_LONGEST = 32_000  # characters; Excel holds 32,767
_TOGETHER = 500


def csv_pieces(run: Run, jobs: Iterable[Told]) -> Iterator[bytes]:
    """Yield the file, some hundred rows at a time."""
    yield csv_text([COLUMNS]).encode("utf-8-sig")
    waiting = iter(jobs)
    while some := list(islice(waiting, _TOGETHER)):
        yield csv_text(_row(run, told) for told in some).encode()


def _row(run: Run, told: Told) -> list[object]:
    values = {
        **job_value(run, told),
        "batch": told.job.batch,
        "job": told.job.id,
        "outcome": batch.STATES[told.job.state],
        "new": ("yes" if told.details.first else "no") if told.known else None,
        "moved": " | ".join(map(moved_words, told.details.changes)),
        "problem_rows": " | ".join(
            f"{place(row.page, row.row)}: {row.text}: {row.reason}" for row in told.details.problems
        ),
    }
    return [_cell(values[column]) for column in COLUMNS]


def _cell(value: object) -> object:
    """Return text that can be seen and is no longer than a cell can hold."""
    text = visible(value) if isinstance(value, str) else value
    return f"{text[:_LONGEST]} …" if isinstance(text, str) and len(text) > _LONGEST else text


_HALF = re.compile("[\ud800-\udfff]")


def json_pieces(run: Run, jobs: Iterable[Told], made: float) -> Iterator[bytes]:
    """Yield the document, some hundred jobs at a time; what is counted comes after them."""
    head = {
        "report": 1,
        "tukscal": __version__,
        "made": batch.iso(made),
        "batch": _batch_value(run),
        "before": _batch_value(run.before) if run.before else None,
    }
    yield f'{_dump(head)[:-1]}, "jobs": ['.encode()
    found, waiting, between = Findings(), iter(jobs), "\n"
    while some := list(islice(waiting, _TOGETHER)):
        for told in some:
            found.add(told)
        yield (between + ",\n".join(_dump(_text_alone(job_value(run, told))) for told in some)).encode()
        between = ",\n"
    totals = {
        "jobs": sum(found.states.values()),
        "states": {state.value: found.states[state] for state in State},
        "causes": dict(found.causes),
        **asdict(found.totals),
    }
    yield f'\n], "totals": {_dump(totals)}, "spreads": {_dump(_spreads(run, found))}}}\n'.encode()


def _dump(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _batch_value(run: Run) -> dict[str, Any]:
    return {
        "id": run.batch.id,
        "command": run.batch.command,
        "created": batch.iso(run.batch.created),
        "ended": batch.iso(run.batch.ended) or None,
        "asked": _text_alone(run.asked),
        "summary": _text_alone(run.summary) or None,
    }


def _text_alone(value: object) -> Any:
    """Return values without halves of characters, valid in no encoding, and without numbers JSON does not have."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_text_alone(one) for one in value]
    if isinstance(value, dict):
        return {_text(str(key)): _text_alone(one) for key, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(text: str) -> str:
    return text if text.isascii() else _HALF.sub(lambda half: visible(half[0]), text)


def _spreads(run: Run, found: Findings) -> dict[str, Any]:
    return {
        "seconds": _spread(found.seconds, found.seconds.decades(SECOND)),
        "size": _spread(found.sizes, found.sizes.steps() if run.students else found.sizes.decades(BYTE)),
        "entries": _spread(found.sessions, found.sessions.steps()),
    }


def _spread(spread: Spread, bars: Iterable[Bar]) -> dict[str, Any]:
    figures = spread.figures()
    return {"figures": asdict(figures) if figures else None, "bars": [_text_alone(asdict(bar)) for bar in bars]}


Pieces = Callable[[Path, Ledger, Run], Iterator[bytes]]

_LOOKED_AT = 1000  # bytes
# How reports begin: nothing else is ever written over.
_BEGINS: dict[str, bytes] = {
    ".html": b'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="tukscal ',
    ".csv": ",".join(COLUMNS[:5]).encode("utf-8-sig"),
    ".json": b'{"report": 1, "tukscal": ',
}


def write_report(path: Path, ledger: Ledger, batch: int) -> None:
    """Write the report of a batch, whole or not at all, in the form the file's ending names.

    Raises NotWritable or InputOutput, and LookupError for a batch the ledger does not know.
    """
    check_report_path(path)
    write_pieces(path, FORMATS[_ending(path)](path, ledger, find_run(ledger, batch)))


def check_report_path(path: Path) -> None:
    """Refuse a file that cannot be written, or whose ending names no form. Raises NotWritable."""
    if _ending(path) not in FORMATS:
        raise NotWritable(
            f"A report ends in {', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}, {path.name or path} does not.",
            advice="Name it, for example, --report report.html.",
            file=str(path),
        )
    try:
        check_folder(path)
    except NotWritable as error:
        error.advice = "Name another place with --report."
        raise
    there = read_if_there(path, _LOOKED_AT)
    if there and not there.startswith(_BEGINS[_ending(path)]):
        raise NotWritable(
            f"{path} is there already, and is no report of tukscal's.",
            advice="Name another file with --report, or move that one away.",
            file=str(path),
        )


def _ending(path: Path) -> str:
    return path.suffix.lower()


def _html(path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    from .page import write_page  # a list for a spreadsheet needs no pictures

    found = find(told_jobs(ledger, run))
    for told in left_alone(ledger, run):
        found.failed.add(told)
    yield write_page(run, found, Path(os.path.abspath(path)).parent)


def _csv(_path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    return csv_pieces(run, told_jobs(ledger, run))


def _json(_path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    return json_pieces(run, told_jobs(ledger, run), time.time())


FORMATS: Mapping[str, Pieces] = {".html": _html, ".csv": _csv, ".json": _json}
