"""The options that several commands share: how PDFs are read, whose groups are meant, what calendars say, which ledger.

A password is asked for and never an argument: every user of the computer can read the arguments of a process.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from ...core.calendar.convert import CalendarOptions, TermChoice
from ...core.calendar.schedule import DEFAULT_TITLE, PlanOptions
from ...core.selection.file import parse_group
from ...core.selection.select import Selection
from ...core.timetable import values
from .failures import json_errors_option
from .param_types import Day, Length, MemorySize, Seconds, Title
from .settings import default_ledger, term_folder

_Command = Callable[..., Any]


def _with(options: Iterable[Callable[[_Command], _Command]], command: _Command) -> _Command:
    """Give a command options, which its help lists in this order."""
    for option in reversed(list(options)):
        command = option(command)
    return command


def reading_options(command: _Command) -> _Command:
    """Give a command --password, --timeout, --memory and --json-errors; the first three are its parameters."""
    return _with(_READING, command)


_READING = (
    click.option(
        "--password",
        is_flag=True,
        callback=lambda _ctx, _param, asked: _ask() if asked else None,
        help="Ask for the PDF's password.",
    ),
    click.option("--timeout", type=Seconds(), default=60.0, help="Time limit per file.", show_default=True),
    click.option("--memory", type=MemorySize(), default="1G", help="Memory limit per file.", show_default=True),
    json_errors_option,
)


def _ask() -> str:
    """Return the password: typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, err=True)
        return answer
    if isinstance(sys.stdin, TextIOWrapper):
        # What is no text in the terminal's encoding opens no PDF, and that is what the person should read.
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.readline().rstrip("\r\n")


class Groups(click.ParamType[tuple[str, tuple[str, ...]]]):
    """A module's groups, MODULE=GROUP,..."""

    name = "groups"

    def convert(
        self, value: str | tuple[str, tuple[str, ...]], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Return the module and its groups."""
        try:
            return parse_group(value) if isinstance(value, str) else value
        except values.Unreadable as reason:
            self.fail(f"{reason}; write it like 'COS 214=G01,P02'.", param, ctx)


class Module(click.ParamType[str]):
    """A module code."""

    name = "module"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code in its usual form."""
        try:
            return values.module(value.strip().upper())
        except values.Unreadable as reason:
            self.fail(f"{reason}; write it like 'COS 214'.", param, ctx)


def selection_options(command: _Command) -> _Command:
    """Give a command --select, --group, --module, --exclude, --language and --programme.

    It gets two parameters for them: `select`, a file or None, and `typed`, a Selection of the rest.
    """

    @functools.wraps(command)
    def gather(
        *args: Any,
        group: tuple[tuple[str, tuple[str, ...]], ...],
        module: tuple[str, ...],
        exclude: tuple[str, ...],
        language: str | None,
        programme: str | None,
        **kwargs: Any,
    ) -> Any:
        groups: dict[str, tuple[str, ...]] = {}
        for name, chosen in group:
            groups[name] = tuple(dict.fromkeys([*groups.get(name, ()), *chosen]))
        typed = Selection(groups=groups, modules=module, exclude=exclude, language=language, programme=programme)
        return command(*args, typed=typed, **kwargs)

    return _with(_SELECTION, gather)


_SELECTION = (
    click.option(
        "--select",
        type=click.Path(path_type=Path),
        metavar="TOML",
        help="Selection file, as written by `tukscal choose`.",
    ),
    click.option(
        "--group",
        type=Groups(),
        multiple=True,
        metavar="MODULE=GROUP,...",
        help="Your groups of a module; may be repeated.",
    ),
    click.option("--module", type=Module(), multiple=True, help="Include only this module; may be repeated."),
    click.option("--exclude", type=Module(), multiple=True, help="Leave this module out; may be repeated."),
    click.option("--language", type=click.Choice(["E", "A"]), help="Only groups taught in this language."),
    click.option(
        "--programme", metavar="CODE", help="Only groups for this study programme, such as r3, and for all programmes."
    ),
)


def ledger_option(command: _Command) -> _Command:
    """Give a command --ledger and --keep; it gets `ledger`, a path, and `keep`, a Keep."""

    @functools.wraps(command)
    def gather(*args: Any, ledger: Path | None, keep: float, **kwargs: Any) -> Any:
        from ...core.ledger import Keep  # `convert` does without SQLite

        return command(*args, ledger=ledger or default_ledger(), keep=Keep(days=keep), **kwargs)

    return _with(_LEDGER, gather)


_LEDGER = (
    click.option(
        "--ledger", type=click.Path(path_type=Path), metavar="FILE", help="Database of jobs; must be on a local disk."
    ),
    click.option(
        "--keep", type=click.FloatRange(0), default=90, metavar="DAYS", show_default=True,
        help="How long finished jobs are kept in the ledger.",
    ),
)  # fmt: skip


def calendar_options(command: _Command) -> _Command:
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

    return _with(_CALENDAR, gather)


_CALENDAR = (
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
