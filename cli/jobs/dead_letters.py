"""`tukscal jobs retry` and `tukscal jobs dead`: retry failed jobs, or discard them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ...core.jobs.queries import RETRIED, Which, chosen
from ...core.jobs.queries import discard as discard_jobs
from ...core.jobs.queries import retry as retry_jobs
from ...core.ledger import LETTERS, Filter, Ledger, State
from ...core.wording import counted
from .options import (
    Decorator,
    asked,
    batch_number,
    batch_option,
    cause_option,
    json_option,
    ledger_option,
    opened,
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
    from .lists import show_letters

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
    from ..common.render import Shown, print_lines

    numbers = chosen(ledger, which, states)
    queued = retry_jobs(ledger, numbers)
    lines = [f"{counted(queued, 'job')} queued again. {_NEXT}" if queued else "No job was queued again."]
    if waiting := len(numbers) - queued:
        lines.append(f"{counted(waiting, 'job')} will be retried by the next batch anyway.")
    if others := len(set(which.ids)) - len(numbers) if which.ids else 0:
        lines.append(f"{counted(others, 'job')} did not fail and {'is' if others == 1 else 'are'} unchanged.")
    print_lines(map(Shown, lines))
