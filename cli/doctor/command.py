"""`tukscal doctor`: what of this computer could keep tukscal from working, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from ...core.doctor import Check, Severity, Subject, examine
from ..common.ledgers import default_ledger
from ..common.paths import config_folder, state_folder, term_folder
from ..common.settings import load_settings

_PATH = click.Path(path_type=Path)


@click.command("doctor", short_help="Check this computer for anything that keeps tukscal from working.")
@click.argument("folders", nargs=-1, type=_PATH, metavar="[FOLDER]...")
@click.option("--ledger", type=_PATH, metavar="FILE", help="Check this ledger instead of your own.")
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, folders: tuple[Path, ...], ledger: Path | None, machine: bool) -> None:
    """Check this computer for anything that keeps tukscal from working, and advise what to do.

    Each FOLDER is checked as an output folder: a small file is written and removed again; nothing else is changed.
    Exit code 0: no check is bad; 1: one is.
    """
    subject = Subject(
        config=config_folder(),
        terms=term_folder(),
        state=state_folder(),
        ledger=ledger or default_ledger(),
        today=ctx.obj.today(),
        folders=folders,
        settings_fault=_settings_fault(ctx),
    )
    checks = _print_json(examine(subject)) if machine else _print_text(examine(subject))
    ctx.exit(1 if any(check.verdict is Severity.BAD for check in checks) else 0)


def _settings_fault(ctx: click.Context) -> str:
    """Return what is wrong with the settings file, empty if nothing is."""
    try:
        load_settings(ctx, click.Option(["--settings"]), None)
    except click.UsageError as error:
        return error.message
    return ""


def _print_json(checks: Iterable[Check]) -> list[Check]:
    from .view import as_json

    found = list(checks)
    click.echo(as_json(found))
    return found


def _print_text(checks: Iterable[Check]) -> list[Check]:
    """Print each check as soon as it is made."""
    from ..common.paint import print_picture
    from .view import check_lines, heading, summary

    found: list[Check] = []

    def shown() -> Iterator[Check]:
        for check in checks:
            found.append(check)
            yield check

    print_picture(heading())
    for check in shown():
        print_picture(check_lines(check))
    print_picture(summary(found))
    return found
