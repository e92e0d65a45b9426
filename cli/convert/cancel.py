"""`tukscal cancel`: the file that takes a calendar's events back out."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.commands.compare import cancel_calendar
from ...core.pool import Pool
from ...core.wording import counted
from ..common.failures import json_errors_option

_PATH = click.Path(path_type=Path)


@click.command("cancel")
@click.argument("old", type=_PATH, metavar="OLD.ics")
@click.option("-o", "--output", type=_PATH, metavar="OUT", help="File to write; default OLD.cancel.ics.")
@json_errors_option
def cancel(old: Path, output: Path | None) -> None:
    """Write a calendar that cancels every event of OLD.ics.

    Import it into the calendar program that imported OLD.ics.
    """
    if output == Path("-"):
        raise click.UsageError("Cancellations cannot go to standard output: give a file name with -o.")
    path = output or Path(f"{old.parent / old.stem}.cancel.ics")
    with Pool() as pool:
        number = cancel_calendar(old, path, pool)
    click.echo(f"{counted(number, 'event')} cancelled. Written: {path}")
