"""`tukscal diff`: what moved between two timetables or calendars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ...core.commands.compare import Difference, Snapshot, cancel_calendar, compare
from ...core.commands.inputs import Opening
from ...core.pool import Guards, Pool
from ...core.wording import counted
from ..common.failures import json_errors_option
from ..common.options import reading_options

_PATH = click.Path(path_type=Path)


@click.command("diff")
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@reading_options
@click.pass_context
def diff(
    ctx: click.Context, old: Path, new: Path, machine: bool, password: str | None, timeout: float, memory: int
) -> None:
    """List what changed between OLD and NEW, each a timetable PDF or an .ics file written by tukscal.

    Exit code 0: no session changed; 1: some did.
    """
    with Pool(guards=Guards(timeout=timeout, memory=memory)) as pool:
        found = compare(old, new, pool, Opening(password))
    if machine:
        click.echo(json.dumps([_value(difference) for difference in found], ensure_ascii=False, indent=2))
    else:
        from ..common.terminal import Shown, print_lines

        print_lines(Shown(text, indent) for text, indent in _lines(found))
    ctx.exit(1 if found else 0)


def _lines(found: tuple[Difference, ...]) -> Iterator[tuple[str, int]]:
    if not found:
        yield "No session changed.", 0
        return
    yield f"{counted(len(found), 'session')} changed:", 0
    for difference in found:
        yield from _sentences(difference)


def _sentences(difference: Difference) -> Iterator[tuple[str, int]]:
    before, after = difference.before, difference.after
    if before is None and after is not None:
        yield f"New: {after.title}, {_place(after)}", 2
    elif after is None and before is not None:
        yield f"Removed: {before.title}, {_place(before)}", 2
    elif before is not None and after is not None:
        yield f"Changed: {after.title}", 2
        yield from ((text, 4) for text in _parts(before, after))


def _parts(before: Snapshot, after: Snapshot) -> Iterator[str]:
    pairs = (
        (before.when, after.when, ""),
        (before.where, after.where, "no venue"),
        (before.status, after.status, "certain"),
    )
    for old, new, nothing in pairs:
        if old != new:
            yield f"{old or nothing} -> {new or nothing}"
    if before.dates is not None and after.dates is not None and before.when == after.when:
        for day in sorted(before.dates - after.dates):
            yield f"no longer on {day.day} {day:%B %Y}"
        for day in sorted(after.dates - before.dates):
            yield f"also on {day.day} {day:%B %Y}"


def _place(side: Snapshot) -> str:
    return ", ".join(part for part in (side.when, side.where, side.status) if part)


def _value(difference: Difference) -> dict[str, object]:
    sides = {"before": difference.before, "after": difference.after}
    return {name: _side(side) if side else None for name, side in sides.items()}


def _side(side: Snapshot) -> dict[str, object]:
    dates = None if side.dates is None else [day.isoformat() for day in sorted(side.dates)]
    return {**asdict(side), "dates": dates}


@click.command("cancel")
@click.argument("old", type=_PATH, metavar="OLD.ics")
@click.option("-o", "--output", type=_PATH, metavar="OUT", help="File to write; default OLD.cancel.ics.")
@json_errors_option
def cancel(old: Path, output: Path | None) -> None:
    """Write a calendar that cancels every event of OLD.ics.

    Import it into the calendar program that imported OLD.ics.
    """
    if output == Path("-"):
        raise click.UsageError("Cancellations cannot go to standard output: give a file name with -o.")
    path = output or Path(f"{old.parent / old.stem}.cancel.ics")
    with Pool() as pool:
        number = cancel_calendar(old, path, pool)
    click.echo(f"{counted(number, 'event')} cancelled. Written: {path}")
