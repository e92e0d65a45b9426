"""`tukscal term`: make, check and show the teaching calendar of a year."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import click

from ...core.errors import NoTerm
from ...core.model import PERIODS, WEEKDAYS
from ...core.terms import (
    YEARS,
    Balance,
    Span,
    Term,
    balance,
    closed_by_holiday,
    dump_term,
    file_name,
    load_term,
    problems,
    read_term,
    require_absent,
    write_term,
)
from ..common.settings import term_folder
from .form import ask_term

_COLUMNS = 80


def balance_table(balances: Iterable[Balance]) -> str:
    """Return a row per period and a column per weekday."""
    rows = [("Period", *(name[:3] for name in WEEKDAYS[:5]), "")]
    rows += [(each.period, *map(str, each.counts), "" if each.even else "uneven") for each in balances]
    return "\n".join(_aligned(*row) for row in rows)


def _aligned(period: str, *cells: str) -> str:
    *counts, remark = cells
    return f"  {period:<6}{''.join(f'{count:>5}' for count in counts)}  {remark}".rstrip()


def gaps(term: Term) -> tuple[str, ...]:
    """Return a sentence for each thing the calendar does not know."""
    found = []
    if missing := [period for period in PERIODS if period not in term.periods]:
        found.append(f"Not given: {', '.join(missing)}.")
    if not term.recess_known:
        found.append("Recess, swap days and test weeks are not known, or not all of them.")
    return tuple(found)


def as_text(term: Term) -> str:
    """Return everything the calendar says, a heading per kind of day."""
    lines = [f"{term.name} ({term.source})"]
    for heading, entries in _sections(term):
        lines += ["", heading, *(_wrapped(entry) for entry in entries)]
    return "\n".join([*lines, *(["", *gaps(term)] if gaps(term) else ())])


def _sections(term: Term) -> Iterator[tuple[str, list[str]]]:
    yield "Periods", [f"{name:<2}  {_taught(spans)}" for name, spans in term.periods.items()]
    yield from _unless_empty("Recess", map(_span, term.recess))
    holidays = closed_by_holiday(term).items()
    yield from _unless_empty("Public holidays in the teaching time", (_row(_day(day), name) for day, name in holidays))
    yield from _unless_empty("Days without lectures", map(_span, term.no_lectures))
    swaps = (_row(_day(swap.date), f"uses the timetable of {WEEKDAYS[swap.follows]}") for swap in term.swaps)
    yield from _unless_empty("Swap days", swaps)
    yield from _unless_empty("Test weeks", map(_span, term.test_weeks))
    yield from _unless_empty("Exams", map(_span, term.exams))


def _unless_empty(heading: str, entries: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    if found := list(entries):
        yield heading, found


def _taught(spans: tuple[Span, ...]) -> str:
    if all(span.name for span in spans):
        return " and ".join(span.name for span in spans)
    return _dates(spans[0])


def _span(span: Span) -> str:
    return _row(_dates(span), span.name)


def _row(dates: str, text: str) -> str:
    return f"{dates:<25}  {text}".rstrip()


def _dates(span: Span) -> str:
    return _day(span.start) if span.start == span.end else f"{_day(span.start)} to {_day(span.end)}"


def _day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day:2} {day:%b}"


def _wrapped(entry: str) -> str:
    import textwrap

    return textwrap.fill(entry, _COLUMNS, initial_indent="  ", subsequent_indent=" " * 29)


def as_json(term: Term) -> str:
    """Return the calendar as a JSON object; dates are ISO, weekdays are named."""
    import json

    shown = {
        "year": term.year,
        "name": term.name,
        "source": term.source,
        "digest": term.digest,
        "recess_known": term.recess_known,
        "periods": {name: [_plain(span) for span in spans] for name, spans in term.periods.items()},
        "holidays": {str(day): name for day, name in closed_by_holiday(term).items()},
        "swaps": [{"date": str(swap.date), "follows": WEEKDAYS[swap.follows]} for swap in term.swaps],
        "balance": {each.period: list(each.counts) for each in balance(term)},
    }
    for name in ("recess", "no_lectures", "test_weeks", "exams"):
        shown[name] = [_plain(span) for span in getattr(term, name)]
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _plain(span: Span) -> dict[str, str]:
    return {"start": str(span.start), "end": str(span.end)} | ({"name": span.name} if span.name else {})


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
