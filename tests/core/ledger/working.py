"""What processes of the tests do with a ledger; `python working.py LEDGER WHAT JOURNAL`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tukscal.core.ledger import Ledger, store
from tukscal.tests.core.ledger.ledgers import done, new_job


def work(ledger: Ledger) -> None:
    """Take and finish jobs in small groups until none is open; print the numbers of those that were ours."""
    while ledger.queue.next_due("queue") == 0:
        jobs = ledger.queue.claim("queue", 3)
        refused = ledger.queue.record([done(job, push=True) for job in jobs])
        for job in jobs:
            print("refused" if job.id in refused else "done", job.id, flush=True)


def hold(ledger: Ledger) -> None:
    """Take two jobs, say so, and wait to be killed."""
    print(*(job.id for job in ledger.queue.claim("queue", 2)), flush=True)
    input()


def fill(ledger: Ledger) -> None:
    """Queue jobs for ever, each batch twice, in groups that are committed together; say each group that is."""
    for start in range(0, 1_000_000, 50):
        ledger.queue.enqueue(ledger.history.begin("test"), [new_job(number) for number in range(start, start + 50)])
        print(start + 50, flush=True)


def open_files(pid: str) -> list[str]:
    """Return the files a process has open."""
    folder, found = Path(f"/proc/{pid}/fd"), []
    for entry in folder.iterdir():
        try:
            found.append(os.readlink(entry))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    setattr(store, "best_mode", lambda _: sys.argv[3])  # noqa: B010 - what the SQLite at hand would not choose
    with Ledger.open(Path(sys.argv[1])) as opened:
        print("ready", flush=True)
        sys.stdin.readline()
        {"work": work, "hold": hold, "fill": fill}[sys.argv[2]](opened)
