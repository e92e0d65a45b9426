"""What is said around a picture of a week, the same in the terminal and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...core.commands.inputs import is_calendar
from ...core.commands.show import Overview
from ...core.model import Kind
from ...core.selection.select import Choice
from ...core.wording import counted, duration, listed

_MOST_DECISIONS = 12
_MOST_GROUPS = 6
_KINDS = {Kind.LECTURES: "lectures", Kind.TESTS: "tests", Kind.EXAMS: "exams"}


def title(overview: Overview) -> str:
    """Return the picture's title, such as "UP timetable: lectures and tests"."""
    kinds = {kind for part in overview.chosen for kind in part.selected.timetable.kinds}
    return f"UP timetable: {listed([word for kind, word in _KINDS.items() if kind in kinds])}"


def notes(overview: Overview) -> Iterator[str]:
    """Yield sentences about what is shown, what was chosen, and what is not there."""
    yield f"{_sessions(overview)} of {listed([*dict.fromkeys(overview.names)])}."
    if overview.sources:
        yield f"Chosen by {listed(overview.sources)}; {counted(overview.dropped, 'session')} not chosen."
    elif overview.dropped:
        yield f"{counted(overview.dropped, 'session')} not chosen."
    if overview.open:
        yield f"Still to choose: {_decisions(overview.open)}."
    if lengths := {block.end - block.start for block in overview.plan.dated if block.entry.kind is Kind.EXAMS}:
        words = " or ".join(duration(60 * length) for length in sorted(lengths))
        yield f"Exams are taken to last {words}; the timetable does not print it."
    if overview.plan.assumed:
        years = listed([str(year) for year in overview.plan.assumed])
        yield (
            f"Whether lectures take place on the days of tests is assumed for {years}: "
            f"{'its' if len(overview.plan.assumed) == 1 else 'their'} teaching dates are not known."
        )
    if overview.problems:
        yield (
            f"{counted(overview.problems, 'problem')}: rows or texts of the PDFs that could not be used; "
            "tukscal convert --dry-run names them."
        )


def origin(overview: Overview) -> str:
    """Return what a picture was made from, such as "the timetable PDFs"."""
    pdfs = any(part.selected.timetable.sha256 for part in overview.chosen)
    calendars = any(is_calendar(Path(file)) for file in overview.names)
    return listed([*(["the timetable PDFs"] if pdfs else []), *(["calendars that tukscal wrote"] if calendars else [])])


def _sessions(overview: Overview) -> str:
    """Return "28 sessions" or "28 sessions, 9 cancelled,"."""
    cancelled = sum(session.cancelled for session in overview.sessions)
    sessions = sum(len(part.selected.timetable.entries) for part in overview.chosen) - cancelled
    return f"{counted(sessions, 'session')}, {cancelled:,} cancelled," if cancelled else counted(sessions, "session")


def _decisions(choices: Sequence[Choice]) -> str:
    """Return "PHY 114 T (T01, T02)" of each decision, with its period where a module has the same one in several."""
    seen = Counter((choice.module, choice.kind) for choice in choices)
    named = [_decision(choice, period=seen[choice.module, choice.kind] > 1) for choice in choices[:_MOST_DECISIONS]]
    rest = len(choices) - len(named)
    return listed([", ".join(named), f"{rest} more"] if rest else named)


def _decision(choice: Choice, *, period: bool) -> str:
    few = len(choice.groups) <= _MOST_GROUPS
    groups = ", ".join(choice.groups) if few else f"{choice.groups[0]} to {choice.groups[-1]}"
    return f"{choice.module}{f' {choice.offered}' if period else ''} {choice.kind} ({groups})"
