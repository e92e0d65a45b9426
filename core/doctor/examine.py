"""The examination: every check in its turn, none of which can end the others."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

from ..errors import TukscalError, own_fault
from . import Check, Subject, bad, conversion, files, machine

Step = Callable[[], Iterable[Check]]

_PATIENCE = 15.0  # seconds; a drive that does not answer may take for ever


def examine(subject: Subject) -> Iterator[Check]:
    """Yield what is found, check by check."""
    for name, step in looks(subject):
        yield from in_time(name, step)
    for name, step in trials():  # with limits of their own; Ctrl-C must reach them to end their processes
        yield from tried(name, step)


def looks(subject: Subject) -> Iterator[tuple[str, Step]]:
    """Yield the steps that look at files and the computer, with the name each goes by if it fails."""
    yield "SQLite", lambda: [machine.sqlite(subject.ledger)]
    yield "ledger", lambda: files.ledger(subject.ledger)
    yield "space", lambda: files.space(_places(subject))
    for place in _own_places(subject):
        yield f"folder for {place.use}", lambda place=place: files.writing(place)  # type: ignore[misc]
    yield "temporary files", lambda: files.writing(files.temporary())
    yield "clock", lambda: [machine.clock(subject.today)]
    yield "time zone", lambda: [machine.time_zone(subject.today)]
    yield "restarts", lambda: [machine.boot()]
    yield "teaching dates", lambda: conversion.teaching_dates(subject.today, subject.terms)
    yield "settings", lambda: [conversion.settings(subject.config, subject.settings_fault)]


def trials() -> Iterator[tuple[str, Step]]:
    """Yield the steps that start processes."""
    yield "worker", conversion.processes
    yield "workers", _capacity
    yield "PDF readers", conversion.libraries


def in_time(name: str, step: Step, patience: float = _PATIENCE) -> list[Check]:
    """Return the checks of a step, or one that says that it did not come to an end."""
    answers: queue.SimpleQueue[list[Check]] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(tried(name, step)), daemon=True).start()
    try:
        return answers.get(timeout=patience)
    except queue.Empty:
        advice = "Look for a network drive that does not answer, or a computer too busy to; then try again."
        return [bad(name, f"This did not come to an end in {patience:g} seconds.", advice)]


def tried(name: str, step: Step) -> list[Check]:
    """Return the checks of a step and, if it failed, one that says so."""
    found: list[Check] = []
    try:
        found.extend(step())
    except TukscalError as error:
        found.append(bad(name, error.message, error.advice or "Please report this."))
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        advice = "Connect the drive again, or change the permissions; then run `tukscal doctor` again."
        found.append(bad(name, f"This cannot be looked at. {what}{error.strerror or error}.", advice))
    except Exception as error:
        found.append(
            bad(name, own_fault(error).message, "Please report this with what `tukscal doctor --json` prints.")
        )
    return found


def _capacity() -> Iterator[Check]:
    there = machine.resources()
    yield machine.how_many(there)
    yield from machine.limits(there.workers)


def _own_places(subject: Subject) -> Iterator[files.CheckedFolder]:
    yield files.CheckedFolder("settings", subject.config, True, "set TUKSCAL_CONFIG_DIR to another one")
    yield files.CheckedFolder("state", subject.state, True, "set TUKSCAL_STATE_DIR to another one")
    if subject.ledger.parent != subject.state:
        yield files.CheckedFolder("the ledger", subject.ledger.parent, True, "name another ledger with --ledger")
    for folder in subject.folders:
        yield files.CheckedFolder("outputs", folder)


def _places(subject: Subject) -> Iterator[files.CheckedFolder]:
    yield files.CheckedFolder("the ledger", subject.ledger.parent, True)
    yield files.temporary()
    for folder in subject.folders:
        yield files.CheckedFolder(str(folder), folder)
