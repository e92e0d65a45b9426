"""Errors as text for people and as JSON for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import click

from ...core.errors import TukscalError
from ...core.wording import clean

_WIDEST = 100  # columns; longer lines are hard to read


def report_error(error: TukscalError, *, as_json: bool) -> None:
    """Print an error on standard error: what is wrong, where, and what to do next."""
    click.echo(error_json(error) if as_json else error_text(error), err=True)


def error_json(error: TukscalError) -> str:
    """Return an error as one line of JSON; the keys are an interface."""
    import json

    return json.dumps(
        {
            "cause": error.cause,
            "exit_code": error.exit_code,
            "message": error.message,
            "advice": error.advice,
            "file": error.file,
            "page": error.page,
            "row": error.row,
            "text": error.text,
        }
    )


def error_text(error: TukscalError) -> str:
    """Return an error as a sentence or two."""
    where = [str(part) for part in (error.page and f"page {error.page}", error.row and f"row {error.row}") if part]
    lines = [f"{error.file}: {error.message}" if error.file and error.file not in error.message else error.message]
    if where or error.text:
        lines.append(f"  Where: {', '.join(where)}{': ' if where and error.text else ''}{_short(error.text or '')}")
    if error.advice:
        lines.append(f"  {error.advice}")
    return "\n".join(_wrapped(line) for line in lines)


def _wrapped(line: str) -> str:
    """Return a line at a person's width; what a program reads stays one line."""
    indent = "  " if line.startswith("  ") else ""
    text = clean(line.strip())
    if not sys.stderr.isatty():
        return indent + text
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return click.wrap_text(text, width, indent, indent or "  ")


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."


def json_errors_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --json-errors, which also works before the command."""

    def remember(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value:
            ctx.obj.json_errors = True

    option = click.option(
        "--json-errors",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=remember,
        help="Print errors as JSON, one object per line.",
    )
    return option(command)
