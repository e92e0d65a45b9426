"""`tukscal show`: the week, the tests and exams, or a month, drawn."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import click

from ... import __version__
from ...core.calendar.convert import CalendarOptions, TermChoice
from ...core.calendar.schedule import PlanOptions
from ...core.commands.inputs import Opening
from ...core.commands.show import Overview, PictureRequest, gather, month_of, write_picture
from ...core.pictures.month import MonthPlan
from ...core.pool import Guards, Pool
from ...core.selection.select import Selection
from ..common.paths import term_folder
from ..common.reading import reading_options
from ..common.selecting import selection_options
from ..common.values import Day, Length

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
    from .month import print_month
    from .week import print_week

    if planned:
        print_month(planned)
    else:
        print_week(overview)


def _pictures(overview: Overview, html: Path | None, svg: Path | None) -> None:
    from ...core.pictures.drawing import draw
    from ...core.pictures.page import write_page
    from ...core.pictures.theme import Caption
    from .wording import notes, origin, title

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
