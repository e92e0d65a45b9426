"""The options by which every command that writes calendars learns what they shall be like."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from ..core.convert import CalendarOptions, TermChoice
from ..core.plan import DEFAULT_TITLE, PlanOptions
from .paths import term_folder
from .values import Day, Length, Title


def calendar_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --year, --term, --from, --until, --test-weeks, --exam-length, --alarm, --expand and --title.

    It gets one parameter for them: `options`, a CalendarOptions.
    """

    @functools.wraps(command)
    def gather(
        *args: Any,
        year: int | None,
        term: Path | None,
        start: date | None,
        until: date | None,
        test_weeks: str,
        exam_length: timedelta,
        alarm: timedelta | None,
        expand: bool,
        title: str,
        **kwargs: Any,
    ) -> Any:
        if (start is None) != (until is None):
            raise click.UsageError("--from and --until belong together: give both.")
        if start is not None and term is not None:
            raise click.UsageError("--term and --from are two ways to say the same: give one.")
        ctx = click.get_current_context()
        options = CalendarOptions(
            today=ctx.obj.today(),
            year=year,
            year_source=_year_source(ctx),
            term=TermChoice(start=start, until=until, file=term, folder=term_folder()),
            plan=PlanOptions(
                exam_length=exam_length, skip_test_weeks=test_weeks == "skip", alarm=alarm, expand=expand, title=title
            ),
        )
        return command(*args, options=options, **kwargs)

    for option in reversed(_OPTIONS):
        gather = option(gather)
    return gather


_OPTIONS = (
    click.option("--year", type=click.IntRange(2000, 2099), help="Year of the lectures; the PDF does not print it."),
    click.option(
        "--term",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Teaching dates, as `tukscal term new` writes them.",
    ),
    click.option(
        "--from", "start", type=Day(), metavar="DATE", help="First lecture day, instead of a term file."
    ),
    click.option("--until", type=Day(), metavar="DATE", help="Last lecture day."),
    click.option(
        "--test-weeks", type=click.Choice(["keep", "skip"]), default="keep", help="Lectures in test weeks."
    ),
    click.option(
        "--exam-length", type=Length(), default="3h", help="Assumed, the PDF prints none.", show_default=True
    ),
    click.option("--alarm", type=Length(), help="Remind this long before, such as 15m."),
    click.option("--expand", is_flag=True, help="One event per date instead of repeating ones."),
    click.option("--title", type=Title(), default=DEFAULT_TITLE, help="Event titles.", show_default=True),
)  # fmt: skip


def _year_source(ctx: click.Context) -> str:
    source = ctx.get_parameter_source("year")
    return "from your settings" if source is click.core.ParameterSource.DEFAULT_MAP else "from --year"
