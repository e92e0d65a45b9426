"""What was asked for, when, and with which versions."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ... import __version__
from ..pictures.markup import Child, element
from ..text import visible
from ..wording import duration
from . import words
from .view import View, section

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


def asked_section(view: View) -> Element:
    """Return what was asked for."""
    items = [
        part
        for name, values in _items(view)
        for part in (element("dt", name), *(element("dd", value) for value in values))
    ]
    return section("asked", "What was asked for", element("dl", *items, class_="asked"))


def _items(view: View) -> Iterator[tuple[str, list[Child]]]:
    run = view.run
    yield "Command", [f"tukscal {visible(run.batch.command)}"]
    for key, value in sorted(run.asked.items(), key=lambda item: [*_NAMES, item[0]].index(item[0])):
        if value not in (None, [], "", False):
            yield _NAMES.get(key, visible(key).replace("_", " ")), _values(value)
    yield "Begun", [_time(run.batch.created)]
    yield "Ended", [_time(run.batch.ended)]
    yield "Took", ["unknown" if run.took is None else duration(run.took)]
    yield "Versions", [*_versions(view)]


def _values(value: object) -> list[Child]:
    found = value if isinstance(value, list) else [value]
    some: list[Child] = [visible("yes" if one is True else str(one)) for one in found[:_SHOWN]]
    return [*some, f"and {words.number(len(found) - _SHOWN)} more"] if len(found) > _SHOWN else some


def _time(moment: float | None) -> Element:
    return element("time", words.local(moment), datetime=words.iso(moment) or None)


def _versions(view: View) -> Iterator[str]:
    parsers = sorted(parser for parser in view.found.parsers if parser) or [f"tukscal {__version__}"]
    yield from (visible(parser) for parser in parsers)
    yield f"Python {platform.python_version()}"
