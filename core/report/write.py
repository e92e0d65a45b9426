"""A batch's report as a file; its ending says in which form."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import NotWritable
from ..ledger import Ledger
from ..system.files import check_folder, read_if_there, write_pieces
from .batch import Run, find_run, left_alone, told_jobs
from .cells import COLUMNS, csv_pieces
from .document import json_pieces
from .findings import find

Pieces = Callable[[Path, Ledger, Run], Iterator[bytes]]

_LOOKED_AT = 1000  # bytes
# How reports begin: nothing else is ever written over.
_BEGINS: dict[str, bytes] = {
    ".html": b'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="tukscal ',
    ".csv": ",".join(COLUMNS[:5]).encode("utf-8-sig"),
    ".json": b'{"report": 1, "tukscal": ',
}


def write_report(path: Path, ledger: Ledger, batch: int) -> None:
    """Write the report of a batch, whole or not at all, in the form the file's ending names.

    Raises NotWritable or InputOutput, and LookupError for a batch the ledger does not know.
    """
    check_report_path(path)
    write_pieces(path, FORMATS[_ending(path)](path, ledger, find_run(ledger, batch)))


def check_report_path(path: Path) -> None:
    """Refuse a file that cannot be written, or whose ending names no form. Raises NotWritable."""
    if _ending(path) not in FORMATS:
        raise NotWritable(
            f"A report ends in {', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}, {path.name or path} does not.",
            advice="Name it, for example, --report report.html.",
            file=str(path),
        )
    try:
        check_folder(path)
    except NotWritable as error:
        error.advice = "Name another place with --report."
        raise
    there = read_if_there(path, _LOOKED_AT)
    if there and not there.startswith(_BEGINS[_ending(path)]):
        raise NotWritable(
            f"{path} is there already, and is no report of tukscal's.",
            advice="Name another file with --report, or move that one away.",
            file=str(path),
        )


def _ending(path: Path) -> str:
    return path.suffix.lower()


def _html(path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    from .page import write_page  # a list for a spreadsheet needs no pictures

    found = find(told_jobs(ledger, run))
    for told in left_alone(ledger, run):
        found.failed.add(told)
    yield write_page(run, found, Path(os.path.abspath(path)).parent)


def _csv(_path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    return csv_pieces(run, told_jobs(ledger, run))


def _json(_path: Path, ledger: Ledger, run: Run) -> Iterator[bytes]:
    return json_pieces(run, told_jobs(ledger, run), time.time())


FORMATS: Mapping[str, Pieces] = {".html": _html, ".csv": _csv, ".json": _json}
