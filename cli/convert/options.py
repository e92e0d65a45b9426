"""The options shared by the commands that write calendars."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from ...core.calendar.convert import CalendarOptions, TermChoice
from ...core.calendar.schedule import DEFAULT_TITLE, PlanOptions
from ..common.paths import term_folder
from ..common.values import Day, Length, Title


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
            raise click.UsageError("--from and --until must be given together.")
        if start is not None and term is not None:
            raise click.UsageError("--term and --from exclude each other.")
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
    click.option("--year", type=click.IntRange(2000, 2099), help="Year of the lectures; the PDF prints none."),
    click.option(
        "--term",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Term file, as written by `tukscal term new`.",
    ),
    click.option(
        "--from", "start", type=Day(), metavar="DATE", help="First lecture day, instead of a term file."
    ),
    click.option("--until", type=Day(), metavar="DATE", help="Last lecture day."),
    click.option(
        "--test-weeks", type=click.Choice(["keep", "skip"]), default="keep", help="Keep or skip lectures in test weeks."
    ),
    click.option(
        "--exam-length", type=Length(), default="3h", show_default=True,
        help="Assumed length of an exam; the PDF prints no end.",
    ),
    click.option("--alarm", type=Length(), help="Add a reminder this long before each event, such as 15m."),
    click.option("--expand", is_flag=True, help="Write one event per date instead of repeating events."),
    click.option("--title", type=Title(), default=DEFAULT_TITLE, help="Template for event titles.", show_default=True),
)  # fmt: skip


def _year_source(ctx: click.Context) -> str:
    source = ctx.get_parameter_source("year")
    return "from your settings" if source is click.core.ParameterSource.DEFAULT_MAP else "from --year"
