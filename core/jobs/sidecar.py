"""What is written beside a calendar for people who only see the folder: NAME.warnings.txt."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import TukscalError
from ..ledger import Job
from ..model import Problem
from ..system.files import FileChange, read_if_there
from ..wording import clean, place
from .task import Made

_FIRST = "tukscal could not use everything in this timetable; compare these rows with the PDF."


def beside(job: Job, result: Made | TukscalError) -> list[FileChange]:
    """Return the change of NAME.warnings.txt: written where rows had problems, removed where none has any more."""
    if not isinstance(result, Made):
        return []
    path = warnings_path(job.output)
    if result.problem_count:
        return [FileChange(path, warnings_text(job.source.name, result))]
    return [FileChange(path, None)] if os.path.lexists(path) else []


def warnings_path(output: Path) -> Path:
    """Return where the warnings about a calendar stand: not in the place of a person's own notes."""
    stem = output.name.removesuffix(output.suffix)
    path = output.with_name(f"{stem}.warnings.txt")
    return path if not os.path.lexists(path) or _is_ours(path) else output.with_name(f"{stem}.tukscal-warnings.txt")


def no_warnings(output: Path) -> list[FileChange]:
    """Return the change that removes the warnings about a calendar, if they are ours."""
    path = warnings_path(output)
    return [FileChange(path, None)] if _is_ours(path) else []


def is_missing(output: Path, problems: int | None) -> bool:
    """Tell whether a calendar some rows of whose PDF could not be used has lost the file that says so."""
    return bool(problems) and not os.path.lexists(warnings_path(output))


def warnings_text(name: str, made: Made) -> bytes:
    """Return the text of a warnings file."""
    lines = [_FIRST, "", clean(name), *(f"- {_line(problem)}" for problem in made.problems)]
    if made.problem_count > len(made.problems):
        lines.append(f"- and {made.problem_count - len(made.problems)} more")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _line(problem: Problem) -> str:
    return clean(f"{place(problem.page, problem.row)}: {problem.reason}: {problem.text}")


def _is_ours(path: Path) -> bool:
    """Tell whether a file is one we wrote; a person's own notes are left alone."""
    try:
        data = read_if_there(path, len(_FIRST) + 1)
    except TukscalError:
        return False
    return data is not None and data.startswith(_FIRST.encode())
