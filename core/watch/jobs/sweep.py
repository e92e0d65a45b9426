"""PDFs that were removed while no daemon ran: their notes, and with --mirror their calendars, go at the next start.

Nothing is taken for removed where the folder may be another one than it was, because a share is not mounted or the
folder was made anew, or where the daemon itself put the PDF away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any, NamedTuple

from ...batch.discover import is_removed
from ...decode import Unfit, decode
from ...ledger import Batch, Job, Ledger
from ..folder.mounts import Home
from ..notes import Fate
from ..request import WatchRequest

PUT_AWAY = "put away"
"""Stands in the place of the stamp of a PDF that the daemon moves or deletes itself."""

_BATCHES = 10_000  # starts of daemons that are remembered


class Known(NamedTuple):
    """Where a folder was when it was last watched, and what was mounted in it; nothing if it never was."""

    home: Home | None = None
    mounts: tuple[str, ...] = ()


def begin(ledger: Ledger, request: WatchRequest, home: Home, mounts: Sequence[str] = ()) -> int:
    """Begin a batch of the ledger for a daemon, with what is asked for later."""
    kept = [fate is Fate.KEEP for fate in (request.on_success, request.on_failure)]
    details = {"source": str(request.source), "output": str(request.output), "kept": kept, "home": asdict(home),
               "mounts": list(mounts)}  # fmt: skip
    return ledger.history.begin("watch", details)


def known(ledger: Ledger, request: WatchRequest) -> Known:
    """Return where the folder was when it was last watched."""
    for _, details in _watched(ledger):
        if details.get("source") == str(request.source) and (home := _home(details)) is not None:
            return Known(home, tuple(map(str, details.get("mounts", ()))))
    return Known()


def batches(ledger: Ledger, request: WatchRequest) -> list[int]:
    """Return the batches of daemons on the same folders, the newest first."""
    same = (str(request.source), str(request.output))
    return [batch.id for batch, details in _watched(ledger) if (details.get("source"), details.get("output")) == same]


def swept(ledger: Ledger, request: WatchRequest, seen: Collection[str], home: Home) -> Iterator[Job]:
    """Yield the jobs of PDFs that are gone, though the daemons that did them left PDFs where they were.

    `seen` are the paths a look at everything found, in the folder that is at `home`. Where none of the PDFs is there
    any more it is rather another disk, and no calendar goes.
    """
    kept, gone, here = dict(_kept(ledger, home)), list[Job](), False
    done = ledger.history.current() if request.mirror else ()
    for job in chain(done, ledger.history.dead_letters()):
        here = here or str(job.source) in seen
        left = kept.get(job.batch, (False, False))[0 if job.output_sha256 else 1] and job.source_stamp != PUT_AWAY
        inside = job.source.is_relative_to(request.source) and job.output.is_relative_to(request.output)
        if left and inside and str(job.source) not in seen and is_removed(job.source, request.source):
            gone.append(job)
    yield from (job for job in gone if here or not job.output_sha256)


def _kept(ledger: Ledger, home: Home) -> Iterator[tuple[int, tuple[bool, bool]]]:
    for batch, details in _watched(ledger):
        was = _home(details)
        if was is not None and was.is_same(home):
            success, failure = details.get("kept", (False, False))
            yield batch.id, (bool(success), bool(failure))


def _watched(ledger: Ledger) -> Iterator[tuple[Batch, dict[str, Any]]]:
    for batch in ledger.history.batches(_BATCHES):
        if batch.command == "watch" and isinstance(batch.details, dict):
            yield batch, batch.details


def _home(details: dict[str, Any]) -> Home | None:
    try:
        return decode(Home, details.get("home"))
    except Unfit:
        return None
