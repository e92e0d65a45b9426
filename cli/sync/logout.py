"""`tukscal logout`: no more pushing."""

from __future__ import annotations

import click

from ...sync.credentials import Credentials
from ..common.paths import config_folder


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
