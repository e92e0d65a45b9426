"""Jobs that a daemon left behind: nobody knows whether their PDFs stand as they stood, so they are not done at once.

They wait apart, with their history, until a look has seen the PDF stand still and it is put into the queue again.
"""

from __future__ import annotations

import os
import sys

from ..ledger import Ledger, State


def put_off(ledger: Ledger, queue: str, batch: int) -> None:
    """Let waiting jobs of a queue that are not of a daemon's batch wait apart; those whose PDF is gone go."""
    apart = f"{queue} put off"
    left = [
        job for name in (queue, apart) for job in ledger.left(name, sys.maxsize)
        if job.batch != batch and job.state in (State.QUEUED, State.FAILED)
    ]  # fmt: skip
    ledger.park((job.id for job in left), batch, apart)
    ledger.forget((job.id for job in left if not os.path.lexists(job.source)), sys.maxsize)
