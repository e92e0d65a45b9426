"""What a conversion needs: the libraries, teaching dates, the person's own files."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from ..errors import NoTerm, TukscalError
from ..pool import CannotStart, Guards
from ..terms import PACKAGED, Term, file_name, load_term, read_term
from ..wording import counted
from . import calls
from .values import Check, bad, note, ok
from .workers import Pools, pool

Versions = Callable[[str], str]

_SHOWN = ("pypdfium2", "pdfplumber", "pdfminer.six", "icalendar")
_OLDEST_PDFMINER = 20260107
_GUARDS = Guards(timeout=10.0)
_ANEW = "Install tukscal anew: `python -m pip install --force-reinstall tukscal`."


def libraries(pools: Pools = pool, version: Versions = importlib.metadata.version) -> Iterator[Check]:
    """Yield whether the libraries can be loaded and read a page, in a worker, and whether one of them is dangerous."""
    began = time.monotonic()
    try:
        with pools(_GUARDS) as executor:
            pages = executor.call(calls.read_blank)
        took = time.monotonic() - began
        shown = ", ".join(f"{name} {version(name)}" for name in _SHOWN)
    except CannotStart:
        yield note("PDF readers", "They cannot be tried: no converting process starts.", "Mend that first.")
    except TukscalError as error:
        yield bad("PDF readers", f"The libraries that read PDFs cannot be used. {error.message}", _ANEW)
    except importlib.metadata.PackageNotFoundError as error:
        yield bad("PDF readers", f"The library {error.name} is not installed.", _ANEW)
    else:
        works = f"load and read a page in {took * 1000:,.0f} ms"
        seen = ok("PDF readers", f"{shown} {works}.")
        yield seen if pages == 2 else bad("PDF readers", f"{shown} do not see a blank page.", _ANEW)
        yield from _dangerous(version("pdfminer.six"))


def _dangerous(version: str) -> Iterator[Check]:
    day = version.split(".")[0]
    if not day.isdecimal() or int(day) < _OLDEST_PDFMINER:
        yield bad(
            "pdfminer.six",
            f"pdfminer.six {version} opens files a PDF names, and may run what is in them (CVE-2025-64512).",
            f"Run `python -m pip install --upgrade 'pdfminer.six>={_OLDEST_PDFMINER}'`.",
        )


def teaching_dates(today: date, folder: Path) -> Iterator[Check]:
    """Yield whether this year's teaching dates are known and each term file of the person's own can be used."""
    name = "teaching dates"
    try:
        yield ok(name, _known(load_term(today.year, folder=folder)))
    except NoTerm as error:
        if not (folder / file_name(today.year)).exists():
            yield note(name, error.message, error.advice)
    except TukscalError:
        pass  # it is among the person's own files
    yield from _own(folder)


def _known(term: Term) -> str:
    whose = "tukscal's own list" if term.source == PACKAGED else f"your file {term.source}"
    gaps = "" if term.recess_known else ", without recess and swap days"
    return f"Those of {term.year} are known from {whose}{gaps}."


def _own(folder: Path) -> Iterator[Check]:
    read = 0
    for file in sorted(folder.glob("up-*.toml")):
        try:
            read_term(file)
            read += 1
        except TukscalError as error:
            yield bad("term files", _named(file, error), f"{error.advice} Or delete {file.name}.".lstrip())
    if read:
        yield ok("term files", f"{counted(read, 'term file')} of your own can be used ({folder}).")


def _named(file: Path, error: TukscalError) -> str:
    found = error.message if str(file) in error.message else f"{file}: {error.message}"
    return f"{found.rstrip('.')}."


def settings(folder: Path, fault: str) -> Check:
    """Return whether the person's settings can be read; `fault` is the sentence about what is wrong with them."""
    if fault:
        return bad("settings", fault, "Correct that file, or delete it to have the usual settings.")
    file = folder / "settings.toml"
    there = "can be read" if file.exists() else "is not there: the usual settings are used"
    return ok("settings", f"{file} {there}.")
