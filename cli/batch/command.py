"""`tukscal batch`: folders of timetable PDFs -> a folder of calendars."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from ...core.batch.discover import INCLUDE, FilePatterns
from ...core.batch.plan import BatchRequest, check_files, make_folder
from ...core.batch.run import PRELOAD, BatchRun
from ...core.calendar.convert import CalendarOptions
from ...core.commands.inputs import Opening
from ...core.errors import SEVERAL, NoSuchFile, NotWritable
from ...core.jobs.loop import Pace
from ...core.ledger import Keep, Ledger
from ...core.pdf.limits import Limits
from ...core.pool import Guards, InProcess, Pool, default_workers
from ...core.report.write import check_report_path, write_report
from ...core.system import process
from ..common.failures import report_error
from ..common.options import calendar_options, ledger_option, reading_options
from ..common.param_types import Limit, Rate
from ..common.settings import load_settings
from ..sync.pushing import PushSession, also, common_log, log_option, push_of, session, sync_options
from .view import PlainView, view_for

_PATH = click.Path(path_type=Path)


@click.command("batch", short_help="Convert whole folders of timetable PDFs.")
@click.argument("sources", nargs=-1, required=True, type=_PATH, metavar="SOURCE...")
@click.option("-o", "--output", type=_PATH, required=True, metavar="OUT", help="Folder for the calendars.")
@click.option(
    "--include", multiple=True, metavar="GLOB", help="Files of a folder to convert; may be repeated.  [default: *.pdf]"
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Files and folders to leave out; may be repeated.")
@click.option("--workers", type=click.IntRange(0, 256), help="Worker processes; default one per core as memory allows.")
@click.option("--max-rate", type=Rate(), metavar="N", help="Start at most N conversions per second.")
@click.option(
    "--enrolments",
    type=_PATH,
    metavar="CSV",
    help="List of students, modules and groups: make one calendar per student.",
)
@click.option("--report", type=_PATH, metavar="FILE", help="Write a report as FILE.html, FILE.csv or FILE.json.")
@click.option("--strict", is_flag=True, help="Fail a PDF if any row or text cannot be used.")
@click.option("--reread", is_flag=True, help="Read every PDF again, even if its time of change is unchanged.")
@click.option("--json-lines", is_flag=True, help="Print events as JSON, one object per line.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures and the summary only.")
@calendar_options
@click.option("--select", type=_PATH, metavar="TOML", help="Selection file for all PDFs; default each PDF's own.")
@reading_options
@click.option(
    "--limit", "limits", type=Limit(), multiple=True, help="Change a size limit, such as pages=600; may be repeated."
)
@ledger_option
@sync_options
@log_option
@click.option("--settings", is_eager=True, expose_value=False, hidden=True, callback=load_settings)
@click.pass_context
def batch(
    ctx: click.Context,
    /,
    sources: tuple[Path, ...],
    output: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    workers: int | None,
    max_rate: float | None,
    enrolments: Path | None,
    report: Path | None,
    strict: bool,
    reread: bool,
    json_lines: bool,
    quiet: bool,
    options: CalendarOptions,
    select: Path | None,
    password: str | None,
    timeout: float,
    memory: int,
    limits: tuple[tuple[str, int], ...],
    ledger: Path,
    keep: Keep,
    sync: bool,
    sync_as: str | None,
    log_file: Path | None,
) -> None:
    """Convert all timetable PDFs in folders, each into a calendar in OUT.

    SOURCE is a folder, a file, or - for a list of files on standard input. OUT gets the same tree of folders. A PDF
    that was converted before and has not changed is not converted again, so an interrupted run continues when you run
    the same command again. Exit code 0: every PDF has its calendar; 12: some have none.
    """
    if enrolments is not None and select is not None:
        raise click.UsageError("--enrolments and --select exclude each other.")
    guards = Guards(timeout=timeout, memory=memory)
    request = BatchRequest(
        sources=tuple(_listed(sources)),
        output=output,
        wanted=FilePatterns(include=include or INCLUDE, exclude=exclude),
        options=options,
        opening=Opening(password, replace(Limits(), **dict(limits))),
        select=select,
        strict=strict,
        reread=reread,
        guards=guards,
        enrolments=enrolments,
        push=push_of(output, sync, sync_as),
    )
    if report is not None:
        _check_report(report, request)
    check_files(request)
    view = view_for(as_json=json_lines, quiet=quiet)
    with (
        common_log(log_file) as log,
        # A process that pushes is forked before there is a ledger, a pool or a thread.
        session(request.push, ledger, output, sync_as, also(log, view.pushing)) as pushing,
        Ledger.open(ledger, keep=keep) as opened,
        _pool(workers, guards) as pool,
    ):
        view.opened(opened)
        run = BatchRun(request, opened, pool, pace=Pace(rate=max_rate))
        # The report is written even after two signals.
        with _signals(run) as heard:
            _work(run, view, pushing)
            if report is not None:
                write_report(report, opened, run.summary.batch)
        ended_by = heard[0] if heard else None
        if pushing is not None:
            view.pushed(pushing.end(opened, wait=ended_by is None))
    ctx.exit(_exit_code(ctx, run, ended_by))


def _check_report(report: Path, request: BatchRequest) -> None:
    """Refuse a report that cannot be written, or would overwrite an input file."""
    make_folder(request.output)  # the report may be meant for there
    check_report_path(report)
    inputs = [path.resolve() for path in (request.enrolments, request.select, *request.sources) if path is not None]
    if report.resolve() in inputs:
        raise NotWritable(
            f"{report} would overwrite an input file.", advice="Choose another name for the report.", file=str(report)
        )


def _work(run: BatchRun, view: PlainView, pushing: PushSession | None) -> None:
    """Do the batch."""
    with _unheard(), view.showing(run):
        for event in run:
            with _unheard():
                view.show(event)
            if pushing is not None:
                pushing.wake()
    with _unheard():
        view.summary(run)


def _exit_code(ctx: click.Context, run: BatchRun, ended_by: int | None) -> int:
    if ended_by is not None:
        return 128 + ended_by
    if run.summary.bad_skipped and not run.summary.anything:
        raise NoSuchFile("None of the sources can be read.", advice="Check the names, and that the drive is connected.")
    if run.full is not None:
        report_error(run.full, as_json=ctx.obj.json_errors)
        return run.full.exit_code
    return SEVERAL if run.summary.failures or run.summary.left else 0


@contextmanager
def _unheard() -> Iterator[None]:
    """Go on if the terminal was closed; whoever reads a pipe and leaves wants no more."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError:
        pass


@contextmanager
def _signals(run: BatchRun) -> Iterator[list[int]]:
    """Stop a batch at signals that end a program while the block runs, at once after the second; yield those heard.

    Signals nohup or a script's & made it deaf to are not among them.
    """
    signals = list[int]()

    def heard(number: int, _frame: object) -> None:
        signals.append(number)
        run.stop(at_once=len(signals) > 1)

    heeded = [number for number in process.ENDING_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, heard) for number in heeded}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pool(workers: int | None, guards: Guards) -> Pool | InProcess:
    if workers == 0:
        return InProcess()
    return Pool(default_workers() if workers is None else workers, guards, preload=PRELOAD)


def _listed(sources: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the sources, "-" as the files listed on standard input, one a line or ended by NUL."""
    for source in sources:
        if str(source) != "-":
            yield source
            continue
        text = sys.stdin.buffer.read().decode(sys.getfilesystemencoding(), "surrogateescape")
        names = text.split("\0") if "\0" in text else [line.removesuffix("\r") for line in text.split("\n")]
        yield from (Path(name) for name in names if name.strip())
