"""`tukscal status`: what the watching daemons are doing, and whether they are alive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ...core.errors import TukscalError
from ...core.watch.telemetry.heartbeat import (
    DaemonHealth,
    ObservedDaemon,
    all_seen,
    heartbeat_slots,
    latest,
    look,
    read_heartbeat,
)
from ..common.paths import state_folder
from ..common.render import print_lines
from .status_view import document, nothing_lines, status_lines

_CODES = {DaemonHealth.HEALTHY: 0, DaemonHealth.ATTENTION: 1, DaemonHealth.DOWN: 3}


@click.command("status", short_help="Show what the watching daemons are doing.")
@click.argument("output", required=False, type=click.Path(path_type=Path), metavar="[OUT]")
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@click.pass_context
def status(ctx: click.Context, output: Path | None, machine: bool) -> None:
    """Show what the daemon that writes into OUT is doing, or every daemon of this computer.

    Exit code 0: it works, or stands by for one that does; 1: it needs attention: it is degraded, hanging, or stands by
    for nobody; 3: none is running. The worst of several counts; stopped daemons are not counted.
    """
    seen = _of(output) if output else _all()
    if machine:
        click.echo(json.dumps({"daemons": [document(one) for one in seen]}, indent=2))
    else:
        print_lines(status_lines(seen) if seen else nothing_lines(output))
    ctx.exit(_exit_code(seen))


def _of(output: Path) -> list[ObservedDaemon]:
    """Return the daemons that write into a folder, or the last that did."""
    beats = map(read_heartbeat, heartbeat_slots(state_folder(), output))
    return latest(look(beat) for beat in beats if beat is not None)


def _all() -> list[ObservedDaemon]:
    """Return every daemon there is a file of; raises the error of the first that cannot be read."""
    found = []
    for one in all_seen(state_folder()):
        if isinstance(one, TukscalError):
            raise one
        found.append(one)
    return latest(found)


def _exit_code(seen: Sequence[ObservedDaemon]) -> int:
    """Return the worst, of none the worst there is; those that ended as told count only where there are no others."""
    asked = [one for one in seen if not one.stopped] or seen
    return max((_CODES[one.health] for one in asked), default=_CODES[DaemonHealth.DOWN])
