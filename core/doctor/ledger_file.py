"""The ledger's file: is it a ledger of ours, sound, writable, and on a disk where it is safe. Nothing is changed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputOutput, TukscalError
from ..ledger import LETTERS, OPEN, State, opening, schema, sql
from ..ledger.store import Habits, Store, suspicion
from ..system import machine
from ..system.sqlite import LEDGER, applied
from ..wording import counted, size
from .values import Check, bad, note, ok

_PATIENCE = 0.5  # seconds to wait while another program holds it
_LONGEST = 1.5  # seconds to read through it
_OFTEN = 10_000  # steps of SQLite between two looks at the clock
_NAME = "ledger"
_OTHER = "name another ledger with --ledger"


class _Enough(Exception):
    """What was written is to be forgotten."""


class _Alarm:
    """Stops a statement of SQLite when it is time."""

    def __init__(self, end: float) -> None:
        self._end = end
        self.rang = False

    def __call__(self) -> bool:
        self.rang = time.monotonic() >= self._end
        return self.rang


def ledger(path: Path, longest: float = _LONGEST) -> Iterator[Check]:
    """Yield what is to be said about a ledger's file, about its disk, and about damaged ones beside it.

    `longest` is how many seconds it may be read through.
    """
    if path.is_file():
        yield _looked_at(path, longest)
    elif path.exists():
        yield bad(_NAME, f"{path} is not an ordinary file.", f"Move it away, or {_OTHER}.")
    else:
        yield ok(_NAME, f"There is none yet; the first command that needs it makes {path}.")
    yield _disk(path)
    yield from _left_over(path)


def _looked_at(path: Path, longest: float) -> Check:
    try:
        with contextlib.closing(
            Store(path, Habits(clock=time.time, ticks=time.monotonic, patience=_PATIENCE))
        ) as store:
            whole = _read_through(store, longest)
            _write(store)
            return ok(_NAME, f"{path} is {whole} and can be written: {_contents(store)}.")
    except opening.DamageFound:
        advice = "The next command that needs it moves it aside and begins a new one; calendars that were written stay."
        return bad(_NAME, f"{path} is damaged.", advice)
    except InputOutput as error:
        if "in use" not in error.message:
            return bad(_NAME, error.message, error.advice)
        return note(
            _NAME, error.message, f"Run `tukscal doctor` again when the other program has finished, or {_OTHER}."
        )
    except TukscalError as error:
        return bad(_NAME, error.message, error.advice)


def _read_through(store: Store, longest: float) -> str:
    """Read the file as each command does and return in a word how it is; a very large one not to its end.

    Raises mending.DamageFound, NotWritable or InputOutput.
    """
    alarm = _Alarm(time.monotonic() + longest)
    store.connection.set_progress_handler(alarm, _OFTEN)
    try:
        opening.examine(store)
    except (opening.DamageFound, TukscalError, sqlite3.Error):  # what it makes of a statement that was stopped
        if not alarm.rang:
            raise
        return f"sound as far as {longest:g} seconds of reading show"
    finally:
        store.connection.set_progress_handler(None, 0)
    return "sound"


def _write(store: Store) -> None:
    """Begin to write and take it back. Raises NotWritable or InputOutput."""
    with contextlib.suppress(_Enough), store.writing():
        store.run("CREATE TABLE doctor (was INTEGER)")
        raise _Enough


def _contents(store: Store) -> str:
    names = applied(store.connection, LEDGER)
    if len(names) < len(schema.MIGRATIONS):
        return f"version {len(names)} of {len(schema.MIGRATIONS)}, brought up to date by the next command"
    counts = {State(state): int(jobs) for state, jobs in store.rows(sql.COUNT_ALL)}
    waiting, letters = (sum(counts.get(state, 0) for state in states) for states in (OPEN, LETTERS))
    jobs = f"{counted(sum(counts.values()), 'job')}, {waiting:,} of them open and {letters:,} failed for good"
    return f"version {len(names)}, {jobs}, {size(store.path.stat().st_size)}"


def _disk(path: Path) -> Check:
    kind, name = machine.file_system(path), "ledger's disk"
    if kind in machine.LOCAL:
        return ok(name, f"It is a disk of this computer (file system {kind}).")
    what = f"file system {kind}, perhaps a network drive" if kind else "the system does not say what it is"
    advice = "Keep the ledger on a disk of this computer: name one with --ledger. Outputs may be on any drive."
    return note(name, f"It may not be a disk of this computer ({what}): locks may fail there.", advice)


def _left_over(path: Path) -> Iterator[Check]:
    name = "damaged ledgers"
    if suspicion(path).exists():
        advice = "Nothing to do: the next command that needs it reads it through and mends what it finds."
        yield note(name, f"{path} was found damaged while it was in use.", advice)
    found = sorted(file for file in _beside(path) if file.name.startswith(f"{path.name}.damaged-"))
    if found:
        total = size(sum(file.stat().st_size for file in found))
        which = f"{found[0].name} and {len(found) - 1} more" if len(found) > 1 else found[0].name
        advice = "Delete them once no result of that time is missing: nothing reads them."
        yield note(name, f"Moved aside in {path.parent}: {which}, {total}.", advice)


def _beside(path: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from path.parent.iterdir()
