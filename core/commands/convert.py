"""What `tukscal convert` does, without its words: files -> timetables -> calendars -> files.

Deciding comes first: every refusal that can be known beforehand is raised before the first PDF is read. An output of
one PDF is one call of a worker; of several that make one output, each is read in a call of its own, so that it alone is
blamed for what it does to its worker.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ..calendar import convert
from ..calendar.event import Calendar
from ..errors import NoSuchFile, NotWritable, TukscalError
from ..model import Timetable
from ..pool import Executor
from ..selection.file import Chosen, choose_entries
from ..selection.select import Selection
from ..system.files import check_folder, read_file, read_if_there, write_file
from ..timetable.export import CSV_COLUMNS, to_csv, to_json
from .inputs import MOST_CALENDAR, Opening, calendar_at, foreign, naming, ours, read_timetable, read_timetable_file

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


class Before(NamedTuple):
    """The calendar that an output continues: what is there, or what a person named instead."""

    output: Path
    there: bytes | None = None
    named: Path | None = None
    given: bytes | None = None


class Contents(NamedTuple):
    """What a worker made of an output's PDFs."""

    chosen: tuple[Chosen, ...]
    conversion: convert.Conversion | None


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
        before = _before(request, path, pool)
        if (pdf := _only(request, files)) is not None:
            yield _write(request, path, files, pool.call(convert_pdf, request, files[0], pdf, before))
            return
        previous = None if before.there is before.given is None else pool.call(read_before, before)
        timetables, errors = _read_all(request, files, pool)
        if errors:
            yield from errors
        else:
            yield _write(request, path, files, pool.call(make, request, files, timetables, previous))
    except TukscalError as error:
        error.file = error.file or (str(files[0]) if len(files) == 1 else None)
        yield error


def _before(request: Request, path: Path, pool: Executor) -> Before:
    """Return what to continue; a file at the output that we did not write is never replaced."""
    if request.format is not Format.ICS:
        _check_ours(path, request.format)
        return Before(path)
    there = calendar_at(path) if path != STDOUT else None
    if request.previous is None:
        return Before(path, there)
    try:
        return Before(path, there, request.previous, read_file(request.previous, MOST_CALENDAR))
    except TukscalError:
        pool.call(read_before, Before(path, there))  # what is wrong with the output comes first
        raise


def _only(request: Request, files: Sequence[Path]) -> bytes | None:
    """Return the PDF of an output of one, if it can be read."""
    with contextlib.suppress(TukscalError):
        return read_file(files[0], request.opening.limits.bytes) if len(files) == 1 else None
    return None


def _read_all(request: Request, files: Sequence[Path], pool: Executor) -> tuple[list[Timetable], list[TukscalError]]:
    timetables, errors = [], []
    for file in files:
        try:
            timetables.append(read_timetable_file(file, request.opening, pool, strict=request.strict))
        except TukscalError as error:
            errors.append(error)
    return timetables, errors


def _write(request: Request, path: Path, files: Sequence[Path], made: Contents) -> Output:
    if made.conversion is not None:
        data = made.conversion.ics
    else:
        timetables = [part.selected.timetable for part in made.chosen]
        data = to_json(timetables) if request.format is Format.JSON else to_csv(timetables)
    if not request.dry_run and path != STDOUT:
        write_file(path, data)
    return Output(
        path=path,
        files=tuple(files),
        data=data,
        chosen=made.chosen,
        conversion=made.conversion,
        written=not request.dry_run,
    )


def _check_ours(path: Path, kind: Format) -> None:
    data = read_if_there(path, MOST_CALENDAR) if path != STDOUT else None
    starts = {Format.JSON: (b'{\n  "kind"', b'[\n  {\n    "kind"'), Format.CSV: (_csv_start(),)}
    if data and not data.startswith(starts[kind]):
        raise foreign(path)


def _csv_start() -> bytes:
    return ",".join(CSV_COLUMNS[:3]).encode("utf-8-sig")


# ---- in a worker


def convert_pdf(request: Request, file: Path, pdf: bytes, before: Before) -> Contents:
    """Return what becomes of one PDF; what is wrong with the calendar before is said first."""
    previous = read_before(before)
    timetable = read_timetable(pdf, file.name, request.opening, strict=request.strict)
    return make(request, [file], [timetable], previous)


def make(
    request: Request, files: Sequence[Path], timetables: Sequence[Timetable], previous: Calendar | None
) -> Contents:
    """Return what becomes of PDFs that were read; JSON and CSV hold no dates, for which teaching dates are needed."""
    chosen = choose_entries(files, timetables, request.typed, request.select)
    if request.format is not Format.ICS:
        return Contents(tuple(chosen), None)
    kept = [part.selected.timetable for part in chosen]
    return Contents(tuple(chosen), convert.make_calendar(kept, request.options, previous))


def read_before(before: Before) -> Calendar | None:
    """Return the calendar to continue. Raises NotWritable if what is at the output is not ours."""
    there = None if before.there is None else ours(before.there, before.output)
    if before.named is None or before.given is None:
        return there
    with naming(before.named):
        return convert.read_calendar(before.given)
