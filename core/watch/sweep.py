"""PDFs that were removed while no daemon ran: their notes, and with --mirror their calendars, go at the next start.

Nothing is taken for removed where a share may just not be mounted, or where the daemon itself put the PDF away.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

from ..ledger import Job, Ledger
from .fates import Fate
from .request import WatchRequest

_BATCHES = 10_000  # starts of daemons that are remembered


def begin(ledger: Ledger, request: WatchRequest) -> int:
    """Begin a batch of the ledger for a daemon, with what `swept` asks for later."""
    kept = [fate is Fate.KEEP for fate in (request.on_success, request.on_failure)]
    details = {"source": str(request.source), "output": str(request.output), "kept": kept}
    return ledger.begin("watch", details)


def swept(ledger: Ledger, request: WatchRequest, seen: Collection[str]) -> Iterator[Job]:
    """Yield the jobs of PDFs that are gone, though the daemons that did them left PDFs where they were.

    `seen` are the paths a look at everything found.
    """
    kept = dict(_kept(ledger))
    done = ledger.current() if request.mirror else ()
    for job in chain(done, ledger.dead_letters()):
        left = kept.get(job.batch, (False, False))[0 if job.output_sha256 else 1]
        inside = job.source.is_relative_to(request.source) and job.output.is_relative_to(request.output)
        if left and inside and str(job.source) not in seen and _is_removed(job.source, request.source):
            yield job


def _kept(ledger: Ledger) -> Iterator[tuple[int, tuple[bool, bool]]]:
    for batch in ledger.batches(_BATCHES):
        if batch.command == "watch" and isinstance(batch.details, dict):
            success, failure = batch.details.get("kept", (False, False))
            yield batch.id, (bool(success), bool(failure))


def _is_removed(source: Path, top: Path) -> bool:
    """Tell whether a file is not there, and not because a file system is not mounted: that leaves an empty folder."""
    above = source.parent
    while above != top and not above.is_dir():
        above = above.parent
    try:
        return not os.path.lexists(source) and bool(os.listdir(above))
    except OSError:
        return False
