"""Runs, jobs and pages for the tests of reports; import as `tukscal.tests.core.report.reports`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from tukscal.core.jobs.task import Details, Moved, ProblemRow
from tukscal.core.ledger import Batch, Job, State
from tukscal.core.report.batch import Run, Told
from tukscal.core.report.findings import find
from tukscal.core.report.page import write_page
from tukscal.tests.core.ledger.ledgers import START

OUT = Path("/out")
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&amp;\x1b[31m\u202e\n=1+1"

# Any name a file can have: bytes without a slash and NUL, and not those of folders.
names = st.binary(min_size=1, max_size=40).filter(lambda raw: not {0, 47} & set(raw) and raw not in (b".", b".."))
texts = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from([HOSTILE, "=1", "x;=1", "\ud800"])


def run(summary: dict[str, object] | None = None, **asked: object) -> Run:
    """Return the run of batch 7 on /in."""
    given = {"sources": ["/in"], "output": "/out", **asked}
    batch = Batch(id=7, created=START, command="batch", details=given, ended=START + 90, summary=summary)
    return Run(batch=batch, asked=given, summary=summary or {})


def job(number: int = 1, **changes: Any) -> Job:
    """Return a done job of batch 7: number N made /out/N.ics of /in/N.pdf."""
    values: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    values |= {
        "id": number,
        "batch": 7,
        "source": Path(f"/in/{number}.pdf"),
        "output": OUT / f"{number}.ics",
        "sha256": "ab",
        "size": 1_000,
        "kind": "lectures",
        "state": State.DONE,
        "attempts": 1,
        "entries": 20,
        "problems": 0,
        "output_sha256": "cd",
        "parser": "tukscal 1",
        "created": START,
        "completed": START + 1,
        "duration": 0.25,
        "peak": 64 * 2**20,
    }
    return Job(**{**values, **changes})


def dead(number: int = 1, message: str = "It is damaged.", **changes: Any) -> Told:
    """Return a job that failed for good."""
    failed = job(number, state=State.DEAD, cause="damaged", message=message, entries=None, problems=None, **changes)
    return Told(job=failed, details=Details(advice="Download it again."), known=False)


def named(raw: bytes, text: str) -> list[Told]:
    """Return a calendar and a failure whose name and every text are these."""
    path = Path(os.fsdecode(raw))
    row, moved = ProblemRow(page=1, row=2, text=text, reason=text), Moved(title=text, before=text, after=text)
    details = Details(first=False, problems=(row,), changes=(moved,), change_count=1, undecided=1)
    places = {"source": "/in" / path, "output": OUT / path}
    made = Told(job=job(1, problems=1, **places), details=details, failed_before=text)
    failed = dead(2, text, **places)
    return [made, Told(job=failed.job, details=Details(advice=text), known=False, earlier=made.job)]


@dataclass
class Page(HTMLParser):
    """A page as a browser's parser sees it: elements with their attributes, and the text of each cell."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    _open: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element."""
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self._open = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        """Remember the text of a cell."""
        if self._open:
            self.cells[-1] += data

    @property
    def links(self) -> list[str]:
        """Where the page leads to, its own parts left out."""
        found = [attributes.get("href") or "" for tag, attributes in self.tags if tag == "a"]
        return [link for link in found if not link.startswith("#")]


def page(told: Iterable[Told], about: Run | None = None, folder: Path = OUT) -> str:
    """Return the page about jobs."""
    return write_page(about or run({"batch": 7}), find(told), folder).decode()


def parsed(html: str) -> Page:
    """Return a page as it is parsed."""
    parser = Page()
    parser.feed(html)
    parser.close()
    return parser
