"""What stands above and below a picture: its title and the sentences about how it came to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words around a picture."""

    title: str
    notes: tuple[str, ...] = ()
    """Sentences: what was chosen, what is still open, what could not be read."""
    origin: str = "the timetable PDFs"
    """What it was made from."""
    version: str = ""
    """The tukscal that draws it."""
