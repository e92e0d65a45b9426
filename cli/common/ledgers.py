"""The options of every command that uses the ledger."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...core.ledger import Keep
from .paths import state_folder


def default_ledger() -> Path:
    """Return the path of the default ledger."""
    return state_folder() / "ledger.db"


def ledger_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --ledger and --keep; it gets `ledger`, a path, and `keep`, a Keep."""

    @functools.wraps(command)
    def gather(*args: Any, ledger: Path | None, keep: float, **kwargs: Any) -> Any:
        return command(*args, ledger=ledger or default_ledger(), keep=Keep(days=keep), **kwargs)

    for option in reversed(_OPTIONS):
        gather = option(gather)
    return gather


_OPTIONS = (
    click.option(
        "--ledger", type=click.Path(path_type=Path), metavar="FILE", help="Database of jobs; must be on a local disk."
    ),
    click.option(
        "--keep", type=click.FloatRange(0), default=90, metavar="DAYS", show_default=True,
        help="How long finished jobs are kept in the ledger.",
    ),
)  # fmt: skip
