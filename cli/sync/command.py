"""`tukscal sync`: push the outbox to the central service, and show its state."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ...core.errors import PushRefused, PushRetry, Unauthorized
from ...core.jobs.queries import open_existing
from ...core.ledger import Backlog, Delivery, Ledger, pushing_alone
from ...sync.credentials import Credentials, ServiceLogin
from ...sync.outbox import Pushed
from ..common.paths import config_folder
from ..common.values import Seconds
from ..jobs.options import asked, json_option, ledger_option, ledger_path, opened


@click.group("sync", short_help="Push calendars to the central service; show what was pushed.")
def sync() -> None:
    """Push calendars to the central service, and show what was pushed.

    `tukscal batch --sync` and `tukscal watch --sync` put each result into the outbox and push it at once if the service
    can be reached; `sync push` pushes the others.
    """


@sync.command("push")
@click.option(
    "--wait", "patience", type=Seconds(), default=30.0, show_default=True,
    help="Continue while a calendar is due within this time.",
)  # fmt: skip
@click.option(
    "--in-flight", type=click.IntRange(1, 64), default=8, show_default=True, help="Number of concurrent requests."
)
@json_option
@ledger_option
def push(patience: float, in_flight: int, machine: bool, ledger: Path | None) -> None:
    """Push the calendars waiting in the outbox.

    A calendar that the service cannot take now is retried within --wait; the others are kept for the next time.
    """
    login = Credentials(config_folder()).login()
    with open_existing(ledger_path(ledger)) as found, pushing_alone(found.path) as ours:
        if not ours:
            advice = "It pushes these calendars too; `tukscal sync status` shows its progress."
            raise PushRetry("Another tukscal is pushing from this ledger.", advice=advice)
        pushed = asyncio.run(_push(found, login, patience, in_flight))
        left = found.outbox.backlog()
    _print_pushed(pushed, left, machine=machine)
    _fail(pushed, left)


async def _push(ledger: Ledger, login: ServiceLogin, patience: float, in_flight: int) -> Pushed:
    from ...sync.client import Service  # takes 100 ms to import
    from ...sync.outbox import Drain

    async with Service(login, in_flight=in_flight) as service:
        drain = Drain(ledger, service, login.owner, in_flight=in_flight)
        drain.finish(patience)
        return await drain.run()


def _print_pushed(pushed: Pushed, left: Backlog, *, machine: bool) -> None:
    from ...core.wording import counted
    from .view import backlog_document, print_document

    if machine:
        print_document({"ended": dict(pushed.rows), "outbox": backlog_document(left)})
    else:
        click.echo(f"{counted(pushed.rows[Delivery.SENT], 'calendar')} pushed.")


def _fail(pushed: Pushed, left: Backlog) -> None:
    """Raise the error that says what was not pushed, if anything."""
    from ...core.wording import counted

    waiting, refused = left.states[Delivery.PENDING], pushed.rows["push_refused"] + pushed.rows["superseded"]
    if pushed.unauthorized is not None:
        raise Unauthorized(f"{pushed.unauthorized.message} {counted(waiting, 'calendar')} still to be pushed.")
    if waiting:
        raise PushRetry(f"{counted(waiting, 'calendar')} still to be pushed. {pushed.last_failure}".strip())
    if refused:
        raise PushRefused(f"{counted(refused, 'calendar')} refused by the service. {pushed.last_failure}".strip())


@sync.command("status")
@json_option
@ledger_option
def status(machine: bool, ledger: Path | None) -> None:
    """Show the login, what is waiting in the outbox and why, and what was refused."""
    from .view import print_document, status_document, status_lines

    identity = Credentials(config_folder()).identity()
    with asked(ledger) as found:
        left, refused = found.outbox.backlog(), found.outbox.refused(20)
    if machine:
        print_document(status_document(identity, left, refused))
    else:
        for line in status_lines(identity, left, refused):
            click.echo(line)


@sync.command("retry")
@click.option("--mine", is_flag=True, help="Also calendars made for another account; they become yours.")
@click.option("--all", "everything", is_flag=True, help="Also calendars already pushed, for a service that lost them.")
@ledger_option
def retry(mine: bool, everything: bool, ledger: Path | None) -> None:
    """Make all waiting and refused calendars due now; `sync push` pushes them."""
    from ...core.wording import counted

    owner = Credentials(config_folder()).login().owner if mine or everything else None
    with opened(ledger) as found:
        number = found.outbox.again(owner if mine else None)
        if everything and owner is not None:
            found.outbox.all_again(owner)
            number = found.outbox.backlog().states[Delivery.PENDING]
        taken = len(found.outbox.refused(1_000))
    click.echo(f"{counted(number, 'calendar')} to be pushed: run `tukscal sync push`.")
    if taken:
        click.echo(
            f"{counted(taken, 'calendar')} still refused: their names belong to others (see `tukscal sync status`)."
        )
