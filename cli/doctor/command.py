"""`tukscal doctor`: what of this computer could keep tukscal from working, and what to do about it."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from ... import __version__
from ...core.doctor import Check, Severity, Subject
from ...core.doctor.examine import examine
from ...core.wording import clean, counted
from ..common.settings import config_folder, default_ledger, load_settings, state_folder, term_folder
from ..common.terminal import Line, Piece, columns, paragraph

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

    found = list(checks)
    click.echo(as_json(found))
    return found


def _print_text(checks: Iterable[Check]) -> list[Check]:
    """Print each check as soon as it is made."""
    from ..common.terminal import print_picture

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


_MOST = 100  # columns; longer lines are hard to read
_INDENT = 6
_WORDS = {Severity.OK: "ok", Severity.NOTE: "note", Severity.BAD: "BAD"}
_STYLES = {Severity.OK: "green", Severity.NOTE: "yellow", Severity.BAD: "bold red"}


def heading() -> list[Line]:
    """Return what is looked at."""
    return [(Piece(", ".join(_versions().values()), "bold"),), ()]


def check_lines(check: Check) -> list[Line]:
    """Return a check: its verdict in front, what to do below."""
    style = _STYLES[check.verdict]
    found, *more = _paragraph(f"{_name(check)}: {clean(check.found)}")
    word = Piece(_WORDS[check.verdict].ljust(_INDENT), style)
    lines: list[Line] = [(word, Piece(found[0].text.lstrip())), *more]
    return [*lines, *_paragraph(clean(check.advice), style)] if check.advice else lines


def summary(checks: Sequence[Check]) -> list[Line]:
    """Return how many things are to be looked after."""
    bad, notes = (sum(check.verdict is verdict for check in checks) for verdict in (Severity.BAD, Severity.NOTE))
    if bad:
        text, style = f"{counted(bad, 'check')} failed.", _STYLES[Severity.BAD]
    else:
        text, style = "No check failed.", _STYLES[Severity.OK]
    text += f" {counted(notes, 'note')}." if notes else ""
    return [(), (Piece(text, style),)]


def as_json(checks: Iterable[Check]) -> str:
    """Return everything as a JSON object; the keys are an interface."""
    import json

    found = list(checks)
    worst = max((check.verdict for check in found), key=list(Severity).index, default=Severity.OK)
    return json.dumps({"verdict": worst, **_versions(), "checks": [asdict(check) for check in found]}, indent=2)


def _versions() -> dict[str, str]:
    return {
        "tukscal": f"tukscal {__version__}",
        "python": f"Python {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
    }


def _name(check: Check) -> str:
    return check.name[:1].upper() + check.name[1:]


def _paragraph(text: str, style: str = "") -> list[Line]:
    return paragraph(text, min(columns(), _MOST), indent=_INDENT, style=style)
