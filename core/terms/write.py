"""Term -> file; the only module that imports `tomli_w`."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputOutput, NotWritable
from ..model import WEEKDAYS
from ..system.files import write_file
from .values import Span, Term


def dump_term(term: Term) -> bytes:
    """Return the term as a TOML file; reading it back gives the same calendar."""
    import tomli_w

    lists = {name: getattr(term, name) for name in ("recess", "no_lectures", "test_weeks", "exams")}
    document: dict[str, object] = {
        "institution": "UP",
        "year": term.year,
        "completeness": "full" if term.recess_known else "partial",
        "periods": {name: _period(spans) for name, spans in term.periods.items()},
        "swaps": [{"date": swap.date, "follows": WEEKDAYS[swap.follows]} for swap in term.swaps],
    }
    document |= {name: [_entry(span) for span in spans] for name, spans in lists.items()}
    return tomli_w.dumps(document).encode()


def _period(spans: tuple[Span, ...]) -> dict[str, object]:
    if all(span.name for span in spans):
        return {"segments": [span.name for span in spans]}
    return _entry(spans[0])


def _entry(span: Span) -> dict[str, object]:
    named: dict[str, object] = {"name": span.name} if span.name else {}
    return {"start": span.start, "end": span.end, **named}


def write_term(file: Path, data: bytes, *, force: bool = False) -> None:
    """Write the file whole or not at all; NotWritable if it exists and `force` is not given."""
    if not force:
        require_absent(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputOutput(f"The folder {file.parent} cannot be made: {error.strerror}.", file=str(file)) from error
    write_file(file, data)


def require_absent(file: Path) -> None:
    """Raise NotWritable if the file exists."""
    if file.exists():
        raise NotWritable(
            f"There is already a term file {file}.",
            advice="Add --force to replace it, or choose another file with -o.",
            file=str(file),
        )
