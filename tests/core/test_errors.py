"""The error tree: named causes, exit codes, sentences."""

from __future__ import annotations

import pickle
import re

import psutil
import pytest
from tukscal.core import errors
from tukscal.core.errors import ERRORS, SEVERAL, Crashed, Damaged, NoTerm, TukscalError, exit_code, own_fault

# Documented: scripts depend on these.
CODES = {
    "not_a_timetable": 3,
    "encrypted": 4,
    "damaged": 5,
    "too_large": 6,
    "timeout": 7,
    "memory": 8,
    "crash": 9,
    "bad_rows": 10,
    "no_term": 11,
    "no_such_file": 66,
    "not_writable": 73,
    "io": 74,
    "push_retry": 75,
    "push_refused": 76,
    "unauthorized": 77,
}
each_error = pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)


def test_every_cause_has_its_exit_code() -> None:
    """Each cause has one exit code, distinct and at least 3; 12 is for several at once."""
    assert {kind.cause: kind.exit_code for kind in ERRORS} == CODES
    assert len(ERRORS) == len(CODES) == len({*CODES.values()})
    assert SEVERAL == 12
    assert min([*CODES.values(), SEVERAL]) >= 3
    assert SEVERAL not in CODES.values()


def test_tree_is_complete() -> None:
    """ERRORS lists every error class there is, and the head of the module documents each."""
    classes = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, TukscalError)}
    assert classes - {TukscalError} == set(ERRORS)
    drawn = re.findall(r"[├└]── (\w+) +(\w+) +(\d+)", errors.__doc__ or "")
    assert drawn == [(kind.__name__, kind.cause, str(kind.exit_code)) for kind in ERRORS]


@each_error
def test_default_advice_is_a_sentence(kind: type[TukscalError]) -> None:
    """Every error says what to do next, unless the place that raises it always does."""
    advice = kind("It is so.").advice
    assert kind is NoTerm or re.fullmatch(r"[A-Z].*[.]", advice)


@each_error
def test_errors_travel_whole(kind: type[TukscalError]) -> None:
    """An error pickled and unpickled says everything it said."""
    error = kind("What is wrong.", advice="Do this.", file="a.pdf", page=2, row=3, text="x")
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(twin) is kind
    assert vars(twin) == vars(error)
    assert (twin.message, twin.advice, twin.file, twin.page, twin.row, twin.text) == (
        *("What is wrong.", "Do this.", "a.pdf"),
        *(2, 3, "x"),
    )
    assert str(twin) == "What is wrong."


def test_exit_code_of_many() -> None:
    """Failures that agree end with their code, others with 12, none with 0."""
    assert exit_code([]) == 0
    assert exit_code([Damaged("a"), Damaged("b")]) == 5
    assert exit_code([Damaged("a"), Crashed("b")]) == 12


def test_a_bug_becomes_a_fixed_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug's error names our file and line and keeps the exception's text to itself."""
    try:
        "".encode("no such codec")
    except LookupError as error:
        fault = own_fault(error)
    assert re.fullmatch(r"Internal error \(test_errors\.py:[0-9]+\)\.", fault.message)
    assert capsys.readouterr() == ("", "")


def test_debugging_shows_a_bug(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With TUKSCAL_DEBUG a bug's traceback goes to standard error."""
    monkeypatch.setenv("TUKSCAL_DEBUG", "1")
    try:
        raise ValueError("the detail")
    except ValueError as error:
        own_fault(error)
    assert "ValueError: the detail" in capsys.readouterr().err


def test_a_library_is_not_named() -> None:
    """The place of a bug that surfaces in a library is the last of our own lines, wherever the library lies."""
    try:
        psutil.Process(-1)
    except ValueError as error:
        message = own_fault(error).message
    assert "test_errors.py" in message
