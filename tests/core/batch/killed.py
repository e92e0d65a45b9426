"""A batch in a process of its own that kills itself at a named step: `python -m tukscal.tests.core.batch.killed`.

Only tests reach it: the steps are wrapped from outside, nothing of it is in tukscal.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import PRELOAD, BatchRun
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.ledger import Ledger
from tukscal.core.ledger.queue import Queue
from tukscal.core.pool import Pool
from tukscal.core.system import files

# Step -> the function after which it is reached (FAULTS.md, S1 to S6), and S0: planned, nothing claimed.
STEPS: dict[str, tuple[Any, str]] = {
    "S0-enqueued": (Queue, "enqueue"),
    "S1-claimed": (Queue, "claim"),
    "S2-started": (Pool, "start"),
    "S3-returned": (Pool, "wait"),
    "S4-written": (files, "_prepare"),
    "S5-renamed": (files, "_put"),
    "S6-recorded": (Queue, "record"),
}


def request(source: Path, out: Path) -> BatchRequest:
    """Return what is asked for."""
    return BatchRequest(sources=(source,), output=out, options=CalendarOptions(today=date(2026, 7, 1), year=2026))


def work(source: Path, out: Path, ledger: Path) -> dict[str, object]:
    """Do the batch with two workers and return its summary."""
    with Ledger.open(ledger) as opened, Pool(2, preload=PRELOAD) as pool:
        run = BatchRun(request(source, out), opened, pool)
        for _ in run:
            pass
        return run.summary.plain()


def die_after(step: str, times: int) -> None:
    """Let this process be killed when a step has been reached so many times."""
    owner, name = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)
    left = times

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        value = original(*args, **kwargs)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    setattr(owner, name, counted)


def main() -> None:
    """Kill this process at STEP:TIMES, or at no step if that is "-"."""
    step, *paths = sys.argv[1:]
    if step != "-":
        name, _, times = step.partition(":")
        die_after(name, int(times))
    print(work(*map(Path, paths)))


if __name__ == "__main__":
    main()
