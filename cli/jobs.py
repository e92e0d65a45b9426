"""`tukscal jobs`: what became of every PDF, and what is still to be done."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.jobs.queries import figures, require_job
from ..core.ledger import Filter, State
from .jobs_keeping import backup, purge, restore, verify
from .jobs_letters import dead, retry
from .jobs_options import Moment, batch_number, batch_option, cause_option, json_option, ledger_option, opened


@click.group("jobs", short_help="What became of each PDF, and what is to be done.")
def jobs() -> None:
    """What became of each PDF, and what is still to be done.

    A job is one PDF to be converted: queued, running, done, failed (will be tried again by itself), dead (failed for
    good) or quarantined (stopped the converter twice, is left alone).
    """


for _command in (retry, dead, verify, purge, backup, restore):
    jobs.add_command(_command)


@jobs.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only jobs that are so.")
@cause_option
@batch_option
@click.option("--path", "part", metavar="PART", help="Only with this in the PDF's or the calendar's path.")
@click.option("--since", type=Moment(), metavar="WHEN", help="Queued since a day (2026-07-20), or 2h or 3d ago.")
@click.option("--until", type=Moment(end=True), metavar="WHEN", help="Queued until then; a day is included.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="So many, the newest.")
@click.option("--all", "every", is_flag=True, help="All of them.")
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
    """List jobs, the newest first."""
    from .jobs_lists import show_jobs

    with opened(ledger) as found:
        wanted = Filter(
            state=State(state) if state else None,
            cause=cause,
            batch=batch_number(found, batch),
            part=part,
            since=since,
            until=until,
        )
        show_jobs(found, wanted, None if every else limit, machine=machine)


@jobs.command("show", short_help="Tell everything about a job.")
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="JOB")
@json_option
@ledger_option
def show(number: int, machine: bool, ledger: Path | None) -> None:
    """Tell everything about a JOB: its attempts, its problems, what changed, what to do."""
    from .jobs_json import print_document, show_document
    from .jobs_view import job_lines
    from .paint import print_picture

    with opened(ledger) as found:
        job, attempts = require_job(found, number), found.attempts(number)
    if machine:
        print_document(show_document(job, attempts))
    else:
        print_picture(job_lines(job, attempts))


@jobs.command("batches")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="So many, the newest.")
@json_option
@ledger_option
def batches(limit: int, machine: bool, ledger: Path | None) -> None:
    """List batches and what they came to, the newest first."""
    from .jobs_json import batch_document, print_document
    from .jobs_view import batch_table
    from .paint import print_picture

    with opened(ledger) as found:
        newest = found.batches(limit)
    if machine:
        print_document({"batches": [batch_document(batch) for batch in newest]})
    else:
        print_picture(batch_table(newest))
        click.echo("`tukscal jobs list --batch N` lists the jobs of one." if newest else "There is no batch yet.")


@jobs.command("stats", short_help="Show outcomes, causes, times, memory.")
@batch_option
@json_option
@ledger_option
def stats(batch: int | None, machine: bool, ledger: Path | None) -> None:
    """Show outcomes, causes, how fast it went and how much memory it took."""
    from .jobs_json import figures_document, print_document
    from .jobs_view import figures_lines
    from .paint import print_picture

    with opened(ledger) as found:
        number = batch_number(found, batch)
        made = figures(found, number)
    if machine:
        print_document(figures_document(number, made))
    else:
        print_picture(figures_lines(number, made))
