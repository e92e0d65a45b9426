"""`tukscal show`: the week, the tests and exams, or a month, drawn."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from ... import __version__
from ...core.calendar.convert import CalendarOptions, TermChoice
from ...core.calendar.schedule import PlanOptions
from ...core.commands.inputs import Opening, is_calendar
from ...core.commands.show import Overview, PictureRequest, gather, month_of, write_picture
from ...core.model import Kind
from ...core.pictures.month import MonthPlan
from ...core.pool import Guards, Pool
from ...core.selection.select import Choice, Selection
from ...core.wording import counted, duration, listed
from ..common.options import reading_options, selection_options
from ..common.param_types import Day, Length
from ..common.settings import term_folder

_PATH = click.Path(path_type=Path)
_STDOUT = Path("-")


class Month(click.ParamType[date]):
    """A month, as its first day."""

    name = "month"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the first day of the month."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"'{value}' is not a month; write it like 2026-08.", param, ctx)


@click.command("show", short_help="Draw the week with tests and exams, or a month.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("--month", type=Month(), metavar="YYYY-MM", help="Draw this month instead of the week.")
@click.option("--html", type=_PATH, metavar="OUT", help="Write a page to view and print; - for standard output.")
@click.option("--svg", type=_PATH, metavar="OUT", help="Write the picture alone; - for standard output.")
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@selection_options
@click.option(
    "--exam-length",
    type=Length(),
    default="3h",
    help="Assumed length of an exam; the PDF prints no end.",
    show_default=True,
)
@click.option("--year", type=click.IntRange(2000, 2099), help="Year of the lectures, for --month.")
@click.option("--term", type=_PATH, metavar="FILE", help="Term file, for --month.")
@click.option("--from", "start", type=Day(), metavar="DATE", help="First lecture day, for --month.")
@click.option("--until", type=Day(), metavar="DATE", help="Last lecture day, for --month.")
@reading_options
@click.pass_context
def show(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    month: date | None,
    html: Path | None,
    svg: Path | None,
    machine: bool,
    select: Path | None,
    typed: Selection,
    exam_length: timedelta,
    year: int | None,
    term: Path | None,
    start: date | None,
    until: date | None,
    password: str | None,
    timeout: float,
    memory: int,
) -> None:
    """Draw timetables: PDFs from the portal, or .ics files written by tukscal.

    Without --html, --svg or --json the picture is drawn in the terminal.
    """
    _check(month, html, svg, machine=machine, dates=(start, until), term=term)
    options = CalendarOptions(
        today=ctx.obj.today(),
        year=year,
        term=TermChoice(start=start, until=until, file=term, folder=term_folder()),
        plan=PlanOptions(exam_length=exam_length),
    )
    request = PictureRequest(files=files, options=options, typed=typed, select=select, opening=Opening(password))
    with Pool(guards=Guards(timeout=timeout, memory=memory)) as pool:
        overview = gather(request, pool)
        planned = month_of(overview, request, month, pool) if month else None
    if html or svg:
        _pictures(overview, html, svg)
    elif machine:
        from ...core.pictures.month import month_value
        from ...core.pictures.week import plan_value

        _json(month_value(planned) if planned else plan_value(overview.plan))
    else:
        _draw(overview, planned)


def _check(
    month: date | None,
    html: Path | None,
    svg: Path | None,
    *,
    machine: bool,
    dates: tuple[date | None, date | None],
    term: Path | None,
) -> None:
    """Refuse options that contradict each other."""
    if month and (html or svg):
        raise click.UsageError("--month works in the terminal or with --json, not with --html or --svg.")
    if machine and (html or svg):
        raise click.UsageError("--json excludes --html and --svg.")
    if html == svg == _STDOUT:
        raise click.UsageError("Only one picture can be written to standard output.")
    if html and svg and html != _STDOUT and html.absolute() == svg.absolute():
        raise click.UsageError("--html and --svg cannot be written to the same file.")
    if (dates[0] is None) != (dates[1] is None):
        raise click.UsageError("--from and --until must be given together.")
    if dates[0] is not None and term is not None:
        raise click.UsageError("--term and --from exclude each other.")


def _draw(overview: Overview, planned: MonthPlan | None) -> None:
    from ..common.terminal import columns, paragraph, print_picture
    from .view import month_lines, week_lines

    width = columns()
    if planned:
        print_picture(month_lines(planned, width))
    else:
        notes_lines = [line for note in notes(overview) for line in paragraph(note, width)]
        print_picture([*week_lines(overview.plan, width), *notes_lines])


def _pictures(overview: Overview, html: Path | None, svg: Path | None) -> None:
    from ...core.pictures.drawing import draw
    from ...core.pictures.page import write_page
    from ...core.pictures.theme import Caption

    caption = Caption(title=title(overview), notes=tuple(notes(overview)), origin=origin(overview), version=__version__)
    for path, picture in ((html, write_page), (svg, draw)):
        if path == _STDOUT:
            sys.stdout.buffer.write(picture(overview.plan, caption))
            sys.stdout.flush()
        elif path:
            write_picture(path, picture(overview.plan, caption))
            click.echo(f"Written: {path}", err=_STDOUT in (html, svg))


def _json(value: object) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


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
