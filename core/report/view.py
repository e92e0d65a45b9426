"""What every part of the page needs: how files are called and linked on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..wording import counted
from .batch import Run, Told
from .findings import Findings
from .names import Roots, link, shown


class Link(NamedTuple):
    """A link to a file."""

    name: str
    href: str
    title: str


Cell = str | tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
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

    def source(self, told: Told, page: int | None = None) -> str | Link:
        """Return the name of a job's PDF, linked, or of its student."""
        path = told.job.source
        if self.run.students:
            return self.outputs.short(told.job.output).removesuffix(told.job.output.suffix)
        return self.file(path, self.sources.short(path), f"#page={page}" if page else "")

    def output(self, told: Told) -> Link:
        """Return the name of a job's calendar, which is there, linked."""
        return self.file(told.job.output, self.outputs.short(told.job.output))

    def file(self, path: Path, name: str, place: str = "") -> Link:
        """Return a link to a file."""
        return Link(name, f"{link(path, self.folder)}{place}", shown(path))
