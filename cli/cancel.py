"""`tukscal cancel`: the file that takes a calendar's events back out."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.compare import cancel_calendar
from ..core.pool import Pool
from .failures import json_errors_option
from .summary import count

_PATH = click.Path(path_type=Path)


@click.command("cancel")
@click.argument("old", type=_PATH, metavar="OLD.ics")
@click.option("-o", "--output", type=_PATH, metavar="OUT", help="Where to write; else OLD.cancel.ics.")
@json_errors_option
def cancel(old: Path, output: Path | None) -> None:
    """Write a calendar that takes the events of OLD.ics back out.

    Import it into the calendar program that imported OLD.ics.
    """
    if output == Path("-"):
        raise click.UsageError("Events are taken back by a file: give its name with -o.")
    path = output or Path(f"{old.parent / old.stem}.cancel.ics")
    with Pool() as pool:
        number = cancel_calendar(old, path, pool)
    click.echo(f"Takes back {count(number, 'event')}. Written: {path}")
