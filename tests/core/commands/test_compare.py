"""Files compared and taken back: which reader a file gets, and what stays as it was when something is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tukscal.core.calendar import ics
from tukscal.core.calendar.event import Status
from tukscal.core.commands.compare import cancel_calendar, compare
from tukscal.core.commands.inputs import Opening
from tukscal.core.errors import Damaged, NoSuchFile, NotATimetable, NotWritable, TukscalError
from tukscal.core.pool import Pool
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.tests.core.sessions import converted, lecture, semester_test

OPENING = Opening()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a PDF and a calendar of other sessions."""
    (tmp_path / "a.pdf").write_bytes(timetable_pdf(LECTURES))
    (tmp_path / "b.ics").write_bytes(converted([lecture()]).ics)
    return tmp_path


def test_the_suffix_tells_what_a_file_is(child: Pool, folder: Path) -> None:
    """.ics in capitals or not is read as a calendar, every other file as a PDF."""
    (folder / "B.ICS").write_bytes((folder / "b.ics").read_bytes())
    assert compare(folder / "b.ics", folder / "B.ICS", child, OPENING) == ()
    (folder / "calendar").write_bytes((folder / "b.ics").read_bytes())
    with pytest.raises(NotATimetable):
        compare(folder / "b.ics", folder / "calendar", child, OPENING)
    found = compare(folder / "a.pdf", folder / "b.ics", child, OPENING)
    assert [each.before is None for each in found].count(True) == 0
    assert len(found) == 6


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("bad.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", Damaged),
        ("bad.pdf", b"%PDF-1.4\nnothing", Damaged),
        ("bad.html", b"<html>", NotATimetable),
        ("missing.pdf", None, NoSuchFile),
        ("missing.ics", None, NoSuchFile),
    ],
)
@pytest.mark.parametrize("second", [False, True])
def test_the_wrong_file_of_two_is_named(
    child: Pool, folder: Path, name: str, data: bytes | None, error: type[TukscalError], second: bool
) -> None:
    """What is wrong with one of two files is an error of its kind that names it, whichever it is."""
    if data is not None:
        (folder / name).write_bytes(data)
    old, new = folder / name, folder / "a.pdf"
    if second:
        old, new = new, old
    with pytest.raises(error) as raised:
        compare(old, new, child, OPENING)
    assert raised.value.file == str(folder / name)


def test_a_calendar_is_taken_back(child: Pool, folder: Path) -> None:
    """The cancellation holds each live event once, cancelled, and says how many."""
    both = [lecture(), semester_test()]
    (folder / "b.ics").write_bytes(converted(both[:1], converted([*both[:1], lecture(activity="L2")]).calendar).ics)
    before = ics.read((folder / "b.ics").read_bytes())
    number = cancel_calendar(folder / "b.ics", folder / "out.ics", child)
    after = ics.read((folder / "out.ics").read_bytes())
    live = {event.uid: event.sequence for event in before.events if event.status is not Status.CANCELLED}
    assert 0 < len(live) < len(before.events)
    assert number == len(live)
    assert {event.uid: event.sequence - 1 for event in after.events} == live
    assert {event.status for event in after.events} == {Status.CANCELLED}


@pytest.mark.parametrize("there", ["file", "itself", "empty", "folder", "link"])
def test_what_is_at_the_output_stays(child: Pool, folder: Path, there: str) -> None:
    """Whatever has the output's name already is refused and stays as it is."""
    output = folder / ("b.ics" if there == "itself" else "out.ics")
    if there == "folder":
        output.mkdir()
    elif there == "link":
        output.symlink_to(folder / "nowhere")
    elif there != "itself":
        output.write_bytes(b"mine" if there == "file" else b"")
    kept = output.read_bytes() if output.is_file() else None
    with pytest.raises(NotWritable) as raised:
        cancel_calendar(folder / "b.ics", output, child)
    assert raised.value.file == str(output)
    assert os.path.lexists(output)
    assert (output.read_bytes() if output.is_file() else None) == kept


def test_nothing_is_written_for_a_foreign_calendar(child: Pool, folder: Path) -> None:
    """A calendar of somebody else is not taken back: it is named, and no file appears."""
    (folder / "theirs.ics").write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    with pytest.raises(Damaged) as raised:
        cancel_calendar(folder / "theirs.ics", folder / "out.ics", child)
    assert raised.value.file == str(folder / "theirs.ics")
    assert not (folder / "out.ics").exists()
