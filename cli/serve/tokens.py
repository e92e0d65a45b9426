"""`tukscal serve token`: what faculties' programs sign in with, made beside the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...core.errors import BadRows, InputOutput
from ...core.wording import clean

if TYPE_CHECKING:
    from ...sync.service.store.interface import ServiceStore
    from ...sync.service.store.model import Token

T = TypeVar("T")
SETTINGS = "tukscal.serve.settings"
"""Under which name the context has what returns the settings."""

_PAGE = 1_000


@click.group("token")
def token() -> None:
    """Manage the tokens that faculties log in with."""


@token.command("add")
@click.argument("faculty")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--scope", "scopes", multiple=True, help="What it may do; default all that a faculty needs; may be repeated."
)
@click.option(
    "--days",
    type=click.FloatRange(0, 3660, min_open=True),
    default=365.0,
    show_default=True,
    help="How long it is valid.",
)
@click.pass_context
def add(ctx: click.Context, faculty: str, name: str, scopes: tuple[str, ...], days: float) -> None:
    """Create a token for FACULTY and print it, this once."""
    from ...sync.service.access import scopes as known
    from ...sync.service.access.api_tokens import TokenRequest, new_token
    from ...sync.service.clock import SystemClock

    if unknown := known.unknown(scopes):
        raise BadRows(f"There is no scope {', '.join(unknown)}.", advice=f"The scopes are {', '.join(known.ALL)}.")
    if not faculty.strip() or not faculty.isprintable():
        raise BadRows("A faculty needs a name.", advice="Give a name of printable characters.")
    wanted = TokenRequest(faculty=faculty, name=name, scopes=scopes or known.FACULTY, days=days)
    made = _with_store(ctx, lambda store: new_token(store, wanted, SystemClock().now()))
    if made is None:
        raise InputOutput("The faculty was removed meanwhile.", advice="Try again.")
    secret, there = made
    click.echo(secret)
    click.echo(f"Token {there.id} for {clean(faculty)}: {', '.join(there.scopes)}. It is not shown again.", err=True)


@token.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List tokens without their secrets."""
    for line in _with_store(ctx, _lines):
        click.echo(line)


@token.command("revoke")
@click.argument("id_", metavar="ID")
@click.pass_context
def revoke(ctx: click.Context, id_: str) -> None:
    """Make the token ID invalid from the next request on."""
    from ...sync.service.clock import SystemClock

    if not _with_store(ctx, lambda store: store.tokens.revoke(id_, SystemClock().now())):
        raise BadRows(f"There is no token {clean(id_)}.", advice="`tukscal serve token list` lists the tokens.")
    click.echo(f"{id_} is no longer valid.")


def _with_store(ctx: click.Context, ask: Callable[[ServiceStore], Coroutine[Any, Any, T]]) -> T:
    """Return what is asked of the store, which a running service may have open too."""
    from ...sync.service.store.sqlite import SqliteStore

    with closing(SqliteStore(ctx.meta[SETTINGS]().store)) as store:
        return asyncio.run(ask(store))


async def _lines(store: ServiceStore) -> list[str]:
    """Return a line for each token: id, faculty, name, what it may do, until when."""
    lines, after = list[str](), ""
    while page := await store.tokens.page(None, after, _PAGE):
        for one in page:
            account = await store.accounts.get(one.account)
            lines.append(f"{one.id}  {clean(account.name) if account else '?'}  {_words(one)}")
        after = page[-1].id
    return lines


def _words(one: Token) -> str:
    if one.revoked is not None:
        until = "revoked"
    else:
        until = "until revoked" if one.expires is None else f"until {_day(one.expires)}"
    used = "never used" if one.used is None else f"used {_day(one.used)}"
    return f"{clean(one.name)}: {', '.join(one.scopes)}; {until}, {used}"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
