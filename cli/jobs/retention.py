"""`tukscal jobs verify`, `purge`, `backup`, `restore`: is the ledger true, and how it is kept."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.errors import SEVERAL
from ...core.jobs.queries import back_up, forget, open_for_restore, put_back, require_ledger
from ...core.jobs.verify import Verification
from ...core.wording import clean, counted, size
from .options import asked, json_option, ledger_option, ledger_path, tell_damage, yes_option

_FILE = click.Path(path_type=Path)


@click.command("verify", short_help="Compare the ledger with the calendars on disk.")
@click.option("--out", type=_FILE, metavar="FOLDER", help="Only calendars below this folder.")
@json_option
@ledger_option
@click.pass_context
def verify(ctx: click.Context, out: Path | None, machine: bool, ledger: Path | None) -> None:
    """Compare the ledger with the calendars on disk, in both directions.

    Every result must have its calendar, byte for byte, and every calendar that tukscal wrote must have its result.
    Exit code 0: they agree; 12: they do not.
    """
    from .verify import show_verification

    with asked(ledger) as found:
        comparison = Verification(found, out)
        show_verification(comparison, machine=machine)
    ctx.exit(0 if comparison.agrees else SEVERAL)


@click.command("purge", short_help="Forget jobs that finished long ago.")
@click.option(
    "--older",
    type=click.FloatRange(0),
    default=90,
    metavar="DAYS",
    show_default=True,
    help="Forget jobs that finished more than DAYS days ago.",
)
@yes_option
@ledger_option
def purge(older: float, yes: bool, ledger: Path | None) -> None:
    """Forget jobs that finished more than --older days ago; their calendars stay.

    Jobs that are open, failed for good, or still to be pushed are kept. A PDF whose job is forgotten is converted again
    by the next batch.
    """
    path = ledger_path(ledger)
    require_ledger(path)
    if not yes:
        click.confirm(f"Forget jobs that finished more than {older:g} days ago?", abort=True)
    click.echo(f"{counted(forget(path, older), 'job')} forgotten. Their calendars stay.")


@click.command("backup")
@click.argument("file", type=_FILE)
@ledger_option
def backup(file: Path, ledger: Path | None) -> None:
    """Copy the ledger to FILE, even while a batch is running."""
    with asked(ledger) as found:
        back_up(found, file)
        jobs = counted(sum(found.history.counts().values()), "job")
    click.echo(f"Written: {clean(str(file))} ({jobs}, {size(file.stat().st_size)}).")


@click.command("restore", short_help="Replace the ledger with a backup.")
@click.argument("file", type=_FILE)
@yes_option
@ledger_option
def restore(file: Path, yes: bool, ledger: Path | None) -> None:
    """Replace the ledger with the backup FILE; the present ledger is kept beside it."""
    path = ledger_path(ledger)
    if not yes:
        click.confirm(f"Replace {clean(str(path))} with {clean(str(file))}?", abort=True)
    with open_for_restore(path, file) as found:
        tell_damage(found)
        kept = put_back(found, file)
        jobs = counted(sum(found.history.counts().values()), "job")
    click.echo(f"Restored: {clean(str(path))} ({jobs}).")
    if kept:
        click.echo(f"The previous ledger is kept as {clean(str(kept))}")
    click.echo("`tukscal jobs verify --out OUT` shows which calendars in OUT are newer than the backup;")
    click.echo("the next batch records them.")
