"""`tukscal convert`: timetable PDFs -> one calendar each, or one for all."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import click

from ..core.child import Child
from ..core.command import STDOUT, Format, Output, Request, Result, run
from ..core.convert import CalendarOptions, TermChoice
from ..core.errors import TukscalError, exit_code
from ..core.inputs import Opening
from ..core.plan import DEFAULT_TITLE, PlanOptions
from ..core.screen import Limits
from ..core.selection import Selection
from .failures import report_error
from .paths import term_folder
from .reading import reading_options
from .selecting import selection_options
from .settings import load_settings
from .values import Day, Length, Limit, Title

_PATH = click.Path(path_type=Path)
_FORMATS = [kind.value for kind in Format]


@click.command("convert", short_help="Turn timetable PDFs into a calendar.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("-o", "--output", type=_PATH, metavar="OUT", help="One calendar for all files; - for standard output.")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="ics", help="What to write.")
@click.option("--dry-run", is_flag=True, help="Tell what would be written, write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors and warnings only.")
@click.option("--strict", is_flag=True, help="Fail if any row or text cannot be used.")
@click.option("--year", type=click.IntRange(2000, 2099), help="Year of the lectures; the PDF does not print it.")
@click.option("--term", type=_PATH, metavar="FILE", help="Teaching dates, as `tukscal term new` writes them.")
@click.option("--from", "start", type=Day(), metavar="DATE", help="First lecture day, instead of a term file.")
@click.option("--until", type=Day(), metavar="DATE", help="Last lecture day.")
@click.option("--test-weeks", type=click.Choice(["keep", "skip"]), default="keep", help="Lectures in test weeks.")
@click.option("--exam-length", type=Length(), default="3h", help="Assumed, the PDF prints none.", show_default=True)
@click.option("--alarm", type=Length(), help="Remind this long before, such as 15m.")
@click.option("--expand", is_flag=True, help="One event per date instead of repeating ones.")
@click.option("--title", type=Title(), default=DEFAULT_TITLE, help="Event titles.", show_default=True)
@selection_options
@click.option("--previous", type=_PATH, metavar="ICS", help="The calendar this one updates, if it is not at OUT.")
@reading_options
@click.option("--limit", "limits", type=Limit(), multiple=True, help="Raise a limit: pages, glyphs, ...")
@click.option("--settings", is_eager=True, expose_value=False, hidden=True, callback=load_settings)
@click.pass_context
def convert(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    output: Path | None,
    kind: str,
    dry_run: bool,
    quiet: bool,
    strict: bool,
    year: int | None,
    term: Path | None,
    start: date | None,
    until: date | None,
    test_weeks: str,
    exam_length: timedelta,
    alarm: timedelta | None,
    expand: bool,
    title: str,
    select: Path | None,
    typed: Selection,
    previous: Path | None,
    password: str | None,
    timeout: float,
    memory: int,
    limits: tuple[tuple[str, int], ...],
) -> None:
    """Turn timetable PDFs into calendars.

    Each FILE gives a calendar beside it; with -o all of them together give one. A calendar that is there already is
    brought up to date: what moved is updated, what is gone is cancelled.
    """
    if (start is None) != (until is None):
        raise click.UsageError("--from and --until belong together: give both.")
    if start is not None and term is not None:
        raise click.UsageError("--term and --from are two ways to say the same: give one.")
    plan = PlanOptions(
        exam_length=exam_length, skip_test_weeks=test_weeks == "skip", alarm=alarm, expand=expand, title=title
    )
    options = CalendarOptions(
        today=ctx.obj.today(),
        year=year,
        year_source=_year_source(ctx),
        term=TermChoice(start=start, until=until, file=term, folder=term_folder()),
        plan=plan,
    )
    request = Request(
        files=files,
        output=output,
        format=Format(kind),
        options=options,
        typed=typed,
        select=select,
        previous=previous,
        opening=Opening(password, replace(Limits(), **dict(limits))),
        strict=strict,
        dry_run=dry_run,
    )
    with Child(timeout=timeout, memory=memory) as child:
        ctx.exit(_report(ctx, run(request, child), quiet=quiet))


def _report(ctx: click.Context, results: Iterable[Result], *, quiet: bool) -> int:
    errors = []
    for result in results:
        if isinstance(result, TukscalError):
            errors.append(result)
            report_error(result, as_json=ctx.obj.json_errors)
        else:
            _show(result, quiet=quiet)
    return exit_code(errors)


def _show(output: Output, *, quiet: bool) -> None:
    from .summary import summary_lines, warning_lines  # not for those who wait for an error only

    if output.path == STDOUT and output.written:
        sys.stdout.buffer.write(output.data)
        sys.stdout.flush()
    from .render import print_lines

    lines = warning_lines(output) if quiet else summary_lines(output)
    print_lines(lines, to_stderr=quiet or output.path == STDOUT)


def _year_source(ctx: click.Context) -> str:
    source = ctx.get_parameter_source("year")
    return "from your settings" if source is click.core.ParameterSource.DEFAULT_MAP else "from --year"
