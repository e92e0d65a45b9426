"""`tukscal login`: who pushes calendars to which service."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from urllib.parse import urlsplit

import click

from ...core.errors import PushRetry, Unauthorized
from ...sync import wire
from ...sync.credentials import Credentials, Secret, ServiceLogin, check_token
from ..common.paths import config_folder

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
