"""`tukscal watch`: a folder on a shared drive, watched for months."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from ...core.batch.discover import INCLUDE, FilePatterns
from ...core.batch.plan import BatchRequest
from ...core.batch.run import PRELOAD
from ...core.calendar.convert import CalendarOptions
from ...core.commands.inputs import Opening
from ...core.errors import SEVERAL, TukscalError
from ...core.ledger import Ledger
from ...core.pdf.limits import Limits
from ...core.pool import Guards, Pool, default_workers
from ...core.system import process
from ...core.system.jsonlog import Log, open_log
from ...core.system.systemd import Notifier
from ...core.watch.daemon import Daemon, DaemonResources
from ...core.watch.endpoint import Endpoint, Pages
from ...core.watch.lease import DaemonLease
from ...core.watch.monitor import Rhythm
from ...core.watch.notes import Fate
from ...core.watch.reporters import DaemonMetrics, Reporters
from ...core.watch.request import WatchRequest, check
from ...core.watch.stability import Patience
from ...core.watch.status import Heartbeat, StatusBoard, free_slot
from ..common.options import calendar_options, ledger_option, reading_options
from ..common.param_types import Limit, Seconds
from ..common.settings import state_folder
from ..sync.pushing import noted, push_of, session, sync_options, tended, write
from .config import Remembering, config_option, parse_again

_PATH = click.Path(path_type=Path)
_ASKED = "tukscal.request"  # only the request is asked for
_PATIENCE = 5.0  # seconds a turn may wait for the ledger: the lease and the watchdog wait too
_AT_START = ("ledger", "keep", "log_file", "status_port", "sync", "sync_as")  # options that a reload does not change


@click.command("watch", cls=Remembering, short_help="Watch a folder and convert the PDFs dropped there.")
@click.argument("source", type=_PATH, metavar="IN")
@click.option("-o", "--output", type=_PATH, required=True, metavar="OUT", help="Folder for the calendars.")
@config_option
@click.option("--once", is_flag=True, help="Process what is there now, then exit.")
@click.option("--include", multiple=True, metavar="GLOB", help="Files to convert; may be repeated.  [default: *.pdf]")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Files and folders to leave out; may be repeated.")
@click.option("--settle", type=Seconds(), default=5.0, show_default=True, help="How long a file must be unchanged.")
@click.option("--poll", is_flag=True, help="Scan every 10 seconds, even if the file system reports changes.")
@click.option(
    "--on-success",
    type=click.Choice(["keep", "move", "delete"]),
    default="keep",
    help="What to do with a converted PDF.",
)
@click.option("--on-failure", type=click.Choice(["keep", "move"]), default="keep", help="What to do with a failed PDF.")
@click.option("--done-folder", type=_PATH, metavar="DIR", help="Folder to which converted PDFs are moved.")
@click.option("--failed-folder", type=_PATH, metavar="DIR", help="Folder to which failed PDFs are moved.")
@click.option("--mirror", is_flag=True, help="Remove the calendar when its PDF is removed.")
@click.option("--moved", is_flag=True, help="Accept that IN is on another disk or share than last time.")
@click.option(
    "--grace", type=Seconds(), default=10.0, show_default=True, help="Time to finish running conversions when stopped."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default one per core as memory allows.")
@click.option("--select", type=_PATH, metavar="TOML", help="Selection file for all PDFs; default each PDF's own.")
@click.option("--strict", is_flag=True, help="Fail a PDF if any row or text cannot be used.")
@click.option("--log", "log_file", type=_PATH, metavar="FILE", help="Write the log to FILE, rotated at 10 MB.")
@click.option(
    "--status-port", type=click.IntRange(0, 65535), help="Port on 127.0.0.1 for /live, /ready, /status and /metrics."
)
@calendar_options
@reading_options
@click.option(
    "--limit", "limits", type=Limit(), multiple=True, help="Change a size limit, such as pages=600; may be repeated."
)
@ledger_option
@sync_options
@click.pass_context
def watch(ctx: click.Context, /, **given: Any) -> WatchRequest | None:
    """Watch IN and keep a calendar in OUT for every timetable PDF below it.

    A file is converted when it has been unchanged for --settle seconds. OUT also gets notes for people: NAME.error.txt
    for a PDF without a calendar, NAME.warnings.txt for rows that could not be used. SIGTERM stops the daemon after the
    running conversions, SIGHUP reloads the configuration. `tukscal status` shows what it is doing.
    """
    request = request_of(**given)
    if ctx.meta.get(_ASKED):
        return request
    check(request)
    with ExitStack() as stack:
        log = open_log(given["log_file"])
        stack.callback(log.close)
        stack.enter_context(noted(log))
        _tell_year(request, log)
        # A process that pushes is forked before there is a thread, a pool or a ledger.
        pushing = stack.enter_context(
            session(request.batch.push, given["ledger"], request.output, given["sync_as"], partial(write, log))
        )
        stack.enter_context(tended(pushing))
        board = StatusBoard()
        metrics = DaemonMetrics(lambda: board.status)
        if given["status_port"] is not None:
            endpoint = Endpoint(given["status_port"], Pages(board, metrics))
            stack.callback(endpoint.close)
            log("status_port", port=endpoint.port)
        heartbeat = Heartbeat(free_slot(state_folder(), request.output))
        reporters = Reporters(log=log, board=board, heartbeat=heartbeat, metrics=metrics, notifier=Notifier())
        resources = DaemonResources(
            ledger=lambda: Ledger.open(given["ledger"], keep=given["keep"], patience=_PATIENCE),
            pool=lambda wanted: Pool(wanted.workers, wanted.batch.guards, preload=PRELOAD),
            again=lambda: read_again(ctx, request, log),
        )
        daemon = Daemon(request, resources, reporters, DaemonLease(request.output))
        stack.callback(daemon.close)
        heard = stack.enter_context(_signals(daemon))
        daemon.run()
    if request.once:
        ctx.exit(128 + heard[0] if heard else SEVERAL if daemon.failures else 0)
    return None  # told to end, it ended as told


def _tell_year(request: WatchRequest, log: Log) -> None:
    """Say which year is meant if nobody said it: next January it is still that one."""
    options = request.batch.options
    if options.year is None and options.term.start is None:
        reason = f"Lectures are dated {options.today.year}, even after next January: give --year."
        log("year_assumed", level=logging.WARNING, year=options.today.year, reason=reason)


def request_of(
    *,
    source: Path,
    output: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    options: CalendarOptions,
    password: str | None,
    limits: tuple[tuple[str, int], ...],
    select: Path | None,
    strict: bool,
    settle: float,
    poll: bool,
    on_success: str,
    on_failure: str,
    done_folder: Path | None,
    failed_folder: Path | None,
    mirror: bool,
    moved: bool,
    grace: float,
    once: bool,
    workers: int | None,
    timeout: float,
    memory: int,
    sync: bool,
    sync_as: str | None,
    **_others: object,
) -> WatchRequest:
    """Return what the options ask for."""
    for fate, folder, name in ((on_success, done_folder, "done"), (on_failure, failed_folder, "failed")):
        if fate == "move" and folder is None:
            raise click.UsageError(f"Moving PDFs needs --{name}-folder DIR.")
    batch = BatchRequest(
        sources=(source,),
        output=output,
        options=options,
        wanted=FilePatterns(include=include or INCLUDE, exclude=exclude),
        opening=Opening(password, replace(Limits(), **dict(limits))),
        select=select,
        strict=strict,
        guards=Guards(timeout=timeout, memory=memory),
        push=push_of(output, sync, sync_as),
    )
    return WatchRequest(
        batch=batch,
        rhythm=Rhythm(poll=poll),
        patience=Patience(settle=settle, whole=settle) if once else Patience(settle=settle),
        on_success=Fate(on_success),
        on_failure=Fate(on_failure),
        done_folder=done_folder,
        failed_folder=failed_folder,
        mirror=mirror,
        moved=moved,
        grace=grace,
        once=once,
        workers=workers or default_workers(),
    )


def read_again(ctx: click.Context, before: WatchRequest, log: Log) -> WatchRequest | None:
    """Return what the same command line asks for with the configuration as it is now; None if that is wrong.

    The password is that typed at the start, and OUT cannot change: the lease is in it.
    """
    try:
        fresh = parse_again(ctx)
        fresh.meta[_ASKED] = True
        try:
            with fresh:
                request: WatchRequest = fresh.command.invoke(fresh)
        finally:
            del fresh.meta[_ASKED]
        opening = request.batch.opening._replace(password=before.batch.opening.password)
        request = replace(request, batch=replace(request.batch, opening=opening), once=before.once, moved=False)
        check(request)
        if request.output != before.output:
            raise click.UsageError(f"OUT cannot change from {before.output} to {request.output} without a restart.")
    except (click.ClickException, TukscalError) as error:
        log("not_reloaded", level=logging.ERROR, reason=_sentence(error))
        return None
    if changed := [name for name in _AT_START if fresh.params.get(name) != ctx.params.get(name)]:
        log("needs_restart", level=logging.WARNING, options=", ".join(name.replace("_", "-") for name in changed))
    return request


def _sentence(error: click.ClickException | TukscalError) -> str:
    return error.message if isinstance(error, TukscalError) else error.format_message()


@contextmanager
def _signals(daemon: Daemon) -> Iterator[list[int]]:
    """Hear signals while the block runs: the first to end drains, the second ends at once, SIGHUP reads again."""
    heard: list[int] = []

    def end(number: int, _frame: object) -> None:
        heard.append(number)
        daemon.stop()

    handlers: dict[int, Callable[[int, object], None]] = dict.fromkeys(process.ENDING_SIGNALS, end)
    if process.RELOAD_SIGNAL is not None:
        handlers[process.RELOAD_SIGNAL] = lambda _number, _frame: daemon.reload()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
