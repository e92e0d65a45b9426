"""`tukscal diff` as a person and a script use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test
from tukscal.tests.running import json_errors, tukscal
from tukscal.tests.samples import sample

CHANGED = """\
5 sessions changed:
  Changed: COS 214 L1 G01
    Monday 08:30-09:20 -> Tuesday 07:30-08:20
    Centenary 6 (HATFIELD) -> Te Water hall (HATFIELD)
  Changed: COS 214 L2 G01
    IT 4-4 (HATFIELD) -> IT 4-1 (HATFIELD)
  Removed: STK 220 L1 G01, Tuesday 08:30-09:20, EMS 4-152 (HATFIELD)
  Removed: STK 220 L2 G01, Friday 09:30-10:20, IT 2-23 (HATFIELD)
  New: WTW 285 T1 G02, Wednesday 14:30-15:50, HB 4-1 (HATFIELD)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a timetable of lectures, old and new: two move, two are gone, one is new."""
    first, labs, _, tutorial = LECTURES
    one, two = first.sessions
    moved = (replace(one, day="Tuesday", time="07:30 - 08:20", venue="Te Water hall"), replace(two, venue="IT 4-1"))
    (tmp_path / "old.pdf").write_bytes(timetable_pdf(LECTURES))
    (tmp_path / "new.pdf").write_bytes(
        timetable_pdf([replace(first, sessions=moved), labs, tutorial, replace(tutorial, group="G02")])
    )
    return tmp_path


def test_what_moved(folder: Path) -> None:
    """Each change is named with how it was and how it is, without blanks behind, and the exit code is 1."""
    done = tukscal("diff", "old.pdf", "new.pdf", cwd=folder)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode() == CHANGED


def test_nothing_moved(folder: Path) -> None:
    """A timetable against itself and its own calendar is one sentence and exit code 0; --json is an empty list."""
    tukscal("convert", "old.pdf", "--year", "2026", cwd=folder)
    for new in ("old.pdf", "old.ics"):
        done = tukscal("diff", "old.pdf", new, cwd=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"No session changed.\n", b"")
    done = tukscal("diff", "old.ics", "old.pdf", "--json", cwd=folder)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


@pytest.mark.parametrize("name", ["UP_MOD_XLS", "UP_TST_PDF", "UP_EXAM_SS"])
def test_a_real_timetable_and_its_calendar(tmp_path: Path, name: str) -> None:
    """No session of a real timetable differs from its calendar's."""
    (tmp_path / "a.pdf").write_bytes(sample(name))
    tukscal("convert", "a.pdf", "--year", "2026", "--expand", cwd=tmp_path)
    done = tukscal("diff", "a.ics", "a.pdf", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"No session changed.\n")


def test_what_moved_for_a_program(folder: Path) -> None:
    """--json is a list of before and after; what a PDF does not say is null or empty."""
    done = tukscal("diff", "old.pdf", "new.pdf", "--json", cwd=folder)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found[2] == {
        "before": {"title": "STK 220 L1 G01", "when": "Tuesday 08:30-09:20", "where": "EMS 4-152 (HATFIELD)",
                   "status": "", "dates": None},
        "after": None,
    }  # fmt: skip
    assert [(each["before"] is None, each["after"] is None) for each in found] == [
        (False, False), (False, False), (False, True), (False, True), (True, False),
    ]  # fmt: skip


def test_days_of_two_calendars(tmp_path: Path) -> None:
    """Two calendars differ in days: those that are no longer there and those that are new, in order."""
    (tmp_path / "a.ics").write_bytes(converted([lecture()]).ics)
    (tmp_path / "b.ics").write_bytes(converted([lecture()], skip_test_weeks=True).ics)
    assert tukscal("diff", "a.ics", "b.ics", cwd=tmp_path).stdout.decode() == (
        "1 session changed:\n  Changed: COS 214 L1 G01\n"
        "    no longer on 24 August 2026\n    no longer on 12 October 2026\n"
    )
    (found,) = json.loads(tukscal("diff", "b.ics", "a.ics", "--json", cwd=tmp_path).stdout)
    assert sorted(set(found["after"]["dates"]) - set(found["before"]["dates"])) == ["2026-08-24", "2026-10-12"]
    back = tukscal("diff", "b.ics", "a.ics", cwd=tmp_path).stdout.decode().splitlines()[2:]
    assert back == ["    also on 24 August 2026", "    also on 12 October 2026"]


