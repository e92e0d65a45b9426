"""PDFs that were removed while no daemon ran: their notes, and with --mirror their calendars, go at the next start.

Nothing is taken for removed where the folder may be another one than it was, because a share is not mounted or the
folder was made anew, or where the daemon itself put the PDF away.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from ..ledger import Batch, Job, Ledger
from .fates import Fate
from .home import Home
from .request import WatchRequest

PUT_AWAY = "put away"
"""Stands in the place of the stamp of a PDF that the daemon moves or deletes itself."""

_BATCHES = 10_000  # starts of daemons that are remembered


def begin(ledger: Ledger, request: WatchRequest, home: Home) -> int:
    """Begin a batch of the ledger for a daemon, with what `swept` and `known_home` ask for later."""
    kept = [fate is Fate.KEEP for fate in (request.on_success, request.on_failure)]
    details = {"source": str(request.source), "output": str(request.output), "kept": kept, "home": asdict(home)}
    return ledger.begin("watch", details)


def known_home(ledger: Ledger, request: WatchRequest) -> Home | None:
    """Return where the folder was when it was last watched, None if it never was."""
    source = str(request.source)
    found = (_home(details) for _, details in _watched(ledger) if details.get("source") == source)
    return next((home for home in found if home is not None), None)


def swept(ledger: Ledger, request: WatchRequest, seen: Collection[str], home: Home) -> Iterator[Job]:
    """Yield the jobs of PDFs that are gone, though the daemons that did them left PDFs where they were.

    `seen` are the paths a look at everything found, in the folder that is at `home`. Where none of the PDFs is there
    any more it is rather another disk, and no calendar goes.
    """
    kept, gone, here = dict(_kept(ledger, home)), list[Job](), False
    done = ledger.current() if request.mirror else ()
    for job in chain(done, ledger.dead_letters()):
        here = here or str(job.source) in seen
        left = kept.get(job.batch, (False, False))[0 if job.output_sha256 else 1] and job.source_stamp != PUT_AWAY
        inside = job.source.is_relative_to(request.source) and job.output.is_relative_to(request.output)
        if left and inside and str(job.source) not in seen and _is_removed(job.source, request.source):
            gone.append(job)
    yield from (job for job in gone if here or not job.output_sha256)


def _kept(ledger: Ledger, home: Home) -> Iterator[tuple[int, tuple[bool, bool]]]:
    for batch, details in _watched(ledger):
        was = _home(details)
        if was is not None and was.is_same(home):
            success, failure = details.get("kept", (False, False))
            yield batch.id, (bool(success), bool(failure))


def _watched(ledger: Ledger) -> Iterator[tuple[Batch, dict[str, Any]]]:
    for batch in ledger.batches(_BATCHES):
        if batch.command == "watch" and isinstance(batch.details, dict):
            yield batch, batch.details


def _home(details: dict[str, Any]) -> Home | None:
    try:
        return Home(**details["home"])
    except (KeyError, TypeError):
        return None


def _is_removed(source: Path, top: Path) -> bool:
    """Tell whether a file is not there, and not because a file system is not mounted: that leaves an empty folder."""
    above = source.parent
    while above != top and not above.is_dir():
        above = above.parent
    try:
        return not os.path.lexists(source) and bool(os.listdir(above))
    except OSError:
        return False
