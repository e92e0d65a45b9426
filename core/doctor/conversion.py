"""What a conversion needs, tried: worker processes and their limits, libraries, teaching dates, settings."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from ..errors import Crashed, NoTerm, OutOfMemory, TimedOut, TukscalError
from ..pool import CannotStart, Executor, Guards, Pool
from ..system import process
from ..terms import PACKAGED, Term, file_name, load_term, read_term
from ..wording import counted
from . import Check, bad, calls, note, ok

Pools = Callable[[Guards], AbstractContextManager[Executor]]

_PATIENT = Guards(timeout=10.0)
_LIMIT = 0.3  # seconds a call that hangs may take
_HANG = 3.0  # seconds it takes if nobody ends it
_LATE = 1.0  # seconds after its limit by which it should be gone
_MEMORY = 128 * 2**20  # bytes; real ones are larger, taking those would be felt
_TOO_MUCH = _MEMORY * 3 // 2
_HOLD = 1.0  # seconds a call holds too much memory, for a parent that looks now and then
_KERNEL, _PARENT = "refused at once by the system", "found and ended by the parent's watch"
_UNSAFE = "Convert only PDFs you trust here, and please report this with what `tukscal doctor --json` prints."


def pool(guards: Guards) -> Pool:
    """Return a pool of one worker that finds these calls loaded."""
    return Pool(1, guards, preload=(calls.__name__,))


def processes(pools: Pools = pool) -> Iterator[Check]:
    """Yield whether a worker starts and answers and, if it does, whether its limits hold."""
    try:
        yield _start(pools)
    except Crashed as error:
        advice = (
            "Look for a security program or a container's limit that forbids new processes, and start the computer"
            " again. If that does not help, install tukscal anew."
        )
        found = error.message if isinstance(error, CannotStart) else f"The converting process died: {error.message}"
        yield bad("worker", found, advice)
    else:
        yield _time_limit(pools)
        yield _memory_limit(pools)


def _start(pools: Pools) -> Check:
    began = time.monotonic()
    with pools(_PATIENT) as executor:
        answer = executor.call(calls.answer, 42)
        took = time.monotonic() - began
    if answer != 42:
        return bad("worker", f"The converting process answers {answer!r} where 42 is right.", Crashed.default_advice)
    return ok("worker", f"A converting process starts and answers in {took * 1000:,.0f} ms ({process.START_METHOD}).")


def _time_limit(pools: Pools) -> Check:
    with pools(Guards(timeout=_LIMIT)) as executor:
        executor.start(None, calls.hang, _HANG)
        (ended,) = executor.wait()
    if not isinstance(ended.error, TimedOut):
        return bad("time limit", f"A call that hangs was not ended at its limit of {_LIMIT} seconds.", _UNSAFE)
    found = f"A call that hangs, with a limit of {_LIMIT} seconds, was ended after {ended.duration:.2f}."
    if ended.duration > _LIMIT + _LATE:
        return note("time limit", found, "Close other programs: on a computer this busy limits are kept late.")
    return ok("time limit", found)


def _memory_limit(pools: Pools) -> Check:
    with pools(Guards(timeout=_PATIENT.timeout, memory=_MEMORY)) as executor:
        how = _KERNEL if executor.call(calls.refused, 2 * _MEMORY) else _PARENT
        executor.start(None, calls.take, _TOO_MUCH, _HOLD)
        (ended,) = executor.wait()
    allowed = _MEMORY // 2**20
    if isinstance(ended.error, OutOfMemory):
        return ok("memory limit", f"A call that takes more than its {allowed} MiB of memory is {how}.")
    return bad(
        "memory limit", f"A call took {_TOO_MUCH // 2**20} MiB of memory, though {allowed} were allowed.", _UNSAFE
    )


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
