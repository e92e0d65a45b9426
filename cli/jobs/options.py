"""The options of `tukscal jobs`, and how its commands open the ledger."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ...core.errors import CONVERSION_ERRORS
from ...core.jobs.queries import Which, ask_existing, newest_batch, open_existing, require_batch
from ...core.ledger import Ledger
from ...core.wording import clean
from ..common.settings import default_ledger

LAST = 0
"""The number that stands for the newest batch."""

_AGO = re.compile(r"([0-9]{1,6})\s*(m|h|d|w)", re.IGNORECASE)
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_CAUSES = [error.cause for error in CONVERSION_ERRORS]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Moment(click.ParamType[float]):
    """A day, or a length of time ago, as unix seconds; `end` means the day's end."""

    name = "moment"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the unix seconds."""
        if isinstance(value, float):
            return value
        if match := _AGO.fullmatch(value.strip()):
            return time.time() - int(match[1]) * _UNITS[match[2].lower()]
        try:
            day = datetime.strptime(value.strip(), "%Y-%m-%d")
            return (day + timedelta(days=self._end)).timestamp()
        except (ValueError, OverflowError, OSError):
            self.fail(f"'{value}' is not a time; write it like 2026-07-20, 2h or 3d.", param, ctx)


class BatchNumber(click.ParamType[int]):
    """The number of a batch, or "last"."""

    name = "batch"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, LAST for the newest."""
        if str(value).strip().lower() == "last":
            return LAST
        if not re.fullmatch("[1-9][0-9]{0,17}", str(value)):
            self.fail(f"'{value}' is not the number of a batch; write a number, or last.", param, ctx)
        return int(value)


ledger_option: Decorator = click.option(
    "--ledger", type=click.Path(path_type=Path), metavar="FILE", help="Use this ledger instead of your own."
)
batch_option: Decorator = click.option("--batch", type=BatchNumber(), metavar="N|last", help="Only jobs of this batch.")
cause_option: Decorator = click.option(
    "--cause", type=click.Choice(_CAUSES), metavar="CAUSE", help="Only jobs that failed for this cause."
)
json_option: Decorator = click.option("--json", "machine", is_flag=True, help="Print JSON.")
yes_option: Decorator = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def ledger_path(given: Path | None) -> Path:
    """Return the ledger that is meant."""
    return given or default_ledger()


def asked(given: Path | None) -> Ledger:
    """Open the ledger that is meant to ask it: nothing of it is changed. Raises NoSuchFile if there is none."""
    return ask_existing(ledger_path(given))


@contextmanager
def opened(given: Path | None) -> Iterator[Ledger]:
    """Open the ledger that is meant to change it, and tell if it was found damaged.

    Raises NoSuchFile if there is none.
    """
    with open_existing(ledger_path(given)) as ledger:
        tell_damage(ledger)
        yield ledger


def tell_damage(ledger: Ledger) -> None:
    """Tell on standard error that a damaged ledger was put aside."""
    if ledger.moved_aside:
        kept = clean(str(ledger.moved_aside))
        click.echo(f"The ledger was damaged; it was kept as {kept} and a new one was started.", err=True)


def batch_number(ledger: Ledger, given: int | None) -> int | None:
    """Return the number of the batch that is meant, None for all. Raises NoSuchFile if there is none."""
    if given is None:
        return None
    return newest_batch(ledger).id if given == LAST else require_batch(ledger, given)


def which(ledger: Ledger, ids: tuple[int, ...], cause: str | None, batch: int | None, *, every: bool = False) -> Which:
    """Return which jobs are meant: some must be named, by number or by what they have in common.

    Raises click.UsageError.
    """
    common = cause is not None or batch is not None or every
    if bool(ids) == common:
        raise click.UsageError(
            "Name jobs by number, or select them with --cause or --batch (`jobs dead` also takes --all)."
        )
    return Which(ids=ids, cause=cause, batch=batch_number(ledger, batch))
