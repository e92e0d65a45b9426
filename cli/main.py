"""The `tukscal` command: the group, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

import click

from .. import __version__
from ..core.errors import InputOutput, TukscalError, own_fault
from .common.failures import report_error

if TYPE_CHECKING:
    from datetime import date

_COMMANDS = {
    "batch": ("batch.command", "Convert whole folders of timetable PDFs."),
    "cancel": ("convert.compare", "Write a file that cancels every event of a calendar."),
    "choose": ("choose.command", "Choose your groups and see which sessions clash."),
    "convert": ("convert.command", "Turn timetable PDFs into a calendar."),
    "diff": ("convert.compare", "List what changed between two timetables or calendars."),
    "doctor": ("doctor.command", "Check this computer for anything that keeps tukscal from working."),
    "jobs": ("jobs.command", "List, retry and verify the jobs of batches and watched folders."),
    "serve": ("serve.command", "Run the central service."),
    "login": ("sync.command", "Log in to a central service, to push calendars to it."),
    "logout": ("sync.command", "Forget the central service and its token."),
    "show": ("show.command", "Draw the week with tests and exams, or a month."),
    "status": ("watch.status", "Show what the watching daemons are doing."),
    "sync": ("sync.command", "Push calendars to the central service; show what was pushed."),
    "watch": ("watch.command", "Watch a folder and convert the PDFs dropped there."),
    "term": ("term.command", "Show, check or enter teaching dates."),
}


class App:
    """State shared by all commands; tests replace its clock."""

    def __init__(self) -> None:
        self.json_errors = False

    def today(self) -> date:
        """Return the local date."""
        from datetime import date  # `--help` is to start as fast as click does: this file imports little

        return date.today()


class Commands(click.Group):
    """Commands that are imported only when they are run: `--help` loads no PDF library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command from its module."""
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f".{module}", __package__), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in sorted(_COMMANDS.items())])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an expected failure ends with its sentence and exit code."""
        try:
            return super().invoke(ctx)
        except TukscalError as error:
            _end(ctx, error)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Stopped.", err=True)
            ctx.exit(128 + 2)  # as if by SIGINT
        except BrokenPipeError:  # whoever read our output has gone
            _drop_output()
            ctx.exit(128 + 13)  # as if by SIGPIPE
        except OSError as error:  # files have errors of their own: this is standard output
            _drop_output()
            _end(ctx, InputOutput(f"The output cannot be written: {error.strerror}."))


def _end(ctx: click.Context, error: TukscalError) -> NoReturn:
    report_error(error, as_json=ctx.find_object(App).json_errors)  # type: ignore[union-attr] # made by `cli`
    ctx.exit(error.exit_code)


def _drop_output() -> None:
    """Let what was not written yet go nowhere: Python would complain when it flushes at exit."""
    with suppress(OSError, ValueError):  # tests have no such stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("--json-errors", is_flag=True, help="Print errors as JSON, one object per line.")
@click.version_option(__version__, message="tukscal %(version)s")
@click.pass_context
def cli(ctx: click.Context, json_errors: bool) -> None:
    """Turn University of Pretoria timetable PDFs into calendars.

    Everything happens on this computer. Nothing is sent anywhere unless you ask
    for it: `login` names a service, `--sync` and `sync` push calendars to it.
    """
    app = ctx.ensure_object(App)
    app.json_errors = app.json_errors or json_errors


def _open_standard_files() -> None:
    """Give a program started without input or output the null device: its next file would take the place."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), handle)
            os.set_inheritable(handle, True)  # the child's next file would take its place too
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as we run
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit the process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _open_standard_files()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name may have letters the console lacks
    try:
        cli.main(args=arguments, prog_name="tukscal")
    except Exception as error:  # a bug of ours: a sentence, and TUKSCAL_DEBUG for the rest
        fault = own_fault(error)
        report_error(fault, as_json="--json-errors" in sys.argv)
        sys.exit(fault.exit_code)
    sys.exit(0)
