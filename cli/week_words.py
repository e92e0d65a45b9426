"""What is said around a picture of a week, the same in the terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.model import Kind
from ..core.selection import Choice
from ..core.show import Overview
from .summary import count

_KINDS = {Kind.LECTURES: "lectures", Kind.TESTS: "tests", Kind.EXAMS: "exams"}


def title(overview: Overview) -> str:
    """Return the picture's title, such as "UP timetable: lectures and tests"."""
    kinds = {part.selected.timetable.kind for part in overview.chosen}
    return f"UP timetable: {_and([word for kind, word in _KINDS.items() if kind in kinds])}"


def notes(overview: Overview) -> Iterator[str]:
    """Yield sentences about what is shown, what was chosen, and what is not there."""
    sessions = sum(len(part.selected.timetable.entries) for part in overview.chosen)
    yield f"{count(sessions, 'session')} of {_and([*dict.fromkeys(overview.names)])}."
    if overview.sources:
        yield f"Chosen by {_and(overview.sources)}; {count(overview.dropped, 'session')} not chosen."
    elif overview.dropped:
        yield f"{count(overview.dropped, 'session')} not chosen."
    if overview.open:
        yield f"Every group is shown; you attend one of each kind of: {', '.join(_modules(overview.open))}."
    if overview.problems:
        yield (
            f"{count(overview.problems, 'problem')}: rows or texts of the PDFs that could not be used; "
            "tukscal convert --dry-run names them."
        )


def _modules(choices: Iterable[Choice]) -> list[str]:
    return sorted({choice.module for choice in choices})


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
