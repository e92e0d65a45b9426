"""`tukscal serve`: the central service, its admins, its key and the tokens of faculties."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ... import __version__
from ...core.errors import BadRows, InputOutput
from ...core.system import process
from ...core.wording import clean

if TYPE_CHECKING:
    from ...sync.service.settings import Settings
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
def add_token(ctx: click.Context, faculty: str, name: str, scopes: tuple[str, ...], days: float) -> None:
    """Create a token for FACULTY and print it, this once."""
    from ...sync.service.access.secrets import OWN_SCOPES, Scope, TokenRequest, new_token
    from ...sync.service.settings import SystemClock

    if unknown := sorted(set(scopes) - set(Scope)):
        raise BadRows(f"There is no scope {', '.join(unknown)}.", advice=f"The scopes are {', '.join(Scope)}.")
    if not faculty.strip() or not faculty.isprintable():
        raise BadRows("A faculty needs a name.", advice="Give a name of printable characters.")
    wanted = TokenRequest(faculty=faculty, name=name, scopes=scopes or OWN_SCOPES, days=days)
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
    from ...sync.service.settings import SystemClock

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


_PATH = click.Path(path_type=Path)
_NEEDED = (
    "fastapi",
    "uvicorn",
    "argon2",
    "cryptography",
    "itsdangerous",
    "jinja2",
    "limits",
    "altcha",
    "python_multipart",
)
_LEVELS = ("debug", "info", "warning", "error")


@click.group("serve", invoke_without_command=True, short_help="Run the central service.")
@click.option(
    "--config", type=_PATH, metavar="TOML", help="Read settings from a file: store, public_url, [rates], [jobs], ..."
)
@click.option("--store", type=_PATH, metavar="FILE", help="Database of the service.  [default: tukscal.db]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for any free port.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default one per core as memory allows.")
@click.option("--public-url", metavar="URL", help="What links begin with, such as https://timetables.up.ac.za.")
@click.option(
    "--forwarded-allow-ips",
    default="",
    metavar="IPS",
    help="Proxies whose X-Forwarded-For is trusted, separated by commas.",
)
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS),
    default="info",
    show_default=True,
    help="Least severe level that is logged.",
)
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Run the central service: faculties push calendars, students subscribe to feeds and upload PDFs.

    The environment variable TUKSCAL_KEY is the master secret that encrypts PDFs and signs cookies; `tukscal serve key`
    makes one. Every setting can also be given as TUKSCAL_SECTION_NAME. SIGTERM stops the service after running requests
    and conversions.
    """
    ctx.meta[SETTINGS] = lambda: read(given)
    if ctx.invoked_subcommand is None:
        _check_extra()
        _run(read(given), **given)


@serve.command("key")
def key() -> None:
    """Print a new master secret for TUKSCAL_KEY."""
    _check_extra()
    from ...sync.service.access.vault import new_master

    click.echo(new_master())


serve.add_command(token)


@serve.group("admin")
def admin() -> None:
    """Manage the admins of the service."""


@admin.command("add")
@click.argument("name")
@click.pass_context
def add_admin(ctx: click.Context, name: str) -> None:
    """Create the admin NAME, or change its password.

    The password is asked for, or read from standard input.
    """
    _check_extra()
    from ...sync.service.access.secrets import make_admin
    from ...sync.service.settings import SystemClock
    from ...sync.service.store.sqlite import SqliteStore

    settings = ctx.meta[SETTINGS]()
    password = _password()
    with closing(SqliteStore(settings.store)) as store:
        asyncio.run(make_admin(store, name, password, SystemClock().now()))
    click.echo(f"{name} can log in.")


def read(given: dict[str, Any]) -> Settings:
    """Return the settings: the file's, over them the environment's, over them the options'."""
    from ...sync.service.settings import read_settings

    settings = read_settings(given["config"], os.environ)
    if given["store"] is not None:
        settings = replace(settings, store=given["store"])
    if given["public_url"] is not None:
        settings = replace(settings, public_url=given["public_url"])
    if given["workers"] is not None:
        settings = replace(settings, jobs=replace(settings.jobs, workers=given["workers"]))
    return settings


def _run(settings: Settings, *, host: str, port: int, forwarded_allow_ips: str, log_level: str, **_others: Any) -> None:
    """Serve until stopped; any fault in the settings is reported before listening."""
    from ...sync.service import logs
    from ...sync.service.access.vault import VARIABLE
    from ...sync.service.app import build, check_keys
    from ...sync.service.http.connections import listen, server
    from ...sync.service.store.sqlite import SqliteStore

    os.environ.pop(VARIABLE, None)  # workers inherit the environment, and what they read comes from strangers
    with closing(SqliteStore(settings.store, readers=settings.readers)) as store:
        asyncio.run(check_keys(settings, store))
        with closing(listen(host, port)) as listening:
            settings = _reached(settings, host, int(listening.getsockname()[1]), forwarded_allow_ips)
            made = server(
                build(settings, store=store),
                settings,
                proxies=forwarded_allow_ips,
                told=lambda port: _listening(host, port),
            )
            logs.set_up(log_level)
            if settings.outside.sentry:
                _tell_sentry(settings.outside.sentry)
            for number in process.ENDING_SIGNALS:  # uvicorn hears them, and raises them again when it has ended as told
                signal.signal(number, lambda *_: None)
            made.run(sockets=[listening])


def _reached(settings: Settings, host: str, port: int, proxies: str) -> Settings:
    """Return the settings with what links begin with; warn if everybody would seem to come from a proxy."""
    if not settings.public_url:
        return replace(settings, public_url=_address(host, port))
    if settings.https and not proxies:
        click.echo(
            "The public URL is HTTPS, but --forwarded-allow-ips names no proxy: all clients seem to have the proxy's "
            "address, share its rate limits, and if the proxy runs on this computer, may use what is restricted to it "
            "(admin logins, /metrics).",
            err=True,
        )
    return settings


def _listening(host: str, port: int) -> None:
    click.echo(f"tukscal listens on {_address(host, port)}", err=True)


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _tell_sentry(dsn: str) -> None:
    from ...sync.service.logs import tell_sentry

    if find_spec("sentry_sdk") is None:
        raise InputOutput("Reporting to Sentry needs more packages.", advice="pip install 'tukscal[sentry]'")
    tell_sentry(dsn, __version__)


def _check_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputOutput(
            f"The service needs more packages ({', '.join(missing)}).", advice="pip install 'tukscal[service]'"
        )


def _password() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return text
    return sys.stdin.readline().rstrip("\r\n")
