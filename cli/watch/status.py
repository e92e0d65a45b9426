"""`tukscal status`: what the watching daemons are doing, and whether they are alive."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ...core.watch.status import (
    DaemonHealth,
    DaemonState,
    DaemonStatus,
    Life,
    ObservedDaemon,
    heartbeat_files,
    heartbeat_slots,
    observed,
    plain,
)
from ...core.wording import counted, memory, size
from ..common.settings import state_folder
from ..common.terminal import Shown, print_lines

_STYLES = {DaemonHealth.HEALTHY: "bold green", DaemonHealth.ATTENTION: "bold yellow", DaemonHealth.DOWN: "bold red"}
_STATES = {
    DaemonState.STARTING: "is starting",
    DaemonState.WORKING: "is working",
    DaemonState.IDLE: "is idle",
    DaemonState.STANDBY: "stands by",
    DaemonState.DEGRADED: "cannot work now and retries automatically",
    DaemonState.DRAINING: "is stopping after the running conversions",
    DaemonState.STOPPED: "was stopped",
}
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def status_lines(seen: Iterable[ObservedDaemon]) -> Iterator[Shown]:
    """Return what is said about each daemon."""
    for number, one in enumerate(seen):
        if number:
            yield Shown("")
        yield Shown(one.beat.status.output, style="bold")
        yield Shown(_headline(one), 2, _STYLES[one.health])
        for text in _details(one):
            yield Shown(text, 2)


def nothing_lines(output: Path | None) -> Iterator[Shown]:
    """Return what is said where no daemon ever ran."""
    yield Shown(f"No daemon on this computer has written to {output or 'any folder'}.", 0, _STYLES[DaemonHealth.DOWN])
    yield Shown("Start one with `tukscal watch IN -o OUT`.", 2)


def document(seen: ObservedDaemon) -> dict[str, Any]:
    """Return a daemon as JSON; the keys are an interface."""
    judged = {"life": seen.life.value, "health": seen.health.value, "age": round(seen.age, 3), "when": seen.beat.when}
    return judged | plain(seen.beat.status)


def ago(seconds: float) -> str:
    """Return a length of time in its largest unit: "3 minutes"."""
    for unit, length in _UNITS:
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return counted(max(0, int(seconds)), "second")


def _headline(seen: ObservedDaemon) -> str:
    status = seen.beat.status
    if seen.life is Life.DEAD:
        return f"Dead: process {status.pid} ended unexpectedly; its last report was {ago(seen.age)} ago."
    if seen.life is Life.HANGING:
        return f"Hanging: process {status.pid} exists, but has not reported for {ago(seen.age)}."
    if seen.life is Life.STOPPED:
        return f"The daemon {_STATES[DaemonState.STOPPED]}, {ago(seen.age)} ago."
    return f"The daemon {_STATES[status.state]}{_because(status)}."


def _because(status: DaemonStatus) -> str:
    reason = f": {status.reason.rstrip('.')}" if status.reason else ""
    if status.state is not DaemonState.STANDBY:
        return reason
    return f" for {status.owner}{reason}" if status.owner else f", but no working daemon is known{reason}"


def _details(seen: ObservedDaemon) -> Iterator[str]:
    status, now = seen.beat.status, seen.beat.when + seen.age
    how = f", {_mode(status)}" if status.mode else ""
    yield f"Watches {status.source}{how}; process {status.pid}, version {status.version}."
    if seen.life in (Life.ALIVE, Life.HANGING):
        yield _work(status)
    yield f"Since its start {ago(now - status.started)} ago: {_counts(status)}."
    yield f"{_since('Last scan', status.last_scan, now)}; {_since('last calendar', status.last_success, now)}."
    if status.last_failure is not None:
        failure = status.last_failure
        yield f"Last failure {ago(now - failure.when)} ago: {os.path.basename(failure.file)}: {failure.message}"
    if status.memory is not None and status.disk_free is not None:
        yield f"{memory(status.memory)} of memory, {size(status.disk_free)} free in OUT."


def _mode(status: DaemonStatus) -> str:
    words = {"native": "by file system events", "polling": "by scanning"}.get(status.mode, status.mode)
    return f"{words} ({status.mode_reason})" if status.mode_reason else words


def _work(status: DaemonStatus) -> str:
    waits = f"{counted(status.queue, 'job')} waiting"
    if status.queue and status.oldest is not None:
        waits += f", the oldest for {ago(status.oldest)}"
    return f"{waits}; {status.running:,} running on {counted(status.workers.number, 'worker')}."


def _counts(status: DaemonStatus) -> str:
    outcomes = ", ".join(f"{number:,} {name}" for name, number in status.outcomes.items() if number) or "nothing done"
    causes = ", ".join(f"{name} {number:,}" for name, number in _most(status.causes))
    return f"{outcomes} ({causes})" if causes else outcomes


def _most(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, number) for name, number in numbers.items() if number), key=lambda one: (-one[1], one[0]))


def _since(what: str, moment: float | None, now: float) -> str:
    return f"{what} {ago(now - moment)} ago" if moment is not None else f"{what} none yet"


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
    folder = state_folder()
    seen = observed(heartbeat_slots(folder, output) if output else heartbeat_files(folder))
    if machine:
        click.echo(json.dumps({"daemons": [document(one) for one in seen]}, indent=2))
    else:
        print_lines(status_lines(seen) if seen else nothing_lines(output))
    ctx.exit(_exit_code(seen))


def _exit_code(seen: Sequence[ObservedDaemon]) -> int:
    """Return the worst, of none the worst there is; those that ended as told count only where there are no others."""
    asked = [one for one in seen if not one.stopped] or seen
    return max((_CODES[one.health] for one in asked), default=_CODES[DaemonHealth.DOWN])
