"""What was asked for, when, and with which versions."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from ... import __version__
from ..wording import visible
from .view import ReportView

_SHOWN = 20  # sources
_NAMES = {
    "sources": "Sources",
    "output": "Calendars in",
    "enrolments": "List of students",
    "select": "Selection file",
    "include": "Files taken",
    "exclude": "Left out",
    "year": "Year",
    "strict": "Fail on any row that cannot be used",
}


def asked(view: ReportView) -> Iterator[tuple[str, list[str]]]:
    """Yield the options of the command with their values."""
    run = view.run
    yield "Command", [f"tukscal {visible(run.batch.command)}"]
    for key, value in sorted(run.asked.items(), key=lambda item: [*_NAMES, item[0]].index(item[0])):
        if value not in (None, [], "", False):
            yield _NAMES.get(key, visible(key).replace("_", " ")), _values(value)


def _values(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    some = [visible("yes" if one is True else str(one)) for one in found[:_SHOWN]]
    return [*some, f"and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else some


def versions(view: ReportView) -> Iterator[str]:
    """Yield the programs that read the PDFs."""
    parsers = sorted(parser for parser in view.found.parsers if parser) or [f"tukscal {__version__}"]
    yield from (visible(parser) for parser in parsers)
    yield f"Python {platform.python_version()}"
