"""What is told to somebody who only sees the folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tukscal.core.errors import CONVERSION_ERRORS, BadRows, TukscalError
from tukscal.core.jobs.task import convert_task
from tukscal.core.watch.notes import error_path, error_text, no_error
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.tests.core.watch.watching import CONVERT, by_name, pdf, watched

# Words of whoever runs the program: somebody who drops a file has no command to run and no option to give.
COMMANDS = ("--", "-o", "command", "Type ", "option", "`")


@pytest.mark.parametrize("kind", CONVERSION_ERRORS, ids=lambda kind: kind.cause)
def test_a_note_for_each_cause(kind: type[TukscalError]) -> None:
    """A note has the PDF's name, what is wrong, what to do without any command, and that it goes away."""
    text = error_text("a.pdf", kind("Something is wrong.")).decode()
    parts = text.removesuffix("\n").split("\n\n")
    assert parts[:3] == ["tukscal could not make a calendar of this PDF.", "a.pdf", "Something is wrong."]
    assert parts[-1] == "This note is removed when the PDF is converted or deleted."
    assert len(parts) == 5
    assert not [word for word in COMMANDS if word in parts[3]]


def test_advice_of_an_option_is_not_told() -> None:
    """Advice that an error brings along and that names an option is not what the note says."""
    text = error_text("a.pdf", BadRows("Two rows are odd.", advice="Leave out --strict.")).decode()
    assert "--strict" not in text
    assert "ask whoever runs tukscal here" in text


def test_names_in_a_note() -> None:
    """A name that commands a terminal, or is not UTF-8, is harmless in the note."""
    text = error_text("a\x1b[31m\udcff\n.pdf", BadRows("It is so."))
    assert b"\x1b" not in text
    assert text.decode().count("\n") == 9


def test_where_the_note_stands(tmp_path: Path) -> None:
    """The note about NAME.ics is NAME.error.txt, and beside one that a person wrote NAME.tukscal-error.txt."""
    output, note = tmp_path / "a.b.ics", error_text("a.b.pdf", BadRows("It is so."))
    usual, other = tmp_path / "a.b.error.txt", tmp_path / "a.b.tukscal-error.txt"
    assert error_path(output) == usual
    usual.write_text("my own")
    assert (no_error(output), error_path(output)) == ([], other)
    other.write_bytes(note)
    assert [change.path for change in no_error(output)] == [other]
    usual.write_bytes(note)
    assert [change.path for change in no_error(output)] == [usual, other]
    assert error_path(output) == usual


def test_a_note_beside_an_older_calendar(tmp_path: Path) -> None:
    """A note says so if the calendar beside it is that of an earlier PDF, which it stays."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        before = one.tree()["a.ics"]
        one.drop("a.pdf", b"%PDF-1.4 no timetable %%EOF")
        one.wait(90)
        assert one.tree()["a.ics"] == before
        assert b"The calendar beside this note is still that of the previous PDF." in (one.tree()["a.error.txt"])
        one.drop("b.pdf", b"%PDF-1.4 no timetable %%EOF")
        (one.out / "c.ics").write_text("a person's")
        one.drop("c.pdf", pdf(2))
        one.wait(90)
        for name in ("b", "c"):
            assert b"calendar beside" not in one.tree()[f"{name}.error.txt"]


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_stands_in_the_way_is_named(what: str, tmp_path: Path) -> None:
    """Where a folder or a pipe has the calendar's name, the note says to move that away."""
    with watched(tmp_path) as one:
        (one.out / "a.ics").mkdir() if what == "folder" else os.mkfifo(one.out / "a.ics")
        one.drop("a.pdf", pdf(1))
        one.settle()
        assert one.names() == {"a.error.txt"}
        assert b"Move away the file that is in the way" in one.tree()["a.error.txt"]


def test_a_note_of_a_person_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody has a file of the note's name, it stays as it is, and the note has another."""
    monkeypatch.setattr(CONVERT, by_name({"a.pdf": BadRows("It is so.")}, convert_task))
    with watched(tmp_path) as one:
        (one.out / "a.error.txt").write_text("my own")
        one.drop("a.pdf")
        one.settle()
        assert one.names() == {"a.error.txt", "a.tukscal-error.txt"}
        assert one.tree()["a.error.txt"] == b"my own"
        assert b"It is so." in one.tree()["a.tukscal-error.txt"]
        assert one.ended() == ["a.pdf dead"]


def test_warnings(tmp_path: Path) -> None:
    """A calendar some of whose rows could not be used has its warnings beside it, until a better PDF comes."""
    good = LECTURES[0]
    wrong = replace(good, sessions=(replace(good.sessions[0], time="25:00 - 26:00"), *good.sessions[1:]))
    with watched(tmp_path) as one:
        one.drop("a.pdf", timetable_pdf([good, wrong]))
        one.settle()
        assert one.names() == {"a.ics", "a.warnings.txt"}
        assert "25:00" in one.tree()["a.warnings.txt"].decode()
        one.drop("a.pdf", timetable_pdf([good]))
        one.settle()
        assert one.names() == {"a.ics"}
