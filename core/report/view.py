"""What every part of the page needs: how files are called and linked on it, and how its parts are put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from ..pictures.markup import Child, element
from ..wording import counted
from .batch import Run, Told
from .findings import Findings
from .names import Roots, link, shown

CARDS = "cards"
"""Tables with sentences in them: cards where there is no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A run, what was found, and the folder of the page."""

    run: Run
    found: Findings
    folder: Path
    sources: Roots
    outputs: Roots

    @property
    def one(self) -> str:
        """What a job is about."""
        return "student" if self.run.students else "PDF"

    @property
    def name(self) -> str:
        """The same as a heading."""
        return "Student" if self.run.students else "PDF"

    def count(self, number: int) -> str:
        """Return "3 PDFs" or "3 students"."""
        return counted(number, self.one)

    def source(self, told: Told, page: int | None = None) -> Child:
        """Return the name of a job's PDF, linked, or of its student."""
        path = told.job.source
        if self.run.students:
            return self.outputs.short(told.job.output).removesuffix(told.job.output.suffix)
        return self.file(path, self.sources.short(path), f"#page={page}" if page else "")

    def output(self, told: Told) -> Child:
        """Return the name of a job's calendar, which is there, linked."""
        return self.file(told.job.output, self.outputs.short(told.job.output))

    def file(self, path: Path, name: str, place: str = "") -> Element:
        """Return a link to a file."""
        return element("a", name, href=f"{link(path, self.folder)}{place}", title=shown(path))


def section(name: str, heading: str, *children: Child | None, kind: str | None = None) -> Element:
    """Return a part of the page under a heading."""
    title = element("h2", heading, id=f"{name}-heading")
    return element("section", title, *children, id=name, class_=kind, aria_labelledby=f"{name}-heading")


def more(number: int, what: str, there: str = "all of them") -> Element | None:
    """Return how many there are besides, and where to find them."""
    if number <= 0:
        return None
    return element("p", f"And {counted(number, what)} more: the report as .csv has {there}.", class_="soft")
