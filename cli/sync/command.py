"""`tukscal sync`, `login` and `logout`: who pushes to which service; push the outbox, and show its state."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from ...core.errors import PushRefused, PushRetry, Unauthorized
from ...core.jobs.queries import open_existing
from ...core.ledger import Backlog, Delivery, Ledger, Outgoing, pushing_alone
from ...core.wording import clean
from ...sync import wire
from ...sync.credentials import Credentials, Identity, Secret, ServiceLogin, check_token
from ...sync.outbox import Pushed
from ..common.param_types import Seconds
from ..common.settings import config_folder
from ..jobs.options import asked, json_option, ledger_option, ledger_path, opened
from ..jobs.view import moment_words


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


_TRIES = 3
_NOWHERE = "nobody"  # the account before the service has told


@click.command("login", short_help="Log in to a central service, to push calendars to it.")
@click.option(
    "--server", required=True, metavar="URL", help="Address of the service, such as https://calendars.example.ac.za."
)
@click.option("--insecure", is_flag=True, help="Send the token unencrypted, over http:// to another computer.")
@click.option(
    "--no-keyring", is_flag=True, help="Keep the token in a file only you can read, even if there is a keyring."
)
def login(server: str, insecure: bool, no_keyring: bool) -> None:
    """Log in to a central service with the token from its administrator.

    The token is asked for, or read from standard input, so that it appears in no list of processes. It is kept in the
    system's keyring, or in a file only you can read.
    """
    address = _address(server, insecure=insecure)
    token = _token()
    account = asyncio.run(_account(ServiceLogin(server=address, account=_NOWHERE, token=token)))
    place = Credentials(config_folder(), use_keyring=not no_keyring).save(
        ServiceLogin(server=address, account=account.id, token=token)
    )
    click.echo(f"Logged in to {address} as {account.id}. The token is kept in {place}.")


def _address(text: str, *, insecure: bool) -> str:
    try:
        address = wire.server_address(text)
    except ValueError as error:
        raise click.UsageError(f"--server {text}: {error}") from None
    parts = urlsplit(address)
    if parts.scheme == "http" and not insecure and not _is_loopback(parts.hostname or ""):
        raise click.UsageError(f"--server {text}: the token could be read on the way. Use https://, or add --insecure.")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token() -> Secret:
    """Return the token, from the person at the terminal or from standard input. Raises Unauthorized."""
    if sys.stdin is not None and sys.stdin.isatty():
        return check_token(click.prompt("Token", hide_input=True, err=True))
    return check_token(sys.stdin.buffer.read(10_000).decode("ascii", "replace"))


async def _account(asked: ServiceLogin) -> wire.TokenAccount:
    from ...sync.client import Service  # `--help` needs no network
    from ...sync.retry import FailureKind, PushFailed, trying

    failure: PushFailed
    async with Service(asked) as service:
        try:
            return await trying(service.account, attempts=_TRIES, sleep=asyncio.sleep)
        except PushFailed as error:
            failure = error
    advice = "Nothing was changed. Check the address and the token, then try again."
    if failure.kind is FailureKind.UNAUTHORIZED:
        raise Unauthorized(failure.message, advice=advice)
    raise PushRetry(f"{asked.server}: {failure.message}", advice=advice)


@click.command("logout", short_help="Forget the central service and its token.")
def logout() -> None:
    """Forget the central service and its token.

    Calendars not yet pushed stay in the outbox. The token stays valid: only the service's administrator can revoke it.
    """
    identity = Credentials(config_folder()).forget()
    if identity is None:
        click.echo("Not logged in.")
    else:
        click.echo(f"Logged out {identity.account} at {identity.server}.")


_WHY = {
    "": "not tried yet",
    "unreachable": "the service could not be reached",
    "busy": "the service asked to wait",
    "later": "the service could not take it",
    "push_retry": "the service failed, or something else answered in its place",
    "unauthorized": "the token was not accepted",
    "other_account": "made for another account than the one logged in",
    "output_moved_on": "changed on disk since it was made",
}


def print_document(document: dict[str, object]) -> None:
    """Print JSON for a program."""
    click.echo(json.dumps(document))


def backlog_document(left: Backlog) -> dict[str, object]:
    """Return what stands in the outbox; the keys are an interface."""
    return {
        **{state.value: left.states[state] for state in Delivery},
        "waiting": {cause or "new": rows for cause, rows in left.waiting.items()},
        "next_due": left.next_due,
        "last_sent": left.last_sent,
    }


def status_document(identity: Identity | None, left: Backlog, refused: Sequence[Outgoing]) -> dict[str, object]:
    """Return all `sync status` tells; the keys are an interface."""
    who = None if identity is None else {"server": identity.server, "account": identity.account}
    return {"login": who, "outbox": backlog_document(left), "refused": [_row(row) for row in refused]}


def _row(row: Outgoing) -> dict[str, object]:
    return {
        "calendar": row.calendar,
        "output": str(row.output),
        "revision": row.revision,
        "cause": row.cause,
        "message": row.message,
    }


def status_lines(identity: Identity | None, left: Backlog, refused: Sequence[Outgoing]) -> Iterator[str]:
    """Yield the same as lines for people."""
    if identity is None:
        yield "Not logged in; run `tukscal login --server URL`."
    else:
        yield f"Logged in to {identity.server} as {identity.account}."
    yield f"{left.states[Delivery.SENT]:>9,} pushed, the last one {moment_words(left.last_sent)}"
    yield f"{left.states[Delivery.PENDING]:>9,} still to be pushed"
    for cause, rows in sorted(left.waiting.items()):
        yield f"{rows:>13,} {_WHY.get(cause, cause)}"
    if left.next_due:
        yield f"          the next one in {left.next_due:.0f} s"
    yield f"{left.states[Delivery.REFUSED]:>9,} refused"
    for row in refused:
        yield f"          {clean(row.calendar)}: {clean(row.message or row.cause)}"
    if refused:
        yield "`tukscal sync retry` queues them again."
