"""What earlier daemons left: jobs, and the notes and calendars of PDFs that were removed while no daemon ran.

Nobody knows whether the PDFs of jobs left behind stand as they stood, so these are parked, with their history, until a
look has seen the PDF stand still. Nothing is taken for removed where the folder may be another one than it was, because
a share is not mounted or the folder was made anew, or where the daemon itself put the PDF away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ..batch.discover import is_removed
from ..decode import Unfit, from_json
from ..ledger import Job, Ledger, State, WatchedFolder
from .notes import Fate
from .request import WatchRequest
from .scan import Home


class Known(NamedTuple):
    """Where a folder was when it was last watched, and what was mounted in it; nothing if it never was."""

    home: Home | None = None
    mounts: tuple[str, ...] = ()


def begin(ledger: Ledger, request: WatchRequest, home: Home, mounts: Sequence[str] = ()) -> int:
    """Begin a batch of the ledger for a daemon, with what a later one asks for."""
    watched = WatchedFolder(
        source=request.source,
        output=request.output,
        lease=ledger.lease,
        keeps_done=request.on_success is Fate.KEEP,
        keeps_failed=request.on_failure is Fate.KEEP,
        place=json.dumps(asdict(home)),
        mounts=tuple(mounts),
    )
    return ledger.history.begin("watch", {"source": str(request.source), "output": str(request.output)}, watched)


def known(ledger: Ledger, request: WatchRequest) -> Known:
    """Return where the folder was when it was last watched."""
    found = ledger.history.watches(request.source).values()
    return next((Known(home, folder.mounts) for folder in found if (home := _home(folder))), Known())


def park(ledger: Ledger, request: WatchRequest, mine: int) -> tuple[int, list[Job]]:
    """Park the waiting jobs of other daemons with the same folders.

    Return how many were not parked yet, and the jobs of PDFs that are gone: they go too.
    """
    folders = ledger.history.watches(request.source)
    theirs = [batch for batch, folder in folders.items() if folder.output == request.output and batch != mine]
    left = [job for batch in theirs for job in ledger.retention.waiting(batch)]
    gone = [job for job in left if not os.path.lexists(job.source)]
    parked = ledger.retention.park([job.id for job in left], mine)
    ledger.retention.forget([job.id for job in gone])
    return parked, gone


def forget_waiting(ledger: Ledger, outputs: Iterable[Path], queue: str) -> None:
    """Forget what waits, or has died, for outputs that are as they are to be."""
    unfinished = ledger.history.unfinished(outputs).values()
    over = [job for job in unfinished if (job.parked or job.queue == queue) and job.state is not State.RUNNING]
    ledger.retention.forget([job.id for job in over])


def removed(ledger: Ledger, request: WatchRequest, seen: Collection[str], home: Home) -> Iterator[Job]:
    """Yield the jobs of PDFs that are gone, though the daemons that did them left PDFs where they were.

    `seen` are the paths a look at everything found, in the folder that is at `home`. Where none of the PDFs is there
    any more it is rather another disk, and no calendar goes.
    """
    folders = ledger.history.watches(request.source)
    same = {batch: folder for batch, folder in folders.items() if (was := _home(folder)) and was.is_same(home)}
    gone, here = list[Job](), False
    done = ledger.history.current() if request.mirror else ()
    for job in chain(done, ledger.history.dead_letters()):
        here = here or str(job.source) in seen
        folder = same.get(job.batch)
        left = folder and not job.put_away and (folder.keeps_done if job.output_sha256 else folder.keeps_failed)
        inside = job.source.is_relative_to(request.source) and job.output.is_relative_to(request.output)
        if left and inside and str(job.source) not in seen and is_removed(job.source, request.source):
            gone.append(job)
    yield from (job for job in gone if here or not job.output_sha256)


def _home(folder: WatchedFolder) -> Home | None:
    try:
        return from_json(Home, folder.place.encode())
    except Unfit:
        return None
