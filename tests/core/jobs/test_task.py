"""One job of one PDF is one call of a worker, whichever door it comes through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import BatchRun
from tukscal.core.batch.students import convert_student
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.commands.convert import Format, Output, Request, run
from tukscal.core.jobs.task import convert_task
from tukscal.core.ledger import Ledger
from tukscal.core.pool import InProcess
from tukscal.examples.generator import content

OPTIONS = CalendarOptions(today=date(2026, 7, 1), year=2026)


class Counting(InProcess):
    """Works in this process and counts the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []

    def start(self, key: Any, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Make the call."""
        self.calls.append(getattr(function, "func", function))
        super().start(key, function, *args, **kwargs)


def written(folder: Path, count: int = 1) -> tuple[Path, ...]:
    """Return timetables in a folder."""
    paths = tuple(folder / f"{number}.pdf" for number in range(count))
    for number, path in enumerate(paths):
        path.write_bytes(content.made("tests", number).pdf)
    return paths


def converted(pool: Counting, *files: Path, **choices: Any) -> list[object]:
    """Convert files as the command does; return the calls that took."""
    pool.calls.clear()
    request = Request(files=files, options=OPTIONS, **{"output": None, "format": Format.ICS, **choices})
    assert all(isinstance(made, Output) for made in run(request, pool))
    return pool.calls


@pytest.mark.parametrize("kind", Format)
def test_the_command(tmp_path: Path, kind: Format) -> None:
    """Each file is one call, in every format, with or without a calendar to continue, there or named."""
    pool, files = Counting(), written(tmp_path, 3)
    assert len(converted(pool, *files, format=kind)) == 3
    assert len(converted(pool, *files, format=kind)) == 3
    converted(pool, *files)
    assert len(converted(pool, files[0], format=kind, previous=files[1].with_suffix(".ics"))) == 1


def test_one_output_of_several(tmp_path: Path) -> None:
    """Of several PDFs each is read in a call of its own, then one makes the calendar: each is blamed for itself."""
    pool, files = Counting(), written(tmp_path, 3)
    assert len(converted(pool, *files, output=tmp_path / "all.ics")) == 4
    assert len(converted(pool, *files, output=tmp_path / "all.ics")) == 5  # with the calendar before


def test_a_batch(tmp_path: Path) -> None:
    """A batch calls a worker once for each PDF, after one look at all of them together."""
    pool, source = Counting(), tmp_path / "in"
    source.mkdir()
    written(source, 3)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        for _ in BatchRun(BatchRequest(sources=(source,), output=tmp_path / "out", options=OPTIONS), ledger, pool):
            pass
    assert len(pool.calls) == 4
    assert pool.calls.count(convert_task) == 3


def test_a_list_of_students(tmp_path: Path) -> None:
    """Each student is one call, after one for each timetable."""
    pool, sources = Counting(), written(tmp_path, 2)
    modules = sorted({row.module for row in content.made("tests", 0).rows})
    students = tmp_path / "list.csv"
    students.write_text("\n".join(["student,module,group", *(f"u{number},{modules[0]}," for number in range(3))]))
    request = BatchRequest(sources=sources, output=tmp_path / "out", options=OPTIONS, enrolments=students)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        for _ in BatchRun(request, ledger, pool):
            pass
    assert len(pool.calls) == 5
    assert pool.calls.count(convert_student) == 3
