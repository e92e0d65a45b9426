"""tukscal turns University of Pretoria timetable PDFs into calendars.

The library's public names are `read_pdf`, `make_calendar`, `convert`, their values, and the errors they raise; they are
loaded when first used, since a PDF library takes longer to import than a timetable to convert.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.calendar.convert import (
        CalendarOptions,
        Conversion,
        TermChoice,
        convert,
        make_calendar,
        read_calendar,
        read_pdf,
    )
    from .core.calendar.schedule import PlanOptions
    from .core.errors import TukscalError
    from .core.model import Entry, Kind, Problem, Timetable

__version__ = "0.1.0"
__all__ = [
    "CalendarOptions",
    "Conversion",
    "Entry",
    "Kind",
    "PlanOptions",
    "Problem",
    "TermChoice",
    "Timetable",
    "TukscalError",
    "__version__",
    "convert",
    "make_calendar",
    "read_calendar",
    "read_pdf",
]
_HOMES = {
    "errors": ["TukscalError"],
    "model": ["Entry", "Kind", "Problem", "Timetable"],
    "calendar.schedule": ["PlanOptions"],
    "calendar.convert": [
        "CalendarOptions", "Conversion", "TermChoice", "convert", "make_calendar", "read_calendar", "read_pdf",
    ],
}  # fmt: skip


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".core.{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
