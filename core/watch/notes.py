"""What a person who only sees the folders is told about each file, and what is to become of its PDF.

NAME.error.txt says why there is no calendar of a PDF, and goes away by itself when there is one or the PDF is gone.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from ..errors import NotWritable, TukscalError
from ..jobs import task
from ..jobs.task import Made
from ..ledger import Job
from ..system.files import FileChange, read_if_there
from ..wording import clean

_FIRST = "tukscal could not make a calendar of this PDF."
_OLDER = "The calendar beside this note is still that of the previous PDF."
_LAST = "This note is removed when the PDF is converted or deleted."

_ENDINGS = (".error.txt", ".tukscal-error.txt")
_ASK = "ask whoever runs tukscal here"
# Where the errors' own advice speaks of commands and options: who only drops files types none.
_ADVICE = {
    "encrypted": "Save the PDF without a password, or download it again from the UP Student Portal, and put that here.",
    "too_large": f"A timetable is never this large: check that this is the right file. If it is, {_ASK} for more room.",
    "timeout": f"Check that this is the portal's own PDF. If it is, {_ASK} for more time.",
    "memory": f"Check that this is the portal's own PDF. If it is, {_ASK} for more memory.",
    "bad_rows": f"Compare the PDF with what the portal shows. If it is the portal's own file, {_ASK}.",
    "no_term": f"The PDF is fine: {_ASK} to enter these dates.",
    "no_such_file": f"Make sure that tukscal may read the file, or {_ASK}.",
    "not_writable": "Move away the file that is in the way, then save the PDF here again.",
    "io": "Nothing has to be done: tukscal retries this PDF automatically.",
    "crash": f"Nothing was written. Please {_ASK} to report this with the PDF.",
}


class Fate(StrEnum):
    """What happens to a PDF afterwards."""

    KEEP = "keep"
    MOVE = "move"
    DELETE = "delete"


def notes(job: Job, result: Made | TukscalError) -> list[FileChange]:
    """Return the changes of NAME.warnings.txt and NAME.error.txt that go with a result."""
    if not isinstance(result, TukscalError):
        return [*task.beside(job, result), *no_error(job.output)]
    if not os.path.lexists(job.source):  # there is no PDF any more to tell anything about
        return no_error(job.output)
    # What keeps us from writing is not ours.
    older = job.output.is_file() and not isinstance(result, NotWritable)
    return [FileChange(error_path(job.output), error_text(job.source.name, result, older=older))]


def no_error(output: Path) -> list[FileChange]:
    """Return the changes that remove the notes about a failure that are ours."""
    stem = output.name.removesuffix(output.suffix)
    paths = (output.with_name(f"{stem}{ending}") for ending in _ENDINGS)
    return [FileChange(path, None) for path in paths if _is_ours(path)]


def error_path(output: Path) -> Path:
    """Return where the note about a PDF without a calendar stands: not in the place of a person's own notes."""
    stem = output.name.removesuffix(output.suffix)
    usual, other = (output.with_name(f"{stem}{ending}") for ending in _ENDINGS)
    return usual if not os.path.lexists(usual) or _is_ours(usual) else other


def error_text(name: str, error: TukscalError, *, older: bool = False) -> bytes:
    """Return the text of the note: what is wrong and what to do, in sentences.

    `older` tells whether there is a calendar of an earlier PDF.
    """
    advice = _ADVICE.get(error.cause, error.advice)
    parts = [_FIRST, clean(name), clean(error.message), clean(advice), _OLDER if older else "", _LAST]
    return ("\n\n".join(filter(None, parts)) + "\n").encode("utf-8", "replace")


def _is_ours(path: Path) -> bool:
    try:
        data = read_if_there(path, len(_FIRST) + 1)
    except TukscalError:
        return False
    return data is not None and data.startswith(_FIRST.encode())
