"""`tukscal convert`: timetable PDFs -> one calendar each, or one for all."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from ...core.calendar.convert import CalendarOptions
from ...core.commands.convert import STDOUT, Format, Output, Request, Result, run
from ...core.commands.inputs import Opening
from ...core.errors import TukscalError, exit_code
from ...core.pdf.limits import Limits
from ...core.pool import Guards, Pool
from ...core.selection.select import Selection
from ..common.failures import report_error
from ..common.options import calendar_options, reading_options, selection_options
from ..common.param_types import Limit
from ..common.settings import load_settings

_PATH = click.Path(path_type=Path)
_FORMATS = [kind.value for kind in Format]


@click.command("convert", short_help="Turn timetable PDFs into a calendar.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option(
    "-o", "--output", type=_PATH, metavar="OUT", help="Write one calendar for all files; - for standard output."
)
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="ics", help="Format of the output.")
@click.option("--dry-run", is_flag=True, help="Report what would be written; write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors and warnings only.")
@click.option("--strict", is_flag=True, help="Fail if any row or text cannot be used.")
@calendar_options
@selection_options
@click.option("--previous", type=_PATH, metavar="ICS", help="Calendar to update, if it is not at OUT.")
@reading_options
@click.option(
    "--limit", "limits", type=Limit(), multiple=True, help="Change a size limit, such as pages=600; may be repeated."
)
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
    options: CalendarOptions,
    select: Path | None,
    typed: Selection,
    previous: Path | None,
    password: str | None,
    timeout: float,
    memory: int,
    limits: tuple[tuple[str, int], ...],
) -> None:
    """Turn timetable PDFs into calendars.

    Each FILE becomes a calendar beside it; with -o, all of them become one calendar. An existing calendar is updated:
    sessions that moved are moved, sessions that are gone are cancelled.
    """
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
    with Pool(guards=Guards(timeout=timeout, memory=memory)) as pool:
        ctx.exit(_report(ctx, run(request, pool), quiet=quiet))


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
    from .summary import summary_lines, warning_lines  # not needed for an error

    if output.path == STDOUT and output.written:
        sys.stdout.buffer.write(output.data)
        sys.stdout.flush()
    from ..common.terminal import print_lines

    lines = warning_lines(output) if quiet else summary_lines(output)
    print_lines(lines, to_stderr=quiet or output.path == STDOUT)
