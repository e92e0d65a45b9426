"""`tukscal term`: make, check and show the teaching calendar of a year."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from ...core.errors import NoTerm
from ...core.terms import (
    YEARS,
    Term,
    balance,
    dump_term,
    file_name,
    load_term,
    problems,
    read_term,
    require_absent,
    write_term,
)
from ..common.paths import term_folder
from .form import ask_term
from .view import as_json, as_text, balance_table, gaps

_Decorator = Callable[[Callable[..., None]], Callable[..., None]]
_target: _Decorator = click.argument("target", metavar="[YEAR|FILE]", required=False)


@click.group("term")
def term() -> None:
    """Show, check or enter teaching dates: periods, recess, swap days, test weeks."""


@term.command("new")
@click.argument("year", type=click.IntRange(YEARS[0], YEARS[-1]))
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write this file instead of the one in the settings folder.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
def new(year: int, output: Path | None, force: bool) -> None:
    """Ask for the dates of YEAR and write them to a term file."""
    file = output or term_folder() / file_name(year)
    if not force:
        require_absent(file)  # before the questions: nobody types thirty dates twice
    made = ask_term(year)
    click.echo(f"\nHow often each weekday is taught in {year}:\n{balance_table(balance(made))}")
    _confirm_uneven(problems(made))
    write_term(file, dump_term(made), force=force)
    click.echo(f"Written: {file}")


@term.command("check")
@_target
@click.pass_context
def check(ctx: click.Context, target: str | None) -> None:
    """Check that dates are consistent and every weekday is taught equally often.

    Without YEAR or FILE, this year's dates are checked.
    """
    found = _load(ctx, target)
    click.echo(f"{found.name} ({found.source}), test weeks skipped:\n{balance_table(balance(found))}")
    for gap in gaps(found):
        click.echo(gap)
    if uneven := problems(found):
        raise NoTerm(_sentence(uneven), advice="Compare the swap days, recess and test weeks with UP's calendar.")
    click.echo("Every weekday is taught equally often.")


@term.command("show")
@_target
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@click.pass_context
def show(ctx: click.Context, target: str | None, machine: bool) -> None:
    """Show the dates of YEAR, of a term FILE, or of this year."""
    found = _load(ctx, target)
    click.echo(as_json(found) if machine else as_text(found))


def _load(ctx: click.Context, target: str | None) -> Term:
    if target is None or re.fullmatch(r"\d{4}", target):
        return load_term(int(target) if target else _today(ctx).year, folder=term_folder())
    return read_term(Path(target))


def _today(ctx: click.Context) -> date:
    """Return the date of the context's clock, if it has one, else today's."""
    clock = getattr(ctx.obj, "today", None)
    today = clock() if callable(clock) else None
    return today if isinstance(today, date) else date.today()


def _confirm_uneven(uneven: tuple[str, ...]) -> None:
    if not uneven:
        return
    for complaint in uneven:
        click.echo(f"Warning: {complaint}.")
    if not click.confirm("Write the file anyway?"):
        raise NoTerm(_sentence(uneven), advice="Nothing was written. Check the dates and run the command again.")


def _sentence(complaints: tuple[str, ...]) -> str:
    return f"{'; '.join(complaints)}."
