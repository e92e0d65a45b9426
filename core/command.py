"""What `tukscal convert` does, without its words: files -> timetables -> calendars -> files.

Deciding comes first: every refusal that can be known beforehand is raised before the first PDF is read. The PDFs are
read, and calendars made, in the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from . import convert
from .errors import Damaged, NoSuchFile, NotWritable, TukscalError
from .event import Calendar
from .export import CSV_COLUMNS, to_csv, to_json
from .files import check_folder, read_if_there, write_file
from .inputs import (
    MOST_CALENDAR,
    Opening,
    calendar_at,
    foreign,
    read_calendar_file,
    read_timetable_file,
    refuse_problems,
)
from .model import Timetable
from .pool import Executor
from .selection import Selection
from .selection_file import Chosen, choose_entries

STDOUT = Path("-")


class Format(StrEnum):
    """What is written."""

    ICS = "ics"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for."""

    files: tuple[Path, ...]
    output: Path | None
    """One output for all files, "-" for standard output, or None for one beside each."""
    format: Format
    options: convert.CalendarOptions
    typed: Selection = field(default_factory=Selection)
    """Groups chosen on the command line."""
    select: Path | None = None
    """A selection file, instead of the one found beside a PDF or above it."""
    previous: Path | None = None
    opening: Opening = field(default_factory=Opening)
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output and what it was made from."""

    path: Path
    data: bytes
    files: tuple[Path, ...]
    chosen: tuple[Chosen, ...]
    """For each file, its timetable as far as a student chose it."""
    conversion: convert.Conversion | None
    """None for JSON and CSV, which hold no dates of lectures."""
    written: bool

    @property
    def timetables(self) -> tuple[Timetable, ...]:
        """The timetables, as far as a student chose them."""
        return tuple(part.selected.timetable for part in self.chosen)


Result = Output | TukscalError


class Target(NamedTuple):
    """Where one output goes and the files it is made from."""

    path: Path
    files: tuple[Path, ...]


def run(request: Request, pool: Executor) -> Iterator[Result]:
    """Yield an output or an error for each file, or one output for all; one bad file does not stop the others."""
    if request.output is not None:
        yield from _make(request, request.files, request.output, pool)
        return
    taken: dict[str, Path] = {}
    for file in request.files:
        if not file.name:
            yield NoSuchFile(f"{file} is a folder, not a file.", advice="Name the PDF itself.", file=str(file))
            continue
        path = file.with_suffix(f".{request.format}")
        # Two paths are one file, also where capitals do not count.
        first = taken.setdefault(str(path.absolute()).casefold(), file)
        if first != file:
            yield NotWritable(f"{first} and {file} would both be written to {path}.", file=str(file))
        else:
            yield from _make(request, (file,), path, pool)


def _make(request: Request, files: Sequence[Path], path: Path, pool: Executor) -> Iterator[Result]:
    """Yield one output, or every error that prevents it: a calendar that lacks a file's sessions would mislead."""
    try:
        if path != STDOUT:
            check_folder(path)
        previous = _previous(request, path, pool)
        timetables, errors = _read_all(request, files, pool)
        if errors:
            yield from errors
        else:
            chosen = choose_entries(files, timetables, request.typed, request.select)
            yield _write(request, Target(path, tuple(files)), chosen, previous, pool)
    except TukscalError as error:
        error.file = error.file or (str(files[0]) if len(files) == 1 else None)
        yield error


def _read_all(request: Request, files: Sequence[Path], pool: Executor) -> tuple[list[Timetable], list[TukscalError]]:
    timetables, errors = [], []
    for file in files:
        try:
            timetables.append(_read(request, file, pool))
        except TukscalError as error:
            error.file = error.file or str(file)
            errors.append(error)
    return timetables, errors


def _read(request: Request, file: Path, pool: Executor) -> Timetable:
    timetable = read_timetable_file(file, request.opening, pool)
    if request.strict:
        refuse_problems(timetable)
    return timetable


def _write(
    request: Request, target: Target, chosen: Sequence[Chosen], previous: Calendar | None, pool: Executor
) -> Output:
    conversion = None
    timetables = [part.selected.timetable for part in chosen]
    if request.format is Format.ICS:
        conversion = pool.call(convert.make_calendar, timetables, request.options, previous)
        data = conversion.ics
    else:
        data = to_json(timetables) if request.format is Format.JSON else to_csv(timetables)
    if not request.dry_run and target.path != STDOUT:
        write_file(target.path, data)
    return Output(
        path=target.path,
        files=target.files,
        data=data,
        chosen=tuple(chosen),
        conversion=conversion,
        written=not request.dry_run,
    )


def _previous(request: Request, path: Path, pool: Executor) -> Calendar | None:
    """Return the calendar to continue; a file at the output that we did not write is never replaced."""
    if request.format is not Format.ICS:
        _check_ours(path, request.format)
        return None
    there = _calendar_at(path, pool)
    if request.previous is None:
        return there
    return read_calendar_file(request.previous, pool)


def _calendar_at(path: Path, pool: Executor) -> Calendar | None:
    data = calendar_at(path) if path != STDOUT else None
    if data is None:
        return None
    try:
        return pool.call(convert.read_calendar, data)
    except Damaged:
        raise foreign(path) from None


def _check_ours(path: Path, kind: Format) -> None:
    data = read_if_there(path, MOST_CALENDAR) if path != STDOUT else None
    starts = {Format.JSON: (b'{\n  "kind"', b'[\n  {\n    "kind"'), Format.CSV: (_csv_start(),)}
    if data and not data.startswith(starts[kind]):
        raise foreign(path)


def _csv_start() -> bytes:
    return ",".join(CSV_COLUMNS[:3]).encode("utf-8-sig")
