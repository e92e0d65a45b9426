"""What `convert` does, without its words: decided before anything is read, and every failure with its file."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.commands.convert import STDOUT, Format, Output, Request, run
from tukscal.core.commands.inputs import Opening
from tukscal.core.errors import BadRows, NoSuchFile, NotATimetable, NotWritable, TooLarge, TukscalError
from tukscal.core.pdf.limits import Limits
from tukscal.core.pool import Pool
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a timetable of each kind, to work in."""
    monkeypatch.chdir(tmp_path)
    for name, rows in (("lectures", LECTURES), ("tests", TESTS), ("exams", EXAMS)):
        (tmp_path / f"{name}.pdf").write_bytes(timetable_pdf(rows))
    return tmp_path


def results(child: Pool, *files: str, output: str | None = None, **choices: Any) -> list[Output | TukscalError]:
    """Everything a request gives."""
    request = Request(
        files=tuple(map(Path, files)),
        output=None if output is None else Path(output),
        format=choices.pop("format", Format.ICS),
        options=CalendarOptions(today=date(2026, 8, 1), year=2026),
        **choices,
    )
    return list(run(request, child))


def output_of(child: Pool, *files: str, **choices: Any) -> Output:
    """The one output a request gives."""
    (result,) = results(child, *files, **choices)
    assert isinstance(result, Output), result
    return result


def error_of(child: Pool, *files: str, **choices: Any) -> TukscalError:
    """The one error a request gives."""
    (result,) = results(child, *files, **choices)
    assert isinstance(result, TukscalError), result
    return result


def test_one_output_each(child: Pool, folder: Path) -> None:
    """Without an output each file gives one beside it, in their order, with what it was made from."""
    made = results(child, "tests.pdf", "exams.pdf")
    assert [(each.path, each.written) for each in made if isinstance(each, Output)] == [
        (Path("tests.ics"), True),
        (Path("exams.ics"), True),
    ]
    for each in made:
        assert isinstance(each, Output)
        assert each.path.read_bytes() == each.data == (each.conversion and each.conversion.ics)
        assert [timetable.name for timetable in each.timetables] == [each.path.with_suffix(".pdf").name]


def test_one_output_for_all(child: Pool, folder: Path) -> None:
    """With an output all files give one, whose timetables keep the files' order."""
    made = output_of(child, "exams.pdf", "lectures.pdf", output="all.ics")
    assert [timetable.name for timetable in made.timetables] == ["exams.pdf", "lectures.pdf"]
    assert (folder / "all.ics").read_bytes() == made.data


def test_nothing_is_written_by_a_dry_run_or_to_standard_output(child: Pool, folder: Path) -> None:
    """A dry run and standard output leave the folder as it was; the data are those that would be written."""
    before = sorted(os.listdir(folder))
    dry = output_of(child, "tests.pdf", dry_run=True)
    out = output_of(child, "tests.pdf", output=str(STDOUT))
    assert (dry.written, out.written, out.path) == (False, True, STDOUT)
    assert sorted(os.listdir(folder)) == before
    assert dry.data == out.data == output_of(child, "tests.pdf").data


@pytest.mark.parametrize("kind", [Format.JSON, Format.CSV])
def test_other_formats(child: Pool, folder: Path, kind: Format) -> None:
    """JSON and CSV need no dates, hold no conversion, and replace only what tukscal wrote."""
    made = output_of(child, "lectures.pdf", format=kind)
    assert (made.path, made.conversion) == (Path(f"lectures.{kind}"), None)
    assert output_of(child, "lectures.pdf", format=kind).data == made.data
    both = output_of(child, "lectures.pdf", "tests.pdf", format=kind, output=f"lectures.{kind}")
    assert both.data != made.data
    assert output_of(child, "lectures.pdf", format=kind).data == made.data
    (folder / f"lectures.{kind}").write_bytes(b"mine")
    assert isinstance(error_of(child, "lectures.pdf", format=kind), NotWritable)
    assert (folder / f"lectures.{kind}").read_bytes() == b"mine"