def test_what_became_certain(tmp_path: Path) -> None:
    """An exam that becomes final is said to be certain, and the other way round; accents indent like the rest."""
    preliminary = exam(status="PRELIM", venues=(), campus=None)
    (tmp_path / "a.ics").write_bytes(converted([preliminary, semester_test()]).ics)
    (tmp_path / "b.ics").write_bytes(converted([exam(venues=("Café",)), semester_test()]).ics)
    there = tukscal("diff", "a.ics", "b.ics", cwd=tmp_path).stdout.decode().splitlines()
    back = tukscal("diff", "b.ics", "a.ics", cwd=tmp_path).stdout.decode().splitlines()
    assert there[2:] == ["    no venue -> Café (HATFIELD)", "    preliminary -> certain"]
    assert back[2:] == ["    Café (HATFIELD) -> no venue", "    certain -> preliminary"]


@pytest.mark.parametrize(
    ("files", "code", "cause", "named"),
    [
        (("old.pdf", "missing.ics"), 66, "no_such_file", "missing.ics"),
        (("missing.pdf", "old.pdf"), 66, "no_such_file", "missing.pdf"),
        (("page.html", "old.pdf"), 3, "not_a_timetable", "page.html"),
        (("old.pdf", "theirs.ics"), 5, "damaged", "theirs.ics"),
        (("old.pdf", "."), 66, "no_such_file", "."),
        (("old.pdf", ""), 66, "no_such_file", "."),
        (("locked.pdf", "old.pdf"), 4, "encrypted", "locked.pdf"),
    ],
)
def test_the_wrong_file_is_named(folder: Path, files: tuple[str, str], code: int, cause: str, named: str) -> None:
    """A file that cannot be compared ends with its cause and name; nothing is printed about the other."""
    (folder / "page.html").write_text("<html>")
    (folder / "theirs.ics").write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    (folder / "locked.pdf").write_bytes(timetable_pdf(TESTS, user_password="open"))  # noqa: S106
    done = tukscal("diff", *files, "--json-errors", cwd=folder)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, done.stdout) == (code, b"")
    assert (error["exit_code"], error["cause"], error["file"]) == (code, cause, named)


def test_a_password(folder: Path) -> None:
    """--password asks once and opens both files; a wrong one is told as such."""
    for name, rows in (("a.pdf", EXAMS), ("b.pdf", EXAMS[:-1])):
        (folder / name).write_bytes(timetable_pdf(rows, user_password="geheim"))  # noqa: S106
    done = tukscal("diff", "a.pdf", "b.pdf", "--password", cwd=folder, stdin=b"geheim\n")
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, b"1 session changed:")
    assert tukscal("diff", "a.pdf", "b.pdf", "--password", cwd=folder, stdin=b"no\n").returncode == 4


@pytest.mark.parametrize("arguments", [(), ("old.pdf",), ("old.pdf", "new.pdf", "old.pdf")])
def test_two_files_are_compared(folder: Path, arguments: tuple[str, ...]) -> None:
    """One file or three are a wrong use."""
    assert tukscal("diff", *arguments, cwd=folder).returncode == 2


def test_eighty_columns(tmp_path: Path) -> None:
    """Where there is no terminal a long list of venues wraps at 80 columns, behind its indent."""
    halls = tuple(f"Thuto {hall}-1" for hall in range(1, 19))
    (tmp_path / "a.ics").write_bytes(converted([semester_test()]).ics)
    (tmp_path / "b.ics").write_bytes(converted([semester_test(venues=halls)]).ics)
    lines = tukscal("diff", "a.ics", "b.ics", cwd=tmp_path).stdout.decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == 6
    assert all(line.startswith("    ") and line == line.rstrip() for line in lines[2:])
    assert " ".join(" ".join(lines[2:]).split()) == f"Thuto 1-1; Thuto 1-2 (HATFIELD) -> {'; '.join(halls)} (HATFIELD)"


def test_the_width_asked_for(folder: Path) -> None:
    """COLUMNS says how wide the text is where there is no terminal."""
    env: Mapping[str, str] = {"COLUMNS": "40"}
    lines = tukscal("diff", "old.pdf", "new.pdf", cwd=folder, env=env).stdout.decode().splitlines()
    assert max(map(len, lines)) <= 40
    assert all(line == line.rstrip() for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(CHANGED.split())
