"""What a daemon is asked to do, checked before it begins."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..batch.plan import BatchRequest, check_files, digests
from ..errors import NoSuchFile, NotWritable
from .monitor import Rhythm
from .notes import Fate
from .stability import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """A folder to be watched and what becomes of its PDFs."""

    batch: BatchRequest
    """One source, the output, and how to convert."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    patience: Patience = field(default_factory=Patience)
    on_success: Fate = Fate.KEEP
    on_failure: Fate = Fate.KEEP
    done_folder: Path | None = None
    """Where PDFs go that were converted, for Fate.MOVE."""
    failed_folder: Path | None = None
    mirror: bool = False
    """Whether the calendar of a PDF that disappears goes too."""
    moved: bool = False
    """Whether the folder may be on another disk or share than when it was last watched."""
    grace: float = 10.0
    """Seconds that what is being converted may take when the daemon is told to end."""
    once: bool = False
    workers: int = 1

    @property
    def source(self) -> Path:
        """The folder that is watched."""
        return Path(os.path.abspath(self.batch.sources[0]))

    @property
    def output(self) -> Path:
        """The folder for the calendars."""
        return Path(os.path.abspath(self.batch.output))


def check(request: WatchRequest) -> None:
    """Refuse folders that lie in each other, where what is written would be taken for what was dropped, and files that
    are not there.

    Raises NotWritable or NoSuchFile, and what reading selections and teaching dates raises.
    """
    for folder in (request.output, request.done_folder, request.failed_folder):
        if folder is not None and _is_in(folder, request.source):
            raise NotWritable(
                f"{folder} lies in {request.source}, the folder that is watched.",
                advice="Choose a folder outside of it.",
                file=str(folder),
            )
    if _is_in(request.source, request.output):
        raise NotWritable(
            f"{request.source}, the folder that is watched, lies in {request.output}.",
            advice="Choose another output folder with -o.",
            file=str(request.output),
        )
    if os.path.lexists(request.source) and not request.source.is_dir():
        raise NoSuchFile(f"{request.source} is no folder.", advice="Name the folder that is to be watched.")
    if request.once and not request.source.is_dir():
        advice = "Check the name and whether the drive is there."
        raise NoSuchFile(f"There is no folder {request.source}.", advice=advice)
    check_files(request.batch)
    digests(request.batch)


def _is_in(folder: Path, other: Path) -> bool:
    """Tell whether a folder is another one or lies in it, by whatever names: links, capitals, other mounts."""
    real, top = Path(os.path.realpath(folder)), Path(os.path.realpath(other))
    return real.is_relative_to(top) or any(_is_same(above, top) for above in (real, *real.parents))


def _is_same(folder: Path, other: Path) -> bool:
    try:
        return os.path.samefile(folder, other)
    except OSError:
        return False
