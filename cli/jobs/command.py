"""`tukscal jobs`: list, retry, discard and verify jobs; forget, copy and restore the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ...core.errors import SEVERAL
from ...core.jobs.queries import (
    RETRIED,
    Which,
    back_up,
    chosen,
    forget,
    open_for_restore,
    put_back,
    require_job,
    require_ledger,
)
from ...core.jobs.queries import discard as discard_jobs
from ...core.jobs.queries import retry as retry_jobs
from ...core.jobs.verify import Verification
from ...core.ledger import LETTERS, Filter, Ledger, State
from ...core.wording import clean, counted, size
from .options import (
    Decorator,
    Moment,
    asked,
    batch_number,
    batch_option,
    cause_option,
    json_option,
    ledger_option,
    ledger_path,
    opened,
    tell_damage,
    which,
    yes_option,
)

_ids: Decorator = click.argument("ids", nargs=-1, type=click.IntRange(1, 2**63 - 1), metavar="[JOB]...")
_NEXT = "The next `tukscal batch` with the same options converts queued jobs."
_every: Decorator = click.option("--all", "every", is_flag=True, help="Select all dead letters.")


@click.command("retry", short_help="Queue failed jobs again.")
@_ids
@cause_option
@batch_option
@ledger_option
def retry(ids: tuple[int, ...], cause: str | None, batch: int | None, ledger: Path | None) -> None:
    """Queue failed jobs again, as if they had never been tried.

    Name the jobs, or select them with --cause or --batch. The next `tukscal batch` with the same options converts them.
    """
    with opened(ledger) as found:
        _queue_again(found, which(found, ids, cause, batch), RETRIED)


class _Letters(click.Group):
    """A group whose default command is `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, with `list` in front of what is no command."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("dead", cls=_Letters, short_help="List, replay or discard jobs that failed for good.")
def dead() -> None:
    """List, replay or discard dead letters: jobs that failed for good or are quarantined."""


@dead.command("list")
@cause_option
@batch_option
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="Show at most N jobs.")
@click.option("--all", "every", is_flag=True, help="Show all jobs.")
@json_option
@ledger_option
def list_dead(
    cause: str | None, batch: int | None, limit: int, every: bool, machine: bool, ledger: Path | None
) -> None:
    """List dead letters, newest first."""
    from .output import show_letters

    with asked(ledger) as found:
        wanted = Filter(cause=cause, batch=batch_number(found, batch))
        show_letters(found, wanted, None if every else limit, machine=machine)


@dead.command("replay")
@_ids
@cause_option
@batch_option
@_every
@ledger_option
def replay(ids: tuple[int, ...], cause: str | None, batch: int | None, every: bool, ledger: Path | None) -> None:
    """Queue dead letters again, as if they had never been tried."""
    with opened(ledger) as found:
        _queue_again(found, which(found, ids, cause, batch, every=every), LETTERS)


@dead.command("discard", short_help="Delete the records of dead letters.")
@_ids
@cause_option
@batch_option
@_every
@yes_option
@ledger_option
def discard(
    ids: tuple[int, ...], cause: str | None, batch: int | None, every: bool, yes: bool, ledger: Path | None
) -> None:
    """Delete the records of dead letters; their PDFs and calendars stay."""
    with opened(ledger) as found:
        numbers = chosen(found, which(found, ids, cause, batch, every=every), LETTERS)
        if numbers and not yes:
            click.confirm(f"Delete the records of {counted(len(numbers), 'dead letter')}?", abort=True)
        gone = discard_jobs(found, numbers)
    click.echo(f"{counted(gone, 'dead letter')} deleted.")


def _queue_again(ledger: Ledger, which: Which, states: Sequence[State]) -> None:
    """Queue jobs again, and tell how many, who converts them, and what is said of the others that were named."""
    from ..common.terminal import Shown, print_lines

    numbers = chosen(ledger, which, states)
    queued = retry_jobs(ledger, numbers)
    lines = [f"{counted(queued, 'job')} queued again. {_NEXT}" if queued else "No job was queued again."]
    if waiting := len(numbers) - queued:
        lines.append(f"{counted(waiting, 'job')} will be retried by the next batch anyway.")
    if others := len(set(which.ids)) - len(numbers) if which.ids else 0:
        lines.append(f"{counted(others, 'job')} did not fail and {'is' if others == 1 else 'are'} unchanged.")
    print_lines(map(Shown, lines))


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
    from .output import show_verification

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


@click.group("jobs", short_help="List, retry and verify the jobs of batches and watched folders.")
def jobs() -> None:
    """List, retry and verify jobs.

    A job is one PDF to be converted: queued, running, done, failed (will be retried automatically), dead (failed for
    good) or quarantined (ended its worker twice; will not be retried).
    """


for _command in (retry, dead, verify, purge, backup, restore):
    jobs.add_command(_command)


@jobs.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only jobs in this state.")
@cause_option
@batch_option
@click.option("--path", "part", metavar="PART", help="Only jobs with this text in the path of the PDF or calendar.")
@click.option(
    "--since", type=Moment(), metavar="WHEN", help="Only jobs queued since a day (2026-07-20) or a time ago (2h, 3d)."
)
@click.option("--until", type=Moment(end=True), metavar="WHEN", help="Only jobs queued until then; a day is included.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="Show at most N jobs.")
@click.option("--all", "every", is_flag=True, help="Show all jobs.")
@json_option
@ledger_option
def list_jobs(
    state: str | None,
    cause: str | None,
    batch: int | None,
    part: str | None,
    since: float | None,
    until: float | None,
    limit: int,
    every: bool,
    machine: bool,
    ledger: Path | None,
) -> None:
    """List jobs, newest first."""
    from .output import show_jobs

    with asked(ledger) as found:
        wanted = Filter(
            state=State(state) if state else None,
            cause=cause,
            batch=batch_number(found, batch),
            part=part,
            since=since,
            until=until,
        )
        show_jobs(found, wanted, None if every else limit, machine=machine)


@jobs.command("show", short_help="Show one job in detail.")
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="JOB")
@json_option
@ledger_option
def show(number: int, machine: bool, ledger: Path | None) -> None:
    """Show a JOB in detail: its attempts, problems, changes, and what to do."""
    from ..common.terminal import print_picture
    from .output import print_document, show_document
    from .view import job_lines

    with asked(ledger) as found:
        job, attempts = require_job(found, number), found.history.attempts(number)
    if machine:
        print_document(show_document(job, attempts))
    else:
        print_picture(job_lines(job, attempts))


@jobs.command("batches")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="Show at most N batches."
)
@json_option
@ledger_option
def batches(limit: int, machine: bool, ledger: Path | None) -> None:
    """List batches and their results, newest first."""
    from ..common.terminal import print_picture
    from .output import batch_document, print_document
    from .view import batch_table

    with asked(ledger) as found:
        newest = found.history.batches(limit)
    if machine:
        print_document({"batches": [batch_document(batch) for batch in newest]})
    else:
        print_picture(batch_table(newest))
        click.echo("`tukscal jobs list --batch N` lists the jobs of a batch." if newest else "There is no batch yet.")


@jobs.command("stats", short_help="Show outcomes, causes, times and memory.")
@batch_option
@json_option
@ledger_option
def stats(batch: int | None, machine: bool, ledger: Path | None) -> None:
    """Show outcomes, causes, times and memory."""
    from ..common.terminal import print_picture
    from .output import figures_document, print_document
    from .view import figures_lines

    with asked(ledger) as found:
        number = batch_number(found, batch)
        made = found.history.stats(number)
    if machine:
        print_document(figures_document(number, made))
    else:
        print_picture(figures_lines(number, made))
