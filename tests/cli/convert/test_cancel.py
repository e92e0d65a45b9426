"""`tukscal cancel` as a person uses it, and what calendar programs make of its file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from tukscal.core.calendar import ics
from tukscal.core.model import Entry
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test
from tukscal.tests.running import json_errors, tukscal

ALL = (lecture(), lecture(activity="L2", day=2), semester_test(), exam(status="PRELIM"))


def write(path: Path, *contents: Sequence[Entry], **plan: Any) -> bytes:
    """Write the calendar of contents converted one over the other; return its bytes."""
    data = None
    for entries in contents:
        data = converted(entries, ics.read(data) if data else None, **plan).ics
    assert data is not None
    path.write_bytes(data)
    return data


def events(data: bytes) -> dict[str, Any]:
    """Return the events of a calendar by UID, as icalendar reads them."""
    found = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert len({str(each["UID"]) for each in found}) == len(found)
    return {str(each["UID"]): each for each in found}


def imported(*files: bytes) -> dict[str, Any]:
    """Return what a calendar program holds after importing files: of each UID the highest SEQUENCE, if it lives."""
    held: dict[str, Any] = {}
    for data in files:
        for name, each in events(data).items():
            if name not in held or each["SEQUENCE"] > held[name]["SEQUENCE"]:
                held[name] = each
    return {name: each for name, each in held.items() if each["STATUS"] != "CANCELLED"}


@pytest.mark.parametrize("plan", [{}, {"expand": True}, {"alarm": timedelta(minutes=15)}])
def test_every_live_event_is_taken_back(tmp_path: Path, plan: dict[str, Any]) -> None:
    """Every event of OLD is there once, CANCELLED, a SEQUENCE later, otherwise unchanged, and nothing else."""
    old = write(tmp_path / "old.ics", ALL[1:], ALL, [lecture(day=1), *ALL[1:]], **plan)
    done = tukscal("cancel", "old.ics", cwd=tmp_path)
    before, after = imported(old), events((tmp_path / "old.cancel.ics").read_bytes())
    sentence = f"{len(before)} events cancelled. Written: old.cancel.ics\n"
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, sentence, b"")
    assert after.keys() == before.keys()
    assert {int(each["SEQUENCE"]) for each in before.values()} == {0, 1}
    for name, each in after.items():
        was = before[name]
        assert (each["STATUS"], int(each["SEQUENCE"])) == ("CANCELLED", int(was["SEQUENCE"]) + 1)
        assert each["DTSTAMP"].dt > was["DTSTAMP"].dt
        kept = ("DTSTART", "DTEND", "RRULE", "EXDATE", "SUMMARY", "LOCATION")
        assert [each.get(key) for key in kept] == [was.get(key) for key in kept]
        assert each.walk("VALARM") == []
    calendar = icalendar.Calendar.from_ical((tmp_path / "old.cancel.ics").read_bytes())
    assert calendar["METHOD"] == "CANCEL"
    assert {part.name for part in calendar.subcomponents} == {"VTIMEZONE", "VEVENT"}
    assert (tmp_path / "old.ics").read_bytes() == old


def test_what_is_cancelled_already_is_not_counted(tmp_path: Path) -> None:
    """An event that OLD itself takes back is neither counted nor written again."""
    gone, stays = semester_test(activity="Test2"), semester_test()
    old = write(tmp_path / "old.ics", [gone, stays], [stays])
    assert sorted(each["STATUS"] for each in events(old).values()) == ["CANCELLED", "CONFIRMED"]
    done = tukscal("cancel", "old.ics", cwd=tmp_path)
    assert done.stdout == b"1 event cancelled. Written: old.cancel.ics\n"
    (each,) = events((tmp_path / "old.cancel.ics").read_bytes()).values()
    assert each["SUMMARY"] == "COS 214 Test1"
    tukscal("cancel", "old.cancel.ics", "-o", "again.ics", cwd=tmp_path)
    assert events((tmp_path / "again.ics").read_bytes()) == {}


@pytest.mark.parametrize("expand", [False, True])
def test_after_importing_it_nothing_is_left(tmp_path: Path, expand: bool) -> None:
    """A program that keeps the highest SEQUENCE of each UID has no live event, in whatever order it gets the files."""
    first = write(tmp_path / "old.ics", ALL, expand=expand)
    second = write(tmp_path / "old.ics", ALL, ALL[1:], ALL, [lecture(day=3), *ALL[1:]], expand=expand)
    tukscal("cancel", "old.ics", cwd=tmp_path)
    taken_back = (tmp_path / "old.cancel.ics").read_bytes()
    assert imported(first, second)
    for files in ([first, second, taken_back], [second, taken_back, second], [taken_back, first, second]):
        assert imported(*files) == {}


@pytest.mark.parametrize("output", ["old.cancel.ics", "other.ics", "old.ics"])
def test_a_file_that_is_there_stays(tmp_path: Path, output: str) -> None:
    """An output that is there already, OLD itself too, is refused with code 73 and unchanged."""
    write(tmp_path / "old.ics", ALL)
    if output != "old.ics":
        (tmp_path / output).write_bytes(b"mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    arguments = () if output == "old.cancel.ics" else ("-o", output)
    done = tukscal("cancel", "old.ics", *arguments, "--json-errors", cwd=tmp_path)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, done.stdout) == (73, b"")
    assert (error["cause"], error["file"]) == ("not_writable", output)
    assert error["message"] == f"{output} is there already."
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_written_elsewhere(tmp_path: Path) -> None:
    """-o names the file, and nothing else is written."""
    write(tmp_path / "old.ics", ALL)
    (tmp_path / "sub").mkdir()
    done = tukscal("cancel", "old.ics", "-o", "sub/back.ics", cwd=tmp_path)
    assert done.stdout.endswith(b" events cancelled. Written: sub/back.ics\n")
    assert sorted(path.name for path in tmp_path.rglob("*.ics")) == ["back.ics", "old.ics"]


@pytest.mark.parametrize(
    ("old", "code", "cause"),
    [
        ("theirs.ics", 5, "damaged"),
        ("picture.png", 5, "damaged"),
        ("missing.ics", 66, "no_such_file"),
        (".", 66, "no_such_file"),
        ("", 66, "no_such_file"),
    ],
)
def test_what_is_no_calendar_of_ours_is_refused(tmp_path: Path, old: str, code: int, cause: str) -> None:
    """A calendar of somebody else, another file, a folder and nothing end with their cause; nothing is written."""
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T080000Z\r\nSUMMARY:Mine\r\nEND:VEVENT\r\n"
    (tmp_path / "theirs.ics").write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    done = tukscal("cancel", old, "--json-errors", cwd=tmp_path)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"], error["file"]) == (code, cause, old or ".")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_cancel_needs_a_file_name(tmp_path: Path) -> None:
    """Standard output is no file to import: asking for it is a usage error and writes nothing."""
    done = tukscal("cancel", "a.ics", "-o", "-", cwd=tmp_path)
    assert done.returncode == 2
    assert b"give a file name with -o" in done.stderr
    assert list(tmp_path.iterdir()) == []
