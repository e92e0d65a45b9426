"""`tukscal jobs`: the jobs of the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.jobs.queries import figures, require_job
from ...core.ledger import Filter, State
from .dead_letters import dead, retry
from .options import Moment, asked, batch_number, batch_option, cause_option, json_option, ledger_option
from .retention import backup, purge, restore, verify


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
    from .lists import show_jobs

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
    from ..common.paint import print_picture
    from .json import print_document, show_document
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
    from ..common.paint import print_picture
    from .json import batch_document, print_document
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
    from ..common.paint import print_picture
    from .json import figures_document, print_document
    from .view import figures_lines

    with asked(ledger) as found:
        number = batch_number(found, batch)
        made = figures(found, number)
    if machine:
        print_document(figures_document(number, made))
    else:
        print_picture(figures_lines(number, made))
