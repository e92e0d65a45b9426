"""Where the daemon is seen and heard: its log, status, heartbeat, figures and service manager."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from ...batch.discover import Skipped
from ...errors import TukscalError
from ...jobs.commit import Finished
from ...ledger import State
from ...system.jsonlog import Log
from ...system.systemd import Notifier
from .heartbeat import Heartbeat
from .metrics import DaemonMetrics
from .status import DaemonStatus, StatusBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporters:
    """Everybody who is told."""

    log: Log
    board: StatusBoard
    heartbeat: Heartbeat
    metrics: DaemonMetrics
    notifier: Notifier

    def publish(self, status: DaemonStatus) -> None:
        """Tell everybody what the daemon does."""
        self.board.publish(status)
        self.heartbeat.write(status)
        self.notifier.status(f"{status.state}: {status.reason}" if status.reason else status.state.value)

    def ended(self, one: Finished) -> None:
        """Tell how a job ended."""
        if one.made is not None:
            made, took = one.made, one.outcome.duration
            self.metrics.observe(made.kind, took)
            self.log("done", file=one.job.source, output=one.job.output, sessions=made.entries,
                     problems=made.problem_count, changes=made.change_count, seconds=took)  # fmt: skip
        elif one.error is not None:
            level = logging.WARNING if one.state is State.FAILED else logging.ERROR
            self.log(one.state.value, level=level, file=one.job.source, cause=one.error.cause,
                     message=one.error.message)  # fmt: skip

    def skipped(self, one: Skipped) -> None:
        """Tell what is left out and why."""
        level = logging.WARNING if one.bad else logging.INFO
        self.log("skipped", level=level, file=one.path, reason=one.reason)

    def gone(self, calendar: Path | None, trouble: str) -> None:
        """Tell which calendar went with its PDF, and what could not be removed."""
        if calendar is not None:
            self.log("removed", file=calendar, reason="its PDF is gone")
        if trouble:
            self.log("not_removed", level=logging.WARNING, message=trouble)

    def not_put_away(self, file: Path, message: str) -> None:
        """Tell why a PDF that is done with is still there."""
        self.log("not_put_away", level=logging.WARNING, file=file, message=message)

    def orphans(self, count: int) -> None:
        """Tell that a process left jobs behind."""
        self.log("taken_over", jobs=count, reason="The process that was at them is gone.")

    def put_aside(self, file: Path) -> None:
        """Tell of a PDF that is left alone until it changes."""
        self.log("put_aside", level=logging.WARNING, file=file, reason="It ended its worker twice.")

    def fault(self, error: Exception, told: TukscalError) -> None:
        """Tell of a fault of our own."""
        self.log("fault", level=logging.ERROR, message=told.message, kind=type(error).__name__)
