"""Every way a job can fail: one tree of errors with named causes, exit codes and advice.

TukscalError
├── NotATimetable   not_a_timetable   3    readable, but no UP timetable
├── Encrypted       encrypted         4    needs a password we do not have
├── Damaged         damaged           5    not a whole, readable PDF
├── TooLarge        too_large         6    beyond a limit of the screens
├── TimedOut        timeout           7    killed at the time limit
├── OutOfMemory     memory            8    killed at the memory limit
├── Crashed         crash             9    the converter crashed, or an internal error
├── BadRows         bad_rows         10    no row could be used, or --strict
├── NoTerm          no_term          11    no teaching dates for this year and period
├── NoSuchFile      no_such_file     66    (66, 73, 74: sysexits.h)
├── NotWritable     not_writable     73
├── InputOutput     io               74
├── PushRetry       push_retry       75    the service cannot take it now; kept and retried (75-77: sysexits.h)
├── PushRefused     push_refused     76    the service refused it
└── Unauthorized    unauthorized     77    not logged in, or the token is no longer valid

A command that met several different causes exits with SEVERAL (12).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

SEVERAL = 12
_PACKAGE = Path(__file__).resolve().parents[1]


class TukscalError(Exception):
    """An expected failure: a sentence a student understands and what to do next.

    `message` says what is wrong, `advice` what to do; `file`, `page`, `row` and `text` say where, as far as known.
    """

    cause: ClassVar[str] = "crash"
    exit_code: ClassVar[int] = 9
    default_advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        file: str | None = None,
        page: int | None = None,
        row: int | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = self.default_advice if advice is None else advice
        self.file = file
        self.page = page
        self.row = row
        self.text = text

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel from the converting child to its parent; keyword-only fields need the state to go along.
        return (type(self), (self.message,), self.__dict__)


class NotATimetable(TukscalError):
    """The file can be read, but it is not a University of Pretoria timetable."""

    cause = "not_a_timetable"
    exit_code = 3
    default_advice = "Download the PDF of Lectures, Semester Tests or Exams from the UP Student Portal and use that."


class Encrypted(TukscalError):
    """The PDF opens only with a password."""

    cause = "encrypted"
    exit_code = 4
    default_advice = "Add --password and type the password when asked."


class Damaged(TukscalError):
    """The file is not a whole, readable PDF."""

    cause = "damaged"
    exit_code = 5
    default_advice = "Download the file again from the portal; the copy you have is incomplete or not a PDF."


class TooLarge(TukscalError):
    """The PDF is larger or more complicated than any timetable."""

    cause = "too_large"
    exit_code = 6
    default_advice = "A timetable is never this large: check that this is the right file, or raise the limit it names."


class TimedOut(TukscalError):
    """Converting took longer than the time limit."""

    cause = "timeout"
    exit_code = 7
    default_advice = "Check that this is the portal's own PDF; if it is, try a longer --timeout."


class OutOfMemory(TukscalError):
    """Converting needed more memory than the limit allows."""

    cause = "memory"
    exit_code = 8
    default_advice = "Check that this is the portal's own PDF; if it is, try a larger --memory."


class Crashed(TukscalError):
    """The converter stopped unexpectedly."""

    cause = "crash"
    exit_code = 9
    default_advice = "Please report this, with the PDF if you can share it; nothing was written."


class BadRows(TukscalError):
    """No row of the timetable could be used, or one could not and --strict was given."""

    cause = "bad_rows"
    exit_code = 10
    default_advice = "Compare the named row with the PDF, and check that it is the portal's own file."


class NoTerm(TukscalError):
    """The teaching dates for a year and period are not known."""

    cause = "no_term"
    exit_code = 11


class NoSuchFile(TukscalError):
    """A named file does not exist."""

    cause = "no_such_file"
    exit_code = 66
    default_advice = "Check the name and the folder."


class NotWritable(TukscalError):
    """The output cannot be written to the requested place."""

    cause = "not_writable"
    exit_code = 73
    default_advice = "Choose another place."


class InputOutput(TukscalError):
    """Reading or writing failed: the disk is full or gone."""

    cause = "io"
    exit_code = 74
    default_advice = "Free some space or reconnect the drive, then run the same command again."


class PushRetry(TukscalError):
    """The central service cannot be reached or accepts nothing now."""

    cause = "push_retry"
    exit_code = 75
    default_advice = "Nothing is lost; run `tukscal sync push` when the service can be reached."


class PushRefused(TukscalError):
    """The central service refused a calendar."""

    cause = "push_refused"
    exit_code = 76
    default_advice = (
        "Run `tukscal sync status` to see what was refused and why, `tukscal sync retry` to queue it again."
    )


class Unauthorized(TukscalError):
    """No login to the central service, or the token is not valid."""

    cause = "unauthorized"
    exit_code = 77
    default_advice = "Log in with `tukscal login --server URL`, then run `tukscal sync push`; nothing is lost."


CONVERSION_ERRORS: tuple[type[TukscalError], ...] = (
    NotATimetable,
    Encrypted,
    Damaged,
    TooLarge,
    TimedOut,
    OutOfMemory,
    Crashed,
    BadRows,
    NoTerm,
    NoSuchFile,
    NotWritable,
    InputOutput,
)
"""The errors of conversions; jobs have no other causes."""

PUSH_ERRORS: tuple[type[TukscalError], ...] = (PushRetry, PushRefused, Unauthorized)

ERRORS = (*CONVERSION_ERRORS, *PUSH_ERRORS)


def exit_code(errors: Iterable[TukscalError]) -> int:
    """Return the exit code for all failures of one command: theirs if they agree, SEVERAL otherwise, 0 for none."""
    codes = {error.exit_code for error in errors}
    if not codes:
        return 0
    return codes.pop() if len(codes) == 1 else SEVERAL


def own_fault(error: Exception) -> Crashed:
    """Return the error for a bug in tukscal; with TUKSCAL_DEBUG, print its traceback.

    The message names the file and line in tukscal's own code, not in a library.
    """
    import traceback  # a command that goes well needs none

    if os.environ.get("TUKSCAL_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename))] or frames
    return Crashed(f"Internal error ({Path(ours[-1].filename).name}:{ours[-1].lineno}).")


def _is_ours(file: Path) -> bool:
    # In a clone the libraries lie below the package, whose folder is the repository's.
    return file.is_relative_to(_PACKAGE) and "site-packages" not in file.relative_to(_PACKAGE).parts
