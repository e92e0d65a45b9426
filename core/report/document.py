"""The report as one JSON document, in ASCII: every name is valid in it, and no terminal obeys it.

    {"report": 1, "tukscal": version, "made": time,
     "batch": {"id", "command", "created", "ended", "asked": {...}, "summary": {...} | null},
     "before": the last run of the same command into the same folder, the same way, or null,
     "jobs": [{"id", "state", "cause", "message", "advice", "before": "calendar" | "failed" | null,
               "source", "source_address", "output", "output_address", "kind", "entries", "events", "new",
               "changes", "moved": [{"title", "before", "after"}],
               "problems", "problem_rows": [{"page", "row", "text", "reason"}], "undecided", "left_out", "uncovered",
               "size", "seconds", "peak", "attempts", "created", "completed", "sha256", "output_sha256"}],
     "totals": {"jobs", "states": {state: n}, "causes": {cause: n}, "new", "changed", "changes", "with_problems",
                "problems", "undecided", "left_out", "uncovered", "entries", "lost", "recovered"},
     "spreads": {"seconds" | "size" | "entries": {"figures": {"count", "least", "median", "p95", "most", "mean"} | null,
                                                  "bars": [{"low", "high" | null, "count"}]}}}

Times are ISO 8601 in UTC, sizes bytes, null what a job does not have; jobs come newest first. "lost" are PDFs that
failed and had a calendar before, "recovered" the reverse. Addresses are exact for any name; in "source" and "output",
bytes that are no text are \\x escapes. A student's source has no address. Keys may be added, never changed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from ... import __version__
from ..ledger import State
from ..wording import visible
from . import words
from .batch import Run, Told
from .findings import BYTE, SECOND, Findings
from .spread import Bar, Spread
from .values import job_value

_TOGETHER = 500
_HALF = re.compile("[\ud800-\udfff]")


def json_pieces(run: Run, jobs: Iterable[Told], made: float) -> Iterator[bytes]:
    """Yield the document, some hundred jobs at a time; what is counted comes after them."""
    head = {
        "report": 1,
        "tukscal": __version__,
        "made": words.iso(made),
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
    yield f'\n], "totals": {_dump(_totals(found))}, "spreads": {_dump(_spreads(run, found))}}}\n'.encode()


def _dump(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _batch_value(run: Run) -> dict[str, Any]:
    return {
        "id": run.batch.id,
        "command": run.batch.command,
        "created": words.iso(run.batch.created),
        "ended": words.iso(run.batch.ended) or None,
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


def _totals(found: Findings) -> dict[str, Any]:
    return {
        "jobs": sum(found.states.values()),
        "states": {state.value: found.states[state] for state in State},
        "causes": dict(found.causes),
        **asdict(found.totals),
    }


def _spreads(run: Run, found: Findings) -> dict[str, Any]:
    return {
        "seconds": _spread(found.seconds, found.seconds.decades(SECOND)),
        "size": _spread(found.sizes, found.sizes.steps() if run.students else found.sizes.decades(BYTE)),
        "entries": _spread(found.sessions, found.sessions.steps()),
    }


def _spread(spread: Spread, bars: Iterable[Bar]) -> dict[str, Any]:
    figures = spread.figures()
    return {"figures": asdict(figures) if figures else None, "bars": [_text_alone(asdict(bar)) for bar in bars]}