def test_refused_before_anything_is_read(child: Pool, folder: Path) -> None:
    """An output that cannot be is the only error, though the PDF is missing too: nothing was read."""
    (folder / "foreign.ics").write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    for output in ("foreign.ics", "missing/a.ics", "."):
        error = error_of(child, "missing.pdf", output=output)
        assert isinstance(error, NotWritable)
        assert error.file == output


def test_every_failure_names_its_file(child: Pool, folder: Path) -> None:
    """Each error of a request says which file it is about, and all files of one output are tried."""
    (folder / "bad.pdf").write_bytes(b"<html>")
    errors = results(child, "bad.pdf", "tests.pdf", "missing.pdf", "lectures.pdf", output="all.ics")
    assert [(type(each), getattr(each, "file", None)) for each in errors] == [
        (NotATimetable, "bad.pdf"),
        (NoSuchFile, "missing.pdf"),
    ]
    assert not (folder / "all.ics").exists()


def test_a_bad_previous_calendar_is_named(child: Pool, folder: Path) -> None:
    """What is wrong with the previous calendar is said of it, not of the PDF."""
    (folder / "old.ics").write_bytes(b"nonsense")
    for name in ("old.ics", "missing.ics", "."):
        assert error_of(child, "tests.pdf", previous=Path(name)).file == name
    assert not (folder / "tests.ics").exists()


def test_strict(child: Pool, folder: Path) -> None:
    """A strict request fails at the first problem and says where it is."""
    (folder / "a.pdf").write_bytes(MALFORMED["date-words"].pdf())
    error = error_of(child, "a.pdf", strict=True)
    assert isinstance(error, BadRows)
    assert (error.file, error.page, error.row) == ("a.pdf", 1, 5)
    assert "Week 12" in (error.text or "")
    assert error.message.startswith("1 of its rows or texts could not be used; the first: ")
    assert len(output_of(child, "a.pdf").timetables[0].problems) == 1


def test_a_file_is_not_read_beyond_its_limit(child: Pool, folder: Path) -> None:
    """A file larger than the limit is refused without reading all of it: even one without an end."""
    with (folder / "big.pdf").open("wb") as file:
        file.write(b"%PDF-1.6\n")
        file.truncate(2**42)
    error = error_of(child, "big.pdf", opening=Opening(limits=Limits(bytes=1000)))
    assert isinstance(error, TooLarge)
    assert "1,001 bytes; the limit is 1,000" in error.message


def test_a_huge_file_at_the_output_is_foreign(child: Pool, folder: Path) -> None:
    """A file at the output that is larger than any calendar is not ours and not read whole."""
    for kind in Format:
        with (folder / f"tests.{kind}").open("wb") as file:
            file.truncate(2**42)
        assert isinstance(error_of(child, "tests.pdf", format=kind), NotWritable)
        os.unlink(folder / f"tests.{kind}")


def test_same_output_twice(child: Pool, folder: Path) -> None:
    """Two files that would be one output: the first is converted, the second refused and both are named."""
    (folder / "TESTS.pdf").write_bytes((folder / "exams.pdf").read_bytes())
    first, second = results(child, "tests.pdf", "TESTS.pdf")
    assert isinstance(first, Output)
    assert isinstance(second, NotWritable)
    assert second.message == "tests.pdf and TESTS.pdf would both be written to TESTS.ics."
    assert second.file == "TESTS.pdf"
    again = results(child, "tests.pdf", "tests.pdf")  # one file named twice is no conflict
    assert [each.data for each in again if isinstance(each, Output)] == [first.data, first.data]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_names_without_a_name(child: Pool, folder: Path, name: str) -> None:
    """A path that ends in no name is a folder, and the other files are converted."""
    error, good = results(child, name, "tests.pdf")
    assert isinstance(error, NoSuchFile)
    assert isinstance(good, Output)
