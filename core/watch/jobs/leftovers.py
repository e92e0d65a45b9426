"""Jobs that a daemon left behind: nobody knows whether their PDFs stand as they stood, so they are not done at once.

They wait apart, with their history, until a look has seen the PDF stand still and it is put into the queue again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ...ledger import Job, Ledger, State

_APART = "put off"  # a queue nobody works on


def put_off(ledger: Ledger, batches: Iterable[int], mine: int) -> tuple[int, list[Job]]:
    """Let waiting jobs of other daemons' batches wait apart.

    Return how many there are that did not yet, and the jobs of PDFs that are gone: they go too.
    """
    left = [job for batch in batches if batch != mine for job in ledger.retention.waiting(batch)]
    gone = [job for job in left if not os.path.lexists(job.source)]
    fresh = [job.id for job in left if job.queue != _APART]
    ledger.retention.park(fresh, mine, _APART)
    ledger.retention.forget([job.id for job in gone])
    return len(fresh), gone


def settled(ledger: Ledger, outputs: Iterable[Path], queue: str) -> None:
    """Forget what waits, or has died, for outputs that are as they are to be."""
    unfinished = ledger.history.unfinished(outputs).values()
    ledger.retention.forget(
        [job.id for job in unfinished if job.queue in (_APART, queue) and job.state is not State.RUNNING]
    )
